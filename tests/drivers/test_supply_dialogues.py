"""Every supply's driver says what its dialogues have, in that order, and understands the answers."""

import math
from typing import Any

import pytest
from dialogue import run
from hypothesis import given
from hypothesis import strategies as st
from supply_dialogues import EA_PSB, FAMILIES, ITECH, KEYSIGHT, RATED, SET_UP, Family

from bench.base.errors import DeviceError, LinkError
from bench.base.ports import Supply, SupplyReading
from bench.base.quality import Quality
from drivers.grammar import GrammarError
from drivers.registry import driver_class
from drivers.supplies.settings import SupplySettings

EACH = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.driver)


def driver(family: Family, **settings: Any) -> Any:
    return driver_class(family.driver)("supply", SupplySettings(**{**RATED, **SET_UP, **settings}))


@EACH
def test_it_is_a_supply_that_knows_its_kin_only(family: Family) -> None:
    supply = driver(family)
    assert isinstance(supply, Supply) and not supply.tested_on_hardware
    assert run(supply.identify(), [family.identity]).model in family.identity[1].decode()
    for other in FAMILIES:
        if other is not family:
            with pytest.raises(DeviceError, match="correct the resource in the rig file"):
                run(driver(family).identify(), [other.identity])


@EACH
def test_set_up_is_written_and_read_back(family: Family) -> None:
    assert run(driver(family).set_up(), family.set_up)


@EACH
def test_a_set_up_that_reads_back_differently_names_the_row(family: Family) -> None:
    question, answer = family.set_up[-2]
    changed = [*family.set_up[:-2], (question, answer.replace(b"2", b"60")), family.set_up[-1]]
    with pytest.raises(DeviceError, match="reads back"):
        run(driver(family).set_up(), changed)


@EACH
def test_a_set_up_found_lost_shows_in_the_readings_and_bars_what_energises(family: Family) -> None:
    supply = driver(family)
    run(supply.set_up(), family.set_up)
    asked = [pair for pair in family.set_up if pair[0].endswith(b"?\n") and b";" not in pair[0]]
    run(supply.verify(), asked)
    question, answer = asked[-2]
    run(supply.verify(), [*asked[:-2], (question, answer.replace(b"2", b"60")), asked[-1]])
    assert run(supply.read(), [family.read[0]]).control.value == 2.0
    with pytest.raises(DeviceError, match="has lost its set-up, perhaps by a restart; arm again"):
        run(supply.write(0, 400.0), [])
    run(supply.set_up(), family.set_up)
    assert run(supply.read(), [family.read[0]]).control.value == 0.0


@EACH
def test_a_write_refused_as_local_means_that_somebody_else_has_it(family: Family) -> None:
    supply = driver(family)
    question, answer = family.set_points[0, 400.0]
    with pytest.raises(DeviceError, match="was refused: -201"):
        run(supply.write(0, 400.0), [(question, answer.rsplit(b";", 1)[0] + b';-201,"Invalid while in local"\n')])
    assert family is EA_PSB or run(supply.read(), [family.read[0]]).control.value == 1.0


@EACH
def test_set_points_are_read_back_and_can_be_asked(family: Family) -> None:
    supply = driver(family)
    for (index, value), pair in family.set_points.items():
        run(supply.write(index, value), [pair])
        header = pair[0].split(b" ")[0] + b"?\n"
        assert run(supply.in_force(index), [(header, pair[1].split(b";")[0] + b"\n")]) == value
    assert [supply.energises(index, 1.0) for index in range(4)] == [True, True, False, True]
    with pytest.raises(DeviceError, match="was refused: -222"):
        run(supply.write(0, 900.0), [family.refused])
    assert supply.session.poisoned is None


@EACH
def test_readings_have_their_names_and_the_middle_of_their_time(family: Family) -> None:
    supply = driver(family, latency_ms=3.0)
    first = run(supply.read(), [family.read[0]], now_ns=50_000_000)
    assert isinstance(first, SupplyReading)
    assert [reading.channel for reading in first] == list(supply.channels)
    assert (first.voltage.value, first.current.value, first.output.value, first.alarm.value) == (12.5, -33.3, 1.0, 0.0)
    assert first.power.value == pytest.approx(-416.25, abs=0.3)
    assert {reading.t_ns for reading in first} == {47_000_000}
    for _ in range(4):
        assert run(supply.read(), [family.read[1]]).voltage.good
    run(supply.read(), [family.read[0]])


@EACH
@pytest.mark.parametrize(
    ("value", "quality"),
    [
        (b"9.91E+37", Quality.NOT_A_NUMBER),
        (b"NAN", Quality.NOT_A_NUMBER),
        (b"INF", Quality.OVER_RANGE),
        (b"-9.9E37", Quality.OVER_RANGE),
    ],
)
def test_no_value_becomes_a_quality(family: Family, value: bytes, quality: Quality) -> None:
    supply = driver(family)
    question, answer = family.read[0]
    reading = run(supply.read(), [(question, answer.replace(b"-33.30A", value).replace(b"-33.3;", value + b";")
                                   .replace(b"-3.33000000E+01", value))])  # fmt: skip
    assert math.isnan(reading.current.value) and reading.current.quality is quality
    assert reading.voltage.good


@EACH
@pytest.mark.parametrize("value", [b"4_0_0", b"", b"\xb2", b"0x1", b"12.5X", b"1,2", b"--1"])
def test_no_number_is_never_a_value(family: Family, value: bytes) -> None:
    supply = driver(family)
    question, answer = family.read[0]
    with pytest.raises(GrammarError):
        run(supply.read(), [(question, answer.replace(b"12.50V", value).replace(b"12.5;", value + b";")
                             .replace(b"+1.25000000E+01", value))])  # fmt: skip
    with pytest.raises(LinkError, match="not usable"):
        run(supply.read(), [])


@EACH
@given(data=st.data())
def test_any_bytes_are_readings_or_refused(family: Family, data: st.DataObject) -> None:
    """A mutated or made-up answer: good values are finite and were sent as they are told; nothing else is raised."""
    supply = driver(family)
    answer = bytearray(family.read[0][1])
    if data.draw(st.booleans()):
        answer = bytearray(data.draw(st.binary(max_size=80)))
    for _ in range(data.draw(st.integers(0, 3))):
        if answer:
            answer[data.draw(st.integers(0, len(answer) - 1))] = data.draw(st.integers(0, 255))
    supply.question()
    try:
        records = supply.take(bytes(answer), 0)
    except GrammarError:
        return
    good = records["quality"] == Quality.GOOD
    assert all(math.isfinite(value) for value in records["value"][good])
    assert all(math.isnan(value) for value in records["value"][~good])


@EACH
@given(st.binary(max_size=60))
def test_any_answer_to_a_write_is_obeyed_or_refused(family: Family, answer: bytes) -> None:
    (question, _), *_ = family.set_points.values()
    try:
        run(driver(family).write(0, 400.0), [(question, answer + b"\n")])
    except DeviceError:
        return


def test_an_alarm_of_either_register_counts_and_means_off() -> None:
    """Guide p.241: the programmed output state is not changed by a protection."""
    question, answer = KEYSIGHT.read[0]
    for registers, alarm in ((b"1;2048;0", 2048.0), (b"1;0;32", 32.0 * 65536), (b"1;384;2", 0.0)):
        reading = run(driver(KEYSIGHT).read(), [(question, answer.replace(b"1;0;0", registers))])
        assert (reading.output.value, reading.alarm.value) == (float(not alarm), alarm)


def test_what_a_family_cannot_keep_is_refused_with_a_remedy() -> None:
    with pytest.raises(ValueError, match=r"Keysight RP7900: has no over-power threshold .* raise over_power"):
        driver(KEYSIGHT, opp_w=40_000.0)
    with pytest.raises(DeviceError, match="exceeds the over-current threshold 200 A"):
        run(driver(KEYSIGHT).write(1, 201.0), [])
    with pytest.raises(DeviceError, match="exceeds the over-current threshold 200 A"):
        run(driver(KEYSIGHT).write(2, 201.0), [])
    with pytest.raises(ValueError, match="ITECH IT6000C: needs 20 ms from message to message, poll is 10 ms"):
        driver(ITECH, poll_ms=10.0)
    for family in FAMILIES:
        with pytest.raises(ValueError, match=r"takes whole seconds, not 1\.5 s"):
            driver(family, watchdog_s=1.5)


def test_without_watchdog_it_is_told_so() -> None:
    supply = driver(EA_PSB, watchdog_s=0.0)
    rows = [pair for pair in EA_PSB.set_up if b"MON:TIM" not in pair[0]]
    off = [(q.replace(b"ACT ON", b"ACT OFF"), a.replace(b"ON;", b"OFF;", 1) if b"ACT ON" in q else a) for q, a in rows]
    in_force = run(supply.set_up(), [*off[:-1], (b"SYST:COMM:MON:ACT?\n", b"OFF\n")])
    assert in_force["SYST:COMM:MON:ACT"] == "OFF"
