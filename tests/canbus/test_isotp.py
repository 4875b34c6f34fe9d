"""ISO-TP: against can-isotp in both directions, and every fault as a table of frames and times."""

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from isotp_wire import Oracle, Wire

from bench.canbus.isotp import NORMAL, Addressing, Endpoint
from bench.canbus.isotp_events import Failed, Ignored, Message, Sent
from bench.canbus.isotp_pdu import FD_LENGTHS, PduError, decode, separation_byte, separation_of
from bench.canbus.isotp_settings import Settings

MS, US, S = 1_000_000, 1_000, 1_000_000_000
EXTENDED = Addressing(target=0x11, source=0xF1)
KINDS = st.sampled_from([(8, NORMAL), (8, EXTENDED), (64, NORMAL), (64, EXTENDED), (20, NORMAL)])
LENGTHS = st.one_of(st.integers(1, 80), st.integers(1, 4095), st.integers(4096, 9000))


def pattern(length: int, seed: int = 1) -> bytes:
    return bytes((i * 31 + seed * 7) & 0xFF for i in range(length))


@settings(max_examples=60, deadline=None)
@given(KINDS, LENGTHS, LENGTHS, st.integers(0, 20), st.booleans())
@example((8, NORMAL), 7, 8, 0, True)
@example((8, EXTENDED), 6, 7, 1, True)
@example((64, NORMAL), 62, 63, 0, False)
@example((8, NORMAL), 4095, 4096, 8, False)
def test_messages_cross_to_and_from_can_isotp(kind, there, back, block, padded):
    size, addressing = kind
    ours = Settings(frame_bytes=size, block=block, length_max=10_000, padding=0xAA if padded else None)
    oracle = Oracle(ours, addressing, blocksize=block)
    received, events = oracle.exchange(pattern(there), pattern(back, 2))
    assert received == pattern(there)
    assert [event.payload for event in events if isinstance(event, Message)] == [pattern(back, 2)]
    assert Sent() in events and not oracle.errors
    assert not [event for event in events if isinstance(event, Failed | Ignored)]


@settings(max_examples=60, deadline=None)
@given(KINDS, LENGTHS, st.integers(0, 9), st.integers(0, 9))
def test_messages_cross_between_our_own_in_the_time_that_was_asked_for(kind, length, block, tenths):
    size, addressing = kind
    mirror = Addressing(addressing.source, addressing.target)
    asked = Settings(frame_bytes=size, block=block, separation_ns=tenths * 100 * US, length_max=10_000)
    wire = Wire(Endpoint(Settings(frame_bytes=size), addressing), Endpoint(asked, mirror))
    wire.sides[0].send(pattern(length), 0)
    wire.run(60 * S)
    assert wire.messages(1) == [pattern(length)] and wire.failures(0) == wire.failures(1) == []
    kinds = [(t_ns, data[addressing.bytes] >> 4) for t_ns, side, data in wire.frames if side == 0]
    gaps = [b[0] - a[0] for a, b in pairwise(kinds) if a[1] == b[1] == 2]
    blocked = set() if block == 0 else {0}  # the first frame of a block may follow its flow control at once
    assert all(gap == tenths * 100 * US or gap in blocked for gap in gaps)
    assert all(len(data) in FD_LENGTHS and len(data) >= 8 for _, _, data in wire.frames)


@pytest.mark.parametrize(("byte", "nanoseconds"), [
    (0x00, 0), (0x01, MS), (0x7F, 127 * MS), (0xF1, 100 * US), (0xF9, 900 * US), (0x80, 127 * MS), (0xF0, 127 * MS),
    (0xFA, 127 * MS), (0xFF, 127 * MS),
])  # fmt: skip
def test_separation_times(byte, nanoseconds):
    assert separation_of(byte) == nanoseconds
    assert separation_of(separation_byte(nanoseconds)) == nanoseconds
    assert separation_of(separation_byte(max(0, nanoseconds - 1))) >= nanoseconds - 1


@pytest.mark.parametrize(("data", "why"), [
    ("", "empty"), ("00", "length 0"), ("08 11 22 33 44 55 66 77", "length 8"), ("03 11 22", "length 3"),
    ("00 06 11 22 33 44 55 66 77 88 99 AA", "has a short form"), ("07 11 22 33 44 55 66 77 88 99 AA BB", "more than 8"),
    ("10 05 11 22 33 44 55 66", "fits into a single"), ("10 20 11", "fills its frame"),
    ("10 00 00 00 0F FF 11 22", "has a short form"), ("21", "without data"), ("30 00", "of 2 bytes"),
    ("40 00 00", "reserved"), ("F0", "reserved"),
])  # fmt: skip
def test_malformed_frames_are_no_frames(data, why):
    with pytest.raises(PduError, match=why):
        decode(bytes.fromhex(data))


# Dialogues with one of our endpoints, padding 00, block 2, STmin 1 ms, at most 20 bytes to take in. A line is
# (time in ms, "<" a frame comes or ">" what must go out then or "!" events told by then, frame or events).
FF, CF1, CF2 = "10 0A 01 02 03 04 05 06", "21 07 08 09 0A 00 00 00", "22 0D 0E 0F 10 11 12 13"
CTS, WAITING, FULL = "30 02 01 00 00 00 00 00", "31 00 00 00 00 00 00 00", "32 00 00 00 00 00 00 00"
RECEIVING = {
    "a message": [(0, "<", FF), (0, ">", CTS), (5, "<", CF1), (5, "!", "Begun Message")],
    "the sender falls silent": [(0, "<", FF), (0, ">", CTS), (1000, "!", "Begun N_TIMEOUT_Cr")],
    "silent in the middle, and late": [
        (0, "<", "10 14 01 02 03 04 05 06"), (0, ">", CTS), (900, "<", "21 07 08 09 0A 0B 0C 0D"),
        (1899, "!", "Begun"), (1900, "!", "N_TIMEOUT_Cr"), (1901, "<", CF2), (1901, "!", "Ignored"),
    ],
    "blocks": [
        (0, "<", "10 14 01 02 03 04 05 06"), (0, ">", CTS), (1, "<", "21 07 08 09 0A 0B 0C 0D"),
        (1, ">", ""), (2, "<", "22 0E 0F 10 11 12 13 14"), (2, ">", ""), (2, "!", "Begun Message"),
    ],
    "wrong sequence": [(0, "<", FF), (0, ">", CTS), (1, "<", CF2), (1, "!", "Begun N_WRONG_SN"), (2, "<", CF1),
                       (2, "!", "Ignored")],
    "repeated frame": [
        (0, "<", "10 14 01 02 03 04 05 06"), (0, ">", CTS), (1, "<", "21 07 08 09 0A 0B 0C 0D"),
        (2, "<", "21 07 08 09 0A 0B 0C 0D"), (2, "!", "Begun N_WRONG_SN"),
    ],
    "a new first frame in between": [(0, "<", FF), (0, ">", CTS), (1, "<", FF), (1, ">", CTS), (2, "<", CF1),
                                     (2, "!", "Begun N_UNEXP_PDU Begun Message")],
    "a single frame in between": [(0, "<", FF), (0, ">", CTS), (1, "<", "01 3E"), (1, "!", "Begun N_UNEXP_PDU Message"),
                                  (2, "<", CF1), (2, "!", "Ignored")],
    "a consecutive frame from nowhere": [(0, "<", CF1), (0, "!", "Ignored"), (0, ">", "")],
    "a flow control from nowhere": [(0, "<", CTS), (0, "!", "Ignored"), (0, ">", "")],
    "a short consecutive frame": [(0, "<", FF), (0, ">", CTS), (1, "<", "21 07 08"), (1, "!", "Begun Ignored"),
                                  (2, "<", CF1), (2, "!", "Message")],
    "an FD frame on a classic bus": [(0, "<", "00 0A 01 02 03 04 05 06 07 08 09 0A"), (0, "!", "Ignored")],
    "a length no frame has": [(0, "<", "01 3E 00 00 00 00 00 00 00"), (0, "!", "Ignored")],
    "too long": [(0, "<", "10 15 01 02 03 04 05 06"), (0, ">", FULL), (0, "!", "N_BUFFER_OVFLW"), (1, "<", CF1),
                 (1, "!", "Ignored")],
    "far too long": [(0, "<", "10 00 FF FF FF FF 01 02"), (0, ">", FULL), (0, "!", "N_BUFFER_OVFLW")],
}  # fmt: skip

START = "10 0F 01 02 03 04 05 06"
NEXT = ["21 07 08 09 0A 0B 0C 0D", "22 0E 0F 00 00 00 00 00"]
SENDING = {  # a message of 15 bytes
    "a message": [(0, ">", START), (3, "<", "30 00 05"), (3, ">", NEXT[0]), (7, ">", ""), (8, ">", NEXT[1]),
                  (8, "!", "Sent")],
    "no flow control": [(0, ">", START), (999, "!", ""), (1000, "!", "N_TIMEOUT_Bs"), (1001, "<", "30 00 00"),
                        (1001, "!", "Ignored"), (1001, ">", "")],
    "no second flow control": [(0, ">", START), (0, "<", "30 01 00"), (0, ">", NEXT[0]), (1000, "!", "N_TIMEOUT_Bs")],
    "wait, then go": [(0, ">", START), (900, "<", "31 00 00"), (1800, "<", "31 00 00"), (2700, "<", "30 00 00"),
                      (2700, ">", NEXT[0]), (2700, ">", NEXT[1]), (2700, "!", "Sent")],
    "wait, and then nothing": [(0, ">", START), (900, "<", "31 00 00"), (1899, "!", ""), (1900, "!", "N_TIMEOUT_Bs")],
    "wait for ever": [(0, ">", START), *[(100 * n, "<", "31 00 00") for n in range(4)], (300, "!", "N_WFT_OVRN")],
    "overflow": [(0, ">", START), (1, "<", "32 00 00"), (1, "!", "N_BUFFER_OVFLW")],
    "reserved flow state": [(0, ">", START), (1, "<", "33 00 00"), (1, "!", "N_INVALID_FS")],
    "a flow control too many": [(0, ">", START), (1, "<", "30 00 7F"), (1, ">", NEXT[0]), (2, "<", "30 00 00"),
                                (2, "!", "Ignored"), (127, ">", ""), (128, ">", NEXT[1]), (128, "!", "Sent")],
    "a shortened flow control": [(0, ">", START), (1, "<", "30 00"), (1, "!", "Ignored")],
    "nobody takes the next frame": [(0, ">", START), (1, "<", "30 00 01"), (1, ">", NEXT[0]),
                                    (902, "!", "N_TIMEOUT_Cs"), (903, ">", "")],
}  # fmt: skip


def walk(endpoint: Endpoint, dialogue: list[tuple[int, str, str]]) -> None:
    events = []
    for t_ms, what, wanted in dialogue:
        t_ns = t_ms * MS
        if what == "<":
            events += endpoint.receive(bytes.fromhex(wanted), t_ns)
            continue
        events += endpoint.advance(t_ns)
        if what == ">":
            frames = endpoint.frames(t_ns)
            assert [data.hex(" ").upper() for data in frames] == ([wanted] if wanted else []), f"at {t_ms} ms"
            events += endpoint.sent(t_ns)
        else:
            told = [event.result.value if isinstance(event, Failed) else type(event).__name__ for event in events]
            assert " ".join(told) == wanted, f"at {t_ms} ms"
            events.clear()
    assert not events or what != "!"


TABLE = Settings(padding=0, block=2, separation_ns=MS, length_max=20, waits_max=3)


@pytest.mark.parametrize("name", RECEIVING)
def test_what_comes_in(name):
    walk(Endpoint(TABLE), RECEIVING[name])


@pytest.mark.parametrize("name", SENDING)
def test_what_goes_out(name):
    endpoint = Endpoint(TABLE)
    endpoint.send(bytes(range(1, 16)), 0)
    walk(endpoint, SENDING[name])


def test_frames_that_do_not_reach_the_wire_end_both_directions():
    endpoint = Endpoint(TABLE)
    endpoint.send(bytes(15), 0)
    endpoint.frames(0)
    assert endpoint.frames(1) == [] and endpoint.due_ns() == S
    assert [event.result.value for event in endpoint.advance(S)] == ["N_TIMEOUT_A"]
    assert not endpoint.sending and endpoint.due_ns() is None


def test_who_cannot_take_more_has_the_other_wait_and_gives_up_in_the_end():
    busy = Endpoint(Settings(waits_max=3, n_br_ns=200 * MS))
    wire = Wire(Endpoint(Settings(waits_max=10)), busy)
    busy.hold(True, 0)
    wire.sides[0].send(pattern(30), 0)
    wire.run(300 * MS)
    busy.hold(False, 300 * MS)
    wire.t_ns = 300 * MS
    wire.run(2 * S)
    assert wire.messages(1) == [pattern(30)]
    assert [data[0] for _, side, data in wire.frames if side == 1] == [0x31, 0x31, 0x30]
    busy.hold(True, wire.t_ns)
    wire.sides[0].send(pattern(30), wire.t_ns)
    wire.run(60 * S)
    assert [data[0] for _, side, data in wire.frames if side == 1][3:] == [0x31] * 3 + [0x32]
    assert (wire.failures(0), wire.failures(1)) == (["N_BUFFER_OVFLW"], ["N_WFT_OVRN"])


@settings(max_examples=40, deadline=None)
@given(st.integers(8, 200), st.sets(st.integers(0, 40), min_size=1, max_size=3))
def test_lost_frames_lose_the_message_but_never_the_connection(length, lost):
    wire = Wire(Endpoint(Settings()), Endpoint(Settings(block=3)))
    wire.lose = lost
    wire.sides[0].send(pattern(length), 0)
    wire.run(60 * S)
    hit = any(number < len(wire.frames) for number in lost)
    assert wire.messages(1) == [pattern(length)] or (hit and wire.messages(1) == [])
    assert bool(wire.failures(0) or wire.failures(1)) == hit
    assert all(not side.sending and not side.receiving and side.due_ns() is None for side in wire.sides)
    wire.lose = set()
    wire.sides[0].send(pattern(length, 3), wire.t_ns)
    wire.run(wire.t_ns + 60 * S)
    assert wire.messages(1)[-1] == pattern(length, 3)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1500), st.binary(max_size=70)), max_size=25), st.booleans())
def test_whatever_comes_in_is_no_exception_and_no_invented_message(frames, fd):
    endpoint, t_ns = Endpoint(Settings(frame_bytes=64 if fd else 8, length_max=100)), 0
    for wait_ms, data in frames:
        t_ns += wait_ms * MS
        endpoint.receive(data, t_ns)
        for out in endpoint.frames(t_ns):
            assert out[0] >> 4 == 3
        endpoint.sent(t_ns)
    endpoint.advance(t_ns + 60 * S)
    assert not endpoint.receiving


def test_extended_addressing_hears_its_own_address_only():
    endpoint = Endpoint(Settings(padding=0), EXTENDED)
    assert endpoint.receive(bytes.fromhex("F2 02 3E 00"), 0) == ()
    assert endpoint.receive(bytes.fromhex("F1 02 3E 00"), 0) == (Message(b"\x3e\x00"),)
    endpoint.send(b"\x7e\x00", 0)
    assert [data.hex(" ") for data in endpoint.frames(0)] == ["11 02 7e 00 00 00 00 00"]


@pytest.mark.parametrize("wrong", [
    lambda: Settings(frame_bytes=7), lambda: Settings(frame_bytes=9), lambda: Settings(padding=256),
    lambda: Settings(block=256), lambda: Settings(separation_ns=128 * MS), lambda: Settings(n_bs_ns=0),
    lambda: Settings(length_max=0), lambda: Addressing(target=1), lambda: Addressing(256, 1),
    lambda: Endpoint().send(b"", 0),
])  # fmt: skip
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError):
        wrong()


def test_one_message_at_a_time():
    endpoint = Endpoint()
    endpoint.send(b"\x3e\x00", 0)
    with pytest.raises(ValueError, match="under way"):
        endpoint.send(b"\x3e\x00", 0)
    endpoint.abort()
    endpoint.send(b"\x3e\x00", 0)
