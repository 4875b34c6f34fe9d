"""Dialogues of the periphery behind Modbus TCP: bytes typed by hand from the specification and the register maps."""

import math

import pytest
from dialogue import Pair, run

from bench.base.errors import DeviceError, LinkError, LinkTimeout
from bench.base.ports import BenchIo, Conditioner
from bench.base.quality import Quality
from drivers.grammar import GrammarError
from drivers.periphery.bench_io_modbus import BenchIoModbus
from drivers.periphery.conditioner_modbus import ConditionerModbus
from drivers.periphery.modbus_part import ModbusPart, ModbusSettings
from drivers.session import Expected

HEX = bytes.fromhex
IO_SETTINGS = ModbusSettings(unit=1, written={"watchdog_ms": 300.0})
NAMES = {"maker": (8, "EDU"), "model": (12, "IO-7"), "serial": (8, "IO-0071"), "firmware": (4, "1.0")}
WHO = b"".join(text.encode().ljust(2 * words, b"\0") for words, text in NAMES.values())


class Talk:
    """Numbers the pairs as the client does, from 1 on."""

    def __init__(self, unit: int = 1) -> None:
        self._unit, self._number = unit, 0

    def __call__(self, *pairs: tuple[str, str | bytes]) -> list[Pair]:
        return [self._pair(asked, answered) for asked, answered in pairs]

    def _pair(self, asked: str, answered: str | bytes) -> Pair:
        self._number += 1
        answer = HEX(answered) if isinstance(answered, str) else answered
        return self._framed(HEX(asked)), self._framed(answer)

    def _framed(self, pdu: bytes) -> bytes:
        return (
            self._number.to_bytes(2, "big")
            + HEX("0000")
            + (len(pdu) + 1).to_bytes(2, "big")
            + bytes((self._unit,))
            + pdu
        )


def bench_io(**changes: object) -> BenchIoModbus:
    from dataclasses import replace

    return BenchIoModbus("bench_io", replace(IO_SETTINGS, **changes))  # type: ignore[arg-type]


SET_UP = (
    ("0F 0000 0006 01 00", "0F 0000 0006"),  # all outputs off
    ("10 0000 0001 02 012C", "10 0000 0001"),  # 300 ms
    ("03 0000 0001", "03 02 012C"),
    ("01 0000 0006", "01 01 00"),
)
ALL_GOOD = ("02 0000 0009", "02 02 4B 00")  # chain, door, HVIL closed; relay picked up


def test_they_have_their_capabilities() -> None:
    assert isinstance(bench_io(), BenchIo) and isinstance(ConditionerModbus("conditioner"), Conditioner)


def test_identity() -> None:
    identity = run(bench_io().identify(), Talk()(("04 0000 0020", b"\x04\x40" + WHO)))
    assert (identity.maker, identity.model, identity.serial, identity.firmware) == ("EDU", "IO-7", "IO-0071", "1.0")


def test_another_device_is_refused_and_letters_that_are_none_poison() -> None:
    with pytest.raises(DeviceError, match="serial number is 'IO-0071', not 'IO-0072'"):
        run(bench_io(expected=Expected(serial="IO-0072")).identify(), Talk()(("04 0000 0020", b"\x04\x40" + WHO)))
    driver = bench_io()
    with pytest.raises(GrammarError):
        run(driver.identify(), Talk()(("04 0000 0020", b"\x04\x40" + b"\xff" + WHO[1:])))
    assert driver.session.poisoned


def test_set_up_switches_everything_off_and_reads_the_relays_time_back() -> None:
    in_force = run(bench_io().set_up(), Talk()(*SET_UP))
    assert in_force == {"watchdog_ms": "300", **dict.fromkeys(bench_io().setpoints, "0")}


def test_a_relay_time_that_reads_back_differently_is_refused() -> None:
    wrong = (*SET_UP[:2], ("03 0000 0001", "03 02 07D0"))
    with pytest.raises(DeviceError, match="watchdog_ms reads back 2000 after 300 ms"):
        run(bench_io().set_up(), Talk()(*wrong))


def test_reading_bits() -> None:
    driver = bench_io()
    run(driver.read(), Talk()(ALL_GOOD), now_ns=50_000_000)
    told = {reading.channel: (reading.value, reading.quality) for reading in driver.readings()}
    assert told["io.chain_closed"] == told["io.door_closed"] == told["io.hvil_closed"] == (1.0, Quality.GOOD)
    assert told["io.contactor_plus"] == told["io.key_switch"] == (0.0, Quality.GOOD)
    assert {reading.t_ns for reading in driver.readings()} == {49_000_000}


def test_a_contactor_is_commanded_and_all_outputs_read_back() -> None:
    talk, driver = Talk(), bench_io()
    run(driver.set_contactors(True), talk(("05 0000 FF00", "05 0000 FF00"), ("01 0000 0006", "01 01 01")))
    run(driver.set_chain(False), talk(("05 0001 0000", "05 0001 0000"), ("01 0000 0006", "01 01 01")))


def test_an_output_that_does_not_obey_is_told_and_nothing_is_poisoned() -> None:
    driver = bench_io()
    with pytest.raises(DeviceError, match="contactor_cmd reads back 1 after 0 1 was written"):
        run(driver.write(0, 0.0), Talk()(("05 0000 0000", "05 0000 0000"), ("01 0000 0006", "01 01 01")))
    assert driver.session.poisoned is None


def test_a_refusal_is_told_and_nothing_is_poisoned() -> None:
    driver = bench_io()
    with pytest.raises(DeviceError, match="server device busy"):
        run(driver.set_contactors(True), Talk()(("05 0000 FF00", "85 06")))
    assert driver.session.poisoned is None


@pytest.mark.parametrize(
    "answer",
    [
        "000A 0000 0005 01 02 02 4B 00",
        "0001 0000 0005 02 02 02 4B 00",
        "0001 0000 0005 01 01 02 4B 00",
        "0001 0000 0004 01 02 01 4B",
    ],
)
def test_an_answer_to_another_question_is_never_taken(answer: str) -> None:
    """Another transaction, unit, function, count of bytes (F-38)."""
    driver = bench_io()
    question = HEX("0001 0000 0006 01 02 0000 0009")
    with pytest.raises(GrammarError):
        run(driver.read(), [(question, HEX(answer))])
    with pytest.raises(LinkError, match="not usable"):
        run(driver.read(), [])


def test_a_lost_answer_poisons() -> None:
    driver = bench_io()
    with pytest.raises(LinkTimeout):
        run(driver.read(), [(HEX("0001 0000 0006 01 02 0000 0009"), LinkTimeout)])
    assert driver.session.poisoned


def test_outputs_that_somebody_else_changed_are_noticed_with_the_next_sign_of_life() -> None:
    """F-48; a controller that was switched off and on has all of them off (F-39)."""
    talk, driver = Talk(), bench_io()
    run(driver.set_up(), talk(*SET_UP))
    run(driver.set_chain(True), talk(("05 0001 FF00", "05 0001 FF00"), ("01 0000 0006", "01 01 02")))
    with pytest.raises(DeviceError, match="chain_request reads back 0 after 1"):
        run(driver.write(2, 1.0), talk(("05 0002 FF00", "05 0002 FF00"), ("01 0000 0006", "01 01 04")))
    assert driver.session.poisoned
    run(driver.session.reopen(), [(b"<reopen>", b"")])
    with pytest.raises(DeviceError, match="chain_request reads back 0 after 1"):
        run(driver.verify(), talk(("03 0000 0001", "03 02 012C"), ("01 0000 0006", "01 01 04")))


def test_now_and_then_the_conditioner_is_asked_for_its_set_points() -> None:
    talk, driver = Talk(), ConditionerModbus("conditioner")
    values = ("04 0064 000E", "04 1C" + 7 * " 0000 4120")
    zeros = (("10 0000 0004 08 0000 0000 0000 0000", "10 0000 0004"), ("03 0000 0004", "03 08 0000 0000 0000 0000"))
    run(driver.set_up(), talk(*zeros))
    for _ in range(driver.check_every - 1):
        assert len(run(driver.read(), talk(values))) == 7
    assert len(run(driver.read(), talk(zeros[1]))) == 0
    for _ in range(driver.check_every - 1):
        run(driver.read(), talk(values))
    with pytest.raises(DeviceError, match=r"coolant\.flow_cmd reads back 1 after 0 l/min"):
        run(driver.read(), talk(("03 0000 0004", "03 08 0000 0064 0000 0000")))


def test_what_was_lost_on_its_way_is_asked_for_and_not_assumed() -> None:
    talk, driver = Talk(), bench_io()
    run(driver.set_up(), talk(*SET_UP))
    question, _ = talk(("05 0000 FF00", ""))[0]
    with pytest.raises(LinkTimeout):
        run(driver.write(0, 1.0), [(question, LinkTimeout)])
    run(driver.session.reopen(), [(b"<reopen>", b"")])
    run(driver.verify(), talk(("03 0000 0001", "03 02 012C"), ("01 0000 0006", "01 01 01")))  # arrived or not: no lie
    assert run(driver.in_force(0), talk(("01 0000 0001", "01 01 01"))) == 1.0


@pytest.mark.parametrize(
    ("name", "value", "energises"),
    [
        ("io.contactor_cmd", 1.0, True), ("io.contactor_cmd", 0.0, False), ("io.chain_request", 1.0, True),
        ("io.watchdog", 1.0, True), ("io.watchdog", 0.0, False), ("io.lamp_voltage", 1.0, False),
    ],
)  # fmt: skip
def test_what_lets_energy_in_is_never_repeated(name: str, value: float, energises: bool) -> None:
    driver = bench_io()
    assert driver.energises(driver.setpoints.index(name), value) is energises


def test_the_conditioners_singles_have_the_low_word_first() -> None:
    driver = ConditionerModbus("conditioner", ModbusSettings(unit=3))
    values = "0000 4282 3333 4284 0000 4120 0000 3F80 0000 428C 0000 40C0 0000 4000"  # 65, 66.1, 10, 1, 70, 6, 2
    dialogue = Talk(3)(("04 0064 000E", f"04 1C {values}"))
    got = run(driver.read(), dialogue)["value"].tolist()
    assert got == pytest.approx([65.0, 66.1, 10.0, 1.0, 70.0, 6.0, 2.0], rel=1e-6)


def test_a_sensor_that_is_broken_spoils_its_own_channel_only() -> None:
    """F-24, F-43: NaN, infinity and 400 degC are no temperatures."""
    driver = ConditionerModbus("conditioner")
    values = "0000 7FC0 0000 7F80 0000 4120 0000 3F80 0000 43C8 0000 40C0 0000 4000"
    run(driver.read(), Talk()(("04 0064 000E", f"04 1C {values}")))
    told = {reading.channel: reading for reading in driver.readings()}
    assert told["coolant.temp_in"].quality is Quality.NOT_A_NUMBER and math.isnan(told["coolant.temp_in"].value)
    assert told["coolant.temp_out"].quality is Quality.OVER_RANGE
    assert told["oil.temp"].quality is Quality.WRONG
    assert told["coolant.flow"].quality is told["oil.pressure"].quality is Quality.GOOD


def test_a_circuit_is_set_and_read_back_in_one_exchange_each() -> None:
    dialogue = Talk()(
        ("17 0000 0004 0002 0001 02 1B58", "17 08 0000 0000 1B58 0000"),  # 70.00 degC
        ("17 0000 0004 0003 0001 02 0258", "17 08 0000 0000 1B58 0258"),  # 6.00 l/min
    )
    run(ConditionerModbus("conditioner").set_circuit("oil", 70.0, 6.0), dialogue)


def test_below_zero_and_beyond_the_range() -> None:
    driver = ConditionerModbus("conditioner")
    run(driver.write(0, -12.5), Talk()(("17 0000 0004 0000 0001 02 FB1E", "17 08 FB1E 0000 0000 0000")))
    for index, value in ((0, 151.0), (1, -0.1), (3, math.nan)):
        with pytest.raises(DeviceError, match="outside"):
            run(driver.write(index, value), [])
    assert driver.session.poisoned is None


def test_a_set_point_that_the_device_clips_is_noticed() -> None:
    with pytest.raises(DeviceError, match=r"coolant\.temp_cmd reads back 80 after 90 degC"):
        run(
            ConditionerModbus("conditioner").write(0, 90.0),
            Talk()(("17 0000 0004 0000 0001 02 2328", "17 08 1F40 0000 0000 0000")),
        )


@pytest.mark.parametrize(("driver", "told"), [(bench_io(), 9), (ConditionerModbus("conditioner"), 7)])
def test_marks_say_why_there_are_no_values(driver: ModbusPart, told: int) -> None:
    records = driver.mark(Quality.STALE, 5)
    assert (records["quality"] == Quality.STALE).all() and len(records) == told
