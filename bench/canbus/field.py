"""One signal's bits in a frame taken as one integer, and the exact way from a value to its bits.

A frame of one byte order is one integer in that order. A frame with both is twice as long: the lower half Intel, the
upper half Motorola. So every signal is a shift and a mask. The arithmetic is cantools': the oracle of the tests.
"""

import math
import operator
import struct
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, Literal

from bench.base.errors import CodecError
from bench.canbus.message import Message, Signal

Order = Literal["little", "big", "both"]

TOLERANCE = 1e-6
"""Steps by which a value may leave its range: what the decimal fractions of a DBC lose in binary."""

FLOATS = {16: struct.Struct("<e"), 32: struct.Struct("<f"), 64: struct.Struct("<d")}
"""IEEE 754 by bits."""

_EXACT = 2.0**50
"""Up to here every whole number and every quotient of the fast way is exact."""


def order_of(message: Message) -> Order:
    """The byte order of all signals."""
    big = {signal.big_endian for signal in message.signals}
    return "both" if len(big) == 2 else "big" if True in big else "little"


def word_of(data: bytes, order: Order) -> int:
    """A frame as one integer."""
    return int.from_bytes(data + data[::-1], "little") if order == "both" else int.from_bytes(data, order)


def frame_of(word: int, order: Order, length: int) -> bytes:
    """The frame of an integer."""
    if order != "both":
        return word.to_bytes(length, order)
    both = word.to_bytes(2 * length, "little")
    return bytes(map(operator.or_, both[:length], both[: length - 1 : -1]))


class Field:
    """One signal of a message: ``shift``, ``mask`` and ``sign`` (the sign's bit, or 0)."""

    __slots__ = ("_label", "_raw_range", "choices", "high", "low", "mask", "name", "shift", "sign", "signal")

    def __init__(self, message: Message, signal: Signal, order: Order) -> None:
        bits = 8 * message.length
        self.signal, self.name = signal, signal.name
        self.shift = bits - signal.bits_end if signal.big_endian else signal.start
        self.shift += bits if signal.big_endian and order == "both" else 0
        self.mask = (1 << signal.length) - 1
        self.sign = 1 << signal.length - 1 if signal.signed and not signal.is_float else 0
        self._raw_range = (-self.sign, self.sign - 1) if self.sign else (0, self.mask)
        self._label = f"{message.name}.{signal.name}"
        slack = abs(signal.scale) * TOLERANCE
        self.low, self.high = signal.low - slack, signal.high + slack
        self.choices = {text: raw for raw, text in signal.choices.items()}

    @property
    def identical(self) -> bool:
        """Whether physical and raw value are the same."""
        return self.signal.scale == 1 and self.signal.offset == 0

    def raw(self, word: int) -> float:
        """The raw value in a frame."""
        bits = word >> self.shift & self.mask
        if self.signal.is_float:
            return float(FLOATS[self.signal.length].unpack(bits.to_bytes(self.signal.length // 8, "little"))[0])
        return (bits ^ self.sign) - self.sign

    def physical(self, raw: float) -> float:
        """The physical value of a raw one."""
        return raw if self.identical else raw * self.signal.scale + self.signal.offset

    def quick(self) -> tuple[float, float]:
        """From and to which a value is sent as ``round((value - offset) / scale)`` without another question.

        An empty range where this would not be exact.
        """
        signal = self.signal
        ends = sorted(raw * signal.scale + signal.offset for raw in self._raw_range)
        low, high = max(ends[0], signal.low), min(ends[1], signal.high)
        raws = [(end - signal.offset) / signal.scale for end in (low, high)]
        inside = all(self._raw_range[0] <= round(raw) <= self._raw_range[1] for raw in raws)
        small = max(abs(signal.offset), *map(abs, (*ends, *raws)), *map(abs, self._raw_range)) < _EXACT
        return (low, high) if small and inside and not signal.is_float else (math.inf, -math.inf)

    def bits(self, value: Any) -> int:
        """The bits of a physical value or of the text of a choice, not yet shifted. Raises ``CodecError``."""
        if isinstance(value, str):
            if value not in self.choices:
                known = ", ".join(list(self.choices)[:8]) or "none"
                raise CodecError(f"{self._label}: {value!r} is none of its texts ({known})")
            return self._fitting(self.choices[value], value)
        number = self._number(value)
        try:
            raw = self._raw_of(number)
        except (OverflowError, ZeroDivisionError):
            raise CodecError(f"{self._label}: {value!r} is too large") from None
        if raw not in self.signal.choices and not self.low <= number <= self.high:
            signal = self.signal
            raise CodecError(f"{self._label}: {value!r} is outside of {signal.low:g} to {signal.high:g} {signal.unit}")
        return self._fitting(raw, value)

    def _number(self, value: Any) -> float:
        if isinstance(value, Integral):
            return int(value)
        if not isinstance(value, Real) or not math.isfinite(value):
            raise CodecError(f"{self._label}: {value!r} is no finite number")
        return float(value)

    def _raw_of(self, number: float) -> float:
        scale, offset = self.signal.scale, self.signal.offset
        if self.identical:
            return number if self.signal.is_float else round(number)
        shifted = number - offset
        if self.signal.is_float:
            return shifted / scale
        if isinstance(scale, int):  # and the offset: no digit of a long integer may be lost
            quotient, rest = divmod(shifted, scale)
            return round(quotient if rest == 0 else shifted / scale)
        return round(shifted / scale)

    def _fitting(self, raw: float, value: Any) -> int:
        if self.signal.is_float:
            try:
                return int.from_bytes(FLOATS[self.signal.length].pack(raw), "little")
            except OverflowError:
                raise CodecError(f"{self._label}: {value!r} is too large for {self.signal.length} bits") from None
        if not self._raw_range[0] <= raw <= self._raw_range[1]:
            raise CodecError(f"{self._label}: {value!r} does not fit its {self.signal.length} bits (raw {raw})")
        return int(raw) & self.mask


def fields_of(message: Message, order: Order, signals: Sequence[Signal]) -> tuple[Field, ...]:
    """The fields of some signals of a message."""
    return tuple(Field(message, signal, order) for signal in signals)
