"""Generator jobs in wall time."""

import threading
import time
from typing import Any

import numpy as np
import pytest

from bench.base.errors import InternalError, LinkClosed, LinkTimeout
from bench.base.records import EV_LATE, EV_STOP, EVENT, INBOX
from bench.base.ring import DROPPED, drain, make_ring, push
from bench.io.clock import MonotonicClock
from bench.io.control import Control, control_pair
from bench.io.job_runner import Interrupted, JobRunner
from bench.io.recorder_process import LateCycles
from bench.io.ring_edges import SharedWriter, Tail
from bench.schedule.requests import Exchange, Now, Operation, Poll, Post, Record, Reopen, Sleep, SleepUntil

MS = 1_000_000


class Line:
    """A link that answers or fails as it is told."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.answers = list(answers)
        self.calls: list[Any] = []

    def exchange(self, request: Exchange) -> bytes:
        self.calls.append(request.data)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def reopen(self, timeout_ns: int) -> None:
        self.calls.append(timeout_ns)

    def close(self) -> None:
        self.calls.append("closed")


def test_requests_are_answered_and_failures_thrown_into_the_job() -> None:
    line, clock, posted = Line(LinkTimeout("late"), b"2\n"), MonotonicClock(), []

    def job() -> Operation[Any]:
        start = yield Now()
        with pytest.raises(LinkTimeout):
            yield Exchange(b"A?\n")
        yield Reopen(5)
        answer = yield Exchange(b"B?\n")
        yield Post([1, 2])
        yield Sleep(5 * MS)
        yield SleepUntil(0)
        with pytest.raises(InternalError, match="Record"):
            yield Record("x", {})
        return answer, (yield Now()) - start

    answer, took_ns = JobRunner(line, clock, posted.append).run(job())
    assert (answer, line.calls, posted) == (b"2\n", [b"A?\n", 5, b"B?\n"], [[1, 2]])
    assert 5 * MS <= took_ns < 20_000 * MS


def test_cyclic_reading_goes_on_until_something_else_is_wanted_or_goes_wrong() -> None:
    line, clock, posted = Line(b"1\n", b"2\n", b"3\n", LinkTimeout("late")), MonotonicClock(), []
    poll = Poll(
        lambda: Exchange(b"A?\n"), lambda reply, _ns: int(reply), lambda now_ns: now_ns + MS, lambda: len(posted) == 2
    )

    def job() -> Operation[Any]:
        yield poll
        posted.append("turn")
        with pytest.raises(LinkTimeout):
            yield poll
        return "end"

    assert JobRunner(line, clock, posted.append).run(job()) == "end"
    assert posted == [1, 2, "turn", 3]


def test_what_a_job_raises_comes_out() -> None:
    def job() -> Operation[None]:
        yield Exchange(b"A?\n")

    with pytest.raises(LinkClosed):
        JobRunner(Line(LinkClosed("gone")), MonotonicClock()).run(job())


def test_a_sleeping_job_is_ended_at_once_and_cleans_up() -> None:
    cleaned = []

    def job() -> Operation[None]:
        try:
            while True:
                yield Sleep(60_000 * MS)
        finally:
            cleaned.append(True)

    runner = JobRunner(Line(), MonotonicClock())
    threading.Timer(0.03, runner.stop).start()
    start = time.monotonic()
    with pytest.raises(Interrupted):
        runner.run(job())
    assert time.monotonic() - start < 30
    assert cleaned == [True]


def test_many_threads_are_one_writer() -> None:
    ring, batch = make_ring(INBOX, 64), np.zeros(5, INBOX)
    writer, seen = SharedWriter(ring), []

    def write() -> None:
        mine = batch.copy()
        for _ in range(200):
            while len(ring.records) - (ring.header[0] - ring.header[8]) < 25:
                time.sleep(0)
            assert writer.push_all(mine) == 5

    batch["id"] = range(5)
    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        seen.extend(drain(ring)["id"].tolist())
    seen.extend(drain(ring)["id"].tolist())
    assert seen == [0, 1, 2, 3, 4] * 800


def test_a_full_ring_refuses_and_counts() -> None:
    ring = make_ring(INBOX, 8)
    assert SharedWriter(ring).push_all(np.zeros(11, INBOX)) == 8
    assert ring.header[DROPPED] == 3


def test_a_tail_sees_what_comes_without_taking_it() -> None:
    ring = make_ring(EVENT, 8)
    event = np.zeros((), EVENT)

    def tell(*numbers: int) -> None:
        for number in numbers:
            event["id"] = number
            push(ring, event[()])

    tell(1)
    tail = Tail(ring)
    assert len(tail.take()) == 0
    tell(2, 3)
    assert tail.take()["id"].tolist() == [2, 3]
    assert drain(ring)["id"].tolist() == [1, 2, 3]
    for first in range(10, 30, 4):  # the first reader goes on while the tail sleeps
        tell(*range(first, first + 4))
        drain(ring)
    assert tail.take()["id"].tolist() == list(range(22, 30))
    assert tail.lost == 12


def test_late_cycles_are_told_once_a_second_and_none_is_lost() -> None:
    def events(*rows: tuple[int, float, float]) -> np.ndarray:
        made = np.zeros(len(rows), EVENT)
        for row, (kind, value, t_s) in zip(made, rows, strict=True):
            row["kind"], row["value"], row["t_ns"] = kind, value, int(t_s * 1e9)
        return made

    def told(found: np.ndarray) -> list[tuple[int, float]]:
        return [(int(event["kind"]), float(event["value"])) for event in found]

    late = LateCycles()
    first = events((EV_LATE, 1, 5.0), (EV_STOP, 7, 5.0), (EV_LATE, 2, 5.1), (EV_LATE, 3, 5.2), (EV_STOP, 8, 5.3))
    assert told(late.thin(first)) == [(EV_STOP, 7), (EV_LATE, 6), (EV_STOP, 8)]
    assert told(late.thin(events((EV_LATE, 4, 5.4), (EV_STOP, 9, 5.5)))) == [(EV_STOP, 9)]
    assert told(late.thin(events((EV_LATE, 5, 6.1)))) == []
    assert told(late.thin(events((EV_LATE, 6, 6.3)))) == [(EV_LATE, 15)]
    assert told(late.rest()) == []
    assert told(late.thin(events((EV_LATE, 7, 6.4)))) == []
    assert told(late.rest()) == [(EV_LATE, 7)]


def test_the_control_pipe_speaks_json_lines_until_the_last() -> None:
    ours, their_socket = control_pair()
    theirs = Control(their_socket)
    assert theirs.receive() is None
    assert ours.send({"n": 1}) and ours.send({"text": "ü\n", "list": [1.5, None]})
    assert theirs.receive(100 * MS) == {"n": 1}
    ours.close()
    assert not theirs.gone
    assert theirs.receive(100 * MS) == {"text": "ü\n", "list": [1.5, None]}
    assert theirs.receive(100 * MS) is None
    assert theirs.gone
    assert not theirs.send({"anybody": "there"})
    theirs.close()
