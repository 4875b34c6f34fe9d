"""Servers of HiSLIP and VXI-11 without sockets: times, portions, refusals, hostile bytes."""

import struct
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.base.time import NS_PER_MS, NS_PER_S
from bench.emulators.lan import rpc
from bench.emulators.lan.hislip import SESSIONS_MAX, Hislip
from bench.emulators.lan.hislip_words import SIZE_MAX, Fatal, Kind, Refusal, packed
from bench.emulators.lan.lock import Lock
from bench.emulators.lan.offered import offered
from bench.emulators.lan.shared_device import WAITING_BYTES_MAX, SharedDevice
from bench.emulators.lan.vxi11 import ABORT, CORE, Vxi11

DELAY_NS = 2 * NS_PER_MS
HEADER = struct.Struct("!2sBBIQ")


class Echo:
    """Answers ``X?`` with ``X`` after 2 ms."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.interruptions = 0
        self._due: list[tuple[int, bytes]] = []

    def opened(self, t_ns: int) -> None:
        self._due.clear()

    def receive(self, data: bytes, t_ns: int) -> None:
        self.heard += data.splitlines()
        self._due += [(t_ns + DELAY_NS, line[:-1] + b"\n") for line in data.splitlines() if line.endswith(b"?")]

    def next_ns(self) -> int | None:
        return self._due[0][0] if self._due else None

    def produce(self, t_ns: int) -> bytes:
        return self._due.pop(0)[1] if self._due and self._due[0][0] <= t_ns else b""

    def closed(self) -> bool:
        return False

    def interrupted(self) -> None:
        self.interruptions += 1
        self._due.clear()

    def cleared(self) -> None:
        self._due.clear()

    def status_byte(self) -> int:
        return 0x04 | 0x10 * bool(self._due)


class Client:
    """Connections to one service, and what they were sent."""

    def __init__(self, service: Any) -> None:
        self.service = service
        self.got: dict[int, bytes] = {}
        self.closed: set[int] = set()
        self.t_ns = 0

    def send(self, peer: int, data: bytes) -> None:
        if peer not in self.got:
            self.got[peer] = b""
            self.service.accepted(peer, self.t_ns)
        self.service.received(peer, data, self.t_ns)
        self.run(0)

    def run(self, for_ns: int) -> None:
        until_ns = self.t_ns + for_ns
        while True:
            for peer, data in self.service.produce(self.t_ns):
                self.got[peer] += data
            self.closed |= set(self.service.hung_up())
            due_ns = self.service.next_ns()
            if due_ns is None or due_ns > until_ns:
                self.t_ns = until_ns
                return
            self.t_ns = max(self.t_ns, due_ns)

    def take(self, peer: int) -> bytes:
        data, self.got[peer] = self.got[peer], b""
        return data

    def messages(self, peer: int) -> list[tuple[int, int, int, bytes]]:
        """Of HiSLIP: kind, control code, parameter, payload."""
        data, found = self.take(peer), []
        while data:
            _, kind, control, parameter, length = HEADER.unpack_from(data)
            found.append((kind, control, parameter, data[16 : 16 + length]))
            data = data[16 + length :]
        return found


def open_session(client: Client, sync: int, other: int) -> None:
    client.send(sync, packed(Kind.INITIALIZE, parameter=0x0100 << 16, payload=b"hislip0"))
    ((kind, overlap, parameter, _),) = client.messages(sync)
    assert (kind, overlap, parameter >> 16) == (Kind.INITIALIZE_RESPONSE, 0, 0x0100)
    client.send(other, packed(Kind.ASYNC_INITIALIZE, parameter=parameter & 0xFFFF))
    assert [message[0] for message in client.messages(other)] == [Kind.ASYNC_INITIALIZE_RESPONSE]


def hislip() -> tuple[Echo, Client]:
    echo = Echo()
    client = Client(Hislip(SharedDevice(echo)))
    open_session(client, 1, 2)
    return echo, client


def asked(text: bytes, number: int) -> bytes:
    return packed(Kind.DATA_END, parameter=number, payload=text)


# --- HiSLIP -----------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_portions_of_the_stream_mean_nothing(sizes: Sequence[int]) -> None:
    _, client = hislip()
    stream = packed(Kind.DATA, parameter=2, payload=b"A") + asked(b"B?", 4)
    while stream:
        size, sizes = sizes[0], [*sizes[1:], sizes[0]]
        client.send(1, stream[:size])
        stream = stream[size:]
    client.run(DELAY_NS)
    assert client.messages(1) == [(Kind.DATA_END, 0, 4, b"AB\n")]


def test_an_answer_bears_the_number_of_its_question_even_while_others_wait() -> None:
    echo, client = hislip()
    open_session(client, 3, 4)
    client.send(1, asked(b"A?", 2))
    client.send(3, asked(b"X?", 20))
    client.send(3, asked(b"Y?", 22))
    client.run(10 * DELAY_NS)
    assert client.messages(1) == [(Kind.DATA_END, 0, 2, b"A\n")]
    assert client.messages(3) == [(Kind.DATA_END, 0, 20, b"X\n"), (Kind.DATA_END, 0, 22, b"Y\n")]
    assert echo.heard == [b"A?", b"X?", b"Y?"]


def test_a_message_that_interrupts_is_told_on_both_channels() -> None:
    echo, client = hislip()
    client.send(1, asked(b"A?", 2))
    client.send(1, asked(b"B?", 4))
    client.run(DELAY_NS)
    assert client.messages(1) == [(Kind.INTERRUPTED, 0, 4, b""), (Kind.DATA_END, 0, 4, b"B\n")]
    assert client.messages(2) == [(Kind.ASYNC_INTERRUPTED, 0, 4, b"")]
    assert echo.interruptions == 1
    client.send(1, packed(Kind.DATA_END, 1, 6, b"C?"))  # this one was read
    client.run(DELAY_NS)
    assert client.messages(1) == [(Kind.DATA_END, 0, 6, b"C\n")] and echo.interruptions == 1


def test_what_comes_during_a_device_clear_is_dropped() -> None:
    echo, client = hislip()
    client.send(1, asked(b"A?", 2))
    client.send(2, packed(Kind.ASYNC_DEVICE_CLEAR))
    client.send(1, asked(b"B?", 4) + packed(Kind.DEVICE_CLEAR_COMPLETE) + asked(b"C?", 6))
    client.run(DELAY_NS)
    assert client.messages(1) == [(Kind.DEVICE_CLEAR_ACKNOWLEDGE, 0, 0, b""), (Kind.DATA_END, 0, 6, b"C\n")]
    assert echo.heard == [b"A?", b"C?"] and echo.interruptions == 0


def test_a_trigger_and_the_front_panel() -> None:
    echo, client = hislip()
    client.send(1, packed(Kind.TRIGGER, parameter=2))
    client.send(2, packed(Kind.ASYNC_REMOTE_LOCAL_CONTROL, 3, 2))
    assert echo.heard == [b"*TRG"]
    assert client.messages(2) == [(Kind.ASYNC_REMOTE_LOCAL_RESPONSE, 0, 0, b"")]


def test_what_is_not_known_is_refused_and_the_session_goes_on() -> None:
    _, client = hislip()
    client.send(1, packed(Kind.ASYNC_SERVICE_REQUEST))
    client.send(1, HEADER.pack(b"HS", Kind.DATA_END, 0, 2, SIZE_MAX) + bytes(SIZE_MAX))
    client.send(2, packed(Kind.ASYNC_LOCK, 7))
    client.send(1, asked(b"A?", 4))
    client.run(DELAY_NS)
    errors = [message[:2] for message in client.messages(1)[:2]] + [client.messages(2)[0][:2]]
    assert errors == [(Kind.ERROR, Refusal.TYPE), (Kind.ERROR, Refusal.TOO_LARGE), (Kind.ERROR, Refusal.CONTROL)]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (packed(Kind.INITIALIZE, payload=b"gpib0,5"), Fatal.INITIALIZATION),
        (packed(Kind.ASYNC_INITIALIZE, parameter=77), Fatal.INITIALIZATION),
        (asked(b"A?", 2), Fatal.INITIALIZATION),
        (packed(Kind.INITIALIZE) + asked(b"A?", 2), Fatal.CHANNELS),
        (b"GET / HTTP/1.1\r\n\r\n", Fatal.HEADER),
    ],
)
def test_a_session_that_does_not_begin_as_one_ends(said: bytes, why: Fatal) -> None:
    echo, client = hislip()
    client.send(9, said)
    assert client.messages(9)[-1][:2] == (Kind.FATAL_ERROR, why)
    assert client.closed == {9} and echo.heard == []


def test_only_so_many_sessions() -> None:
    _, client = hislip()
    for n in range(1, SESSIONS_MAX):
        open_session(client, 10 * n, 10 * n + 1)
    client.send(99, packed(Kind.INITIALIZE))
    assert client.messages(99)[0][:2] == (Kind.FATAL_ERROR, Fatal.CLIENTS)
    client.send(10, b"")
    assert client.closed == {99, 10, 11}
    open_session(client, 100, 101)


def test_a_client_that_says_too_much_while_it_has_to_wait_is_sent_away() -> None:
    _, client = hislip()
    open_session(client, 3, 4)
    client.send(2, packed(Kind.ASYNC_LOCK, 1))
    for n in range(WAITING_BYTES_MAX // 50_000 + 1):
        client.send(3, asked(b"x" * 50_000, 2 * n))
    assert {3, 4} <= client.closed and 1 not in client.closed


# --- VXI-11 -----------------------------------------------------------------------------------------------------------


def call(procedure: int, body: bytes = b"", program: int = CORE, version: int = 1, of_rpc: int = 2) -> bytes:
    record = rpc.numbers(7, 0, of_rpc, program, version, procedure, 0, 0, 0, 0) + body
    return rpc.numbers(1 << 31 | len(record)) + record


def words(reply: bytes) -> tuple[int, ...]:
    """Of one record, without its mark."""
    return struct.unpack(f"!{len(reply) // 4 - 1}I", reply[4:])


def vxi11() -> tuple[Echo, Client]:
    echo = Echo()
    client = Client(Vxi11(SharedDevice(echo)))
    client.service.listening(4711)
    client.send(1, call(10, rpc.numbers(1, 0, 0) + rpc.opaque(b"inst0")))
    assert words(client.take(1))[6:] == (0, 1, 4711, SIZE_MAX)
    return echo, client


def written(text: bytes, flags: int = 8, link: int = 1) -> bytes:
    return call(11, rpc.numbers(link, 100, 0, flags) + rpc.opaque(text))


def reading(size: int = 100, io_ms: int = 100, flags: int = 0, character: int = 0) -> bytes:
    return call(12, rpc.numbers(1, size, io_ms, 0, flags, character))


def test_a_read_waits_for_the_answer_and_no_longer_than_it_was_told() -> None:
    _, client = vxi11()
    client.send(1, written(b"ABC?"))
    assert words(client.take(1))[6:] == (0, 4)
    client.send(1, reading(size=2))
    assert client.take(1) == b""
    client.run(DELAY_NS)
    assert words(client.take(1))[6:9] == (0, 1, 2)
    client.send(1, reading(flags=128, character=ord("C")))
    assert words(client.take(1))[6:9] == (0, 2, 1)
    client.send(1, reading())
    assert words(client.take(1))[6:9] == (0, 4, 1)
    client.send(1, reading(io_ms=100))
    client.run(99 * NS_PER_MS)
    assert client.take(1) == b""
    client.run(1 * NS_PER_MS)
    assert words(client.take(1))[6:] == (15, 0, 0)


def test_parts_without_an_end_are_one_message_and_records_may_come_in_fragments() -> None:
    echo, client = vxi11()
    client.send(1, written(b"A", flags=0) + written(b"B", flags=0))
    record = written(b"C")[4:]
    client.send(1, rpc.numbers(8) + record[:8] + rpc.numbers(1 << 31 | len(record) - 8) + record[8:])
    assert echo.heard == [b"ABC"]


@pytest.mark.parametrize(
    ("asked_for", "answer"),
    [
        (call(0), (7, 1, 0, 0, 0, 0)),
        (call(10, version=2), (7, 1, 0, 0, 0, 2, 1, 1)),
        (call(10, program=99), (7, 1, 0, 0, 0, 1)),
        (call(24), (7, 1, 0, 0, 0, 3)),
        (call(12, rpc.numbers(1)), (7, 1, 0, 0, 0, 4)),
        (call(11, rpc.numbers(1, 0, 0, 8, 1000)), (7, 1, 0, 0, 0, 4)),
        (call(12, of_rpc=3), (7, 1, 1, 0, 2, 2)),
        (written(b"A", link=2), (7, 1, 0, 0, 0, 0, 4, 0)),
        (written(bytes(SIZE_MAX + 4)), (7, 1, 0, 0, 0, 0, 5, 0)),
        (call(23, rpc.numbers(1)), (7, 1, 0, 0, 0, 0, 0)),
        (call(1, rpc.numbers(9), program=ABORT), (7, 1, 0, 0, 0, 0, 4)),
    ],
)
def test_calls_and_refusals(asked_for: bytes, answer: tuple[int, ...]) -> None:
    echo, client = vxi11()
    client.send(1, asked_for)
    assert words(client.take(1)) == answer
    assert echo.heard == []


def test_links_of_others_cannot_be_used() -> None:
    _, client = vxi11()
    client.send(2, written(b"A?"))
    assert words(client.take(2))[6:] == (4, 0)


# --- both -------------------------------------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=80), max_size=6), st.booleans())
def test_no_bytes_bring_a_server_down(portions: list[bytes], of_hislip: bool) -> None:
    echo, client = hislip() if of_hislip else vxi11()
    for n, portion in enumerate(portions):
        client.send(5 + n % 2, portion)
    client.run(NS_PER_S)
    client.send(1, asked(b"A?", 2) if of_hislip else written(b"A?"))
    client.run(DELAY_NS)
    assert echo.heard[-1:] == [b"A?"]


def test_a_lock() -> None:
    lock: Lock[str] = Lock()
    assert lock.lets("a") and lock.take("a", "key") and not lock.take("b", "other") and not lock.lets("b")
    assert lock.take("b", "key") and lock.take("b") and not lock.lets("a") and len(lock) == 2
    assert not lock.take("a") and not lock.take("c", "key")
    assert [lock.release("b"), lock.release("b"), lock.release("b"), lock.release("a")] == [
        "exclusive",
        "shared",
        "",
        "shared",
    ]
    assert lock.lets("c") and len(lock) == 0


def test_who_has_one_protocol_only_is_served_as_it_was() -> None:
    device: Any = object()
    rig: Any = {"supply": SimpleNamespace(driver="ea_psb")}
    assert offered({"supply": device}, rig) == ({"supply": device}, {})
