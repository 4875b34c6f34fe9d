"""Dialogues of the EA PSB driver, typed from instruments.md section 4.2 (PGMBEN)."""

import math

import pytest
from dialogue import REOPEN, run

from bench.base.errors import DeviceError, LinkError, LinkTimeout
from bench.base.ports import Supply
from bench.base.quality import Quality
from drivers.grammar import GrammarError
from drivers.session import Expected
from drivers.supplies.ea_psb import EaPsb
from drivers.supplies.settings import SupplySettings

IDN = (b"*IDN?\n", b"EA Elektro-Automatik GmbH & Co. KG, PSB 10500-180, 2841370007, V3.02\n")
FULL, BRIEF = b"MEAS:ARR?;:OUTP?;:STAT:QUES:COND?\n", b"MEAS:ARR?\n"
OK = b';3072;0,"No error"\n'


def test_it_is_a_supply() -> None:
    assert isinstance(EaPsb(), Supply)


def test_identify_checks_who_is_expected() -> None:
    assert run(EaPsb().identify(), [IDN]).model == "PSB 10500-180"
    stranger = EaPsb(settings=SupplySettings(expected=Expected(serial="1")))
    with pytest.raises(DeviceError, match="serial number is '2841370007', not '1'"):
        run(stranger.identify(), [IDN])


def test_first_reading_has_output_and_alarm_the_next_ones_are_brief() -> None:
    psb = EaPsb(settings=SupplySettings(latency_ms=3.0))
    full = run(psb.read(), [(FULL, b"400.12V, -33.3A, -13324W;ON;3073\n")], now_ns=50_000_000)
    assert [reading.value for reading in full] == [400.12, -33.3, -13324.0, 1.0, 1.0, 0.0]
    assert [reading.t_ns for reading in full] == [47_000_000] * 6
    brief = run(psb.read(), [(BRIEF, b"12.5V, 33.3A, 420W\n")], now_ns=90_000_000)
    assert (brief.voltage.value, brief.current.value, brief.power.value) == (12.5, 33.3, 420.0)
    assert (brief.voltage.t_ns, brief.alarm.t_ns) == (87_000_000, 47_000_000)


def test_magnitudes_and_sentinels() -> None:
    psb = EaPsb()
    run(psb.read(), [(FULL, b"0.4kV, 9.91E+37, 9.9E+37W;OFF;0\n")])
    voltage, current, power, output, alarm, _ = psb.readings()
    assert (voltage.value, voltage.quality) == (400.0, Quality.GOOD)
    assert math.isnan(current.value) and current.quality is Quality.NOT_A_NUMBER
    assert math.isnan(power.value) and power.quality is Quality.OVER_RANGE
    assert (output.value, alarm.value) == (0.0, 0.0)


@pytest.mark.parametrize(
    "answer", [b"12.5V, 33.3A;ON;0\n", b"12.5A, 33.3V, 1W;ON;0\n", b"1V, 2A, 3W\n", b"1V, 2A, 3W;MAYBE;0\n"]
)
def test_a_shifted_or_torn_answer_is_never_taken(answer: bytes) -> None:
    psb = EaPsb()
    with pytest.raises(GrammarError):
        run(psb.read(), [(FULL, answer)])
    assert psb.session.poisoned


def test_set_points_are_read_back_with_alarms_before_the_error_queue() -> None:
    psb = EaPsb()
    run(psb.set_voltage(350.0), [(b"VOLT 350.00;:VOLT?;:STAT:QUES:COND?;:SYST:ERR?\n", b"350.00V" + OK)])
    run(psb.write(2, 500.0), [(b"SINK:CURR 500.00;:SINK:CURR?;:STAT:QUES:COND?;:SYST:ERR?\n", b"500.0A" + OK)])
    run(psb.set_output(True), [(b"OUTP ON;:OUTP?;:STAT:QUES:COND?;:SYST:ERR?\n", b"ON" + OK)])


def test_a_read_back_that_differs_is_a_device_error_and_no_poison() -> None:
    psb = EaPsb()
    with pytest.raises(DeviceError, match=r"VOLT reads back 0\.00V after 350 was written"):
        run(psb.set_voltage(350.0), [(b"VOLT 350.00;:VOLT?;:STAT:QUES:COND?;:SYST:ERR?\n", b"0.00V" + OK)])
    assert psb.session.poisoned is None


def test_a_refusal_in_the_error_queue_is_told() -> None:
    with pytest.raises(DeviceError, match="refused: -221"):
        run(
            EaPsb().set_output(True),
            [(b"OUTP ON;:OUTP?;:STAT:QUES:COND?;:SYST:ERR?\n", b'OFF;1;-221,"Settings conflict"\n')],
        )


def test_no_nan_ever_becomes_a_set_point() -> None:
    with pytest.raises(DeviceError, match="is no set-point"):
        run(EaPsb().set_voltage(math.nan), [])


def test_set_up_takes_the_lock_and_leaves_the_output_off() -> None:
    """Interface monitoring takes whole seconds; it leads to "off" only where the state after remote control is OFF."""
    psb = EaPsb(settings=SupplySettings(watchdog_s=5.0))

    def written(header: str, value: str, unit: str) -> tuple[bytes, bytes]:
        text = f"{header} {value};:{header}?;:STAT:QUES:COND?;:SYST:ERR?\n"
        return text.encode(), f"{value}{unit}".encode() + OK

    rows = [
        ("POW", "240000.00", "W"),
        ("SINK:POW", "240000.00", "W"),
        ("VOLT:PROT", "480.00", "V"),
        ("CURR:PROT", "660.00", "A"),
        ("POW:PROT", "264000.00", "W"),
        ("POW:STAG:AFT:REM", "OFF", ""),
        ("SYST:COMM:MON:TIM", "5", ""),
        ("SYST:COMM:MON:ACT", "ON", ""),
    ]
    zeros = [("VOLT", "0.00", "V"), ("CURR", "0.00", "A"), ("SINK:CURR", "0.00", "A")]
    dialogue = [(b"SYST:LOCK ON\n", b""), (b"STAT:QUES:COND?;:SYST:ERR?\n", b'0;0,"No error"\n'), (b"OUTP OFF\n", b"")]
    dialogue += [written(*row) for row in zeros + rows]
    dialogue += [(b"SYST:LOCK:OWN?\n", b"REMOTE\n")]
    dialogue += [(f"{header}?\n".encode(), f"{value}{unit}\n".encode()) for header, value, unit in rows]
    assert run(psb.set_up(), dialogue)["VOLT:PROT"] == "480.00V"


def test_readings_say_who_has_the_device() -> None:
    """PGMBEN 5.4.2: bit 10 of the questionable register is remote control."""
    psb = EaPsb()
    assert run(psb.read(), [(FULL, b"400V, 1A, 400W;ON;3072\n")]).control.value == 0.0
    psb.mark(Quality.STALE, 0)
    assert run(psb.read(), [(FULL, b"400V, 1A, 400W;ON;2048\n")]).control.value == 1.0


def test_a_lost_write_is_not_repeated_by_the_driver() -> None:
    psb = EaPsb()
    with pytest.raises(LinkTimeout):
        run(psb.set_output(True), [(b"OUTP ON;:OUTP?;:STAT:QUES:COND?;:SYST:ERR?\n", LinkTimeout)])
    with pytest.raises(LinkError, match="not usable"):
        run(psb.set_output(True), [])
    run(psb.session.reopen(), [REOPEN])
    assert run(psb.in_force(3), [(b"OUTP?\n", b"OFF\n")]) == 0.0


def test_what_may_bring_energy_in() -> None:
    psb = EaPsb()
    assert [psb.energises(i, 1.0) for i in range(4)] == [True, True, False, True]
    assert not any(psb.energises(i, 0.0) for i in range(4))


def test_an_alarm_seen_while_writing_is_told_with_the_next_reading() -> None:
    """The write's own SYST:ERR? acknowledges an alarm that is gone, so the reading alone would miss it."""
    psb = EaPsb()
    run(psb.read(), [(FULL, b"400V, 1A, 400W;ON;3072\n")])
    run(psb.set_voltage(350.0), [(b"VOLT 350.00;:VOLT?;:STAT:QUES:COND?;:SYST:ERR?\n", b'350.00V;1025;0,"No error"\n')])
    for _ in range(4):
        run(psb.read(), [(BRIEF, b"350V, 1A, 350W\n")])
    assert run(psb.read(), [(FULL, b"0V, 0A, 0W;OFF;1024\n")]).alarm.value == 1.0


def test_an_alarm_that_keeps_the_output_off_is_an_error() -> None:
    with pytest.raises(DeviceError, match="alarm bits 0x1 keep the output off"):
        run(EaPsb().set_output(True), [(b"OUTP ON;:OUTP?;:STAT:QUES:COND?;:SYST:ERR?\n", b'ON;3073;0,"No error"\n')])


def test_a_watchdog_that_the_device_cannot_keep_is_refused() -> None:
    with pytest.raises(ValueError, match=r"EA PSB: its watchdog takes whole seconds, not 1\.5 s"):
        EaPsb(settings=SupplySettings(watchdog_s=1.5))
