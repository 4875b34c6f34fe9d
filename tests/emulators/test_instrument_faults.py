"""Faults of an instrument's side of the wire, seen byte by byte."""

from typing import Any

import pytest

from bench.base.time import NS_PER_MS
from bench.config.rig import load_rig
from bench.config.search import find
from bench.emulators.instruments.faults import (
    DEVICE_FAULTS,
    FAULT_KINDS,
    Argument,
    Fault,
    FaultKind,
    FaultScript,
    read_argument,
)
from bench.emulators.instruments.of_rig import known_faults
from bench.emulators.instruments.peer import Peer

MS = NS_PER_MS


class Echo(Peer):
    """Answers what ends with ``?`` after a millisecond, obeys the rest."""

    known_faults = (*Peer.known_faults, "restart")

    def __init__(self, *faults: Fault, seed: int = 0) -> None:
        super().__init__(b"\n", FaultScript(faults, seed, "echo"))
        self.obeyed: list[bytes] = []
        self.befallen: list[tuple[FaultKind, int]] = []

    def handle(self, message: bytes, t_ns: int) -> None:
        self.obeyed.append(message)
        if message.endswith(b"?\n"):
            self.reply(t_ns + MS, b"0123456789\n", t_ns)

    def befall(self, kind: FaultKind, t_ns: int) -> None:
        self.befallen.append((kind, t_ns))


def sent(peer: Echo, question: bytes = b"A?\n", t_ns: int = 0, until_ns: int = 1_000 * MS) -> list[tuple[int, bytes]]:
    """What comes back by ``until_ns``: (time in ms, bytes)."""
    peer.receive(question, t_ns)
    found = []
    while (due_ns := peer.next_ns()) is not None and due_ns <= until_ns:
        found.append((due_ns // MS, peer.produce(due_ns)))
    return found


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("silence", 0, MS), []),
        (Fault("late", 0, MS, 30 * MS), [(31, b"0123456789\n")]),
        (Fault("partial", 0, MS), [(1, b"012345")]),
        (Fault("partial", 0, MS, 30 * MS), [(1, b"012345"), (31, b"6789\n")]),
        (Fault("split", 0, MS, 5 * MS), [(1, b"012"), (6, b"345"), (11, b"678"), (16, b"9\n")]),
        (Fault("garbage", 0, MS), [(1, b"?\x15\n")]),
        (Fault("late", MS, 2 * MS, 30 * MS), [(1, b"0123456789\n")]),
    ],
)
def test_what_happens_to_an_answer(fault: Fault, expected: list[tuple[int, bytes]]) -> None:
    peer = Echo(fault)
    assert sent(peer) == expected
    assert peer.obeyed == [b"A?\n"]


def test_an_endless_answer_goes_on_until_the_fault_or_the_connection_ends() -> None:
    peer = Echo(Fault("endless", 0, 50 * MS))
    portions = sent(peer)
    data = b"".join(portion for _, portion in portions)
    assert data.startswith(b"0123456789") and b"\n" not in data
    assert 40 <= len(portions) <= 60 and len(data) > 100_000
    peer.receive(b"A?\n", 0)
    peer.opened(10 * MS)
    assert peer.next_ns() is None


def test_a_bare_line_feed_after_what_needs_no_answer() -> None:
    peer = Echo(Fault("bare_lf", 0, MS))
    assert sent(peer, b"A 1\n") == [(0, b"\n")]
    assert sent(peer, b"A?\n") == [(1, b"0123456789\n")]


def test_each_so_many_th_answer() -> None:
    peer = Echo(Fault("silence", 0, 10_000 * MS, every=3))
    assert [bool(sent(peer)) for _ in range(7)] == [True, True, False, True, True, False, True]


def test_a_share_is_drawn_from_the_seed() -> None:
    def answered(seed: int) -> list[bool]:
        peer = Echo(Fault("silence", 0, 10_000 * MS, share=0.25), seed=seed)
        return [bool(sent(peer)) for _ in range(400)]

    assert answered(1) == answered(1) != answered(2)
    assert 60 <= answered(1).count(False) <= 140


def test_a_power_cycle_closes_refuses_and_befalls_the_device_once() -> None:
    peer = Echo(Fault("restart", 10 * MS, 30 * MS))
    assert peer.fault_ns() == 10 * MS
    peer.opened(0)
    assert sent(peer) == [(1, b"0123456789\n")]
    assert sent(peer, t_ns=12 * MS) == [] and peer.closed()
    peer.opened(20 * MS)
    assert peer.closed()
    peer.opened(30 * MS)
    assert not peer.closed()
    assert sent(peer, t_ns=31 * MS) == [(32, b"0123456789\n")]
    assert peer.befallen == [("restart", 12 * MS)]
    assert peer.fault_ns() is None


def test_without_faults_nothing_is_asked_of_the_script() -> None:
    peer = Echo()
    peer.faults = None  # type: ignore[assignment]
    peer.opened(0)
    assert sent(peer) == [(1, b"0123456789\n")]


def test_a_device_that_cannot_do_a_fault_says_so_at_once() -> None:
    with pytest.raises(ValueError, match="Echo cannot do alarm"):
        Echo(Fault("alarm", 0, MS))


@pytest.mark.parametrize(
    ("kind", "argument", "expected"),
    [
        ("late", "400ms", {"delay_ns": 400 * MS}),
        ("late", "0.4 s, 25%", {"delay_ns": 400 * MS, "share": 0.25}),
        ("partial", "", {}),
        ("partial", "1s,11", {"delay_ns": 1000 * MS, "every": 11}),
        ("split", "", {"delay_ns": 5 * MS}),
        ("silence", "11", {"every": 11}),
        ("garbage", "2.5%", {"share": 0.025}),
        ("close", "", {}),
    ],
)
def test_arguments(kind: str, argument: str, expected: dict[str, Any]) -> None:
    assert read_argument(kind, argument) == Argument(**expected)


@pytest.mark.parametrize(
    ("kind", "argument", "message"),
    [
        ("late", "", "how late. write a time such as 400ms"),
        ("late", "0s", "a delay of 0s is none"),
        ("late", "4 Nm", "write a time such as 400ms"),
        ("late", "400", "how late. write a time such as 400ms"),
        ("silence", "400ms", "silence takes no '400ms'; write 11 .each eleventh. or 25%"),
        ("silence", "0%", "silence takes no '0%'"),
        ("silence", "101%", "silence takes no '101%'"),
        ("restart", "5", "restart takes no '5'; leave the argument out"),
        ("nan", "25%", "nan takes no '25%'; leave the argument out"),
    ],
)
def test_arguments_that_cannot_be(kind: str, argument: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_argument(kind, argument)


def test_every_kind_has_an_instrument_that_knows_it() -> None:
    drives, brakes = (known_faults(load_rig(find("rig", name)).value) for name in ("e_axle_demo", "brake_demo"))
    assert {kind for known in drives.values() for kind in known} == set(FAULT_KINDS)
    assert set(DEVICE_FAULTS) < set(drives["dyno_l"])
    for known in (drives["dyno_l"], brakes["dyno_m"]):
        assert "bare_lf" not in known  # AK has an answer for everything, Magtrol one for questions only
    assert {"restart", "alarm"} < set(brakes["dyno_m"]) and "nan" not in brakes["dyno_m"]
