"""Frame lengths against the vectors of the reference (can-utils, exact mode) and a model that writes out every bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.canbus.database import EXTENDED
from bench.canbus.frame_bits import FD_LENGTHS, bits_of, crc15, fd_bits, fd_length_code, remote_bits, stuff_bits

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


def written_out(frame_id: int, payload: bytes, asked: int | None = None) -> int:
    """The length of a frame by writing its bits as text; ``asked``: of a remote frame for so many bytes."""
    remote = "0" if asked is None else "1"
    if frame_id & EXTENDED:
        number = f"{frame_id & 0x1FFFFFFF:029b}"
        head = "0" + number[:11] + "11" + number[11:] + remote + "00"
    else:
        head = "0" + f"{frame_id:011b}" + remote + "00"
    bits = head + f"{len(payload) if asked is None else asked:04b}" + "".join(f"{byte:08b}" for byte in payload)
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


IDS = st.one_of(st.integers(0, 0x7FF), st.integers(0, 0x1FFFFFFF).map(lambda n: n | EXTENDED))


@settings(deadline=None)  # the first one compiles
@given(IDS, st.integers(0, 8))
def test_any_remote_frame_as_written_out(frame_id: int, asked: int) -> None:
    assert remote_bits(frame_id, padded(b""), asked) == written_out(frame_id, b"", asked)


def fd(frame_id: int, payload: bytes, switched: bool = True, passive: bool = False) -> tuple[int, int]:
    data = np.frombuffer(payload.ljust(64, b"\0"), np.uint8)
    nominal, fast = fd_bits(frame_id, data, len(payload), switched, passive)
    return int(nominal), int(fast)


def test_fd_frames_counted_by_hand() -> None:
    # 0 10101010101 0 0 1 0 | 0 0 0000, one stuff bit in the six zeros; 4 + 17 + 6, delimiter, ACK 2, EOF 7, IFS 3
    assert fd(0x555, b"", switched=False) == (22 + 1 + 27 + 1 + 2 + 7 + 3, 0)
    # nothing to stuff: 16 bits before the switch, 13 after the CRC, the switch and the delimiter shared
    assert fd(0x555, b"\x55" * 64) == (16 + 13, 1 + 1 + 4 + 512 + 4 + 21 + 7)
    # 512 zeros after a length code of ones: a stuff bit after each five
    assert fd(0x555, bytes(64))[1] - 550 == 512 // 5
    # 35 zeros after a one: the seventh stuff bit would follow the last data bit, but there stands the fixed one
    assert fd(0x555, b"\x55\x5c" + bytes(4))[1] - (6 + 48 + 27) == 34 // 5
    assert fd(0x555, b"\x55\x58" + bytes(4))[1] - (6 + 48 + 27) == 34 // 5
    # all of the identifier dominant: 0 00000000000 0 0 1 0 has two stuff bits at the nominal rate
    assert fd(0x000, b"\x55" * 8)[0] == 29 + 2


def fd_written_out(frame_id: int, payload: bytes, switched: bool, passive: bool) -> tuple[int, int]:
    """(nominal, data) bits by writing the frame; the frame's place where the rate changes is marked."""
    if frame_id & EXTENDED:
        number = f"{frame_id & 0x1FFFFFFF:029b}"
        head = "0" + number[:11] + "11" + number[11:] + "010"
    else:
        head = "0" + f"{frame_id:011b}" + "0010"
    code = list(FD_LENGTHS).index(len(payload))
    tail = f"{int(switched)}{int(passive)}{code:04b}" + "".join(f"{byte:08b}" for byte in payload)
    sent, nominal = "", 0
    for place, bit in enumerate(head + tail):
        sent += bit
        if sent.endswith(bit * 5) and place < len(head + tail) - 1:
            sent += "1" if bit == "0" else "0"
        if place == len(head) - 1:
            nominal = len(sent)
    crc = 17 if len(payload) <= 16 else 21
    fast = len(sent) - nominal - 1 + 4 + crc + 1 + (4 + crc) // 4
    both = 2  # the switch and the CRC delimiter: one bit of each rate
    after = 2 + 7 + 3
    return (nominal + 1 + after, fast + 1) if switched else (nominal + fast + both + after, 0)


@settings(deadline=None)
@given(IDS, st.integers(0, 15), st.binary(min_size=64, max_size=64), st.booleans(), st.booleans())
def test_any_fd_frame_as_written_out(frame_id: int, code: int, bytes_: bytes, switched: bool, passive: bool) -> None:
    payload = bytes_[: FD_LENGTHS[code]]
    assert fd(frame_id, payload, switched, passive) == fd_written_out(frame_id, payload, switched, passive)


def test_lengths_that_can_fd_has() -> None:
    assert [n for n in range(66) if fd_length_code(n) >= 0] == list(FD_LENGTHS)
