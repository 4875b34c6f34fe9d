"""The exact length of a CAN frame on the wire, stuff bits included (ISO 11898-1; Bosch CAN 2.0).

From the start of frame to the end of the CRC a complement follows five equal bits, and starts the next run itself;
the last 13 bits (CRC delimiter, acknowledge 2, end of frame 7, intermission 3) are not stuffed. Stuff bits are counted
by a state machine over (last bit, length of its run), a byte at a time.

CAN FD: stuffing as above ends with the last data bit; stuff count, parity and CRC have fixed stuff bits, so their
values do not change the length. The data bit rate holds from the sample point of the bit rate switch to that of the CRC
delimiter: wherever the sample points are, these two bits together are one bit of each rate.
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

FD_LENGTHS = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64])
"""Bytes of a CAN FD frame by length code."""
FD_LENGTHS.setflags(write=False)

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


_BYTE, _SEVEN, _FIVE, _THREE, _ONE = _steps(8), _steps(7), _steps(5), _steps(3), _steps(1)
_REMOTE = 1 << 6  # the remote transmission request in a head


@compiled
def _head(frame_id: int, length: int) -> tuple[int, int]:
    """(bits from the start of frame to the length code, their number) of a classic data frame."""
    if frame_id & EXTENDED:
        base, rest = (frame_id >> 18) & 0x7FF, frame_id & 0x3FFFF
        return (((base << 2 | 0b11) << 18 | rest) << 7) | length, 39  # SRR, IDE recessive; RTR, r1, r0 dominant
    return (frame_id & 0x7FF) << 7 | length, 19


@compiled
def crc15(frame_id: int, data: NDArray[np.uint8], length: int) -> int:
    """The CRC of a classic data frame, as it is sent."""
    head, bits = _head(frame_id, length)
    return _crc15(head, bits, data, length)


@compiled
def _crc15(head: int, bits: int, data: NDArray[np.uint8], length: int) -> int:
    """Leading zeros do not change the CRC, so the head is taken as whole bytes."""
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
    return _stuffed(head, bits, data, length)


@compiled
def _stuffed(head: int, bits: int, data: NDArray[np.uint8], length: int) -> int:
    # 19 bits are three bits and two bytes, 39 are seven bits and four bytes
    step = int(_THREE[_START, head >> 16]) if bits == 19 else int(_SEVEN[_START, head >> 32])
    stuffed = step & 0xF
    for i in range(bits // 8 - 1, -1, -1):
        step = int(_BYTE[step >> 4, (head >> (8 * i)) & 0xFF])
        stuffed += step & 0xF
    for i in range(length):
        step = int(_BYTE[step >> 4, data[i]])
        stuffed += step & 0xF
    crc = _crc15(head, bits, data, length)
    step = int(_SEVEN[step >> 4, crc >> 8])
    return stuffed + (step & 0xF) + (int(_BYTE[step >> 4, crc & 0xFF]) & 0xF)


@compiled
def frame_bits(frame_id: int, data: NDArray[np.uint8], length: int) -> int:
    """Exact number of bits of a classic data frame, from the start of frame to the end of the intermission."""
    head_and_crc = 54 if frame_id & EXTENDED else 34
    return head_and_crc + 8 * length + stuff_bits(frame_id, data, length) + UNSTUFFED_BITS


@compiled
def remote_bits(frame_id: int, data: NDArray[np.uint8], length: int) -> int:
    """The same for a remote frame that asks for ``length`` bytes; ``data`` is not looked at."""
    head, bits = _head(frame_id, length)
    return bits + 15 + _stuffed(head | _REMOTE, bits, data, 0) + UNSTUFFED_BITS


@compiled
def fd_length_code(length: int) -> int:
    """The length code of a CAN FD frame of ``length`` bytes, -1 if there is none."""
    if length <= 8:
        return length
    for code in range(9, 16):
        if FD_LENGTHS[code] == length:
            return code
    return -1


@compiled
def fd_bits(frame_id: int, data: NDArray[np.uint8], length: int, switched: bool, passive: bool) -> tuple[int, int]:
    """(bits at the nominal rate, bits at the data rate) of a CAN FD data frame, intermission included.

    ``switched``: bit rate switch recessive, ``passive``: error state indicator recessive. ``length`` must be one that
    CAN FD has. Without the switch the second number is 0.
    """
    if frame_id & EXTENDED:  # identifier, SRR, IDE, identifier; RRS, FDF, res: 3 bits and 4 bytes
        head = ((((frame_id >> 18) & 0x7FF) << 2 | 0b11) << 18 | (frame_id & 0x3FFFF)) << 3 | 0b010
        step, count = int(_THREE[_START, head >> 32]), 4
    else:  # identifier; RRS, IDE, FDF, res: two bytes
        head = (frame_id & 0x7FF) << 4 | 0b0010
        step, count = _START << 4, 2
    nominal = (35 if count == 4 else 16) + (step & 0xF)
    for i in range(count - 1, -1, -1):
        step = int(_BYTE[step >> 4, (head >> (8 * i)) & 0xFF])
        nominal += step & 0xF
    nominal += 13  # one bit of BRS and CRC delimiter, acknowledge 2, end of frame 7, intermission 3
    tail = (int(switched) << 5) | (int(passive) << 4) | fd_length_code(length)
    fast = 6 + 8 * length + _fd_stuffed(step, tail, data, length)  # the other bit of the two; ESI, length code
    fast += 27 if length <= 16 else 32  # stuff count 4, CRC 17 or 21, before, between and after them 6 or 7 fixed bits
    if not switched:
        return nominal + fast, 0
    return nominal, fast


@compiled
def _fd_stuffed(step: int, tail: int, data: NDArray[np.uint8], length: int) -> int:
    """Stuff bits from the bit rate switch to the last data bit, which has none after it: a fixed one follows."""
    step = int(_FIVE[step >> 4, tail >> 1])
    stuffed = step & 0xF
    if length == 0:
        return stuffed
    step = int(_ONE[step >> 4, tail & 1])
    stuffed += step & 0xF
    for i in range(length - 1):
        step = int(_BYTE[step >> 4, data[i]])
        stuffed += step & 0xF
    return stuffed + (int(_SEVEN[step >> 4, data[length - 1] >> 1]) & 0xF)


def bits_of(frame_id: int, payload: bytes) -> int:
    """``frame_bits`` for scripts. Raises ``ValueError`` for more than 8 bytes: CAN FD has another frame."""
    if len(payload) > DATA_MAX:
        raise ValueError(f"a classic CAN frame has at most {DATA_MAX} bytes, not {len(payload)}")
    data: NDArray[Any] = np.zeros(DATA_MAX, np.uint8)
    data[: len(payload)] = np.frombuffer(payload, np.uint8)
    return int(frame_bits(frame_id, data, len(payload)))
