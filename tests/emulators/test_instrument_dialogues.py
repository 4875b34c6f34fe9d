"""The emulated instruments answer as the manuals say: dialogues typed from instruments.md, not from our drivers."""

import ak_dialogues as said
import pytest
from instrument_bench import OUTPUT_NAMES, Truth, yokogawa

from bench.base.time import NS_PER_S
from bench.emulators.instruments.ak_dyno import AkDynoEmulator, DriveNameplate
from bench.emulators.instruments.ea_psb import EaPsbEmulator
from bench.emulators.instruments.peer import Peer
from bench.emulators.instruments.supply import SupplyNameplate

EXACT_SUPPLY = SupplyNameplate(voltage_accuracy=0.0, current_accuracy=0.0, noise=0.0)
EXACT_DRIVE = DriveNameplate(torque_accuracy=0.0, torque_noise=0.0, speed_noise_rpm=0.0, speed_max_rpm=2500.0)


def talk(peer: Peer, question: bytes, t_ns: int = 0) -> bytes:
    """The answer, at whatever time it comes."""
    peer.receive(question, t_ns)
    answer = b""
    while (due_ns := peer.next_ns()) is not None:
        answer += peer.produce(due_ns)
    return answer


def supply(truth: Truth) -> EaPsbEmulator:
    return EaPsbEmulator(truth.measured, OUTPUT_NAMES, truth.inputs, EXACT_SUPPLY)


def test_supply_dialogue_and_plant() -> None:
    truth = Truth(u_supply_v=12.5, i_supply_a=-33.3)
    psb = supply(truth)
    assert talk(psb, b"VOLT 100\n") == b""  # not remote: refused
    assert talk(psb, b"SYST:ERR?\n") == b'-221,"Settings conflict"\n'
    assert talk(psb, b"SYST:LOCK:OWN?\n") == b"NONE\n"
    assert talk(psb, b"SYST:LOCK ON;:SYST:LOCK:OWNER?\n") == b"REMOTE\n"
    assert talk(psb, b"SOUR:VOLT 350;:VOLT?;:SINK:CURR 200A;:SINK:CURRENT?\n") == b"350.00V;200.00A\n"
    assert talk(psb, b"outp on;outp?\n") == b"ON\n"
    assert talk(psb, b"STAT:QUES?\n") == b"3072\n"  # remote and output on
    assert talk(psb, b"MEAS:ARR?\n") == b"12.50V, -33.30A, -416W\n"
    assert talk(psb, b"MEASURE:CURRENT?\n") == b"-33.30A\n"
    record = truth.inputs[0]
    assert (record["supply_on"], record["supply_voltage_v"], record["supply_sink_current_max_a"]) == (1.0, 350.0, 200.0)


def test_supply_refuses_beyond_102_percent_and_long_messages() -> None:
    psb = supply(Truth())
    talk(psb, b"SYST:LOCK ON\n")
    assert talk(psb, b"VOLT 511;:SYST:ERR?\n") == b'-222,"Data out of range"\n'
    assert talk(psb, b"VOLT " + b"0" * 300 + b"\n") == b""
    assert talk(psb, b"SYST:ERR?\n") == b'-225,"Out of memory"\n'


def test_supply_trips_and_reading_the_error_queue_acknowledges() -> None:
    truth = Truth(u_supply_v=400.0)
    psb = supply(truth)
    talk(psb, b"SYST:LOCK ON;:VOLT:PROT 450;:VOLT 400;:OUTP ON\n")
    truth.set(u_supply_v=460.0)
    assert talk(psb, b"OUTP?;:STAT:QUES:COND?\n") == b"OFF;1025\n"
    assert truth.inputs["supply_on"][0] == 0.0
    truth.set(u_supply_v=100.0)
    assert talk(psb, b"OUTP ON;:OUTP?\n") == b"OFF\n"
    talk(psb, b"SYST:ERR?\n")
    assert talk(psb, b"SYST:ERR?;:STAT:QUES:COND?\n") == b'0,"No error";1024\n'


def test_supply_closes_an_idle_connection_after_five_seconds() -> None:
    psb = supply(Truth())
    assert talk(psb, b"OUTP?\n", 100 * NS_PER_S) == b"OFF\n"
    assert talk(psb, b"OUTP?\n", 104 * NS_PER_S) == b"OFF\n"
    assert talk(psb, b"OUTP?\n", 110 * NS_PER_S) == b""
    assert psb.closed()
    psb.receive(b"", 110 * NS_PER_S)
    assert not psb.closed()
    assert talk(psb, b"OUTP?\n", 120 * NS_PER_S) == b"OFF\n"


def test_supply_watchdog_switches_off() -> None:
    truth = Truth()
    psb = supply(truth)
    talk(psb, b"SYST:LOCK ON;:SYST:COMM:MON:TIM 2;ACT ON;:POW:STAG:AFT:REM OFF;:OUTP ON\n", NS_PER_S)
    assert psb.watchdog_ns() == 3 * NS_PER_S
    psb.expire(3 * NS_PER_S)
    assert truth.inputs["supply_on"][0] == 0.0


def drive(truth: Truth, side: str = "l", **plate: object) -> AkDynoEmulator:
    from dataclasses import replace

    return AkDynoEmulator(truth.measured, OUTPUT_NAMES, truth.inputs, side, replace(EXACT_DRIVE, **plate))  # type: ignore[arg-type]


def held(truth: Truth) -> AkDynoEmulator:
    """A drive that is set up and holds its speed."""
    dyno = drive(truth)
    for question, answer in (*said.SET_UP, *said.HOLD):
        assert talk(dyno, question) == answer
    return dyno


def test_ak_dialogues_and_plant() -> None:
    truth = Truth(speed_l_rpm=300.25, dyno_l_torque_nm=-512.5)
    dyno = drive(truth)
    whole = (*said.MANUAL, *said.IDENTITY, *said.SET_UP, *said.SPEED_150, *said.HOLD, *said.VALUES, *said.MISTAKES)
    for question, answer in whole:
        assert talk(dyno, question) == answer, question
    assert (truth.inputs["dyno_l_on"][0], truth.inputs["dyno_l_speed_rpm"][0]) == (1.0, 150.0)
    assert dyno.unknown == 3
    for question, answer in said.LET_GO:
        assert talk(dyno, question) == answer
    assert truth.inputs["dyno_l_on"][0] == 0.0


def test_line_ends_around_a_telegram_and_any_second_character() -> None:
    dyno = drive(Truth())
    assert talk(dyno, b"\x02xSREM\x03\r") == b"\x02 SREM 0\x03"
    assert talk(dyno, b"\n\x020ASTZ K1\x03") == b"\x02 ASTZ 0 SREM STBY\x03"


def test_the_error_status_steps_at_each_change() -> None:
    truth = Truth(speed_l_rpm=300.25, dyno_l_torque_nm=-512.5)
    dyno = held(truth)
    dyno.trip()
    assert truth.inputs["dyno_l_on"][0] == 0.0
    for question, answer in said.TRIPPED:
        assert talk(dyno, question) == answer
    assert talk(dyno, b"\x02 ASTF K0\x03") == b"\x02 ASTF 1 1\x03"
    assert talk(dyno, b"\x02 SHLD K0\x03") == b"\x02 SHLD 1 BS\x03"
    assert talk(dyno, b"\x02 SRES K0\x03") == b"\x02 SRES 0\x03"


def test_manual_control_lets_the_shaft_go() -> None:
    truth = Truth()
    dyno = held(truth)
    assert talk(dyno, b"\x02 SMAN K0\x03") == b"\x02 SMAN 0\x03"
    assert truth.inputs["dyno_l_on"][0] == 0.0
    assert talk(dyno, b"\x02 AKON K0\x03") == b"\x02 AKON 0 0.00 0.00 3\x03"


def test_a_drive_mounted_the_other_way_round() -> None:
    truth = Truth(speed_r_rpm=100.0, dyno_r_torque_nm=5.0)
    dyno = drive(truth, "r", sign=-1)
    talk(dyno, b"\x02 SREM K0\x03\x02 SSPD K0 -100\x03\x02 SHLD K0\x03")
    assert truth.inputs["dyno_r_speed_rpm"][0] == 100.0
    assert talk(dyno, b"\x02 AKON K0\x03") == b"\x02 AKON 0 -100.00 -5.00 1\x03"


@pytest.mark.parametrize("make", [yokogawa, supply, drive])
def test_bytes_may_come_in_any_portions(make: object) -> None:
    peer = make(Truth())  # type: ignore[operator]
    question = b"\x02 AKEN K0\x03" if make is drive else b"*IDN?\n"
    whole = talk(make(Truth()), question)  # type: ignore[operator]
    for i in range(len(question)):
        peer.receive(question[i : i + 1], 0)
    due_ns = peer.next_ns()
    assert peer.produce(due_ns) == whole
