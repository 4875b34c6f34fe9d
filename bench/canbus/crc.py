"""Check sums of CAN: tables as constants, so that compiled code and tests use the same numbers."""

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import compiled


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


CRC8_J1850 = _table(0x1D, 8, np.uint8)
"""CRC-8 SAE J1850, polynomial 0x1D; AUTOSAR E2E profiles 1 and 11 (there with start value and final xor 0)."""

CRC15_CAN = _table(0x4599, 15, np.uint16)
"""CRC-15 of the classic CAN frame, polynomial 0x4599, start value 0 (ISO 11898-1; Bosch CAN 2.0)."""


@compiled
def crc8_j1850(crc: np.uint8, data: NDArray[np.uint8], first: int, last: int) -> np.uint8:
    """Go on from ``crc`` over ``data[first:last]`` (uint8); no final xor."""
    for i in range(first, last):
        crc = CRC8_J1850[crc ^ data[i]]
    return crc
