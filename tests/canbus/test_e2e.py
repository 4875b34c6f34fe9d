"""E2E profile 1 against the vectors of the reference (package autosar-e2e 1.0.0 and an independent model)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.canbus.crc import CRC8_J1850, CRC15_CAN, crc8_j1850
from bench.canbus.e2e import (
    OK,
    REPEATED,
    WRONG_SEQUENCE,
    DataIdMode,
    p01_check,
    p01_judge,
    p01_protect,
)

VECTORS = [
    (DataIdMode.BOTH, 0, "cc00"),
    (DataIdMode.BOTH, 1, "9101"),
    (DataIdMode.ALT, 0, "ce00"),
    (DataIdMode.ALT, 1, "0201"),
    (DataIdMode.LOW, 0, "ce00"),
    (DataIdMode.LOW, 1, "9301"),
    (DataIdMode.NIBBLE, 0, "2a10"),
    (DataIdMode.NIBBLE, 1, "7711"),
]

modes = st.sampled_from(DataIdMode)
data_ids = st.integers(0, 0xFFFF)
payloads = st.binary(min_size=2, max_size=64)
counters = st.integers(0, 14)


@pytest.mark.parametrize(("mode", "counter", "start"), VECTORS)
def test_reference_vectors(mode: DataIdMode, counter: int, start: str) -> None:
    assert p01_protect(bytes(8), 0x123, mode, counter).hex() == start + "00" * 6


def test_crc_of_the_check_string() -> None:
    data = np.frombuffer(b"123456789", np.uint8)
    assert crc8_j1850(np.uint8(0xFF), data, 0, 9) ^ 0xFF == 0x4B
    assert CRC8_J1850[1] == 0x1D
    assert CRC15_CAN[1] == 0x4599


def test_a_shorter_length_gives_another_crc() -> None:
    assert p01_protect(bytes(7), 0x123, DataIdMode.BOTH, 0)[0] != 0xCC


@given(payloads, data_ids, modes, counters)
def test_what_is_protected_is_accepted(payload: bytes, data_id: int, mode: DataIdMode, counter: int) -> None:
    sent = p01_protect(payload, data_id, mode, counter)
    assert p01_check(sent, data_id, mode)
    assert sent[2:] == payload[2:]
    assert sent[1] & 0xF == counter


@given(payloads, data_ids, modes, counters, st.data())
def test_any_one_wrong_bit_is_found(
    payload: bytes, data_id: int, mode: DataIdMode, counter: int, data: st.DataObject
) -> None:
    sent = bytearray(p01_protect(payload[:16], data_id, mode, counter))
    # the counter's lowest bit chooses the id byte in mode ALT: there the CRC may agree with another id byte by chance
    places = [n for n in range(8 * len(sent)) if not (mode is DataIdMode.ALT and n == 8)]
    n = data.draw(st.sampled_from(places))
    sent[n // 8] ^= 1 << n % 8
    assert not p01_check(bytes(sent), data_id, mode)


@given(payloads, data_ids, counters)
def test_another_message_s_id_is_found(payload: bytes, data_id: int, counter: int) -> None:
    sent = p01_protect(payload, data_id, DataIdMode.BOTH, counter)
    assert not p01_check(sent, data_id ^ 0x0100, DataIdMode.BOTH)


def test_headers_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="0 to 14"):
        p01_protect(bytes(8), 0x123, DataIdMode.BOTH, 15)
    with pytest.raises(ValueError, match="at least 2 bytes"):
        p01_protect(bytes(1), 0x123, DataIdMode.BOTH, 0)
    assert not p01_check(b"\x00", 0x123, DataIdMode.BOTH)
    assert not p01_check(b"\x00\x0f", 0x123, DataIdMode.BOTH)


@pytest.mark.parametrize(
    ("counter", "last", "verdict"),
    [
        (1, 0, OK),
        (3, 0, OK),
        (4, 0, WRONG_SEQUENCE),
        (0, 0, REPEATED),
        (0, 14, OK),
        (2, 14, OK),
        (3, 14, WRONG_SEQUENCE),
        (14, 0, WRONG_SEQUENCE),
        (15, 14, WRONG_SEQUENCE),
    ],
)
def test_counter_judgement(counter: int, last: int, verdict: int) -> None:
    assert p01_judge(counter, last, 3) == verdict
