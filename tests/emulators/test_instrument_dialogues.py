"""The emulated instruments answer as the manuals say: dialogues typed from instruments.md, not from our drivers."""

import struct

import ak_dialogues as said
import pytest
from instrument_bench import OUTPUT_NAMES, Truth, wiring, yokogawa

from bench.base.time import NS_PER_MS, NS_PER_S
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


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (b"*IDN?\n", b"YOKOGAWA,WT5000,91X412345,F1.03\n"),
        (b":STATus:ERRor?\n", b'0,"No error"\n'),
        (b":RATE 100MS\n:RATE?\n", b"1.000E-01\n"),
        (b":rate 2S;rate?\r\n", b"2.000E+00\n"),
        (b":NUM:NORM:ITEM3 P,SIGMA;ITEM3?\n", b"P,SIGMA\n"),
        (b":NUMERIC:ITEM255 URMS,2;:NUM:ITEM255?\n", b"URMS,2\n"),
        (b":NUMERIC:FORMAT FLOAT;FORMAT?\n", b"FLO\n"),
        (b":COMM:HEAD OFF;HEADER?\n", b"0\n"),
        (b":INP:VOLT:RANG:ELEM1 300;:VOLT:RANGE:ELEMENT1?\n", b"3.000000E+02\n"),
        (b":MOT:SPE:PULS 720;:MOTOR1:SPEED:PULSE?\n", b"720\n"),
        (b":MOTor1:TORQue:RATE:UPPer 50,15000;UPPer?\n", b"5.000000E+01,1.500000E+04\n"),
    ],
)
def test_yokogawa(question: bytes, answer: bytes) -> None:
    assert talk(yokogawa(Truth()), question) == answer


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (b":NONSENSE 1\n", 113),
        (b":NUMERIC:NORMAL2:VALUE?\n", 113),
        (b":RATE 70MS\n", 222),
        (b":INPUT:VOLTAGE:RANGE:ELEMENT1 250\n", 222),
        (b":INPUT:VOLTAGE:RANGE:ELEMENT7 300\n", 222),
        (b":MOTOR5:TORQUE:SCALING 1\n", 114),
        (b":NUMERIC:FORMAT BINARY\n", 141),
        (b":MOTor:SPEed:PULSe many\n", -104),
    ],
)
def test_yokogawa_puts_what_it_does_not_take_into_the_error_queue(wrong: bytes, code: int) -> None:
    wt = yokogawa(Truth())
    assert talk(wt, wrong) == b""
    assert talk(wt, b":STATUS:ERROR?\n").startswith(f"{code},".encode())
    assert talk(wt, b":STATUS:ERROR?\n") == b'0,"No error"\n'


def test_values_come_with_the_next_update() -> None:
    wt = yokogawa(Truth(u_dc_v=400.0), latency_ns=2 * NS_PER_MS)
    talk(wt, b":RATE 50MS;:NUMERIC:FORMAT FLOAT;:NUM:NUMBER 1;ITEM1 UDC,1\n")
    wt.receive(b":COMMUNICATE:WAIT 1;:NUMERIC:NORMAL:VALUE?\n", 120 * NS_PER_MS)
    assert wt.next_ns() == 152 * NS_PER_MS
    assert wt.produce(151 * NS_PER_MS) == b""
    answer = wt.produce(152 * NS_PER_MS)
    assert answer[:3] == b"#14" and answer[-1:] == b"\n"
    assert struct.unpack(">f", answer[3:7])[0] == pytest.approx(400.0, abs=0.5)


def test_empty_items_and_ascii_format() -> None:
    wt = yokogawa(Truth(u_dc_v=400.0))
    assert talk(wt, b":NUM:NUMBER 2;ITEM1 NONE;ITEM2 UDC,1;VALUE?\n").startswith(b"NAN,4.00")


def test_over_range_of_current_spoils_current_and_power_only() -> None:
    """Item patterns of WT3001E p.6-97; 1500 A in the primary is 1 A in the input."""
    wt = yokogawa(Truth(u_dc_v=400.0, i_dc_a=100.0, p_dc_w=4e4))
    set_up = (
        b":INP:SCAL:CT:ELEM1 1500;:INP:CURR:RANG:ELEM1 %b;:NUM:FORM FLO;NUMBER 3;ITEM1 UDC,1;ITEM2 IDC,1;ITEM3 P,1\n"
    )
    talk(wt, set_up % b"0.0333333")
    answer = talk(wt, b":NUM:VAL?\n")
    assert answer[8:16] == bytes.fromhex("7E94F56A7E94F56A")
    talk(wt, set_up % b"0.0666667")
    assert struct.unpack(">3f", talk(wt, b":NUM:VAL?\n")[4:16]) == pytest.approx((400.0, 100.0, 4e4), rel=3e-3)


@pytest.mark.parametrize(
    ("rate", "scaling", "sign", "expected"),
    [
        (b"2000,90000|-2000,30000", b"1", 1, 500.0),
        (b"2000,90000|-2000,30000", b"-1", 1, -500.0),  # a flipped sign in the set-up
        (b"2000,90000|-2000,30000", b"-1", -1, 500.0),
        (b"1000,90000|-1000,30000", b"1", 1, 250.0),  # span and RATE disagree: silently wrong by two
    ],
)
def test_torque_goes_through_the_frequency_of_the_flange(
    rate: bytes, scaling: bytes, sign: int, expected: float
) -> None:
    wt = yokogawa(Truth(torque_l_nm=500.0, speed_l_rpm=300.0), wiring=wiring(sign=sign, speed_sign=sign))
    upper, lower = rate.split(b"|")
    talk(wt, b":MOTOR1:TORQUE:RATE:UPPER %b;LOWER %b;:MOTOR1:TORQUE:SCALING %b\n" % (upper, lower, scaling))
    talk(wt, b":MOTOR1:SPEED:PULSE 1024;SCALING %d\n" % sign)
    talk(wt, b":NUM:FORM FLO;NUMBER 3;ITEM1 TORQUE,1;ITEM2 SPEED,1;ITEM3 PM,1\n")
    torque, speed, power = struct.unpack(">3f", talk(wt, b":NUM:VAL?\n")[4:16])
    assert torque == pytest.approx(expected, abs=3.0)
    assert speed == pytest.approx(300.0, abs=0.1)
    assert power == pytest.approx(torque * speed * 0.10471975512, rel=1e-6)


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
