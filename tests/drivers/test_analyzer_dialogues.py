"""All power analyzer drivers against dialogues typed from manuals and public programs (``analyzer_dialogues``)."""

import math
import struct
from collections.abc import Sequence
from dataclasses import replace

import analyzer_dialogues as said
import pytest
from dialogue import REOPEN, run

from bench.base.errors import DeviceError, LinkError
from bench.base.ports import EnergyMeter, PowerAnalyzer
from bench.base.quality import Quality
from drivers.grammar import GrammarError
from drivers.power_analyzers.analyzer import Analyzer
from drivers.power_analyzers.hioki_pw import HiokiPW8001, number
from drivers.power_analyzers.settings import AnalyzerSettings, Element, Item, MotorInput
from drivers.power_analyzers.yokogawa_wt import YokogawaWT1800E, YokogawaWT3000E, YokogawaWT5000
from drivers.power_analyzers.zes_lmg import ZesLmg670
from drivers.registry import driver_class

FLANGE = MotorInput("flange_m", 1, 2000.0, torque_sign=-1)
ITEMS = (
    Item("dc.voltage", "UDC", (1,)),
    Item("dc.power", "P", (1,)),
    Item("ac.power", "P", (2, 3, 4)),
    Item("ac.frequency", "FI", (2,)),
    Item("flange_m.torque", "TORQUE", (1,)),
)
MARKS = bytes.fromhex("7E951BEE 7E94F56A")
"""No data and over-range (IM WT3001E-17EN p.6-97)."""
NO_ERROR: said.Pair = (b":STATus:ERRor?\n", b'0,"No error"\n')


def settings(
    dc_amps: tuple[float, ...], ac_volts: float, ac_amps: float, ratio: float = 1000.0, wiring: str = "3V3A"
) -> AnalyzerSettings:
    return AnalyzerSettings(
        elements=(
            Element("dc", (1,), (60.0, 300.0, 600.0), dc_amps, ratio),
            Element("ac", (2, 3, 4), (60.0, ac_volts), (1.0, ac_amps), 1.0, wiring, "ac"),
        ),
        motors=(FLANGE,),
        items=ITEMS,
        frequency_filter_hz=500.0 if wiring == "3V3A" else 0.0,
    )


def wt3000e(**more: object) -> YokogawaWT3000E:
    items = (*ITEMS, Item("eta", "ETA", (1,)))
    wanted = replace(settings((50.0, 500.0), 300.0, 30.0), items=items, efficiencies=("PM,P1",), **more)  # type: ignore[arg-type]
    return YokogawaWT3000E("analyzer", wanted)


def lmg() -> ZesLmg670:
    return ZesLmg670("analyzer", settings((40.0, 600.0), 250.0, 32.0, wiring="3P4W"))


def pw() -> HiokiPW8001:
    return HiokiPW8001("analyzer", settings((50.0, 500.0), 300.0, 500.0, ratio=1.0))


def asked(row: bytes) -> bytes:
    """The question that belongs to a setting; within one message of two languages it stays there."""
    units = [unit if unit.startswith(b"*") else unit.split(b" ")[0] + b"?" for unit in row.split(b";")]
    return b";".join(units) + b"\n"


def dialogue(rows: Sequence[said.Pair], before: Sequence[said.Pair], after: Sequence[said.Pair]) -> list[said.Pair]:
    """Written, then errors asked, then each read back."""
    written = [(row + b"\n", b"") for row, _ in rows]
    return [*before, *written, *after, *((asked(row), answer + b"\n") for row, answer in rows)]


@pytest.mark.parametrize(
    ("driver", "rows", "before", "after"),
    [
        (wt3000e(), said.WT3000E_SET_UP, [(NO_ERROR[0], b'113,"Undefined Header"\n'), NO_ERROR], [NO_ERROR]),
        (
            lmg(), said.LMG_SET_UP,
            [(b"*ZLANG SCPI;:SYST:ERR:ALL?;*ZLANG SHORT\n", b'-113,"Undefined header"\n')],
            [(b"*ZLANG SCPI;:SYST:ERR:ALL?;*ZLANG SHORT\n", b'0,"No error"\n')],
        ),
        (pw(), said.PW_SET_UP, [(b"*CLS\n", b"")], [(b"*ESR?\n", b"0\n")]),
    ],
    ids=["WT3000E", "LMG670", "PW8001"],
)  # fmt: skip
def test_the_set_up_is_written_then_read_back(
    driver: Analyzer, rows: Sequence[said.Pair], before: Sequence[said.Pair], after: Sequence[said.Pair]
) -> None:
    in_force = run(driver.set_up(), dialogue(rows, before, after))
    assert len(in_force) == len(rows)
    assert driver.ranges["dc.current"] == max(driver.settings.elements[0].current_ranges_a)


@pytest.mark.parametrize("driver", [wt3000e(), lmg(), pw()], ids=["WT3000E", "LMG670", "PW8001"])
def test_any_setting_that_is_not_what_was_written_is_told(driver: Analyzer) -> None:
    wanted = dict(driver._rows())
    for header in wanted:
        job, answered = driver.verify(), 0
        with pytest.raises(DeviceError, match=r"arm again"):
            request = next(job)
            while True:
                name = next(unit for unit in request.data.decode().strip().split(";") if unit.endswith("?"))[:-1]
                answered += 1
                request = job.send(b"77,77,77\n" if name == header else wanted[name].encode() + b"\n")
        assert answered == list(wanted).index(header) + 1


@pytest.mark.parametrize(
    ("driver", "question", "reply"),
    [
        (wt3000e(), said.WT_READ, b"#40024" + struct.pack(">6f", 400.0, 4e4, 38e3, 200.0, 123.5, 95.0) + b"\n"),
        (
            wt3000e(number_format="ascii"), said.WT_READ,
            b"400.00E+00,40.000E+03,38.000E+03,200.00E+00,123.500E+00,95.000E+00\n",
        ),
        (lmg(), said.LMG_READ, b"4.0E+02;4.0E+04;1.2E+04;1.3E+04;1.3E+04;2.0E+02;1.235E+02\n"),
        (pw(), said.PW_READ, b"+400.00E+0;+40.000E+3;+38.000E+3;+200.00E+0;+123.50E+0\r\n"),
    ],
    ids=["WT3000E block", "WT3000E text", "LMG670", "PW8001"],
)  # fmt: skip
def test_a_reading(driver: Analyzer, question: bytes, reply: bytes) -> None:
    """The flange is seen from the other side, so its torque is turned; the phases' power is their sum."""
    records = run(driver.read(), [(question, reply)], now_ns=1_000_000_000)
    shown = {reading.channel: reading.value for reading in driver.readings()}
    wanted = {"dc.voltage": 400.0, "dc.power": 4e4, "ac.power": 38e3, "ac.frequency": 200.0, "flange_m.torque": -123.5}
    assert {name: shown[name] for name in wanted} == pytest.approx(wanted)
    assert set(records["t_ns"].tolist()) == {973_000_000}  # 1 s less 2 ms latency and half of 50 ms


@pytest.mark.parametrize(
    ("driver", "question", "reply"),
    [
        (wt3000e(), said.WT_READ, b"#224" + MARKS + struct.pack(">4f", 1, 2, 3, 4) + b"\n"),
        (wt3000e(number_format="ascii"), said.WT_READ, b"NAN,INF,1,2,3,4\n"),
        (lmg(), said.LMG_READ, b"9.91E+37;9.9E+37;1;2;3;4;5\n"),
        (pw(), said.PW_READ, b"+777.77E+9;+999.99E+9;1;2;3\n"),
        (pw(), said.PW_READ, b"-888.88E+9;-9999999E+99;1;2;3\n"),
    ],
)  # fmt: skip
def test_marks_become_quality_and_never_a_value(driver: Analyzer, question: bytes, reply: bytes) -> None:
    run(driver.read(), [(question, reply)])
    voltage, power, third = driver.readings()[:3]
    assert voltage.quality is Quality.NOT_A_NUMBER and power.quality is Quality.OVER_RANGE
    assert math.isnan(voltage.value) and math.isnan(power.value)
    assert third.quality is Quality.GOOD


def test_a_sum_is_as_good_as_its_worst_part() -> None:
    analyzer = lmg()
    run(analyzer.read(), [(said.LMG_READ, b"400;4E4;1E3;9.9E+37;1E3;200;1\n")])
    assert analyzer.readings()[2].quality is Quality.OVER_RANGE
    assert math.isnan(analyzer.readings()[2].value)


@pytest.mark.parametrize("text", [b"+999.99E+0", b"+777.70E+9", b"+99.999E+3", b"+888.88E+3", b"-9.0000E+3"])
def test_what_only_resembles_a_mark_is_a_value(text: bytes) -> None:
    value, quality = number(text)
    assert (value, quality) == (float(text), Quality.GOOD)


@pytest.mark.parametrize(
    ("driver", "question", "reply"),
    [
        (wt3000e(), said.WT_READ, b"400.00E+00,40.000E+03\n"),
        (wt3000e(), said.WT_READ, b"#220" + bytes(20) + b"\n"),
        (wt3000e(number_format="ascii"), said.WT_READ, b"1,2,3,4,5\n"),
        (wt3000e(number_format="ascii"), said.WT_READ, b"1,2,3,4,5,4_0\n"),
        (lmg(), said.LMG_READ, b"1;2;3;4;5;6\n"),
        (lmg(), said.LMG_READ, b"1;2;3;4;5;6;\n"),
        (pw(), said.PW_READ, b"UDC1 +1.0E+0;1;2;3;4\n"),
        (pw(), said.PW_READ, b"1,2,3,4,5\n"),
    ],
)
def test_an_answer_of_another_form_poisons_the_session(driver: Analyzer, question: bytes, reply: bytes) -> None:
    with pytest.raises(GrammarError):
        run(driver.read(), [(question, reply)])
    with pytest.raises(LinkError, match="open a fresh connection"):
        run(driver.read(), [])


IDENTITIES = [
    (YokogawaWT5000, b"YOKOGAWA,WT5000,91X412345,F1.03", []),
    (YokogawaWT3000E, b"YOKOGAWA,WT3004E-2A0-30A4,0,F6.01", []),
    (YokogawaWT1800E, b"YOKOGAWA,WT1806E,C2SB00001E,F2.01", []),
    (ZesLmg670, b"ZES ZIMMER Electronic Systems GmbH,LMG670,01234567,5.039", [(b"*ZLANG SHORT\n", b"")]),
    (HiokiPW8001, b"HIOKI,PW8001-15,220912345,V1.60", []),
]


@pytest.mark.parametrize(("kind", "identity", "first"), IDENTITIES, ids=lambda value: getattr(value, "__name__", ""))
def test_each_knows_its_own_kind_and_refuses_the_others(
    kind: type[Analyzer], identity: bytes, first: list[said.Pair]
) -> None:
    assert run(kind().identify(), [*first, (b"*IDN?\n", identity + b"\n")]).maker == identity.split(b",")[0].decode()
    for _, other, _ in IDENTITIES:
        if other != identity:
            with pytest.raises(DeviceError, match=rf"is no {kind.nameplate.name}; correct the resource or the driver"):
                run(kind().identify(), [*first, (b"*IDN?\n", other + b"\n")])


@pytest.mark.parametrize(
    "name", ["yokogawa_wt5000", "yokogawa_wt3000e", "yokogawa_wt1800e", "zes_lmg670", "hioki_pw8001"]
)
def test_each_is_a_power_analyzer_that_nobody_has_tried_on_hardware(name: str) -> None:
    driver = driver_class(name)
    assert isinstance(driver(), PowerAnalyzer)
    assert isinstance(driver(), EnergyMeter) == name.startswith("yokogawa")
    assert driver.tested_on_hardware is False
    assert all(command.source for command in driver.commands)


def test_a_fresh_connection_to_an_lmg670_begins_with_its_language() -> None:
    driver = lmg()
    run(driver.identify(), [(b"*ZLANG SHORT\n", b""), (b"*IDN?\n", IDENTITIES[3][1] + b"\n")])
    driver.session.poison("a time-out")
    again = [REOPEN, (b"*ZLANG SHORT\n", b""), (b"*IDN?\n", IDENTITIES[3][1] + b"\n")]
    run(driver.session.recover(driver.identify, lambda: iter(())), again)  # type: ignore[arg-type, return-value]
    assert driver.session.poisoned is None


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"update_ms": 60}, "does not update every 60 ms; choose one of 50, 100, 250"),
        ({"lowest_hz": 10.0}, "shorter than a period of 10 Hz; raise it to 100 ms or more"),
        ({"motors": (replace(FLANGE, number=2),)}, "has 1 motor input"),
        ({"elements": (Element("dc", (5,), (60.0,), (1.0,)),)}, "has 4 inputs, not 5"),
        ({"elements": (Element("ac", (1, 2, 4), (60.0,), (1.0,), wiring="3V3A"),)}, "are no neighbours; wire them so"),
        ({"elements": (Element("ac", (1, 2, 3), (60.0,), (1.0,)),)}, "ac has 3 inputs wired 1P2W"),
    ],
)
def test_what_the_instrument_cannot_do_is_refused_before_anything_is_written(
    changes: dict[str, object], wanted: str
) -> None:
    driver = YokogawaWT3000E("analyzer", AnalyzerSettings(elements=(), motors=()))
    driver.settings = replace(driver.settings, **changes)  # type: ignore[arg-type]
    with pytest.raises(DeviceError, match=wanted):
        run(driver.set_up(), [])


@pytest.mark.parametrize(
    ("wiring", "filter_hz", "wanted"),
    [("3V3A", 0.0, "LMG670 cannot sum the powers of ac wired 3V3A"), ("3P4W", 500.0, "leave frequency_filter out")],
)
def test_an_lmg670_does_not_guess(wiring: str, filter_hz: float, wanted: str) -> None:
    """Its wiring is not set up by this driver, so powers between lines cannot be told from those of phases."""
    given = replace(settings((40.0,), 250.0, 32.0, wiring=wiring), frequency_filter_hz=filter_hz)
    with pytest.raises(DeviceError, match=wanted):
        run(ZesLmg670("analyzer", given).set_up(), [])


@pytest.mark.parametrize(("wiring", "ratio", "range_v"), [("3V3A", 3.0**0.5, 300), ("3P4W", 1.0, 200)])
def test_between_lines_the_voltage_is_that_of_a_phase_and_its_range_that_of_the_lines(
    wiring: str, ratio: float, range_v: int
) -> None:
    """150 V of a phase: 173 V with the margin; between lines 260 V, with the margin 299 V."""
    element = Element("ac", (2, 3, 4), (60.0, 200.0, 300.0, 600.0), (50.0,), 1.0, wiring, "ac")
    pw = HiokiPW8001("analyzer", AnalyzerSettings((element,), (), items=(Item("ac.voltage", "URMS", (2,)),)))
    question = b"*TRG;*WAI;:MEASure? Urms2\n"
    run(pw.read(), [(question, b"%.4f\n" % (150.0 * ratio))])
    assert pw.readings()[0].value == pytest.approx(150.0)
    rows = [(b":VOLTage%d:RANGe %d;:VOLTage%d:RANGe?\n" % (n, range_v, n), b"%d\n" % range_v) for n in (2, 3, 4)]
    run(pw.set_ranges({"ac.voltage": 150.0}), [*rows, (b"*ESR?\n", b"0\n"), (question, b"260\n")])
    assert pw.ranges == {"ac.voltage": range_v}


# --- integration of the Yokogawa family -------------------------------------------------------------------------------


def test_energy_is_integrated_by_the_instrument() -> None:
    wt = wt3000e()
    state = b":INTEGrate:STATe?\n"
    start = [
        (b":INTEGrate:RESet\n", b""), (b":INTEGrate:MODE NORMAL\n", b""), (b":INTEGrate:TIMer 0,0,0\n", b""),
        (b":INTEGrate:STARt\n", b""), NO_ERROR, (state, b"STAR\n"),
    ]  # fmt: skip
    run(wt.start_energy(), start)
    run(wt.stop_energy(), [(b":INTEGrate:STOP\n", b""), (state, b"STOP\n")])
    asked_for = [
        (b":NUMeric:NORMal:VALue? %d\n" % place, b"#14" + struct.pack(">f", value) + b"\n")
        for place, value in ((7, 12.5), (8, 11.75), (9, 3600.0))
    ]
    energy = run(wt.energy(), asked_for)
    assert {name: reading.value for name, reading in energy.items()} == {
        "dc.energy": 12.5, "ac.energy": 11.75, "analyzer.integration_time": 3600.0,
    }  # fmt: skip


def test_an_integration_that_does_not_start_is_told() -> None:
    start = [(b":INTEGrate:RESet\n", b""), (b":INTEGrate:MODE NORMAL\n", b""), (b":INTEGrate:TIMer 0,0,0\n", b"")]
    with pytest.raises(DeviceError, match="the integration is ERR, not STAR"):
        run(
            wt3000e().start_energy(),
            [*start, (b":INTEGrate:STARt\n", b""), NO_ERROR, (b":INTEGrate:STATe?\n", b"ERR\n")],
        )


def test_a_refused_command_of_a_pw8001_shows_in_its_event_register() -> None:
    before, written = [(b"*CLS\n", b"")], [(row + b"\n", b"") for row, _ in said.PW_SET_UP]
    with pytest.raises(DeviceError, match=r"\*ESR\? is 16 after writing the set-up"):
        run(pw().set_up(), [*before, *written, (b"*ESR?\n", b"16\n")])
