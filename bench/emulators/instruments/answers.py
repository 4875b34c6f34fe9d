"""Answers with measured values as tables: quantities with their errors, texts between them, made by compiled code.

So an answer that is asked for all day costs no Python, and it is the same bytes whoever asks for it.
"""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import compiled, direct
from bench.emulators.instruments.sampling import NO_ROW, PLAIN, PRODUCT, measure, put_single
from drivers.printed import write_fixed, write_scientific
from drivers.usual import PIECE, TEXT, text_rows

BYTES_MAX = 2048
_FIXED, _SINGLE, _SCIENTIFIC = 1, 2, 3
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
    return write_parts(values, parts, out)


@compiled
def write_parts(values: np.ndarray, parts: np.ndarray, out: np.ndarray) -> int:
    """Write ``parts`` (``PIECE``) with these values into ``out``; how many bytes it has then."""
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
            at = write_fixed(values[part.column], int(part.digits), out, at)
        else:
            at = write_scientific(values[part.column], int(part.digits), out, at)
    return int(at)


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


class Obeyed(NamedTuple):
    """What a set-point that was written does: ``factor`` times it is field ``place`` of what is given to the plant, if
    it is not beyond ``most``."""

    place: int
    factor: float
    most: float


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
