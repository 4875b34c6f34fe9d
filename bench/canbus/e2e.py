"""AUTOSAR E2E profile 1: CRC-8 in byte 0, a counter 0 to 14 in the low nibble of byte 1.

The CRC (polynomial 0x1D, start value and final xor 0) runs over a part of the data id, then over byte 1 to the last.
Source: AUTOSAR PRS E2EProtocol, as given with vectors in the project's reference (equal to package autosar-e2e 1.0.0).
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import compiled
from bench.canbus.crc import CRC8_J1850, crc8_j1850


class DataIdMode(IntEnum):
    """Which part of the data id the CRC takes in; numbered as the attribute ``E2EDataIDMode``."""

    BOTH = 0  # low byte, high byte
    ALT = 1  # low byte with an even counter, high byte with an odd one
    LOW = 2  # low byte
    NIBBLE = 3  # low byte, 0; the low nibble of the high byte is sent in the high nibble of byte 1


COUNTERS = 15
"""Length of the counter's cycle: 0 to 14, 15 is forbidden."""

OK, REPEATED, WRONG_SEQUENCE = 0, 1, 2
"""Judgement of a counter, numbered as AUTOSAR's E2E_P01Status numbers the frame status."""


def crc_starts(data_id: int, mode: DataIdMode) -> tuple[int, int]:
    """The CRC after the data id's part, for an even and for an odd counter."""
    low, high = data_id & 0xFF, data_id >> 8
    one = int(CRC8_J1850[low])
    match mode:
        case DataIdMode.BOTH:
            one = int(CRC8_J1850[one ^ high])
        case DataIdMode.ALT:
            return one, int(CRC8_J1850[high])
        case DataIdMode.NIBBLE:
            one = int(CRC8_J1850[one])
        case DataIdMode.LOW:
            pass
    return one, one


@compiled
def p01_crc(data: NDArray[np.uint8], length: int, start_even: int, start_odd: int) -> np.uint8:
    """CRC of a frame whose counter stands in byte 1; the starts come from ``crc_starts``."""
    start = start_odd if data[1] & 1 else start_even
    return crc8_j1850(np.uint8(start), data, 1, length)


@compiled
def p01_write(data: NDArray[np.uint8], length: int, counter: int, start_even: int, start_odd: int) -> None:
    """Set counter and CRC in ``data`` (uint8), in place; the high nibble of byte 1 stays."""
    data[1] = (data[1] & 0xF0) | counter
    data[0] = p01_crc(data, length, start_even, start_odd)


@compiled
def p01_judge(counter: int, last: int, max_delta: int) -> int:
    """``OK`` if ``counter`` is 1 to ``max_delta`` steps after ``last``, ``REPEATED`` if it is the same."""
    delta = (int(counter) - int(last) + COUNTERS) % COUNTERS
    if counter >= COUNTERS or delta > max_delta:
        return WRONG_SEQUENCE
    return OK if delta else REPEATED


def p01_protect(payload: bytes, data_id: int, mode: DataIdMode, counter: int) -> bytes:
    """``payload`` (bytes 0 and 1 reserved for the header) with counter and CRC, and the id's nibble in mode NIBBLE.

    Raises ``ValueError`` for a payload shorter than 2 bytes or a counter outside 0 to 14.
    """
    if len(payload) < 2 or not 0 <= counter < COUNTERS:
        raise ValueError(f"profile 1 needs at least 2 bytes and a counter 0 to 14, not {len(payload)} and {counter}")
    data = np.frombuffer(payload, np.uint8).copy()
    if mode is DataIdMode.NIBBLE:
        data[1] = (data_id >> 8 & 0xF) << 4
    p01_write(data, len(data), counter, *crc_starts(data_id, mode))
    return data.tobytes()


def p01_check(payload: bytes, data_id: int, mode: DataIdMode) -> bool:
    """Whether CRC, id and counter (not 15) of ``payload`` are right; the sequence is judged by ``p01_judge``."""
    if len(payload) < 2 or payload[1] & 0xF >= COUNTERS:
        return False
    if mode is DataIdMode.NIBBLE and payload[1] >> 4 != data_id >> 8 & 0xF:
        return False
    data = np.frombuffer(payload, np.uint8)
    return bool(p01_crc(data, len(data), *crc_starts(data_id, mode)) == payload[0])
