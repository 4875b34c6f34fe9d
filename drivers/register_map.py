"""Register maps of Modbus devices as tables: where a quantity lies, and how its words become a number and back.

From one map come the driver, the emulator and the reference page (``docs/reference/registers.md``).
"""

import math
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from bench.base.quality import Quality
from drivers.command import Command, Span

OWN_MAP = "unverified: no maker's map at hand; this is the emulated device's"
"""The source of a row that no manual gives."""


class Space(StrEnum):
    """The four tables of the Modbus data model (Application Protocol V1.1b3, 4.3)."""

    COIL = "coil"
    DISCRETE_INPUT = "discrete input"
    INPUT_REGISTER = "input register"
    HOLDING_REGISTER = "holding register"


class Kind(StrEnum):
    """How a value is written. ``TEXT``: two ASCII characters a word, filled up with zeros or blanks."""

    BIT = "bit"
    U16 = "u16"
    I16 = "i16"
    U32 = "u32"
    I32 = "i32"
    F32 = "f32"
    TEXT = "text"


class Use(StrEnum):
    """What the bench does with a register. ``SETTING``: written at arming and read back."""

    IDENTITY = "identity"
    READING = "reading"
    SETPOINT = "set-point"
    SETTING = "setting"


_FORMS = {Kind.U16: "!H", Kind.I16: "!h", Kind.U32: "!I", Kind.I32: "!i", Kind.F32: "!f"}
_BITS = frozenset({Space.COIL, Space.DISCRETE_INPUT})
_WRITABLE = frozenset({Space.COIL, Space.HOLDING_REGISTER})


class Register(NamedTuple):
    """One row. ``name``: the channel of a reading or set-point; value = raw * ``scale``, inside ``low`` .. ``high``.

    ``high_word_first``: of the two words of a 32-bit value. ``words``: length of a text. ``source``: title and page, or
    ``unverified`` with what is known.
    """

    space: Space
    address: int
    name: str
    use: Use
    purpose: str
    unit: str = "1"
    kind: Kind = Kind.BIT
    scale: float = 1.0
    low: float = 0.0
    high: float = 1.0
    high_word_first: bool = True
    words: int = 0
    source: str = OWN_MAP

    @property
    def size(self) -> int:
        """How many addresses it takes."""
        if self.kind is Kind.TEXT:
            return self.words
        return struct.calcsize(_FORMS[self.kind]) // 2 if self.kind is not Kind.BIT else 1

    @property
    def range(self) -> Span | str:
        """What it may hold."""
        return f"{2 * self.words} characters" if self.kind is Kind.TEXT else Span(self.low, self.high)

    @property
    def writable(self) -> bool:
        """Whether it can be written."""
        return self.space in _WRITABLE

    @property
    def resolution(self) -> float:
        """The most by which a value that was written may read back differently."""
        return 1e-6 * max(abs(self.low), abs(self.high)) if self.kind is Kind.F32 else 0.51 * self.scale

    def raw(self, value: float) -> tuple[int, ...]:
        """The words (or the bit) of ``value``. Raises ``ValueError`` for what is outside its range: never clipped."""
        if not self.low <= value <= self.high:  # NaN is outside too
            raise ValueError(f"{self.name} = {value:g} is outside {self.low:g} .. {self.high:g} {self.unit}")
        if self.kind is Kind.BIT:
            return (int(value > 0.5),)
        number = value / self.scale if self.kind is Kind.F32 else round(value / self.scale)
        words = struct.unpack(f"!{self.size}H", struct.pack(_FORMS[self.kind], number))
        return words if self.high_word_first else words[::-1]

    def value(self, raw: Sequence[int]) -> tuple[float, Quality]:
        """The value of words (or of a bit), and whether it is one: NaN, infinity and what is out of range are none."""
        if self.kind is Kind.BIT:
            return float(raw[0]), Quality.GOOD
        words = raw if self.high_word_first else raw[::-1]
        number: float = struct.unpack(_FORMS[self.kind], struct.pack(f"!{self.size}H", *words))[0]
        value = number * self.scale
        if math.isfinite(value):
            return value, Quality.GOOD if self.low <= value <= self.high else Quality.WRONG
        return math.nan, Quality.NOT_A_NUMBER if math.isnan(value) else Quality.OVER_RANGE

    def text(self, raw: Sequence[int]) -> str:
        """The characters of a text. Raises ``ValueError`` for anything but printable ASCII."""
        held = struct.pack(f"!{self.size}H", *raw).rstrip(b"\0 ").decode("ascii")
        if not held.isprintable():
            raise ValueError(f"{self.name}: {held!r} is not printable")
        return held

    def raw_text(self, text: str) -> tuple[int, ...]:
        """The words of a text. Raises ``ValueError`` for one that is too long."""
        held = text.encode("ascii")
        if len(held) > 2 * self.size:
            raise ValueError(f"{self.name}: {text!r} is longer than {2 * self.size} characters")
        return struct.unpack(f"!{self.size}H", held.ljust(2 * self.size, b"\0"))


class RegisterMap:
    """The rows of one device, in order. Raises ``ValueError`` where two share a name or an address."""

    def __init__(self, rows: Iterable[Register]) -> None:
        self.rows = tuple(rows)
        self._rows: Mapping[str, Register] = {row.name: row for row in self.rows}
        places = [(row.space, row.address + n) for row in self.rows for n in range(row.size)]
        if len(self._rows) != len(self.rows) or len(set(places)) != len(places):
            raise ValueError("a register map has each name and each address once")
        for row in self.rows:
            if (row.space in _BITS) != (row.kind is Kind.BIT) or row.size < 1:
                raise ValueError(f"{row.name}: a {row.space} cannot be {row.kind}")

    def __getitem__(self, name: str) -> Register:
        return self._rows[name]

    def __iter__(self) -> Iterator[Register]:
        return iter(self.rows)

    @property
    def commands(self) -> tuple[Command, ...]:
        """The rows in the form that all drivers' tables share."""
        return tuple(
            Command(row.name, f"{row.space} {row.address}", row.purpose, row.unit, row.range, row.kind, row.source)
            for row in self.rows
        )

    def of(self, use: Use) -> tuple[Register, ...]:
        """The rows of one use, in the order of the table."""
        return tuple(row for row in self.rows if row.use is use)


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring rows of one space that are read in one go: from the first ``address`` on, ``count`` items."""

    rows: tuple[Register, ...]

    @property
    def space(self) -> Space:
        """Of all its rows."""
        return self.rows[0].space

    @property
    def address(self) -> int:
        """The first."""
        return min(row.address for row in self.rows)

    @property
    def count(self) -> int:
        """How many items, those between the rows included."""
        return max(row.address + row.size for row in self.rows) - self.address

    def raw_of(self, row: Register, items: Sequence[int]) -> Sequence[int]:
        """The part of ``items`` that belongs to ``row``."""
        start = row.address - self.address
        return items[start : start + row.size]


def blocks(rows: Iterable[Register]) -> tuple[Block, ...]:
    """``rows`` by space, each space in one go."""
    by_space: dict[Space, list[Register]] = {}
    for row in rows:
        by_space.setdefault(row.space, []).append(row)
    return tuple(Block(tuple(found)) for found in by_space.values())
