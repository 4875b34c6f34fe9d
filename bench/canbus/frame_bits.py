"""The exact length of a classic CAN frame on the wire, stuff bits included (ISO 11898-1; Bosch CAN 2.0).

From the start of frame to the end of the CRC a complement follows five equal bits, and starts the next run itself;
the last 13 bits (CRC delimiter, acknowledge 2, end of frame 7, intermission 3) are not stuffed. Stuff bits are counted
by a state machine over (last bit, length of its run), a byte at a time.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import compiled
from bench.canbus.crc import CRC15_CAN
from bench.canbus.database import EXTENDED

UNSTUFFED_BITS = 13
"""CRC delimiter, acknowledge slot and delimiter, end of frame, intermission."""

INTERMISSION_BITS = 3
"""Bits between the end of a frame, when receivers have it, and the earliest start of the next."""

DATA_MAX = 8
"""Bytes of a classic frame."""

_START = 0  # before the start of frame; then 2 * run + bit for runs of 1 to 4: 2 to 9
_STATES = 10


def _step(state: int, bit: int) -> tuple[int, int]:
    """(next state, stuff bits) after ``bit``."""
    run = state // 2 + 1 if state != _START and state % 2 == bit else 1
    if run == 5:  # the stuff bit is the complement and begins the next run
        return 2 + (1 - bit), 1
    return 2 * run + bit, 0


def _steps(bits: int) -> NDArray[np.uint8]:
    """Table [state, value of ``bits`` bits]: next state in the high nibble, number of stuff bits in the low one."""
    table = np.zeros((_STATES, 1 << bits), np.uint8)
    for start in range(_STATES):
        for value in range(1 << bits):
            state, stuffed = start, 0
            for i in reversed(range(bits)):
                state, more = _step(state, value >> i & 1)
                stuffed += more
            table[start, value] = state << 4 | stuffed
    table.setflags(write=False)
    return table


_BYTE, _SEVEN, _THREE = _steps(8), _steps(7), _steps(3)


@compiled
def _head(frame_id: int, length: int) -> tuple[int, int]:
    """(bits from the start of frame to the length code, their number) of a data frame."""
    if frame_id & EXTENDED:
        base, rest = (frame_id >> 18) & 0x7FF, frame_id & 0x3FFFF
        return (((base << 2 | 0b11) << 18 | rest) << 7) | length, 39  # SRR, IDE recessive; RTR, r1, r0 dominant
    return (frame_id & 0x7FF) << 7 | length, 19


@compiled
def crc15(frame_id: int, data: NDArray[np.uint8], length: int) -> int:
    """The CRC of a data frame, as it is sent. Leading zeros do not change it, so the head is taken as whole bytes."""
    head, bits = _head(frame_id, length)
    crc = 0
    for i in range((bits + 7) // 8 - 1, -1, -1):
        crc = ((crc << 8) & 0x7FFF) ^ CRC15_CAN[((crc >> 7) ^ (head >> (8 * i))) & 0xFF]
    for i in range(length):
        crc = ((crc << 8) & 0x7FFF) ^ CRC15_CAN[((crc >> 7) ^ data[i]) & 0xFF]
    return crc


@compiled
def stuff_bits(frame_id: int, data: NDArray[np.uint8], length: int) -> int:
    """Number of stuff bits of a data frame with ``length`` (0 to 8) bytes of ``data``; bit 31 of the id: extended."""
    head, bits = _head(frame_id, length)
    # 19 bits are three bits and two bytes, 39 are seven bits and four bytes
    step = int(_THREE[_START, head >> 16]) if bits == 19 else int(_SEVEN[_START, head >> 32])
    stuffed = step & 0xF
    for i in range(bits // 8 - 1, -1, -1):
        step = int(_BYTE[step >> 4, (head >> (8 * i)) & 0xFF])
        stuffed += step & 0xF
    for i in range(length):
        step = int(_BYTE[step >> 4, data[i]])
        stuffed += step & 0xF
    crc = crc15(frame_id, data, length)
    step = int(_SEVEN[step >> 4, crc >> 8])
    return stuffed + (step & 0xF) + (int(_BYTE[step >> 4, crc & 0xFF]) & 0xF)


@compiled
def frame_bits(frame_id: int, data: NDArray[np.uint8], length: int) -> int:
    """Exact number of bits on the wire, from the start of frame to the end of the intermission."""
    head_and_crc = 54 if frame_id & EXTENDED else 34
    return head_and_crc + 8 * length + stuff_bits(frame_id, data, length) + UNSTUFFED_BITS


def bits_of(frame_id: int, payload: bytes) -> int:
    """``frame_bits`` for scripts. Raises ``ValueError`` for more than 8 bytes: CAN FD has another frame."""
    if len(payload) > DATA_MAX:
        raise ValueError(f"a classic CAN frame has at most {DATA_MAX} bytes, not {len(payload)}")
    data: NDArray[Any] = np.zeros(DATA_MAX, np.uint8)
    data[: len(payload)] = np.frombuffer(payload, np.uint8)
    return int(frame_bits(frame_id, data, len(payload)))
