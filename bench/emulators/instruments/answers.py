"""Answers with measured values as tables: quantities with their errors, texts between them, made by compiled code.

So an answer that is asked for all day costs no Python, and it is the same bytes whoever asks for it.
"""

import math
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import compiled, direct
from bench.emulators.instruments.sampling import NO_ROW, PLAIN, PRODUCT, measure, put_single
from drivers.usual import PIECE, TEXT, text_rows

BYTES_MAX = 2048
_FIXED, _SINGLE, _SCIENTIFIC = 1, 2, 3
_TENS = np.array([10.0**n for n in range(40)])
_SHOWN_MAX = 1e15  # of the digits together; what is beyond is over-range
_SMALLEST, _LARGEST = 1e-13, 1e38  # that can be shown with an exponent; less is zero
_PLUS, _MINUS, _POINT, _ZERO, _E, _I, _N, _F, _A = (ord(sign) for sign in "+-.0EINFA")
_NO_INPUTS = np.zeros(1)


class Fixed(NamedTuple):
    """Quantity ``row`` with a fixed number of decimals."""

    row: int
    decimals: int


class Single(NamedTuple):
    """Quantity ``row`` as a big-endian IEEE single."""

    row: int


class Scientific(NamedTuple):
    """Quantity ``row`` with sign, one digit, ``decimals`` and an exponent: ``+2.35000000E+01``."""

    row: int
    decimals: int


Piece: TypeAlias = bytes | Fixed | Single | Scientific


def pieces(*parts: Piece) -> NDArray[np.void]:
    """The table (``PIECE``) for ``parts`` in their order."""
    rows: list[NDArray[np.void]] = [np.zeros(0, PIECE)]
    for part in parts:
        rows += text_rows(part) if isinstance(part, bytes) else [_value(part)]
    return np.concatenate(rows)


def _value(part: Fixed | Single | Scientific) -> NDArray[np.void]:
    row = np.zeros(1, PIECE)
    row["kind"], row["column"] = _SINGLE, part.row
    if not isinstance(part, Single):
        row["kind"], row["digits"] = _FIXED if isinstance(part, Fixed) else _SCIENTIFIC, part.decimals
    return row


@compiled
def write_answer(
    truth: np.ndarray,
    inputs: np.ndarray,
    rows: np.ndarray,
    values: np.ndarray,
    noise: np.ndarray,
    parts: np.ndarray,
    out: np.ndarray,
) -> int:
    """Measure ``rows`` (``ROW``) and write ``parts`` (``PIECE``) into ``out``; how many bytes it has then."""
    measure(truth, inputs, rows, values, noise)
    at = 0
    for i in range(parts.shape[0]):
        part = parts[i]
        if part.kind == TEXT:
            text = part.text
            for j in range(part.length):
                out[at + j] = text[j]
            at += part.length
        elif part.kind == _SINGLE:
            put_single(values[part.column], out, at)
            at += 4
        elif part.kind == _FIXED:
            at = _write_fixed(values[part.column], int(part.digits), out, at)
        else:
            at = _write_scientific(values[part.column], int(part.digits), out, at)
    return int(at)


@compiled
def _write_fixed(value: float, decimals: int, out: np.ndarray, at: int) -> int:
    """As ``%.2f`` would; an instrument that has no value writes a word."""
    if math.isnan(value):
        return _write_word(_N, _A, _N, out, at)
    scaled = abs(value) * _TENS[decimals]
    if math.copysign(1.0, value) < 0.0:
        out[at] = _MINUS
        at += 1
    if scaled > _SHOWN_MAX:
        return _write_word(_I, _N, _F, out, at)
    return _write_digits(int(np.rint(scaled)), decimals, out, at)


@compiled
def _write_scientific(value: float, decimals: int, out: np.ndarray, at: int) -> int:
    """As ``%+.8E`` would."""
    if math.isnan(value):
        return _write_word(_N, _A, _N, out, at)
    out[at] = _MINUS if math.copysign(1.0, value) < 0.0 else _PLUS
    size, exponent = abs(value), 0
    if size > _LARGEST:
        return _write_word(_I, _N, _F, out, at + 1)
    if size < _SMALLEST:
        size = 0.0
    while size >= _TENS[exponent + 1] and exponent >= 0:
        exponent += 1
    while size > 0.0 and size * _TENS[-exponent] < 1.0:
        exponent -= 1
    scale = decimals - exponent
    number = int(np.rint(size * _TENS[scale] if scale >= 0 else size / _TENS[-scale]))
    if number >= _TENS[decimals + 1]:  # rounded up to the next power
        number, exponent = number // 10, exponent + 1
    at = _write_digits(number, decimals, out, at + 1)
    out[at], out[at + 1] = _E, _MINUS if exponent < 0 else _PLUS
    out[at + 2], out[at + 3] = _ZERO + abs(exponent) // 10, _ZERO + abs(exponent) % 10
    return at + 4


@compiled
def _write_word(first: int, second: int, third: int, out: np.ndarray, at: int) -> int:
    out[at], out[at + 1], out[at + 2] = first, second, third
    return at + 3


@compiled
def _write_digits(number: int, decimals: int, out: np.ndarray, at: int) -> int:
    """A whole number with a point before its last ``decimals`` digits."""
    width = decimals + 1
    while number >= _TENS[width]:
        width += 1
    end = at + width + (decimals > 0)
    for place in range(end - 1, at - 1, -1):
        if decimals > 0 and place == end - 1 - decimals:
            out[place] = _POINT
        else:
            out[place] = _ZERO + number % 10
            number //= 10
    return int(end)


class Guard(NamedTuple):
    """Which fields of the truth a protection watches, and from where on it may trip."""

    volts: int
    amperes: int
    trip_v: float
    trip_a: float
    trip_w: float


class Answer:
    """One answer of an emulator: its quantities (``ROW``), its pieces, its generator of noise, and what is given to the
    plant, if it measures that."""

    def __init__(
        self,
        rows: NDArray[np.void],
        parts: NDArray[np.void],
        noise: NDArray[np.uint64],
        inputs: NDArray[np.float64] = _NO_INPUTS,
    ) -> None:
        self.rows, self.parts, self.noise = rows, parts, noise
        self.values = np.zeros(len(rows))
        """What was measured last."""
        self._out = np.zeros(BYTES_MAX, np.uint8)
        own = (inputs, self.rows, self.values, self.noise, self.parts, self._out)
        self._write = direct(write_answer, np.zeros(0), *own)
        self._own: tuple[Any, ...] = own

    def text(self, truth: NDArray[np.float64]) -> bytes:
        """What it says now."""
        return self._out[: self._write(truth, *self._own)].tobytes()


class Line(NamedTuple):
    """A line of accuracy tables: it holds while the size of field ``place`` of the truth is in [``low``, ``below``)."""

    place: int
    low: float
    below: float


class Update(NamedTuple):
    """The answer waits until the update under way has ended, and is measured then."""

    every_ns: int
    latency_ns: int
    line: Line


class Prepared(NamedTuple):
    """The answer to a question as long as nothing else happens to the instrument: after ``delay_ns`` or with the next
    ``update``, unless ``guard`` says that it must look at itself first."""

    answer: Answer
    delay_ns: int
    guard: Guard | None = None
    update: Update | None = None


def quantity(
    source: int, gain: float = 1.0, offset: float = 0.0, noise: float = 0.0, *, of_inputs: bool = False
) -> NDArray[np.void]:
    """One ``ROW``: gain * truth[source] + offset + noise; a ``source`` of -1 is none."""
    row = NO_ROW.copy()
    row["kind"], row["source"], row["gain"], row["offset"], row["noise"] = PLAIN, source, gain, offset, noise
    row["of_inputs"] = of_inputs
    return row


def product(left: int, right: int) -> NDArray[np.void]:
    """One ``ROW``: that of two other ones."""
    row = NO_ROW.copy()
    row["kind"], row["left"], row["right"], row["gain"] = PRODUCT, left, right, 1.0
    return row
