"""The emulated power analyzers answer as manuals and public programs say, and refuse what those forbid."""

import struct
from collections.abc import Callable
from dataclasses import replace

import analyzer_dialogues as said
import numpy as np
import pytest
from instrument_bench import OUTPUT_NAMES, Truth, at, wiring

from bench.base.time import NS_PER_MS, NS_PER_S
from bench.emulators.instruments.accuracy import (
    AnalyzerAccuracy,
    ElementAccuracy,
    ErrorDraw,
    FlangeAccuracy,
    ReadingRange,
)
from bench.emulators.instruments.analyzer_model import AnalyzerModel, InputSetup, Setup
from bench.emulators.instruments.analyzer_peer import AnalyzerPeer, Surroundings
from bench.emulators.instruments.hioki_pw import pw8001
from bench.emulators.instruments.yokogawa import wt1800e, wt3000e, wt5000
from bench.emulators.instruments.zes_lmg import lmg670

Make = Callable[[Surroundings], AnalyzerPeer]
EXACT = AnalyzerAccuracy(
    {
        name: ElementAccuracy(ReadingRange(0.0, 0.0), ReadingRange(0.0, 0.0), ReadingRange(0.0, 0.0), noise=0.0)
        for name in ("dc", "ac", "field", "aux")
    },
    {name: FlangeAccuracy(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0) for name in ("flange_l", "flange_r")},
    frequency=0.0,
)
RUNNING = {
    "u_dc_v": 400.0, "i_dc_a": 100.0, "p_dc_w": 4e4, "u_ac_v": 150.0, "i_ac_a": 120.0, "p_ac_w": 39e3, "f_el_hz": 200.0,
    "torque_l_nm": 500.0, "speed_l_rpm": 300.0,
}  # fmt: skip
MS = NS_PER_MS


def exact(make: Make, **truth: float) -> AnalyzerPeer:
    return make(at(Truth(**RUNNING | truth), accuracy=EXACT))


def talk(peer: AnalyzerPeer, question: bytes, t_ns: int = 0, until_ns: int = 1 << 50) -> bytes:
    """The answer, at whatever time it comes until ``until_ns``."""
    peer.receive(question, t_ns)
    answer = b""
    while (due_ns := peer.next_ns()) is not None and due_ns <= until_ns:
        answer += peer.produce(due_ns)
    return answer


def quiet(peer: AnalyzerPeer) -> AnalyzerPeer:
    """Without headers, in short words."""
    talk(peer, b":COMMUNICATE:HEADER OFF;VERBOSE OFF\n")
    return peer


@pytest.mark.parametrize("example", said.WT3000E_EXAMPLES, ids=lambda example: example.page)
def test_a_wt3000e_answers_the_examples_of_its_manual(example: said.Example) -> None:
    wt = wt3000e(at(Truth()))
    assert talk(wt, example.set + b"\n") == b""
    assert talk(wt, example.ask + b"\n") == example.answer + b"\n"
    assert talk(wt, b":STATUS:ERROR?\n") == b'0,"No error"\n'


def test_header_and_long_words_can_be_left_out() -> None:
    """IM WT3001E-17EN p.6-25: with verbose off the header is abbreviated too."""
    wt = wt3000e(at(Truth()))
    assert talk(wt, b":INTEGRATE:MODE CONTINUOUS;MODE?\n") == b":INTEGRATE:MODE CONTINUOUS\n"
    assert talk(wt, b":COMMUNICATE:VERBOSE OFF;:INTEGRATE:MODE?\n") == b":INTEG:MODE CONT\n"
    assert talk(wt, b":INTEGRATE:MODE?;*IDN?\n").startswith(b":INTEG:MODE CONT;YOKOGAWA,")
    assert talk(wt, b":COMMUNICATE:HEADER OFF;:INTEGRATE:MODE?\n") == b"CONT\n"


@pytest.mark.parametrize(
    ("make", "rows", "first"),
    [
        (wt3000e, said.WT3000E_SET_UP, b""),
        (lmg670, said.LMG_SET_UP, b"*ZLANG SHORT\n"),
        (pw8001, said.PW_SET_UP, b""),
    ],
    ids=["WT3000E", "LMG670", "PW8001"],
)  # fmt: skip
def test_what_drivers_write_is_kept_and_told(make: Make, rows: list[said.Pair], first: bytes) -> None:
    peer = make(at(Truth()))
    talk(peer, first)
    for row, _ in rows:
        assert talk(peer, row + b"\n") == b"", row
    for row, answer in rows:
        units = [unit if unit.startswith(b"*") else unit.split(b" ")[0] + b"?" for unit in row.split(b";")]
        assert talk(peer, b";".join(units) + b"\n") == answer + b"\n", row
    assert peer.unknown == 0


@pytest.mark.parametrize(
    ("make", "first", "wrong", "code"),
    [
        (wt3000e, b"", b":INPUT:VOLTAGE:RANGE:ELEMENT1 250", b"222,"),
        (wt3000e, b"", b":INPUT:CURRENT:RANGE:ELEMENT1 0.0333", b"222,"),
        (wt3000e, b"", b":INPUT:VOLTAGE:RANGE:ELEMENT5 300", b"114,"),
        (wt3000e, b"", b":RATE 200MS", b"222,"),  # 250 ms is its step
        (wt3000e, b"", b":MOTOR:TORQUE:SCALING -1", b"222,"),
        (wt3000e, b"", b":MOTOR2:TORQUE:SCALING 1", b"113,"),
        (wt3000e, b"", b":NUMERIC:NORMAL:ITEM1 URMS,1", b"141,"),
        (wt3000e, b"", b":INPUT:WIRING V3A3,V3A3", b"222,"),
        (wt3000e, b"", b":MEASURE:EFFICIENCY:ETA5 PB,PA", b"114,"),
        (wt3000e, b"", b":MOTOR:SPEED:PULSE 60", b"221,"),  # the input is analog after power on
        (wt5000, b"", b":RATE 250MS", b"222,"),
        (wt5000, b"", b":MOTOR5:TORQUE:SCALING 1", b"114,"),
        (wt1800e, b"", b":MOTOR1:TORQUE:SCALING 1", b"113,"),
        (lmg670, b"*ZLANG SHORT\n", b"UTRMS8?", b"-114,"),
        (lmg670, b"*ZLANG SHORT\n", b"URNG1 300", b"-222,"),
        (lmg670, b"*ZLANG SHORT\n", b":SENS:ZPR 0", b"-113,"),
        (lmg670, b"", b"URNG1 250", b"-113,"),
    ],
)
def test_what_a_manual_forbids_is_refused(make: Make, first: bytes, wrong: bytes, code: bytes) -> None:
    peer = make(at(Truth()))
    talk(peer, first)
    assert talk(peer, wrong + b"\n") == b""
    errors = b":STATUS:ERROR?\n" if make is not lmg670 else b"*ZLANG SCPI;:SYST:ERR:ALL?\n"
    assert talk(peer, errors).startswith(code)


def test_a_pw8001_tells_of_a_refusal_in_its_event_register() -> None:
    """Bits of PW3390A975-01 p.11: 4 execution, 5 command; reading clears."""
    pw = pw8001(at(Truth()))
    assert talk(pw, b"*CLS\n:HEADER OFF\n:VOLTAGE1:RANGE 250\n*ESR?\n") == b"16\n"
    assert talk(pw, b":NONSENSE\n*ESR?\n") == b"32\n"
    assert talk(pw, b"*ESR?\n") == b"0\n"


@pytest.mark.parametrize(
    ("header", "wanted"), [(b"HEADER?", b"ON"), (b"HEAD?", b"ON"), (b"HEADE?", None), (b"HEA?", None)]
)
def test_a_pw8001_takes_the_long_and_the_short_form_and_nothing_between(header: bytes, wanted: bytes | None) -> None:
    """The manual's own table (PW8001A964-03 1.1); with a header the answer begins with it."""
    answer = talk(pw8001(at(Truth())), header + b"\n")
    assert answer == (b"" if wanted is None else b":HEADER " + wanted + b"\n")
    pw = pw8001(at(Truth()))
    assert talk(pw, b":VOLTAGE1:RANGE 300\n:VOLTAGE1:RANGE?\n") == b":VOLTAGE1:RANGE 300.0000\n"
    assert talk(pw, b":HEADER OFF\n:VOLTAGE1:RANGE?\n") == b"300.0000\n"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (b":rate 2S;rate?\r\n", b"2.000E+00\n"),
        (b":NUM:NORM:ITEM3 P,SIGMA;ITEM3?\n", b"P,SIGMA,TOT\n"),
        (b":NUMERIC:ITEM255 URMS,2;:NUM:ITEM255?\n", b"URMS,2\n"),
        (b":INP:VOLT:RANG:ELEM1 300;:VOLT:RANGE:ELEMENT1?\n", b"300.0E+00\n"),
        (b":MOT:SPE:TYPE PULSE;PULS 720;:MOTOR1:SPEED:PULSE?\n", b"720\n"),
        (b":NUM:NUMBER 2;ITEM1 NONE;ITEM2 UDC,1;VALUE?\n", b"NAN,4.00000E+02\n"),
    ],
)
def test_a_wt5000_takes_every_spelling_of_a_header(question: bytes, answer: bytes) -> None:
    assert talk(quiet(exact(wt5000)), question) == answer


# --- the update clock -------------------------------------------------------------------------------------------------


def test_values_come_with_the_end_of_the_update_under_way() -> None:
    wt = exact(wt5000)
    set_up = b":RATE 50MS;:STATUS:FILTER1 FALL;:NUMERIC:FORMAT FLOAT;:NUM:NUMBER 1;ITEM1 UDC,1\n"
    talk(wt, set_up)
    wt.receive(said.WT_READ, 120 * MS)
    assert wt.next_ns() == 152 * MS
    assert wt.produce(151 * MS) == b""
    assert struct.unpack(">f", wt.produce(152 * MS)[3:7])[0] == pytest.approx(400.0)
    wt.receive(said.WT_READ, 151 * MS + 200 * MS)  # 1 ms after the interval's end, before its values are there
    assert wt.next_ns() == 352 * MS


@pytest.mark.parametrize(("edge", "due_ms"), [(b"FALL", 152), (b"RISE", 150), (b"BOTH", 150)])
def test_the_edge_of_the_filter_decides(edge: bytes, due_ms: int) -> None:
    wt = exact(wt3000e)
    talk(wt, b":RATE 50MS;:STATUS:FILTER1 %b\n" % edge)
    wt.receive(said.WT_READ, 120 * MS)
    assert wt.next_ns() == due_ms * MS


def test_without_a_filter_no_event_ever_comes() -> None:
    """NEVER after power on (IM WT3001E-17EN p.6-103): a set-up that forgets the filter waits in vain."""
    wt = exact(wt3000e)
    assert talk(wt, said.WT_READ, 0, 100 * NS_PER_S) == b""


def test_an_event_that_has_been_ends_the_wait_at_once_until_it_is_cleared() -> None:
    wt = quiet(exact(wt3000e))
    talk(wt, b":RATE 50MS;:STATUS:FILTER1 FALL;EESR?\n", 0)
    wt.receive(b":COMMUNICATE:WAIT 1;:STATUS:CONDITION?\n", 70 * MS)
    assert wt.next_ns() == 72 * MS  # the usual delay of an answer
    talk(wt, b"", 80 * MS)
    assert talk(wt, b":STATUS:EESR?\n", 80 * MS) == b"1\n"
    assert talk(wt, b":STATUS:EESR?\n", 81 * MS) == b"0\n"


def test_an_lmg670_answers_from_one_cycle() -> None:
    truth = Truth(**RUNNING)
    lmg = lmg670(at(truth, accuracy=EXACT))
    talk(lmg, b"*ZLANG SHORT\nCYCL 0.05\nUDC1?\n")
    lmg.receive(b"INIM;UDC1?;P1?\n", 120 * MS)
    assert lmg.next_ns() == 152 * MS
    assert [float(text) for text in lmg.produce(152 * MS).split(b";")] == pytest.approx([400.0, 40.0])
    truth.set(u_dc_v=300.0)
    assert float(talk(lmg, b"UDC1?\n", 155 * MS)) == pytest.approx(400.0)
    assert float(talk(lmg, b"INIM;UDC1?\n", 155 * MS)) == pytest.approx(300.0)


def test_a_pw8001_keeps_held_values_until_it_is_triggered() -> None:
    truth = Truth(**RUNNING)
    pw = pw8001(at(truth, accuracy=EXACT))
    talk(pw, b":HEADER OFF\n:HOLD ON\n:REFRESH 50MS\n:MEAS? Udc1\n")
    truth.set(u_dc_v=300.0)
    assert talk(pw, b":MEASURE? Udc1\n", 60 * MS) == b"+400.0000E+0\n"
    pw.receive(b"*TRG;*WAI;:MEAS? Udc1,P1\n", 120 * MS)
    assert pw.next_ns() == 152 * MS
    assert pw.produce(152 * MS).startswith(b"+300.0")


# --- what the set-up does to the values -------------------------------------------------------------------------------


def floats(peer: AnalyzerPeer, count: int) -> tuple[float, ...]:
    return struct.unpack(f">{count}f", talk(peer, b":NUMERIC:NORMAL:VALUE?\n")[-4 * count - 1 : -1])


def test_ratios_do_nothing_until_scaling_is_on() -> None:
    wt = quiet(exact(wt5000))
    talk(wt, b":NUM:FORM FLO;NUMBER 2;ITEM1 IDC,1;ITEM2 P,1;:INPUT:SCALING:CT:ELEMENT1 1000\n")
    assert floats(wt, 2) == pytest.approx((0.1, 40.0), rel=1e-3)
    talk(wt, b":INPUT:SCALING:STATE:ELEMENT1 ON\n")
    assert floats(wt, 2) == pytest.approx((100.0, 4e4), rel=1e-3)
    talk(wt, b":INPUT:SCALING:SFACTOR:ELEMENT1 2;:INPUT:SCALING:VT:ELEMENT1 3\n")
    assert floats(wt, 2) == pytest.approx((100.0, 24e4), rel=1e-3)


def test_the_sum_of_the_phases_needs_their_wiring() -> None:
    wt = quiet(exact(wt3000e))
    talk(wt, b":NUM:FORM FLO;NUMBER 2;ITEM1 P,SIGMA;ITEM2 P,2\n")
    assert talk(wt, b":NUMERIC:NORMAL:VALUE?\n")[3:7] == bytes.fromhex("7E951BEE")
    talk(wt, b":INPUT:WIRING P1W2,P3W4\n")
    assert floats(wt, 2) == pytest.approx((39.0, 13.0), rel=1e-3)


def between_lines(make: Make, **truth: float) -> AnalyzerPeer:
    """Three inputs that see the voltages between lines."""
    wired = wiring()
    dc, ac, *others = wired.elements
    elements = (dc, replace(ac, wiring="3V3A"), *others)
    return make(at(Truth(**RUNNING | truth), accuracy=EXACT, wiring=replace(wired, elements=elements)))


def test_two_wattmeters_have_the_whole_power_and_the_third_input_is_no_part_of_it() -> None:
    """IM WT3001E-51EN p.7-44. A wiring that is set up as another one adds up too much."""
    wt = quiet(between_lines(wt3000e))
    talk(wt, b":NUM:FORM FLO;NUMBER 3;ITEM1 P,SIGMA;ITEM2 P,4;ITEM3 U,2;:INPUT:WIRING P1W2,V3A3\n")
    assert floats(wt, 3) == pytest.approx((39.0, 13.0, 150.0 * 3.0**0.5), rel=1e-3)
    talk(wt, b":INPUT:WIRING P1W2,P3W4\n")
    assert floats(wt, 3)[0] == pytest.approx(52.0, rel=1e-3)


def test_a_pw8001_sums_what_is_wired_together() -> None:
    """PW8001 instruction manual p.214: of 3V3A P1 + P2; of 3P3W3M and 3P4W all three."""
    pw = between_lines(pw8001)
    talk(pw, b":HEADER OFF;:WIRING2 3V3A\n")
    for channel in (b"2", b"3", b"4"):
        talk(pw, b":VOLTAGE%b:RANGE 300;:CURRENT%b:RANGE 1\n" % (channel, channel))
    assert talk(pw, b":MEAS? P234,P4\n") == b"+39.0000E+0;+13.0000E+0\n"
    talk(pw, b":WIRING2 3P4W\n")
    assert talk(pw, b":MEAS? P234\n") == b"+52.0000E+0\n"
    assert talk(pw, b":MEAS? P23\n") == talk(pw, b":MEAS? U234\n") == b""


def test_an_input_between_lines_is_overloaded_by_their_voltage() -> None:
    wt = quiet(between_lines(wt3000e))
    talk(wt, b":NUM:NUMBER 1;ITEM1 U,2;:INPUT:VOLTAGE:RANGE:ELEMENT2 150\n")
    assert talk(wt, b":NUM:VAL?\n") == b"INF\n"
    assert talk(wt, b":INPUT:VOLTAGE:RANGE:ELEMENT2 300;:NUM:VAL?\n") == b"2.59810E+02\n"


def test_a_wt3000e_shows_rms_or_dc_by_mode() -> None:
    wt = quiet(exact(wt3000e, u_dc_v=-400.0))
    talk(wt, b":NUM:NUMBER 1;ITEM1 U,1\n")
    assert talk(wt, b":NUM:VAL?\n") == b"4.00000E+02\n"
    assert talk(wt, b":INPUT:VOLTAGE:MODE:ELEMENT1 DC;:NUM:VAL?\n") == b"-4.00000E+02\n"


def test_efficiency_is_the_ratio_of_the_powers_shown() -> None:
    wt = quiet(exact(wt3000e))
    motor = b":MOTOR:TORQUE:TYPE PULSE;RATE:UPPER 2000,90000;LOWER -2000,30000;:MOTOR:SPEED:TYPE PULSE;PULSE 1024\n"
    talk(wt, motor + b":INPUT:SCALING:STATE:ELEMENT1 ON;:INPUT:SCALING:CT:ELEMENT1 1000\n")
    talk(wt, b":MEASURE:EFFICIENCY:ETA1 PM,P1;:NUM:FORM FLO;NUMBER 3;ITEM1 ETA1;ITEM2 PM;ITEM3 P,1\n")
    eta, mechanical, electrical = floats(wt, 3)
    assert mechanical == pytest.approx(500.0 * 300.0 * np.pi / 30.0, rel=1e-3)
    assert eta == pytest.approx(100.0 * mechanical / electrical, rel=1e-6)


def test_held_values_stay() -> None:
    truth = Truth(**RUNNING)
    wt = quiet(wt3000e(at(truth, accuracy=EXACT)))
    talk(wt, b":NUM:NUMBER 1;ITEM1 U,1;:NUMERIC:HOLD ON\n")
    truth.set(u_dc_v=300.0)
    assert talk(wt, b":NUM:VAL?\n") == b"4.00000E+02\n"
    assert talk(wt, b":NUMERIC:HOLD OFF;:NUM:VAL?\n") == b"3.00000E+02\n"


def test_energy_is_the_integral_of_the_power_shown() -> None:
    wt = quiet(exact(wt3000e))
    talk(wt, b":NUM:NUMBER 1;ITEM1 P,1;ITEM2 WH,1;ITEM3 TIME,1;:INTEGRATE:START\n", 0)
    for second in range(1, 11):
        talk(wt, b":NUM:VAL?\n", second * NS_PER_S)
    assert talk(wt, b":INTEGRATE:STATE?\n") == b"STAR\n"
    talk(wt, b":INTEGRATE:STOP\n", 10 * NS_PER_S)
    watt_hours = float(talk(wt, b":NUM:VAL? 2\n", 20 * NS_PER_S))
    assert watt_hours == pytest.approx(40.0 * 10.0 / 3600.0, rel=1e-3)
    assert float(talk(wt, b":NUM:VAL? 3\n", 20 * NS_PER_S)) == pytest.approx(10.0)
    assert talk(wt, b":INTEGRATE:RESET;:NUM:VAL? 2\n", 20 * NS_PER_S) == b"0.00000E+00\n"


def test_an_overloaded_range_spoils_what_depends_on_it() -> None:
    lmg = exact(lmg670)
    talk(lmg, b"*ZLANG SHORT\nIRNG1 0.04\nISCA1 1000\n")
    assert talk(lmg, b"UDC1?;IDC1?;P1?\n").split(b";")[1:] == [b"9.9E+37", b"9.9E+37\n"]
    pw = exact(pw8001)  # its sensor gives 0.1 A here
    talk(pw, b":HEADER OFF\n")
    assert talk(pw, b":MEAS? Idc1,Pm4\n") == b"+100.0000E-3;+777.77E+9\n"


def test_over_range_of_a_current_spoils_current_and_power_only() -> None:
    """The pattern of IM WT3001E-17EN p.6-97; 1000 A in the primary is 1 A at the input."""
    wt = quiet(exact(wt5000))
    talk(wt, b":INP:SCAL:STAT:ELEM1 ON;:INP:SCAL:CT:ELEM1 1000;:INP:CURR:RANG:ELEM1 0.05\n")
    talk(wt, b":NUM:FORM FLO;NUMBER 3;ITEM1 UDC,1;ITEM2 IDC,1;ITEM3 P,1\n")
    answer = talk(wt, b":NUM:VAL?\n")
    assert answer[8:16] == bytes.fromhex("7E94F56A7E94F56A")
    talk(wt, b":INP:CURR:RANG:ELEM1 0.1\n")
    assert floats(wt, 3) == pytest.approx((400.0, 100.0, 4e4), rel=1e-3)


@pytest.mark.parametrize(
    ("upper", "lower", "sign", "expected"),
    [
        (b"2000,90000", b"-2000,30000", 1, 500.0),
        (b"2000,90000", b"-2000,30000", -1, -500.0),  # mounted from the other side
        (b"-2000,90000", b"2000,30000", 1, -500.0),
        (b"1000,90000", b"-1000,30000", 1, 250.0),  # span and RATE disagree: silently wrong by two
    ],
)
@pytest.mark.parametrize("make", [wt5000, lmg670, pw8001])
def test_torque_goes_through_the_frequency_of_the_flange(
    make: Make, upper: bytes, lower: bytes, sign: int, expected: float
) -> None:
    peer = make(at(Truth(**RUNNING), accuracy=EXACT, wiring=wiring(sign=sign, speed_sign=1)))
    for line in {
        wt5000: [
            b":COMM:HEAD OFF;:MOTOR1:TORQUE:TYPE PULSE;RATE:UPPER %b;LOWER %b" % (upper, lower),
            b":MOTOR1:SPEED:TYPE PULSE;PULSE 1024", b":NUM:NUMBER 3;ITEM1 TORQUE,1;ITEM2 SPEED,1;ITEM3 PM,1",
        ],
        lmg670: [b"*ZLANG SHORT", b"TRQU1 %b" % upper, b"TRQL1 %b" % lower, b"SPDP1 1024"],
        pw8001: [
            b":HEADER OFF", b":MOTOR1:TORQUE:UPPER %b" % upper, b":MOTOR1:TORQUE:LOWER %b" % lower,
            b":MOTOR1:SPEED:PULSE 1024",
        ],
    }[make]:  # fmt: skip
        talk(peer, line + b"\n")
    asked = {wt5000: b":NUM:VAL?", lmg670: b"TRQ1?;SPD1?;PMECH1?", pw8001: b":MEAS? Tq1,Spd1,Pm1"}[make]
    torque, speed, power = (float(text) for text in talk(peer, asked + b"\n").replace(b";", b",").split(b","))
    assert (torque, speed) == pytest.approx((expected, 300.0), abs=0.1)
    assert power == pytest.approx(torque * speed * 0.10471975512, rel=1e-5)


# --- accuracy ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hertz", "reading"), [(20.0, 0.3), (50.0, 0.02), (200.0, 0.05), (2e3, 0.15)])
def test_errors_of_the_phases_stay_within_the_line_of_their_frequency_and_fill_it(hertz: float, reading: float) -> None:
    table = ReadingRange(0.3, 0.0, ((45.0, 0.02, 0.0), (66.0, 0.05, 0.0), (1e3, 0.15, 0.0)))
    accuracy = AnalyzerAccuracy({"ac": ElementAccuracy(table, table, table), "dc": ElementAccuracy(power=table)})
    items = [("P", (2,)), ("P", (1,))]
    setup = Setup({n: InputSetup(600.0, 1.0, ct=1000.0) for n in range(1, 8)}, {}, items, 2)
    truth = Truth(f_el_hz=hertz).vector
    gains = []
    for seed in range(300):
        model = AnalyzerModel(wiring(), OUTPUT_NAMES, accuracy, ErrorDraw(seed, "analyzer"))
        rows = model.rows(setup, model.band(truth))
        gains.append((3.0 * rows[0]["gain"] - 1.0, rows[1]["gain"] - 1.0))
    phase, dc = np.array(gains).T
    assert np.abs(phase).max() <= reading / 100.0
    assert np.std(phase) == pytest.approx(reading / 100.0 / np.sqrt(3.0), rel=0.12)
    assert np.std(dc) == pytest.approx(0.3 / 100.0 / np.sqrt(3.0), rel=0.12)
