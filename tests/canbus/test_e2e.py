"""E2E headers against the vectors of the reference and against the package autosar-e2e (which has no profile 22)."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from e2e import crc as package_crc
from e2e import p01, p02, p04, p05, p06, p07, p11
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.canbus.crc import (
    CRC8_J1850,
    CRC15_CAN,
    crc8_h2f,
    crc8_j1850,
    crc16_ccitt,
    crc32_p4,
    crc64_ecma,
)
from bench.canbus.e2e import check, protect
from bench.canbus.protection import DataIdMode, Profile, Protection, Window, Windows

ONE_TO_SIXTEEN = bytes(range(1, 17))
ID = 0x0A0B0C0D
P01 = Protection(Profile.P01, 0x123)
P02 = Protection(Profile.P02, id_list=bytes(16))
P22 = Protection(Profile.P22, id_list=ONE_TO_SIXTEEN)
SHORT = {
    DataIdMode.BOTH: ("cc00", "9101"),
    DataIdMode.ALT: ("ce00", "0201"),
    DataIdMode.LOW: ("ce00", "9301"),
    DataIdMode.NIBBLE: ("2a10", "7711"),
}
VECTORS = [
    *((replace(P01, mode=mode), 8, counter, start) for mode, two in SHORT.items() for counter, start in enumerate(two)),
    *(
        (Protection(Profile.P11, 0x123, mode), 8, counter, start)
        for mode in (DataIdMode.BOTH, DataIdMode.NIBBLE)
        for counter, start in enumerate(SHORT[mode])
    ),
    (P02, 8, 1, "4501"),
    (Protection(Profile.P04, ID), 16, 0, "001000000a0b0c0d862b0556"),
    (Protection(Profile.P04, ID), 16, 1, "001000010a0b0c0da58e6807"),
    (Protection(Profile.P04, ID, offset=8), 24, 0, "00" * 8 + "001800000a0b0c0d69d7502e"),
    (Protection(Profile.P04, ID, offset=8), 24, 1, "00" * 8 + "001800010a0b0c0d4a723d7f"),
    (Protection(Profile.P05, 0x1234), 8, 0, "1cca00"),
    (Protection(Profile.P05, 0x1234), 8, 1, "cf8d01"),
    (Protection(Profile.P05, 0x1234, offset=8), 16, 0, "00" * 8 + "289100"),
    (Protection(Profile.P05, 0x1234, offset=8), 16, 1, "00" * 8 + "fbd601"),
    (Protection(Profile.P06, 0x1234), 8, 0, "b155000800"),
    (Protection(Profile.P06, 0x1234), 8, 1, "f4f5000801"),
    (Protection(Profile.P06, 0x1234, offset=8), 16, 0, "00" * 8 + "4eb7001000"),
    (Protection(Profile.P06, 0x1234, offset=8), 16, 1, "00" * 8 + "0b17001001"),
    (Protection(Profile.P07, ID), 24, 0, "1fb2e737fcedbcd900000018000000000a0b0c0d"),
    (Protection(Profile.P07, ID), 24, 1, "7bde7268b8e9bc2700000018000000010a0b0c0d"),
    (Protection(Profile.P07, ID, offset=8), 32, 0, "00" * 8 + "17f7c817323865a800000020000000000a0b0c0d"),
    (Protection(Profile.P07, ID, offset=8), 32, 1, "00" * 8 + "739b5d48763c655600000020000000010a0b0c0d"),
]


@pytest.mark.parametrize(("protection", "length", "counter", "start"), VECTORS)
def test_reference_vectors(protection: Protection, length: int, counter: int, start: str) -> None:
    frame = protect(bytes(length), protection, counter)
    assert frame.hex() == start.ljust(2 * length, "0")
    assert check(frame, protection)


def test_reference_vectors_of_the_lists() -> None:
    first = bytes.fromhex("0e1b98310d189b65081d9e370b1e9dcd")
    assert bytes(protect(bytes(8), P22, counter)[0] for counter in range(16)) == first
    counting = replace(P02, id_list=bytes(range(16)))
    assert protect(bytes(range(8)), counting, 2).hex() == "bc02020304050607"
    assert protect(bytes(range(8)), counting, 1).hex() == "6101020304050607"


CHECK_STRING = [
    (crc8_j1850, np.uint8, 0xFF, 0xFF, 0x4B),
    (crc8_h2f, np.uint8, 0xFF, 0xFF, 0xDF),
    (crc16_ccitt, np.uint16, 0xFFFF, 0, 0x29B1),
    (crc32_p4, np.uint32, 0xFFFF_FFFF, 0xFFFF_FFFF, 0x1697D06A),
    (crc64_ecma, np.uint64, 0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF, 0x995DC9BBDF1939FA),
]


@pytest.mark.parametrize(("function", "kind", "start", "end", "expected"), CHECK_STRING)
def test_crc_of_the_check_string(function: Callable, kind: type, start: int, end: int, expected: int) -> None:
    data = np.frombuffer(b"123456789", np.uint8).copy()
    assert int(function(kind(start), data, 0, 9)) ^ end == expected
    half = function(kind(start), data, 0, 4)
    assert int(function(kind(half), data, 4, 9)) ^ end == expected


def test_tables_of_other_check_sums() -> None:
    assert (CRC8_J1850[1], CRC15_CAN[1]) == (0x1D, 0x4599)


@pytest.mark.parametrize(
    ("payload", "j1850", "h2f"),
    [
        ("00000000", 0x59, 0x12),
        ("f20183", 0x37, 0xC2),
        ("0faa0055", 0x79, 0xC6),
        ("00ff5511", 0xB8, 0x77),
        ("332255aabbccddeeff", 0xCB, 0x11),
        ("926b55", 0x8C, 0x33),
        ("ffffffff", 0x74, 0x6C),
    ],
)
def test_short_vectors(payload: str, j1850: int, h2f: int) -> None:
    data = np.frombuffer(bytes.fromhex(payload), np.uint8).copy()
    assert crc8_j1850(np.uint8(0xFF), data, 0, len(data)) ^ 0xFF == j1850
    assert crc8_h2f(np.uint8(0xFF), data, 0, len(data)) ^ 0xFF == h2f


def test_plain_j1850_is_the_crc_of_all_other_bytes() -> None:
    for offset in (0, 2):
        frame = protect(bytes(range(0x40, 0x48)), Protection(Profile.J1850, offset=offset), 13)
        rest = frame[:offset] + frame[offset + 1 :]
        assert frame[offset] == package_crc.calculate_crc8(rest)
        assert frame[offset + 1] & 0xF == 13


# --- against the package ---------------------------------------------------------------------------------------------

PACKAGE = {
    Profile.P01: (p01.e2e_p01_protect, p01.e2e_p01_check),
    Profile.P02: (p02.e2e_p02_protect, p02.e2e_p02_check),
    Profile.P04: (p04.e2e_p04_protect, p04.e2e_p04_check),
    Profile.P05: (p05.e2e_p05_protect, p05.e2e_p05_check),
    Profile.P06: (p06.e2e_p06_protect, p06.e2e_p06_check),
    Profile.P07: (p07.e2e_p07_protect, p07.e2e_p07_check),
    Profile.P11: (p11.e2e_p11_protect, p11.e2e_p11_check),
}
PACKAGE_MODES = {
    Profile.P01: dict(
        zip(
            DataIdMode,
            (p01.E2E_P01_DATAID_BOTH, p01.E2E_P01_DATAID_ALT, p01.E2E_P01_DATAID_LOW, p01.E2E_P01_DATAID_NIBBLE),
            strict=True,
        )
    ),
    Profile.P11: {DataIdMode.BOTH: p11.E2E_P11_DATAID_BOTH, DataIdMode.NIBBLE: p11.E2E_P11_DATAID_NIBBLE},
}


@st.composite
def protections(draw: st.DrawFn, profiles: tuple[Profile, ...] = tuple(PACKAGE)) -> Protection:
    profile = draw(st.sampled_from(profiles))
    mode = draw(st.sampled_from(list(PACKAGE_MODES.get(profile, {DataIdMode.BOTH: 0}))))
    bits = {Profile.P04: 32, Profile.P07: 32}.get(profile, 12 if mode is DataIdMode.NIBBLE else 16)
    lists = profile in (Profile.P02, Profile.P22)
    return Protection(
        profile,
        0 if lists else draw(st.integers(0, (1 << bits) - 1)),
        mode,
        id_list=draw(st.binary(min_size=16, max_size=16)) if lists else b"",
        offset=0 if profile is Profile.P02 else draw(st.integers(0, 12)),
    )


@st.composite
def frames(draw: st.DrawFn, profiles: tuple[Profile, ...] = tuple(PACKAGE)) -> tuple[Protection, bytes, int]:
    """A protection, a payload that has room for its header, and a counter."""
    protection = draw(protections(profiles))
    least = protection.offset + protection.header.size
    payload = draw(st.binary(min_size=least, max_size=64))
    return protection, payload, draw(st.integers(0, protection.header.cycle - 1))


def options(protection: Protection) -> tuple[object, dict[str, int]]:
    """The package's arguments."""
    if protection.profile is Profile.P02:
        return protection.id_list, {}
    named = {"offset": protection.offset}
    if protection.profile in PACKAGE_MODES:
        named["data_id_mode"] = PACKAGE_MODES[protection.profile][protection.mode]
    return protection.data_id, named


@settings(max_examples=300, deadline=None)
@given(frames())
def test_the_package_makes_the_same_frame_and_accepts_ours(made: tuple[Protection, bytes, int]) -> None:
    protection, payload, counter = made
    ours = protect(payload, protection, counter)
    write, accept = PACKAGE[protection.profile]
    first, named = options(protection)
    theirs = bytearray(ours)
    at = protection.offset + protection.header.crc.byte
    theirs[at : at + protection.header.crc.bits // 8] = bytes(protection.header.crc.bits // 8)
    write(theirs, first, increment_counter=False, **named)
    assert bytes(theirs) == ours
    assert accept(bytearray(ours), first, **named) and check(ours, protection)


@settings(max_examples=100, deadline=None)
@given(frames(), st.data())
def test_both_judge_a_spoilt_frame_alike(made: tuple[Protection, bytes, int], data: st.DataObject) -> None:
    protection, payload, counter = made
    frame = bytearray(protect(payload, protection, counter))
    for _ in range(data.draw(st.integers(1, 3))):
        frame[data.draw(st.integers(0, len(frame) - 1))] ^= data.draw(st.integers(0, 255))
    _, accept = PACKAGE[protection.profile]
    first, named = options(protection)
    assert check(bytes(frame), protection) == accept(bytearray(frame), first, **named)


ALL = (*PACKAGE, Profile.P22, Profile.J1850)


@settings(max_examples=200, deadline=None)
@given(frames(ALL), st.data())
def test_any_one_wrong_bit_is_found(made: tuple[Protection, bytes, int], data: st.DataObject) -> None:
    protection, payload, counter = made
    frame = bytearray(protect(payload, protection, counter))
    for n in range(8 * len(frame)):
        if not protection.places >> n & 1:
            assert frame[n // 8] >> n % 8 & 1 == payload[n // 8] >> n % 8 & 1
    # the counter may choose the id byte: there the CRC may agree with another id byte by chance
    chooses = protection.mode is DataIdMode.ALT or protection.id_list
    spared = protection.header.counter.places(protection.offset) if chooses else 0
    n = data.draw(st.sampled_from([n for n in range(8 * len(frame)) if not spared >> n & 1]))
    frame[n // 8] ^= 1 << n % 8
    assert not check(bytes(frame), protection)


@given(st.binary(min_size=2, max_size=64), st.integers(0, 0xFFFF), st.integers(0, 14))
def test_another_message_s_id_is_found(payload: bytes, data_id: int, counter: int) -> None:
    sent = protect(payload, Protection(Profile.P01, data_id), counter)
    assert not check(sent, Protection(Profile.P01, data_id ^ 0x0100))


def test_a_shorter_length_gives_another_crc() -> None:
    assert protect(bytes(7), P01, 0)[0] != 0xCC


def test_headers_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="P01 is 0 to 14, not 15"):
        protect(bytes(8), P01, 15)
    with pytest.raises(ValueError, match="the header of P01 takes 2 from byte 0"):
        protect(bytes(1), P01, 0)
    with pytest.raises(ValueError, match="the header of P04 takes 12 from byte 0"):
        check(bytes(8), Protection(Profile.P04, ID))
    fifteen = bytearray(bytes(8))
    fifteen[1] = 15
    p01.e2e_p01_protect(fifteen, 0x123, increment_counter=False)
    assert not check(bytes(fifteen), P01)


# --- configuration ---------------------------------------------------------------------------------------------------

WRONG = [
    (Protection(Profile.P01, 0x1_0000), "E2EDataID 65536; with P01 and mode BOTH it has 16 bits"),
    (Protection(Profile.P01, 0x1000, DataIdMode.NIBBLE), "it has 12 bits"),
    (Protection(Profile.P01, -1), "E2EDataID -1"),
    (Protection(Profile.P04, 1 << 32), "it has 32 bits"),
    (Protection(Profile.P11, 1, DataIdMode.ALT), "P11 knows BOTH, NIBBLE"),
    (Protection(Profile.P05, 1, DataIdMode.LOW), "P05 knows BOTH"),
    (Protection(Profile.P02), "E2EDataIDList of 0 bytes; P02 needs 16"),
    (Protection(Profile.P22, id_list=bytes(15)), "E2EDataIDList of 15 bytes; P22 needs 16"),
    (Protection(Profile.P01, 1, max_delta=15), "E2EMaxDeltaCounter outside 1 to 14"),
    (Protection(Profile.P05, 1, max_delta=0), "E2EMaxDeltaCounter outside 1 to 255"),
    (Protection(Profile.P01, 1, offset=-1), "from byte -1"),
    (Protection(Profile.P07, 1), "has 12 bytes; the header of P07 takes 20"),
    (Protection(Profile.P01, 1, windows=Windows(valid=Window(65, 1, 2))), "E2EWindowSizeValid 65; it is 1 to 64"),
    (Protection(Profile.P01, 1, windows=Windows(init=Window(0, 1, 0))), "E2EWindowSizeInit 0; it is"),
    (Protection(Profile.P01, 1, windows=Windows(invalid=Window(3, 2, -1))), "E2EMaxErrorStateInvalid -1; it is 0 or"),
    (
        Protection(Profile.P01, 1, windows=Windows(valid=Window(10, 1, 10))),
        "E2EMinOkStateValid 1 + E2EMaxErrorStateValid 10 above E2EWindowSizeValid 10; enlarge",
    ),
    (Protection(Profile.P01, 1, windows=Windows(valid=Window(10, 0, 2))), "Valid 0, Init 1, Invalid 2"),
    (Protection(Profile.P01, 1, windows=Windows(init=Window(3, 3, 0))), "must not fall in this order"),
    (Protection(Profile.P01, 1, windows=Windows(invalid=Window(3, 2, 1))), "must not rise in this order"),
    (Protection(Profile.P01, 1, windows=Windows(init=Window(11, 1, 0))), "the window of VALID is the longest"),
]


@pytest.mark.parametrize(("protection", "told"), WRONG)
def test_a_protection_that_cannot_be_is_told_with_its_remedy(protection: Protection, told: str) -> None:
    (problem,) = [text for text in protection.problems(12) if told in text]
    assert problem.startswith("has ")
    with pytest.raises(ValueError, match=r"^a frame protected by"):
        protect(bytes(12), protection, 0)


def test_the_default_windows_keep_autosar_s_rules() -> None:
    assert list(Windows().problems()) == []
