"""Dialogues of the WT5000 driver, typed from instruments.md section 4.1."""

import math
import struct

import pytest
from dialogue import REOPEN, run

from bench.base.errors import DeviceError, LinkError, LinkTimeout
from bench.base.ports import PowerAnalyzer
from bench.base.quality import Quality
from drivers.grammar import GrammarError
from drivers.power_analyzers.readback import same_setting
from drivers.power_analyzers.settings import AnalyzerSettings, Element, Item, MotorInput
from drivers.power_analyzers.yokogawa_words import wiring_words
from drivers.power_analyzers.yokogawa_wt import YokogawaWT5000

IDN = (b"*IDN?\n", b"YOKOGAWA,WT5000,91X412345,F1.03\n")
WAIT_VALUE = b"*CLS;:COMMunicate:WAIT 1;:NUMeric:NORMal:VALue?\n"


def driver() -> YokogawaWT5000:
    settings = AnalyzerSettings(
        elements=(Element("dc", (1,), (300.0, 600.0), (50.0, 500.0), 1000.0),),
        motors=(MotorInput("flange_l", 1, 2000.0),),
        update_ms=50,
        latency_ms=2.0,
        items=(Item("dc.voltage", "UDC", (1,)), Item("dc.power", "P", (1,)), Item("flange_l.torque", "TORQUE", (1,))),
    )
    return YokogawaWT5000("analyzer", settings)


def block(*values: float) -> bytes:
    return b"#212" + struct.pack(">3f", *values) + b"\n"


def test_it_is_a_power_analyzer() -> None:
    assert isinstance(driver(), PowerAnalyzer)


def test_identify() -> None:
    assert run(driver().identify(), [IDN]).serial == "91X412345"


def test_another_model_is_refused_with_a_remedy() -> None:
    with pytest.raises(DeviceError, match=r"is no Yokogawa WT5000; correct the resource"):
        run(driver().identify(), [(b"*IDN?\n", b"YOKOGAWA,WT310,C1,F1\n")])


def test_a_reading_has_the_middle_of_its_update_as_its_time() -> None:
    wt = driver()
    places = {"dc.voltage": 7, "dc.power": 3, "flange_l.torque": 11, "dc.voltage_range": 20, "dc.current_range": 21}
    wt.bind(places.__getitem__)
    records = run(wt.read(), [(WAIT_VALUE, block(400.0, -5e3, 123.5))], now_ns=1_000_000_000)
    assert records["id"].tolist() == [7, 3, 11, 20, 21]
    assert records["value"].tolist()[:3] == [400.0, -5e3, 123.5]
    assert records["t_ns"].tolist() == [973_000_000] * 5  # 1 s less 2 ms latency and half of 50 ms
    assert [reading.channel for reading in wt.readings()] == list(places)


def test_the_ranges_in_force_come_with_each_reading() -> None:
    """Unknown until they were read back: a lost answer cannot leave a wrong belief."""
    wt = driver()
    run(wt.read(), [(WAIT_VALUE, block(1.0, 2.0, 3.0))])
    assert [r.quality for r in wt.readings()[3:]] == [Quality.NOT_A_NUMBER] * 2
    header = b":INPut:CURRent:RANGe:ELEMent1"
    fixed = [
        (header + b" 0.05;" + header + b"?\n", b"5.000E-02\n"),
        (b":STATus:ERRor?\n", b'0,"No error"\n'),
        (WAIT_VALUE, block(1.0, 2.0, 3.0)),
    ]
    run(wt.set_ranges({"dc.current": 37.0}), fixed)
    voltage, current = wt.readings()[3:]
    assert (current.channel, current.value, current.quality) == ("dc.current_range", 50.0, Quality.GOOD)
    assert voltage.quality is Quality.NOT_A_NUMBER
    with pytest.raises(LinkTimeout):
        run(wt.set_ranges({"dc.current": 450.0 / 1.15}), [(header + b" 0.5;" + header + b"?\n", LinkTimeout)])
    assert wt.ranges == {}


def test_no_data_and_over_range() -> None:
    wt = driver()
    special = b"#212" + bytes.fromhex("7E951BEE 7E94F56A 41200000") + b"\n"
    run(wt.read(), [(WAIT_VALUE, special)])
    assert [r.quality for r in wt.readings()[:3]] == [Quality.NOT_A_NUMBER, Quality.OVER_RANGE, Quality.GOOD]
    assert math.isnan(wt.readings()[0].value)


@pytest.mark.parametrize("answer", [b"4.0E2,1,2\n", b"#18" + bytes(8) + b"\n", b"#212" + bytes(12)])
def test_a_wrong_form_poisons_the_session(answer: bytes) -> None:
    wt = driver()
    with pytest.raises(GrammarError):
        run(wt.read(), [(WAIT_VALUE, answer)])
    with pytest.raises(LinkError, match="open a fresh connection"):
        run(wt.read(), [])


def test_a_wt5000_tells_its_motor_inputs_apart_and_u_and_i_by_the_function() -> None:
    """Where it differs from the WT3000E, whose whole set-up is in ``analyzer_dialogues``."""
    rows = dict(driver()._rows())
    assert rows[":INPut:WIRing"] == ",".join(["P1W2"] * 7)
    assert rows[":MOTor1:TORQue:RATE:UPPer"] == "2000,90000"
    assert [rows[f":NUMeric:NORMal:ITEM{i}"] for i in (1, 2, 3, 4)] == ["UDC,1", "P,1", "TORQUE,1", "WH,1"]
    assert ":INPut:VOLTage:MODE:ELEMent1" not in rows


@pytest.mark.parametrize(
    ("units", "wanted"),
    [
        (((1,), (2, 3, 4), (5,), (6,)), "P1W2,V3A3,P1W2,P1W2,P1W2"),
        (((1, 2, 3), (4,)), "V3A3,P1W2,P1W2,P1W2,P1W2"),
        (((5, 6, 7),), "P1W2,P1W2,P1W2,P1W2,V3A3"),
    ],
)
def test_the_wiring_is_told_from_the_first_input_on(units: tuple[tuple[int, ...], ...], wanted: str) -> None:
    """IM WT3001E-17EN p.6-73."""
    elements = [Element("x", unit, (1.0,), (1.0,), wiring="3V3A" if len(unit) > 1 else "1P2W") for unit in units]
    assert wiring_words(elements, 7) == wanted


def test_swapped_items_are_found_by_the_read_back() -> None:
    wt = driver()
    job = wt.verify()
    request = next(job)
    with pytest.raises(DeviceError, match=r"ITEM1 is P,1, not UDC,1; arm again"):
        while True:
            header = request.data.decode().rstrip("?\n")
            wanted = dict(wt._rows())[header]
            request = job.send((b"P,1" if header.endswith("ITEM1") else wanted.encode()) + b"\n")


@pytest.mark.parametrize(
    ("wanted", "answer", "same"),
    [
        ("OFF", b"0", True),
        ("OFF", b"1", False),
        ("50MS", b"50.0E-03", True),
        ("50MS", b"1.000E-01", False),
        ("PULSE", b"PULS", True),
        ("PULSE", b"ANAL", False),
        ("600", b"6.000E+02", True),
        ("2000,90000", b"2.0000E+03,9.0000E+04", True),
        ("2000,90000", b"2.0000E+03", False),
        ("P,SIGMA", b"P,SIGM", True),
        ("TORQUE,1", b"TORQ,1", True),
        ("TORQUE,1", b"TORQ,2", False),
        ("I2", b"U2", False),
        ("P,1", b"P,1,TOT", True),
        ("P,1", b"P,1,TOTAL", True),
        ("P,1", b"P,1,DC", False),
    ],
)
def test_what_counts_as_the_same_setting(wanted: str, answer: bytes, same: bool) -> None:
    assert same_setting(wanted, answer) is same


def test_ranges_are_fixed_for_the_prediction_and_the_first_update_is_dropped() -> None:
    wt = driver()
    header = b":INPut:CURRent:RANGe:ELEMent1"
    dialogue = [
        (header + b" 0.05;" + header + b"?\n", b"5.000E-02\n"),
        (b":STATus:ERRor?\n", b'0,"No error"\n'),
        (WAIT_VALUE, block(1.0, 2.0, 3.0)),
    ]
    in_force = run(wt.set_ranges({"dc.current": -37.0, "dc.power": 15e3, "flange_l.torque": 90.0}), dialogue)
    assert in_force == {"dc.current": 50.0}
    assert run(wt.set_ranges({"dc.current": 40.0}), []) == {"dc.current": 50.0}


def test_a_value_beyond_every_range_is_refused_not_clipped() -> None:
    with pytest.raises(DeviceError, match=r"beyond the widest range 500; lower the point"):
        run(driver().set_ranges({"dc.current": 450.0}), [])


def test_after_a_time_out_only_a_full_recovery_helps() -> None:
    wt = driver()
    run(wt.identify(), [IDN])
    with pytest.raises(LinkTimeout):
        run(wt.read(), [(WAIT_VALUE, LinkTimeout)])
    with pytest.raises(DeviceError, match="answers where"):
        run(
            wt.session.recover(wt.identify, wt.verify),
            [REOPEN, (b"*IDN?\n", b"YOKOGAWA,WT5000,OTHER,F1.03\n")],
        )
    assert wt.session.poisoned
