"""Instruments by themselves in virtual time: their links and lines on one scheduler, without a core or a plant."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import compiled
from bench.base.errors import LinkError
from bench.base.quality import STALE
from bench.base.records import IMAGE, INBOX
from bench.base.ring import READ, WRITTEN, Ring, drain, make_ring, push_all, waiting
from bench.emulators.device import ByteDevice
from bench.emulators.polls import BACK, DUE, Polls, make_polls, serve
from bench.emulators.seat import Seat
from bench.emulators.virtual_line import VirtualLine
from bench.links.device import Device
from bench.links.face import ImageFace
from bench.links.link import LinkCounters, Pace, link
from bench.links.mailbox import Mailbox, Question
from bench.schedule.requests import Ask, Exchange, Operation, Poll, Post, Reopen
from bench.schedule.scheduler import PENDING, Job, Scheduler

_RECORDS = 1 << 16
_NO_TRUTH = np.zeros((0, 1))
FAR_NS = 1 << 62


class Bound(NamedTuple):
    """A driver, the device at the other end of its line, and how often it is read."""

    driver: Device
    device: ByteDevice
    pace: Pace


class VirtualInstruments:
    """``post`` takes the records of readings as they come; their ids are places in ``channels``. Jobs of the user may
    ``Ask`` any part. No set-point is ever given.

    ``truth`` (a row of the plant's outputs per instrument, in order): those of them that are only read are read by the
    compiled loop, as in a run.
    """

    def __init__(
        self,
        bound: Mapping[str, Bound],
        post: Callable[[NDArray[np.void]], None],
        truth: NDArray[np.float64] = _NO_TRUTH,
    ) -> None:
        self.channels: list[str] = []
        setpoints = [name for driver, _, _ in bound.values() for name in driver.setpoints]
        self.counters = {part: LinkCounters() for part in bound}
        self.scheduler = Scheduler(
            {
                Exchange: lambda job, request: self._lines[job].exchange(job, request),
                Reopen: lambda job, request: self._lines[job].reopen(job, request),
                Poll: lambda job, request: self._lines[job].poll(job, request, self._push),
                Post: lambda _job, request: self._push(request.values),
                Ask: self._ask,
            }
        )
        self._post = post
        self._inbox = make_ring(INBOX, _RECORDS)
        self._image = np.zeros(len(setpoints), IMAGE)
        self._image["quality"] = STALE
        self._polls, self._truth = make_polls(len(truth)), truth
        self._mailboxes = {part: Mailbox() for part in bound}
        self._lines: dict[Job, VirtualLine] = {}
        self._line_of: dict[str, VirtualLine] = {}
        for number, (part, (driver, device, pace)) in enumerate(bound.items()):
            driver.bind(self._place)
            places = [setpoints.index(name) for name in driver.setpoints]
            seat = Seat(self._polls, number, places) if number < len(truth) else None
            self._line_of[part] = line = VirtualLine(part, device, self.scheduler, seat)
            face = ImageFace(self._image, setpoints.index)
            job = link(driver, face, self._mailboxes[part], pace, self.counters[part])
            self._lines[self.scheduler.spawn(part, job)] = line

    def _place(self, channel: str) -> int:
        self.channels.append(channel)
        return len(self.channels) - 1

    def set_up(self) -> None:
        """Set every instrument up; readings begin. Raises what the first that fails raises."""
        for part in self._mailboxes:
            self.run_job(_asking(part))

    def spawn(self, operation: Operation[Any]) -> Job:
        """Start a job of the user."""
        return self.scheduler.spawn("user", operation, 1)

    def run_job(self, operation: Operation[Any]) -> Any:
        """Run until ``operation`` ends; its result. Raises what it raised."""
        job = self.spawn(operation)
        while not job.done:
            self._step(FAR_NS)
        if job.error is not None:
            raise job.error
        return job.result

    def run_until(self, t_ns: int) -> None:
        """Live up to ``t_ns``."""
        while self.scheduler.t_ns < t_ns:
            self._step(t_ns)

    def _step(self, until_ns: int) -> None:
        """Up to the next event."""
        scheduler = self.scheduler
        event_ns = scheduler.next_ns()
        until_ns = until_ns if event_ns is None else min(event_ns, until_ns)
        reached_ns = max(_read_until(self._polls, self._truth, self._image, self._inbox, until_ns), scheduler.t_ns)
        scheduler.t_ns = reached_ns
        if self._polls.header.item(BACK):
            for line in self._line_of.values():
                line.get_up()
        if waiting(self._inbox):
            self._post(drain(self._inbox))
        scheduler.run_due(reached_ns)

    def _push(self, records: NDArray[np.void]) -> None:
        if not push_all(self._inbox, np.ascontiguousarray(records)):
            raise LinkError("nobody takes in readings")

    def _ask(self, job: Job, request: Ask) -> Any:
        if request.part not in self._mailboxes:
            raise LinkError(f"there is no part {request.part!r}")
        ticket = job.ticket

        def done(answer: Mapping[str, Any]) -> None:
            self.scheduler.answer(job, ticket, answer)

        def failed(error: BaseException) -> None:
            self.scheduler.answer(job, ticket, error=error)

        self._mailboxes[request.part].put(Question(request.what, request.arguments, done, failed))
        self._line_of[request.part].wake()
        return PENDING


@compiled
def _read_until(polls: Polls, truth: np.ndarray, image: np.ndarray, inbox: Ring, until_ns: int) -> int:
    """Ask and answer up to ``until_ns``, or until somebody must take in readings or go on by himself; the time reached.

    Nobody is left behind: what is due at that time is done.
    """
    t_ns = polls.header[DUE]
    while t_ns <= until_ns:
        back = serve(polls, truth, image, 0, inbox, t_ns)
        if back or inbox.header[WRITTEN] - inbox.header[READ] > _RECORDS // 2:
            return int(t_ns)
        t_ns = polls.header[DUE]
    return until_ns


def _asking(part: str) -> Operation[None]:
    yield Ask(part, "set_up")
