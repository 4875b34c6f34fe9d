"""The usual form of an answer: a table of texts and numbers, and the compiled function that reads a reply by it.

It takes a part of the grammar, never more. What differs from the form in one byte is left to the driver's full grammar,
which alone says what it means or what is wrong with it (``scpi``, ``ak``).
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import compiled, direct
from bench.base.quality import GOOD
from bench.base.records import INBOX
from bench.schedule.requests import Exchange
from drivers.scpi import single_at

_TEXT_BYTES = 24
PIECE = np.dtype(
    [
        ("kind", "u1"),
        ("length", "u1"),  # of the text
        ("text", "u1", (_TEXT_BYTES,)),
        ("column", "u2"),  # the number's place among the records, or among an emulator's quantities
        ("digits", "u1"),  # the highest digit; an emulator's decimals
        ("factor", "f8"),
    ],
    align=True,
)
"""One piece of an answer, as both sides of a line have them."""
TEXT, _NUMBER, _DIGIT, _SINGLE = 0, 1, 2, 3

_MANTISSA_MAX = 1 << 53
_EXPONENT_MAX = 22
_TENS = np.array([10.0**n for n in range(_EXPONENT_MAX + 1)])
_PLUS, _MINUS, _POINT, _ZERO, _NINE = (ord(sign) for sign in "+-.09")
_E, _E_SMALL = ord("E"), ord("e")
_EXPONENT_DIGITS_MAX = 4


class Number(NamedTuple):
    """A decimal number; its value times ``factor`` is that of record ``column``."""

    column: int
    factor: float = 1.0


class Digit(NamedTuple):
    """One digit up to ``most``."""

    column: int
    most: int = 9


class Single(NamedTuple):
    """Four bytes: a big-endian IEEE single; not a number and over-range are as usual as a value."""

    column: int
    factor: float = 1.0


Piece: TypeAlias = bytes | Number | Digit | Single


class Usual(NamedTuple):
    """A question, the form of its usual answer, the records that it fills, and how old the values then are."""

    question: Exchange
    form: NDArray[np.void]
    records: NDArray[np.void]
    age_ns: int
    times: int = 1
    """How often it is asked before the next one of the round."""


class Write(NamedTuple):
    """How a set-point is written and read back: ``factor`` times its value, if that is not beyond ``most``, printed
    with ``decimals`` between ``before`` and ``after``; ``done`` is the usual answer. Then ``check`` asks for it, and it
    stands between ``told`` within ``tolerance``."""

    setpoint: int
    factor: float
    most: float
    decimals: int
    tolerance: float
    before: bytes
    after: bytes
    done: bytes
    check: bytes
    told: tuple[bytes, bytes]


class Round(NamedTuple):
    """What a driver asks over and over, and how many of the round's questions have been asked already; ``write``: the
    set-point that may move meanwhile."""

    questions: tuple[Usual, ...]
    asked: int = 0
    write: Write | None = None


def form(*pieces: Piece) -> NDArray[np.void]:
    """The table for ``pieces`` in their order."""
    rows: list[NDArray[np.void]] = [np.zeros(0, PIECE)]
    for piece in pieces:
        rows += text_rows(piece) if isinstance(piece, bytes) else [_number(piece)]
    return np.concatenate(rows)


def text_rows(text: bytes) -> list[NDArray[np.void]]:
    """The pieces of a text."""
    made = []
    for at in range(0, len(text), _TEXT_BYTES):
        part = text[at : at + _TEXT_BYTES]
        row = np.zeros(1, PIECE)
        row["kind"], row["length"] = TEXT, len(part)
        row["text"][0, : len(part)] = np.frombuffer(part, np.uint8)
        made.append(row)
    return made


def _number(piece: Number | Digit | Single) -> NDArray[np.void]:
    row = np.zeros(1, PIECE)
    row["column"] = piece.column
    if isinstance(piece, Digit):
        row["kind"], row["digits"] = _DIGIT, piece.most
    else:
        row["kind"], row["factor"] = _NUMBER if isinstance(piece, Number) else _SINGLE, piece.factor
    return row


@compiled
def read_usual(reply: np.ndarray, length: int, pieces: np.ndarray, records: np.ndarray, t_ns: int) -> bool:
    """Whether the first ``length`` bytes of ``reply`` are exactly of this form; then values, qualities and the time of
    ``records`` are set. Otherwise some may be set: they are not to be used."""
    at = 0
    for i in range(pieces.shape[0]):
        piece = pieces[i]
        if piece.kind == TEXT:
            at = _after_text(reply, length, at, piece)
        elif piece.kind == _DIGIT:
            at = _after_digit(reply, length, at, piece, records[piece.column])
        elif piece.kind == _SINGLE:
            at = _after_single(reply, length, at, piece.factor, records[piece.column])
        else:
            at = _after_number(reply, length, at, piece.factor, records[piece.column])
        if at < 0:
            return False
    for i in range(records.shape[0]):
        records[i].t_ns = t_ns
    return at == length


@compiled
def _after_text(reply: np.ndarray, length: int, at: int, piece: Any) -> int:
    if at + piece.length > length:
        return -1
    text = piece.text
    for i in range(piece.length):
        if reply[at + i] != text[i]:
            return -1
    return int(at + piece.length)


@compiled
def _after_digit(reply: np.ndarray, length: int, at: int, piece: Any, record: Any) -> int:
    if at >= length or not _ZERO <= reply[at] <= _ZERO + piece.digits:
        return -1
    record.value, record.quality = float(reply[at] - _ZERO), GOOD
    return at + 1


@compiled
def _after_single(reply: np.ndarray, length: int, at: int, factor: float, record: Any) -> int:
    if at + 4 > length:
        return -1
    value, record.quality = single_at(reply, at)
    record.value = value * factor
    return at + 4


@compiled
def _after_number(reply: np.ndarray, length: int, at: int, factor: float, record: Any) -> int:
    """Only where two exact doubles give the value in one rounding, which is that of the decimal number; others, such
    as the sentinels of SCPI, are not usual."""
    negative = at < length and reply[at] == _MINUS
    if negative or (at < length and reply[at] == _PLUS):
        at += 1
    mantissa, digits, decimals, pointed = 0, 0, 0, False
    while at < length:
        byte = reply[at]
        if _ZERO <= byte <= _NINE:
            mantissa = mantissa * 10 + (byte - _ZERO)
            digits += 1
            decimals += pointed
            if mantissa > _MANTISSA_MAX:
                return -1
        elif byte == _POINT and not pointed:
            pointed = True
        else:
            break
        at += 1
    if digits == 0:
        return -1
    exponent, at = _exponent(reply, length, at)
    exponent -= decimals
    if at < 0 or abs(exponent) > _EXPONENT_MAX:
        return -1
    value = mantissa * _TENS[exponent] if exponent >= 0 else mantissa / _TENS[-exponent]
    record.value, record.quality = (-value if negative else value) * factor, GOOD
    return at


@compiled
def _exponent(reply: np.ndarray, length: int, at: int) -> tuple[int, int]:
    """The exponent that stands at ``at``, if there is one, and where it ends; -1: it is none."""
    if at >= length or (reply[at] != _E and reply[at] != _E_SMALL):
        return 0, at
    at += 1
    negative = at < length and reply[at] == _MINUS
    if negative or (at < length and reply[at] == _PLUS):
        at += 1
    exponent, first = 0, at
    while at < length and _ZERO <= reply[at] <= _NINE:
        exponent = exponent * 10 + (reply[at] - _ZERO)
        at += 1
        if at - first > _EXPONENT_DIGITS_MAX:
            return 0, -1
    return (-exponent if negative else exponent), (at if at > first else -1)


@cache
def _reader() -> Callable[..., bool]:
    """Compiled (or loaded) when the first driver asks for it, not when this module is imported."""
    return direct(read_usual, np.frombuffer(b"", np.uint8), 0, np.zeros(0, PIECE), np.zeros(0, INBOX), 0)


def taken(reply: bytes, usual: Usual, arrived_ns: int) -> bool:
    """Whether ``reply`` has the usual form; then it is in the records."""
    data = np.frombuffer(reply, np.uint8)
    return _reader()(data, len(reply), usual.form, usual.records, arrived_ns - usual.age_ns)
