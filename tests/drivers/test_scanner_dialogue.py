"""The scanner's driver says what its dialogue has, in that order, and understands the answers."""

import math

import pytest
from dialogue import run
from hypothesis import given
from hypothesis import strategies as st
from scanner_dialogues import IDENTITY, NO_ERROR, READ, READ_BACK, READ_OPEN, WRITTEN

from bench.base.errors import DeviceError, LinkError
from bench.base.ports import Scanner
from bench.base.quality import Quality
from drivers.grammar import GrammarError
from drivers.scanners.keysight_daq970a import KeysightDaq970a
from drivers.scanners.settings import ScannerSettings, Thermocouple

WIRED = (Thermocouple("ambient", 103), Thermocouple("winding", 101), Thermocouple("oil", 102, "T"))


def driver(wired: tuple[Thermocouple, ...] = WIRED, **settings: float) -> KeysightDaq970a:
    return KeysightDaq970a("scanner", ScannerSettings(wired, **settings))  # type: ignore[arg-type]


def test_it_is_a_scanner_that_knows_its_kin_only() -> None:
    scanner = driver()
    assert isinstance(scanner, Scanner) and not scanner.tested_on_hardware
    assert run(scanner.identify(), [IDENTITY]).serial == "MY12345678"
    assert run(driver().identify(), [(IDENTITY[0], b"HEWLETT-PACKARD,34970A,0,9-1-2\n")]).model == "34970A"
    with pytest.raises(DeviceError, match="is no Keysight DAQ970A; correct the resource in the rig file"):
        run(driver().identify(), [(IDENTITY[0], b"Keysight Technologies,RP7972A,MY59001234,B.03.04\n")])


def test_set_up_is_written_and_read_back() -> None:
    in_force = run(driver().set_up(), [*WRITTEN, *READ_BACK])
    assert in_force["TEMP:TRAN:TC:TYPE"] == "K,T,K" and in_force["ROUT:SCAN"] == "(@101,102,103)"


_OTHERS = bytes.maketrans(b"012CIMKTV", b"121FUSJBT")


@pytest.mark.parametrize("place", range(len(READ_BACK)))
def test_each_item_that_reads_back_differently_is_named(place: int) -> None:
    question, answer = READ_BACK[place]
    other = answer.replace(b"102,103)", b"102,104)") if b"#" in answer else answer.translate(_OTHERS)
    with pytest.raises(DeviceError, match=r"is .*, not .*; arm again to set it up") as caught:
        run(driver().verify(), [*READ_BACK[:place], (question, other)])
    assert question.split(b"?")[0].decode() in str(caught.value)


def test_errors_of_others_are_forgotten_and_own_ones_told() -> None:
    others = (WRITTEN[0], (NO_ERROR[0], b'-113,"Undefined header"\n'), *WRITTEN[1:])
    assert run(driver().set_up(), [*others, *READ_BACK])
    with pytest.raises(DeviceError, match="error 261 'Not able to perform requested operation' after writing"):
        run(driver().set_up(), [*WRITTEN[:-1], (NO_ERROR[0], b'+261,"Not able to perform requested operation"\n')])


def test_a_scan_has_its_names_and_the_middle_of_its_time() -> None:
    scanner = driver(latency_ms=2.0)
    assert scanner.scan_ns == 13_333_333  # three inputs, each measured twice at 450 a second
    found = run(scanner.read(), [READ], now_ns=50_000_000)
    told = [(reading.channel, reading.value) for reading in found]
    assert told == [("scanner.winding_temp", 81.25), ("scanner.oil_temp", 70.5), ("scanner.ambient_temp", 23.0)]
    assert {reading.t_ns for reading in found} == {50_000_000 - 2_000_000 - 6_666_666}
    assert scanner.readings()[-1].channel == "scanner.open" and scanner.readings()[-1].value == 0.0


@pytest.mark.parametrize(
    ("value", "quality"),
    [
        (b"+9.90000000E+37", Quality.OVER_RANGE),
        (b"-9.90000000E+37", Quality.OVER_RANGE),
        (b"+9.91000000E+37", Quality.NOT_A_NUMBER),
        (b"NAN", Quality.NOT_A_NUMBER),
    ],
)
def test_an_open_thermocouple_is_a_quality_and_counted(value: bytes, quality: Quality) -> None:
    scanner = driver()
    question, answer = READ_OPEN
    found = run(scanner.read(), [(question, answer.replace(b"+9.90000000E+37", value))])
    assert math.isnan(found[1].value) and found[1].quality is quality
    assert found[0].good and found[2].good
    assert scanner.readings()[-1].value == 1.0


@pytest.mark.parametrize(
    "answer",
    [
        b"+8.12500000E+01,101,+7.05000000E+01,103,+2.30000000E+01,102\n",  # another's value
        b"+8.12500000E+01,101,+7.05000000E+01,102\n",
        b"+8.12500000E+01,+7.05000000E+01,+2.30000000E+01\n",
        b"+8.12500000E+01,101,+7.05000000E+01,102,+2.30000000E+01,103,+2.30000000E+01,104\n",
        b"8_1.25,101,+7.05000000E+01,102,+2.30000000E+01,103\n",
        b"+8.12500000E+01 C,101,+7.05000000E+01 C,102,+2.30000000E+01 C,103\n",
        b",101,+7.05000000E+01,102,+2.30000000E+01,103\n",
        b"\n",
    ],
)
def test_what_is_not_this_scan_is_never_a_value(answer: bytes) -> None:
    scanner = driver()
    with pytest.raises(GrammarError):
        run(scanner.read(), [(READ[0], answer)])
    with pytest.raises(LinkError, match="not usable"):
        run(scanner.read(), [])


@given(data=st.data())
def test_any_bytes_are_readings_or_refused(data: st.DataObject) -> None:
    scanner = driver()
    answer = bytearray(READ[1] if data.draw(st.booleans()) else data.draw(st.binary(max_size=80)))
    for _ in range(data.draw(st.integers(0, 3))):
        if answer:
            answer[data.draw(st.integers(0, len(answer) - 1))] = data.draw(st.integers(0, 255))
    try:
        records = scanner.take(bytes(answer), 0)
    except GrammarError:
        return
    good = records["quality"] == Quality.GOOD
    assert all(math.isfinite(value) for value in records["value"][good])
    assert all(math.isnan(value) for value in records["value"][~good])
    assert records["value"][-1] == (~good).sum()


def test_what_it_cannot_do_is_refused_with_a_remedy() -> None:
    with pytest.raises(ValueError, match=r"DAQ970A: needs 15 ms for 3 inputs, poll is 10 ms; poll less often"):
        driver(poll_ms=10.0)
    with pytest.raises(ValueError, match=r"has no input 441 \(hot\); slots are 1 to 3"):
        driver((Thermocouple("hot", 441),))
