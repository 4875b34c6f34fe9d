"""SCPI answers, taken strictly: numbers, quantities with units, definite blocks, identities, error-queue entries.

``float()`` would take ``4_0_0``, ``NAN`` and 9.91E+37 as values (faults F-43, F-44); here only ASCII decimal
numbers are values, and the sentinels of SCPI-99 volume 1, 7.2 become a quality.
"""

import math
import re
import struct

import numpy as np

from bench.base.compiled import compiled
from bench.base.ports import Identity
from bench.base.quality import GOOD, NOT_A_NUMBER, OVER_RANGE, Quality
from drivers.grammar import GrammarError

NO_DATA = 9.91e37
"""ASCII form of "no data"; the float pattern is 0x7E951BEE (WT3001E p.6-97)."""
OVERFLOW = 9.9e37
"""ASCII form of over-range; the float pattern is 0x7E94F56A (WT3001E p.6-97)."""

NO_DATA_BITS = np.uint32(0x7E951BEE)
OVERFLOW_BITS = np.uint32(0x7E94F56A)
OVERFLOW_SINGLE = float(OVERFLOW_BITS.view(np.float32))

NUMBER = rb"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?"
_NUMBER = re.compile(NUMBER)
_QUANTITY = re.compile(rb"(" + NUMBER + rb") ?([kMm]?)([A-Za-z]+)")
_WORDS = {
    b"NAN": Quality.NOT_A_NUMBER,
    b"INF": Quality.OVER_RANGE,
    b"+INF": Quality.OVER_RANGE,
    b"-INF": Quality.OVER_RANGE,
}
_ERROR = re.compile(rb'([+-]?[0-9]{1,5}), ?"([ -~]*)"')
_MAGNITUDE = {b"": 1.0, b"k": 1e3, b"M": 1e6, b"m": 1e-3}
_LENGTH_MAX = 40
_SINGLE = struct.Struct(">f")


def line(reply: bytes) -> bytes:
    """The text of a one-line answer without its LF (CR LF is accepted). Raises ``GrammarError``."""
    if not reply.endswith(b"\n") or reply.count(b"\n") != 1:
        raise GrammarError("one line that ends with LF", reply)
    return reply[:-2] if reply.endswith(b"\r\n") else reply[:-1]


def judged(value: float) -> tuple[float, Quality]:
    """A number with its quality; sentinels and anything not finite give NaN and the reason."""
    if abs(value) < OVERFLOW:
        return value, Quality.GOOD
    if value == NO_DATA or math.isnan(value):
        return math.nan, Quality.NOT_A_NUMBER
    return math.nan, Quality.OVER_RANGE


def number(text: bytes) -> tuple[float, Quality]:
    """A decimal number (NR1, NR2, NR3) or a word for none. Raises ``GrammarError`` for anything else."""
    bare = text.strip(b" ")
    word = _WORDS.get(bare.upper())
    if word is not None:
        return math.nan, word
    if len(bare) > _LENGTH_MAX or _NUMBER.fullmatch(bare) is None:
        raise GrammarError("a number", text)
    return judged(float(bare))


def finite(text: bytes) -> float:
    """A number that must be good, as a read-back is. Raises ``GrammarError``."""
    value, quality = number(text)
    if quality is not Quality.GOOD:
        raise GrammarError("a finite number", text)
    return value


def quantity(text: bytes, unit: bytes) -> tuple[float, Quality]:
    """A number with its unit and perhaps a magnitude (``43.50V``, ``2.5kW``), as EA answers (PGMBEN 5.4.4)."""
    bare = text.strip(b" ")
    match = _QUANTITY.fullmatch(bare) if len(bare) <= _LENGTH_MAX else None
    if match is None or match[3] != unit:
        raise GrammarError(f"a number in {unit.decode()}", text)
    value, quality = judged(float(match[1]))
    return value * _MAGNITUDE[match[2]], quality


def integer(text: bytes) -> int:
    """A register in NR1 form. Raises ``GrammarError``."""
    bare = text.strip(b" ")
    if not bare.isdigit() or len(bare) > 10:  # 32 bit
        raise GrammarError("a register as a whole number", text)
    return int(bare)


def identity(reply: bytes) -> Identity:
    """``maker,model,serial,firmware`` of ``*IDN?``. Raises ``GrammarError``."""
    fields = line(reply).split(b",")
    if len(fields) < 4 or not reply.isascii():  # IEEE 488.2, 10.14
        raise GrammarError("four fields maker,model,serial,firmware", reply)
    maker, model, serial = (field.strip().decode() for field in fields[:3])
    return Identity(maker, model, serial, b",".join(fields[3:]).strip().decode())


def error_entry(text: bytes) -> tuple[int, str]:
    """An entry of the error queue: ``0,"No error"``. Raises ``GrammarError``."""
    match = _ERROR.fullmatch(text.strip(b" "))
    if match is None:
        raise GrammarError('an error entry such as 0,"No error"', text)
    return int(match[1]), match[2].decode()


def block(reply: bytes) -> bytes:
    """The payload of a definite block, or of an indefinite one (``#0``, up to the LF that ends the answer).

    Raises ``GrammarError`` unless ``reply`` is exactly one block and its LF (IEEE 488.2, 8.7.9 and 8.7.10).
    """
    if reply[:2] == b"#0" and reply[-1:] == b"\n":
        return reply[2:-1]
    digits = reply[1:2]
    count = reply[2 : 2 + int(digits)] if digits.isdigit() else b""
    if not (reply[:1] == b"#" and count.isdigit()):
        raise GrammarError("a block", reply[:16])
    return reply[block_start(reply, int(count)) : -1]


def block_start(reply: bytes, length: int) -> int:
    """Where the payload of a definite block of ``length`` bytes starts (IEEE 488.2, 8.7.9).

    Raises ``GrammarError`` unless ``reply`` is exactly one such block and its LF.
    """
    digits = reply[1] - 48 if len(reply) > 2 and reply[0] == 35 else 0  # "#" and "0"
    start = 2 + digits
    count = reply[2:start]
    if not (0 < digits < 10 and count.isdigit() and int(count) == length):  # one digit
        raise GrammarError(f"a block of {length} bytes", reply[:16])
    if len(reply) != start + length + 1 or reply[-1] != 10:  # LF
        raise GrammarError(
            f"a block of {length} bytes and LF ({start + length + 1} in all, not {len(reply)})", reply[:16]
        )
    return start


def single(reply: bytes) -> tuple[float, Quality]:
    """A block of one big-endian IEEE single. Raises ``GrammarError``."""
    start = block_start(reply, _SINGLE.size)
    bits = int.from_bytes(reply[start : start + _SINGLE.size], "big")
    if bits == int(NO_DATA_BITS):
        return math.nan, Quality.NOT_A_NUMBER
    value: float = _SINGLE.unpack_from(reply, start)[0]
    return (math.nan, Quality.OVER_RANGE) if abs(value) >= OVERFLOW_SINGLE else judged(value)


@compiled
def single_at(reply: np.ndarray, at: int) -> tuple[float, int]:
    """The big-endian IEEE single at ``reply[at]`` with its quality."""
    word = np.uint32(reply[at] << 24 | reply[at + 1] << 16 | reply[at + 2] << 8 | reply[at + 3])
    value = float(word.view(np.float32))
    if word == NO_DATA_BITS or math.isnan(value):
        return math.nan, NOT_A_NUMBER
    if abs(value) >= OVERFLOW_SINGLE:
        return math.nan, OVER_RANGE
    return value, GOOD


@compiled
def take_singles(
    reply: np.ndarray, start: int, values: np.ndarray, qualities: np.ndarray, times: np.ndarray, t_ns: int
) -> None:
    """Singles in ``reply`` from ``start`` on -> values, qualities and one time for all."""
    for i in range(values.shape[0]):
        values[i], qualities[i] = single_at(reply, start + 4 * i)
        times[i] = t_ns
