"""Frame lengths against the vectors of the reference (can-utils, exact mode) and a model that writes out every bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.canbus.database import EXTENDED
from bench.canbus.frame_bits import bits_of, crc15, stuff_bits

VECTORS = [
    (0x0C0, bytes(8), 0x3D78, 14, 125),
    (0x0C0, bytes.fromhex("6400000001010000"), 0x7F25, 12, 123),
    (0x7FF, b"\xff" * 8, 0x4C89, 15, 126),
    (0x000, bytes(8), 0x145B, 16, 127),
    (0x555, b"\x3c" * 8, 0x2DE3, 16, 127),
    (0x555, b"\x55" * 8, 0x1B04, 1, 112),
    (0x123, b"", 0x6858, 1, 48),
    (EXTENDED | 0x18FF1234, bytes(8), 0x79E9, 16, 147),
    (EXTENDED | 0x1FFFFFFF, b"\xff" * 8, 0x1B69, 18, 149),
]


def padded(payload: bytes) -> np.ndarray:
    return np.frombuffer(payload.ljust(8, b"\0"), np.uint8)


@pytest.mark.parametrize(("frame_id", "payload", "crc", "stuffed", "total"), VECTORS)
def test_reference_vectors(frame_id: int, payload: bytes, crc: int, stuffed: int, total: int) -> None:
    assert crc15(frame_id, padded(payload), len(payload)) == crc
    assert stuff_bits(frame_id, padded(payload), len(payload)) == stuffed
    assert bits_of(frame_id, payload) == total


def written_out(frame_id: int, payload: bytes) -> int:
    """The length of a frame by writing its bits as text."""
    if frame_id & EXTENDED:
        number = f"{frame_id & 0x1FFFFFFF:029b}"
        head = "0" + number[:11] + "11" + number[11:] + "000"
    else:
        head = "0" + f"{frame_id:011b}" + "000"
    bits = head + f"{len(payload):04b}" + "".join(f"{byte:08b}" for byte in payload)
    crc = 0
    for bit in bits:
        turn = int(bit) ^ (crc >> 14)
        crc = (crc << 1 & 0x7FFF) ^ (0x4599 if turn else 0)
    sent = ""
    for bit in bits + f"{crc:015b}":
        sent += bit
        if sent.endswith(bit * 5):
            sent += "1" if bit == "0" else "0"
    return len(sent) + 1 + 2 + 7 + 3


@given(st.one_of(st.integers(0, 0x7FF), st.integers(0, 0x1FFFFFFF).map(lambda n: n | EXTENDED)), st.binary(max_size=8))
def test_any_frame_as_written_out(frame_id: int, payload: bytes) -> None:
    total = bits_of(frame_id, payload)
    assert total == written_out(frame_id, payload)
    worst = 80 if frame_id & EXTENDED else 55
    assert total <= worst + 10 * len(payload)


def test_more_than_eight_bytes_are_no_classic_frame() -> None:
    with pytest.raises(ValueError, match="at most 8 bytes"):
        bits_of(0x100, bytes(9))
