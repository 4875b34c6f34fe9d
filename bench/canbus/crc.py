"""Check sums of CAN: tables as constants, so that compiled code and tests use the same numbers.

The functions go on from ``crc`` over ``data[first:last]`` (uint8) and leave start value and final xor to the caller.
"""

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import compiled

Int = int | np.int64


def _table(polynomial: int, width: int, dtype: type[np.unsignedinteger]) -> NDArray[np.unsignedinteger]:
    """The table of a CRC that takes in a byte at a time, most significant bit first."""
    top, mask = 1 << (width - 1), (1 << width) - 1
    rows = []
    for byte in range(256):
        crc = byte << (width - 8)
        for _ in range(8):
            crc = ((crc << 1) ^ polynomial if crc & top else crc << 1) & mask
        rows.append(crc)
    table = np.array(rows, dtype)
    table.setflags(write=False)
    return table


def _reflected(polynomial: int, width: int, dtype: type[np.unsignedinteger]) -> NDArray[np.unsignedinteger]:
    """The same for a CRC that takes in the least significant bit first (polynomial written the usual way)."""
    turned = int(f"{polynomial:0{width}b}"[::-1], 2)
    rows = []
    for crc in range(256):
        for _ in range(8):
            crc = crc >> 1 ^ turned if crc & 1 else crc >> 1
        rows.append(crc)
    table = np.array(rows, dtype)
    table.setflags(write=False)
    return table


CRC8_J1850 = _table(0x1D, 8, np.uint8)
"""CRC-8 SAE J1850, polynomial 0x1D; AUTOSAR E2E profiles 1 and 11 (there with start value and final xor 0)."""

CRC8_H2F = _table(0x2F, 8, np.uint8)
"""CRC-8 with polynomial 0x2F; AUTOSAR E2E profiles 2 and 22 (start value and final xor 0xFF)."""

CRC15_CAN = _table(0x4599, 15, np.uint16)
"""CRC-15 of the classic CAN frame, polynomial 0x4599, start value 0 (ISO 11898-1; Bosch CAN 2.0)."""

CRC16_CCITT = _table(0x1021, 16, np.uint16)
"""CRC-16 CCITT-FALSE, polynomial 0x1021; AUTOSAR E2E profiles 5 and 6 (start value 0xFFFF, no final xor)."""

CRC32_P4 = _reflected(0xF4ACFB13, 32, np.uint32)
"""CRC-32 with polynomial 0xF4ACFB13, reflected; AUTOSAR E2E profile 4 (start value and final xor all ones)."""

CRC64_ECMA = _reflected(0x42F0E1EBA9EA3693, 64, np.uint64)
"""CRC-64 with polynomial 0x42F0E1EBA9EA3693, reflected; AUTOSAR E2E profile 7 (start value, final xor all ones)."""

_EIGHT_16, _EIGHT_32, _EIGHT_64 = np.uint16(8), np.uint32(8), np.uint64(8)
_BYTE_32, _BYTE_64 = np.uint32(0xFF), np.uint64(0xFF)


@compiled
def crc8_j1850(crc: np.uint8, data: NDArray[np.uint8], first: Int, last: Int) -> np.uint8:
    """CRC-8 with polynomial 0x1D."""
    for i in range(first, last):
        crc = CRC8_J1850[crc ^ data[i]]
    return crc


@compiled
def crc8_h2f(crc: np.uint8, data: NDArray[np.uint8], first: Int, last: Int) -> np.uint8:
    """CRC-8 with polynomial 0x2F."""
    for i in range(first, last):
        crc = CRC8_H2F[crc ^ data[i]]
    return crc


@compiled
def crc16_ccitt(crc: np.uint16, data: NDArray[np.uint8], first: Int, last: Int) -> np.uint16:
    """CRC-16 with polynomial 0x1021."""
    for i in range(first, last):
        crc = np.uint16(crc << _EIGHT_16) ^ CRC16_CCITT[np.uint8(crc >> _EIGHT_16) ^ data[i]]
    return crc


@compiled
def crc32_p4(crc: np.uint32, data: NDArray[np.uint8], first: Int, last: Int) -> np.uint32:
    """CRC-32 with polynomial 0xF4ACFB13, reflected."""
    for i in range(first, last):
        crc = np.uint32(crc >> _EIGHT_32) ^ CRC32_P4[np.uint8(crc & _BYTE_32) ^ data[i]]
    return crc


@compiled
def crc64_ecma(crc: np.uint64, data: NDArray[np.uint8], first: Int, last: Int) -> np.uint64:
    """CRC-64 with polynomial 0x42F0E1EBA9EA3693, reflected."""
    for i in range(first, last):
        crc = (crc >> _EIGHT_64) ^ CRC64_ECMA[np.uint8(crc & _BYTE_64) ^ data[i]]
    return crc
