"""Register maps: what a word means, and that nothing outside its range ever becomes a value or a word."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.base.quality import Quality
from drivers.periphery.bench_io_modbus import BENCH_IO_MAP
from drivers.periphery.conditioner_modbus import CONDITIONER_MAP
from drivers.register_map import Block, Kind, Register, RegisterMap, Space, Use, blocks

HOLDING, COIL = Space.HOLDING_REGISTER, Space.COIL
NUMBERS = {
    Kind.U16: (1.0, 0.0, 65535.0),
    Kind.I16: (0.01, -300.0, 300.0),
    Kind.U32: (0.5, 0.0, 2e9),
    Kind.I32: (1.0, -2e9, 2e9),
    Kind.F32: (1.0, -1e6, 1e6),
}


def row(kind: Kind, high_word_first: bool = True) -> Register:
    scale, low, high = NUMBERS[kind]
    return Register(HOLDING, 0, "x", Use.SETTING, "", "V", kind, scale, low, high, high_word_first)


@pytest.mark.parametrize(
    ("kind", "first", "value", "words"),
    [
        (Kind.U16, True, 40_000.0, (40_000,)),
        (Kind.I16, True, -12.34, (0xFFFF - 1233,)),
        (Kind.U32, True, 65_536.5, (2, 1)),
        (Kind.U32, False, 65_536.5, (1, 2)),
        (Kind.I32, True, -2.0, (0xFFFF, 0xFFFE)),
        (Kind.F32, True, 1.0, (0x3F80, 0)),
        (Kind.F32, False, 1.0, (0, 0x3F80)),
    ],
)
def test_words_of_known_values(kind: Kind, first: bool, value: float, words: tuple[int, ...]) -> None:
    assert row(kind, first).raw(value) == words
    assert row(kind, first).value(words) == (pytest.approx(value), Quality.GOOD)


@given(st.sampled_from(list(NUMBERS)), st.booleans(), st.floats(0, 1))
def test_every_value_of_the_range_reads_back(kind: Kind, first: bool, share: float) -> None:
    found = row(kind, first)
    value = found.low + share * (found.high - found.low)
    got, quality = found.value(found.raw(value))
    assert quality is Quality.GOOD and abs(got - value) <= found.resolution


@given(st.sampled_from(list(NUMBERS)), st.floats())
def test_what_is_outside_is_refused_never_clipped(kind: Kind, value: float) -> None:
    found = row(kind)
    if not found.low <= value <= found.high:
        with pytest.raises(ValueError, match="outside"):
            found.raw(value)


@given(st.sampled_from(list(NUMBERS)), st.lists(st.integers(0, 0xFFFF), min_size=2, max_size=2))
def test_words_out_of_range_are_no_good_value(kind: Kind, words: list[int]) -> None:
    found = row(kind)
    value, quality = found.value(words[: found.size])
    if quality is Quality.GOOD:
        assert found.low <= value <= found.high
    else:
        assert quality in (Quality.WRONG, Quality.NOT_A_NUMBER, Quality.OVER_RANGE)


@pytest.mark.parametrize(("value", "quality"), [(math.nan, Quality.NOT_A_NUMBER), (-math.inf, Quality.OVER_RANGE)])
def test_singles_that_are_no_numbers(value: float, quality: Quality) -> None:
    got, found = row(Kind.F32).value(struct.unpack("!HH", struct.pack("!f", value)))
    assert math.isnan(got) and found is quality


def test_texts() -> None:
    text = Register(Space.INPUT_REGISTER, 0, "model", Use.IDENTITY, "", kind=Kind.TEXT, words=3)
    assert text.raw_text("AB-1") == (0x4142, 0x2D31, 0)
    assert text.text((0x4142, 0x2D31, 0x2020)) == "AB-1"
    with pytest.raises(ValueError, match="longer"):
        text.raw_text("ABCDEFG")
    for words in ((0x4100 + 0x0A, 0, 0), (0xFF41, 0, 0)):
        with pytest.raises(ValueError):
            text.text(words)


@pytest.mark.parametrize(
    "rows",
    [
        (Register(COIL, 0, "a", Use.SETPOINT, ""), Register(COIL, 0, "b", Use.SETPOINT, "")),
        (Register(COIL, 0, "a", Use.SETPOINT, ""), Register(COIL, 1, "a", Use.SETPOINT, "")),
        (
            Register(HOLDING, 0, "a", Use.SETPOINT, "", kind=Kind.F32),
            Register(HOLDING, 1, "b", Use.SETPOINT, "", kind=Kind.U16),
        ),
        (Register(COIL, 0, "a", Use.SETPOINT, "", kind=Kind.U16),),
        (Register(HOLDING, 0, "a", Use.SETPOINT, ""),),
        (Register(HOLDING, 0, "a", Use.IDENTITY, "", kind=Kind.TEXT),),
    ],
)
def test_a_map_that_cannot_be_is_refused(rows: tuple[Register, ...]) -> None:
    with pytest.raises(ValueError):
        RegisterMap(rows)


def test_neighbours_are_read_in_one_go() -> None:
    (inputs,) = blocks(CONDITIONER_MAP.of(Use.READING))
    assert (inputs.space, inputs.address, inputs.count) == (Space.INPUT_REGISTER, 100, 14)
    assert inputs.raw_of(CONDITIONER_MAP["coolant.flow"], range(14)) == range(4, 6)
    assert len(blocks(BENCH_IO_MAP)) == 4 and isinstance(blocks(BENCH_IO_MAP)[0], Block)


@pytest.mark.parametrize("registers", [CONDITIONER_MAP, BENCH_IO_MAP])
def test_every_row_tells_where_it_is_written_or_that_nobody_knows(registers: RegisterMap) -> None:
    assert all(row.source for row in registers)
    assert {row.writable for row in registers.of(Use.SETPOINT)} == {True}
    assert {row.writable for row in registers.of(Use.READING)} == {False}
    for use in (Use.SETPOINT,):  # written to zero in one go at arming
        for block in blocks(registers.of(use)):
            assert sum(row.size for row in block.rows) == block.count
