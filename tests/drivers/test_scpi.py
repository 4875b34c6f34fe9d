"""The strict grammar of SCPI answers."""

import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.base.quality import Quality
from drivers import scpi
from drivers.grammar import GrammarError


@pytest.mark.parametrize(
    ("text", "value"),
    [(b"400.0", 400.0), (b"-1.5E+2", -150.0), (b"+.5", 0.5), (b"7.", 7.0), (b" 1e3 ", 1000.0), (b"0", 0.0)],
)
def test_numbers(text: bytes, value: float) -> None:
    assert scpi.number(text) == (value, Quality.GOOD)


@pytest.mark.parametrize(
    ("text", "quality"),
    [
        (b"9.91E+37", Quality.NOT_A_NUMBER),
        (b"+9.91000E+37", Quality.NOT_A_NUMBER),
        (b"NAN", Quality.NOT_A_NUMBER),
        (b"9.9E+37", Quality.OVER_RANGE),
        (b"-9.90000E+37", Quality.OVER_RANGE),
        (b"INF", Quality.OVER_RANGE),
        (b"1E999", Quality.OVER_RANGE),
    ],
)
def test_sentinels_become_a_quality_and_never_a_value(text: bytes, quality: Quality) -> None:
    value, got = scpi.number(text)
    assert math.isnan(value)
    assert got is quality


@pytest.mark.parametrize(
    "text", [b"", b"1,2,3", b"400.0;12", b"-1.#IND", b"4_0_0", "４００".encode(), b"0x10", b"1e", b"--1", b"1" * 60]
)
def test_what_float_takes_or_chokes_on_is_refused(text: bytes) -> None:
    with pytest.raises(GrammarError):
        scpi.number(text)


@given(st.binary(max_size=24))
def test_any_bytes_are_a_finite_number_or_marked_or_refused(text: bytes) -> None:
    try:
        value, quality = scpi.number(text)
    except GrammarError:
        return
    assert math.isfinite(value) == (quality is Quality.GOOD)
    if quality is Quality.GOOD:
        assert value == float(text)


@given(st.floats(-1e30, 1e30))
def test_every_way_to_print_a_float_is_understood(value: float) -> None:
    for text in (repr(value), f"{value:.6E}", f"{value:+.3e}"):
        assert scpi.number(text.encode()) == (float(text), Quality.GOOD)


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [(b"43.50V", b"V", 43.5), (b"100.1A", b"A", 100.1), (b"2534W", b"W", 2534.0), (b"-2.5kW", b"W", -2500.0)],
)
def test_quantities_of_the_ea_manual(text: bytes, unit: bytes, value: float) -> None:
    assert scpi.quantity(text, unit) == (value, Quality.GOOD)


def test_a_quantity_in_another_unit_is_refused() -> None:
    with pytest.raises(GrammarError, match="a number in A"):
        scpi.quantity(b"43.50V", b"A")


def _take(reply: bytes, count: int) -> tuple[list[float], list[int]]:
    values, qualities, times = np.zeros(count), np.zeros(count, np.uint8), np.zeros(count, np.int64)
    start = scpi.block_start(reply, 4 * count)
    raw = np.frombuffer(reply, np.uint8)
    scpi.take_singles(raw, start, values, qualities, times, 5)
    assert times.tolist() == [5] * count
    return values.tolist(), qualities.tolist()


def test_special_float_patterns_of_the_manual() -> None:
    """WT3001E p.6-97: no data 0x7E951BEE, over-range 0x7E94F56A."""
    block = b"#216" + bytes.fromhex("43C80000 7E951BEE 7E94F56A FF800000") + b"\n"
    values, qualities = _take(block, 4)
    assert values[0] == 400.0
    assert all(math.isnan(value) for value in values[1:])
    assert qualities == [Quality.GOOD, Quality.NOT_A_NUMBER, Quality.OVER_RANGE, Quality.OVER_RANGE]


@given(st.lists(st.floats(-(2.0**100), 2.0**100, width=32), min_size=1, max_size=30))
def test_blocks_agree_with_struct(numbers: list[float]) -> None:
    payload = struct.pack(f">{len(numbers)}f", *numbers)
    length = str(len(payload))
    values, qualities = _take(f"#{len(length)}{length}".encode() + payload + b"\n", len(numbers))
    assert values == numbers
    assert not any(qualities)


@pytest.mark.parametrize(
    "reply",
    [b"", b"#", b"#0\n", b"#18" + bytes(7) + b"\n", b"#18" + bytes(9) + b"\n", b"#18" + bytes(8), b"NAN\n", b"#1x\n"],
)
def test_a_block_that_is_not_exactly_one_is_refused(reply: bytes) -> None:
    with pytest.raises(GrammarError):
        scpi.block_start(reply, 8)


@given(st.binary(max_size=40))
def test_payloads_of_blocks(payload: bytes) -> None:
    length = str(len(payload))
    assert scpi.block(f"#{len(length)}{length}".encode() + payload + b"\n") == payload
    assert scpi.block(b"#0" + payload + b"\n") == payload


@given(st.binary(max_size=12))
def test_any_bytes_are_a_block_or_refused(reply: bytes) -> None:
    try:
        assert len(scpi.block(reply)) < len(reply)
    except GrammarError:
        assert reply[:2] != b"#0" or reply[-1:] != b"\n"


def test_identity_and_error_entries() -> None:
    found = scpi.identity(b"YOKOGAWA,WT5000,91X412345,F1.03\r\n")
    assert (found.maker, found.model, found.serial, found.firmware) == ("YOKOGAWA", "WT5000", "91X412345", "F1.03")
    assert scpi.error_entry(b'-221,"Settings conflict"') == (-221, "Settings conflict")
    for wrong in (b"OK\n", b"a,b\n", b"a,b,c,d", "Ä,b,c,d\n".encode()):
        with pytest.raises(GrammarError):
            scpi.identity(wrong)
