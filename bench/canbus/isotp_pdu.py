"""The four protocol data units of ISO-TP (ISO 15765-2:2016, 9.4): their bytes, and nothing about time or order.

| frame | first byte | then |
|---|---|---|
| single | ``0L``, or ``00 LL`` in an FD frame of more than 8 bytes | the message |
| first | ``1L LL``, or ``10 00`` and 4 bytes of length above 4095 | the beginning |
| consecutive | ``2N`` | the next part; N counts 1 .. 15, 0, 1 .. |
| flow control | ``3S`` | block size, STmin |

With extended addressing one byte, the target's address, stands before all this.
"""

from dataclasses import dataclass
from typing import TypeAlias

CLASSIC_BYTES, FD_BYTES = 8, 64
FD_LENGTHS = (*range(9), 12, 16, 20, 24, 32, 48, 64)
"""The lengths that a CAN FD frame can have."""
SHORT_MAX = 0xFFF
"""Longest message whose length fits into the 12 bits of a first frame."""
LENGTH_MAX = 0xFFFF_FFFF

CONTINUE, WAIT, OVERFLOW = 0, 1, 2
"""Flow states of a flow control frame."""

_US, _MS = 1_000, 1_000_000
SEPARATION_MAX_NS = 127 * _MS


@dataclass(frozen=True, slots=True)
class Single:
    """A whole message."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class First:
    """The beginning of a message of ``length`` bytes."""

    length: int
    part: bytes


@dataclass(frozen=True, slots=True)
class Consecutive:
    """The next part; ``number`` is 0 .. 15."""

    number: int
    part: bytes


@dataclass(frozen=True, slots=True)
class Flow:
    """``state`` CONTINUE, WAIT, OVERFLOW or a reserved 3 .. 15; ``block`` frames until the next flow control (0: all);
    ``separation_ns`` between consecutive frames."""

    state: int
    block: int = 0
    separation_ns: int = 0


Pdu: TypeAlias = Single | First | Consecutive | Flow


class PduError(ValueError):
    """These bytes are none of the four frames; by the standard they are ignored."""


def single_max(frame_bytes: int, prefix: int = 0) -> int:
    """Longest message of a single frame; ``prefix``: bytes of address before the frame's own."""
    return frame_bytes - prefix - (1 if frame_bytes <= CLASSIC_BYTES else 2)


def encode(pdu: Pdu, frame_bytes: int = CLASSIC_BYTES, prefix: bytes = b"") -> bytes:
    """The frame's bytes without padding. Parts must fit into ``frame_bytes`` (8 .. 64)."""
    match pdu:
        case Single(payload):
            short = len(prefix) + 1 + len(payload) <= CLASSIC_BYTES
            data = bytes([len(payload)] if short else [0, len(payload)]) + payload
        case First(length, part):
            short = length <= SHORT_MAX
            data = ((0x1000 | length).to_bytes(2, "big") if short else b"\x10\x00" + length.to_bytes(4, "big")) + part
        case Consecutive(number, part):
            data = bytes([0x20 | number]) + part
        case Flow(state, block, separation_ns):
            data = bytes([0x30 | state, block, separation_byte(separation_ns)])
    if len(prefix) + len(data) > frame_bytes:
        raise ValueError(f"{len(prefix) + len(data)} bytes do not fit into a frame of {frame_bytes}")
    return prefix + data


def decode(data: bytes, prefix: int = 0) -> Pdu:
    """The frame in ``data``. Raises ``PduError``."""
    body = data[prefix:]
    if not body:
        raise PduError("the frame is empty")
    kind = body[0] >> 4
    if kind == 0:
        return _single(body, len(data))
    if kind == 1:
        return _first(body, len(data))
    if kind == 2:
        if len(body) < 2:
            raise PduError("a consecutive frame without data")
        return Consecutive(body[0] & 0xF, body[1:])
    if kind == 3:
        if len(body) < 3:
            raise PduError(f"a flow control frame of {len(body)} bytes; it has 3")
        return Flow(body[0] & 0xF, body[1], separation_of(body[2]))
    raise PduError(f"frame type {kind:X} is reserved")


def _single(body: bytes, frame_bytes: int) -> Single:
    length, start = body[0] & 0xF, 1
    long = frame_bytes > CLASSIC_BYTES
    if length == 0 and long:
        length, start = body[1], 2
        if length <= single_max(CLASSIC_BYTES, frame_bytes - len(body)):
            raise PduError(f"single frame in the long form with a length of {length}, which has a short form")
    elif long:
        raise PduError("single frame in the short form with more than 8 bytes")
    if not 0 < length <= len(body) - start:
        raise PduError(f"single frame of length {length} with {len(body) - start} bytes of data")
    return Single(body[start : start + length])


def _first(body: bytes, frame_bytes: int) -> First:
    if frame_bytes < CLASSIC_BYTES:
        raise PduError(f"a first frame fills its frame; this one has {frame_bytes} bytes")
    length, start = (body[0] & 0xF) << 8 | body[1], 2
    if length == 0:
        length, start = int.from_bytes(body[2:6], "big"), 6
        if length <= SHORT_MAX:
            raise PduError(f"first frame in the long form with a length of {length}, which has a short form")
    prefix = frame_bytes - len(body)
    if length <= single_max(frame_bytes, prefix):
        raise PduError(f"first frame of a message of {length} bytes, which fits into a single frame")
    return First(length, body[start:])


def padded(data: bytes, padding: int | None) -> bytes:
    """``data`` filled up: to 8 bytes if ``padding`` is a byte, and to a length that CAN FD has in any case (0xCC)."""
    least = CLASSIC_BYTES if padding is not None else 0
    length = next(length for length in FD_LENGTHS if length >= max(len(data), least))
    return data.ljust(length, bytes([0xCC if padding is None else padding]))


def separation_of(byte: int) -> int:
    """STmin in ns: 00 .. 7F ms, F1 .. F9 100 .. 900 us; a reserved value counts as the longest (9.6.5.5)."""
    if byte <= 0x7F:
        return byte * _MS
    return (byte - 0xF0) * 100 * _US if 0xF1 <= byte <= 0xF9 else SEPARATION_MAX_NS


def separation_byte(separation_ns: int) -> int:
    """The smallest STmin that is not below ``separation_ns``. Raises ``ValueError`` above 127 ms or below 0."""
    if not 0 <= separation_ns <= SEPARATION_MAX_NS:
        raise ValueError(f"a separation time of {separation_ns} ns cannot be told; it is 0 .. 127 ms")
    steps = -(-separation_ns // (100 * _US))
    return 0xF0 + steps if 0 < steps <= 9 else -(-separation_ns // _MS)
