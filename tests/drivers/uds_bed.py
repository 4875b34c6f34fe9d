"""Runs UDS operations in virtual time: against a peer of frames, or against a table of messages."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from bench.canbus.isotp import Endpoint
from bench.canbus.isotp_events import Message
from bench.schedule.requests import Frames, Now, Operation, Sleep

MS, S = 1_000_000, 1_000_000_000


class Peer(Protocol):
    """The other side of the connection (``UdsServer``)."""

    def receive(self, data: bytes, t_ns: int) -> None: ...

    def next_ns(self) -> int | None: ...

    def produce(self, t_ns: int) -> list[bytes]: ...


class Bed:
    """Time, and a peer; ``way_ns`` for a frame either way. ``lose``: numbers of frames that get lost."""

    def __init__(self, peer: Peer, way_ns: int = MS) -> None:
        self.peer, self.way_ns, self.t_ns = peer, way_ns, 0
        self.lose: set[int] = set()
        self.count = 0
        self._to_us: list[tuple[int, bytes]] = []
        self._to_peer: list[tuple[int, bytes]] = []

    def run(self, operation: Operation[Any]) -> Any:
        """The operation's result, or what it raises."""
        answer: Any = None
        try:
            while True:
                answer = self._answer(operation.send(answer))
        except StopIteration as end:
            self._live(self.t_ns + self.way_ns, waits=False)  # what is on its way arrives
            return end.value

    def _answer(self, request: Any) -> Any:
        match request:
            case Now():
                return self.t_ns
            case Sleep(duration_ns):
                self._live(self.t_ns + duration_ns, waits=False)
                return None
            case Frames(data, until_ns):
                for one in data:
                    self._send(one, to_us=False)
                return self._live(max(until_ns, self.t_ns), waits=True)
        raise AssertionError(f"unexpected request {request}")

    def _send(self, data: bytes, to_us: bool) -> None:
        if self.count not in self.lose:
            (self._to_us if to_us else self._to_peer).append((self.t_ns + self.way_ns, data))
        self.count += 1

    def _live(self, until_ns: int, waits: bool) -> tuple[bytes, ...]:
        """Until something has come for us (if we wait for it), or ``until_ns``."""
        while True:
            while self._to_peer and self._to_peer[0][0] <= self.t_ns:
                self.peer.receive(self._to_peer.pop(0)[1], self.t_ns)
            for data in self.peer.produce(self.t_ns):
                self._send(data, to_us=True)
            arrived = tuple(data for t_ns, data in self._to_us if t_ns <= self.t_ns) if waits else ()
            if arrived:
                self._to_us = self._to_us[len(arrived) :]
                return arrived
            times = [self.peer.next_ns(), *(t_ns for t_ns, _ in (*self._to_peer, *(self._to_us if waits else ())))]
            next_ns = min((t_ns for t_ns in times if t_ns is not None), default=until_ns)
            if next_ns > until_ns or self.t_ns >= until_ns:
                self.t_ns = max(self.t_ns, until_ns)
                return ()
            assert next_ns > self.t_ns, "the peer has something to do and does not do it"
            self.t_ns = next_ns


Answer = tuple[float, str]
"""After how many ms, and the message in hex."""


class Script:
    """A unit that answers from a table: (question, answers with their delay), in order; all in hex."""

    def __init__(self, dialogue: Sequence[tuple[str, Sequence[Answer]]], seen: Callable[[str], None] = lambda _: None):
        self.left = list(dialogue)
        self.wrong: list[str] = []
        self._endpoint = Endpoint()
        self._queue: list[tuple[int, bytes]] = []
        self._seen = seen

    def receive(self, data: bytes, t_ns: int) -> None:
        for event in self._endpoint.receive(data, t_ns):
            if isinstance(event, Message):
                question = event.payload.hex(" ").upper()
                self._seen(question)
                expected, answers = self.left.pop(0) if self.left else ("nothing more", ())
                if question != expected:
                    self.wrong.append(f"{question} came, {expected} was due")
                self._queue += [(t_ns + round(ms * MS), bytes.fromhex(answer)) for ms, answer in answers]

    def next_ns(self) -> int | None:
        times = [self._endpoint.due_ns(), *(t_ns for t_ns, _ in self._queue if not self._endpoint.sending)]
        return min((t_ns for t_ns in times if t_ns is not None), default=None)

    def produce(self, t_ns: int) -> list[bytes]:
        frames: list[bytes] = []
        while (due_ns := self.next_ns()) is not None and due_ns <= t_ns:
            self._endpoint.advance(t_ns)
            if self._queue and self._queue[0][0] <= t_ns and not self._endpoint.sending:
                self._endpoint.send(self._queue.pop(0)[1], t_ns)
            frames += self._endpoint.frames(t_ns)
            self._endpoint.sent(t_ns)
        return frames
