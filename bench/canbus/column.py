"""The values of one signal in many frames, exactly as one frame's: what no column of numbers holds is not rounded."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.canbus.field import Field, order_of, word_of
from bench.canbus.log_kernels import gather, linear, pick, pick_long, whole
from bench.canbus.message import Message, Signal

_WORD = 64  # bits
_COLUMNS = 16  # that share a block
_EXACT = 1 << 53
"""Up to here every integer is a float64."""


class LogFrames(NamedTuple):
    """Frames of any messages: id (bit 31: extended), data in rows of whole 64-bit words, time, bytes."""

    ids: NDArray[np.integer[Any]]
    data: NDArray[np.uint8]
    t_ns: NDArray[np.int64]
    lengths: NDArray[np.integer[Any]]


class MessageFrames:
    """The frames ``rows`` of a log, all of one message."""

    def __init__(self, message: Message, frames: LogFrames, rows: NDArray[np.int64]) -> None:
        self._message, self._frames, self._rows = message, frames, rows
        self._words: dict[bool, NDArray[np.uint64]] = {}
        self._block = np.empty((0, 0), np.int64)

    def values(self, signal: Signal, mask: NDArray[np.bool_] | None) -> NDArray[Any]:
        """The physical values of ``signal`` in the frames that ``mask`` chooses (``None``: all)."""
        if signal.length > _WORD:
            return self._one_by_one(signal, mask)
        words, shift = self._raw(signal, mask)
        if signal.is_float:
            return _floats(signal, _picked(words, shift, signal))
        scale, offset, largest = signal.scale, signal.offset, 1 << signal.length - signal.signed
        if isinstance(scale, int) and isinstance(offset, int):
            if _fits(signal, scale, offset):
                out = self._memory(len(words))
                whole(words, shift, *_bits(signal), scale, offset, out)
                return out
            identical = scale == 1 and offset == 0
            return _picked(words, shift, signal) if identical else self._one_by_one(signal, mask)
        if isinstance(scale, int) and largest * abs(scale) > _EXACT:
            return self._one_by_one(signal, mask)
        if largest > 1 << 63:
            return _picked(words, shift, signal).astype(np.float64) * float(scale) + float(offset)
        floats = self._memory(len(words)).view(np.float64)
        linear(words, shift, *_bits(signal), float(scale), float(offset), floats)
        return floats

    def _memory(self, count: int) -> NDArray[np.int64]:
        """Memory for one column, from a block for several: the system hands out large blocks far quicker."""
        if count < len(self._rows) or not count:
            return np.empty(count, np.int64)
        if not len(self._block):
            self._block = np.empty((min(len(self._message.signals), _COLUMNS), count), np.int64)
        column: NDArray[np.int64] = self._block[0]
        self._block = self._block[1:]
        return column

    def _raw(self, signal: Signal, mask: NDArray[np.bool_] | None) -> tuple[NDArray[np.uint64], int]:
        """Integers that hold the signal's bits, and how far they are to be shifted."""
        length, big = self._message.length, signal.big_endian
        if length > 8:
            rows = self._rows if mask is None else self._rows[mask]
            out = np.empty(len(rows), np.uint64)
            pick_long(self._frames.data, rows, signal.first_bit, signal.length, big, out)
            return out, 0
        if big not in self._words:
            self._words[big] = np.empty(len(self._rows), np.uint64)
            gather(self._frames.data.view("<u8"), self._rows, big, _WORD - 8 * length, self._words[big])
        words = self._words[big] if mask is None else self._words[big][mask]
        return words, 8 * length - signal.bits_end if big else signal.start

    def _one_by_one(self, signal: Signal, mask: NDArray[np.bool_] | None) -> NDArray[Any]:
        """By Python's integers, which have no end."""
        order = order_of(self._message)
        field, length = Field(self._message, signal, order), self._message.length
        rows = self._rows if mask is None else self._rows[mask]
        frames = (self._frames.data[row, :length].tobytes() for row in rows)
        values = [field.physical(field.raw(word_of(frame, order))) for frame in frames]
        return np.array(values, np.float64 if isinstance(signal.scale + signal.offset, float) else object)


def _fits(signal: Signal, scale: int, offset: int) -> bool:
    """Whether every raw value, its product and its physical value are int64."""
    raws = (-1 << signal.length - 1, (1 << signal.length - 1) - 1) if signal.signed else (0, (1 << signal.length) - 1)
    steps = [number for raw in raws for number in (raw, raw * scale, raw * scale + offset)]
    return min(*steps, offset, scale) >= -(1 << 63) and max(*steps, offset, scale) < 1 << 63


def _bits(signal: Signal) -> tuple[np.uint64, np.uint64]:
    """Mask and sign."""
    return np.uint64((1 << signal.length) - 1), np.uint64(1 << signal.length - 1 if signal.signed else 0)


def _picked(words: NDArray[np.uint64], shift: int, signal: Signal) -> NDArray[np.uint64]:
    out = np.empty(len(words), np.uint64)
    pick(words, shift, _bits(signal)[0], out)
    return out


def _floats(signal: Signal, raw: NDArray[np.uint64]) -> NDArray[np.float64]:
    size = signal.length // 8
    with np.errstate(all="ignore"):  # what is not a number, or too large, is told as such
        values = raw.astype(f"u{size}").view(f"f{size}").astype(np.float64)
        if signal.scale == 1 and signal.offset == 0:
            return values
        return values * float(signal.scale) + float(signal.offset)
