"""Drives one generator job in wall time: the same job that the virtual world runs, with real bytes and real time."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from bench.base.errors import BenchError, InternalError
from bench.io.clock import MonotonicClock
from bench.schedule.requests import Exchange, Now, Operation, Poll, Post, Reopen, Sleep, SleepUntil

T = TypeVar("T")


class Link(Protocol):
    """A connection for bytes (``VisaLink``)."""

    def exchange(self, request: Exchange) -> bytes:
        """Send, and wait for one whole answer."""

    def reopen(self, timeout_ns: int) -> None:
        """A fresh connection."""

    def close(self) -> None:
        """Close it."""


class Interrupted(BenchError):
    """The runner was stopped before the job had ended."""


class JobRunner:
    """Runs jobs over one link, in the thread that calls ``run``."""

    def __init__(
        self, link: Link, clock: MonotonicClock, post: Callable[[Any], object] | None = None,
        handlers: Mapping[type[Any], Callable[[Any], Any]] | None = None,
    ) -> None:  # fmt: skip
        """``post`` takes the values of ``Post`` (copied by the taker); ``handlers`` answer further requests."""
        self._clock = clock
        self._stopping = threading.Event()
        self.step_ns = clock.now_ns()
        self._handlers: dict[type[Any], Callable[[Any], Any]] = {
            Exchange: link.exchange,
            Reopen: lambda request: link.reopen(request.timeout_ns),
            Sleep: lambda request: self._sleep_until(clock.now_ns() + request.duration_ns),
            SleepUntil: lambda request: self._sleep_until(request.t_ns),
            Now: lambda _request: clock.now_ns(),
            **({} if post is None else {Post: lambda request: _none(post(request.values))}),
            **({} if post is None else {Poll: lambda request: self._poll(request, link, post)}),
            **(handlers or {}),
        }

    def run(self, job: Operation[T]) -> T:
        """Run ``job`` to its end: its result, or what it raised. Raises ``Interrupted`` after ``stop``."""
        answer: Any = None
        failure: Exception | None = None
        try:
            while not self._stopping.is_set():
                self.step_ns = self._clock.now_ns()
                request = job.send(answer) if failure is None else job.throw(failure)
                answer, failure = self._answer(request)
        except StopIteration as end:
            result: T = end.value
            return result
        job.close()
        raise Interrupted("the job was asked to end")

    def stop(self) -> None:
        """End the job at its next request, from another thread; a sleep ends at once."""
        self._stopping.set()

    def _answer(self, request: Any) -> tuple[Any, Exception | None]:
        handler = self._handlers.get(type(request))
        if handler is None:
            return None, InternalError(f"a job on a link cannot ask for {type(request).__name__}")
        try:
            return handler(request), None
        except Exception as error:  # it belongs to the job
            return None, error

    def _poll(self, request: Poll, link: Link, post: Callable[[Any], object]) -> None:
        while not self._stopping.is_set():
            self.step_ns = self._clock.now_ns()
            reply = link.exchange(request.question())
            arrived_ns = self._clock.now_ns()
            post(request.take(reply, arrived_ns))
            self._sleep_until(request.next_ns(arrived_ns))
            if request.wanted():
                return

    def _sleep_until(self, t_ns: int) -> None:
        remaining_ns = t_ns - self._clock.now_ns()
        if remaining_ns > 0:
            self._stopping.wait(remaining_ns * 1e-9)


def _none(_value: object) -> None:
    return None
