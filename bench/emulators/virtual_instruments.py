"""Instruments by themselves in virtual time: their links and lines on one scheduler, without a core or a plant."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from bench.base.errors import LinkError
from bench.emulators.device import ByteDevice
from bench.emulators.virtual_line import VirtualLine
from bench.links.device import Device
from bench.links.link import LinkCounters, Pace, link
from bench.links.mailbox import Mailbox, Question
from bench.schedule.requests import Ask, Exchange, Operation, Poll, Post, Reopen
from bench.schedule.scheduler import PENDING, Job, Scheduler


class Uncommanded:
    """A ``Face`` of which no set-point was given."""

    def reader(self, names: tuple[str, ...]) -> Callable[[], list[float]]:
        """NaN for each."""
        return lambda: [math.nan] * len(names)


class Bound(NamedTuple):
    """A driver, the device at the other end of its line, and how often it is read."""

    driver: Device
    device: ByteDevice
    pace: Pace


class VirtualInstruments:
    """``post`` takes (part, records) of each reading. Jobs of the user may ``Ask`` any part."""

    def __init__(self, bound: Mapping[str, Bound], post: Callable[[str, Any], None]) -> None:
        self.scheduler = Scheduler(
            {
                Exchange: lambda job, request: self._lines[job].exchange(job, request),
                Reopen: lambda job, request: self._lines[job].reopen(job, request),
                Poll: lambda job, request: self._lines[job].poll(job, request, self._posts[job]),
                Post: lambda job, request: self._posts[job](request.values),
                Ask: self._ask,
            }
        )
        self._lines: dict[Job, VirtualLine] = {}
        self._posts: dict[Job, Callable[[Any], None]] = {}
        self._mailboxes = {part: Mailbox() for part in bound}
        self.counters = {part: LinkCounters() for part in bound}
        for part, (driver, device, pace) in bound.items():
            operation = link(driver, Uncommanded(), self._mailboxes[part], pace, self.counters[part])
            job = self.scheduler.spawn(part, operation)
            self._lines[job] = VirtualLine(part, device, self.scheduler)
            self._posts[job] = partial(post, part)

    def set_up(self) -> None:
        """Set every instrument up; readings begin. Raises what the first that fails raises."""
        for part in self._mailboxes:
            self.run_job(_asking(part))

    def run_job(self, operation: Operation[Any]) -> Any:
        """Run until ``operation`` ends; its result. Raises what it raised."""
        job = self.scheduler.spawn("user", operation, 1)
        while not job.done:
            self._step()
        if job.error is not None:
            raise job.error
        return job.result

    def run_until(self, t_ns: int) -> None:
        """Live up to ``t_ns``."""
        while (due_ns := self.scheduler.next_ns()) is not None and due_ns <= t_ns:
            self.scheduler.run_due(due_ns)
        self.scheduler.run_due(t_ns)

    def _step(self) -> None:
        due_ns = self.scheduler.next_ns()
        assert due_ns is not None, "a link is always waiting for something"
        self.scheduler.run_due(due_ns)

    def _ask(self, job: Job, request: Ask) -> Any:
        if request.part not in self._mailboxes:
            raise LinkError(f"there is no part {request.part!r}")
        ticket = job.ticket

        def done(answer: Mapping[str, Any]) -> None:
            self.scheduler.answer(job, ticket, answer)

        def failed(error: BaseException) -> None:
            self.scheduler.answer(job, ticket, error=error)

        self._mailboxes[request.part].put(Question(request.what, request.arguments, done, failed))
        return PENDING


def _asking(part: str) -> Operation[None]:
    yield Ask(part, "set_up")
