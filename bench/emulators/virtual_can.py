"""The diagnostic link's way to the wire in virtual time: frames through the core's gate, answers from its ring."""

from typing import Any

from bench.base.errors import LinkError
from bench.base.ring import drain, push, waiting
from bench.core import inbox
from bench.core.rings import Rings
from bench.schedule.requests import Frames
from bench.schedule.scheduler import PENDING, Job, Scheduler


class VirtualCan:
    """One diagnostic connection. ``route``: bus and identifier of its requests."""

    def __init__(self, rings: Rings, scheduler: Scheduler) -> None:
        self.route = (0, 0)
        self._rings = rings
        self._scheduler = scheduler
        self._waiting: tuple[Job, int] | None = None  # with its ticket when it began to wait

    def exchange(self, job: Job, request: Frames) -> Any:
        """Answer a ``Frames`` of ``job``."""
        for data in request.data:
            if not push(self._rings.inbox_diagnostics, inbox.diagnostic(*self.route, data)[0]):
                raise LinkError("the core does not take in diagnostic frames; its inbox is full")
        if waiting(self._rings.heard):
            return self._arrived()
        if request.until_ns <= self._scheduler.t_ns:
            return ()
        self._scheduler.wake(job, request.until_ns, ())
        self._waiting = (job, job.ticket)
        return PENDING

    def look(self) -> None:
        """Hand what the core has heard to the job that waits."""
        if self._waiting is not None and waiting(self._rings.heard):
            (job, ticket), self._waiting = self._waiting, None
            if job.ticket == ticket:
                self._scheduler.wake(job, self._scheduler.t_ns, self._arrived())

    def _arrived(self) -> tuple[bytes, ...]:
        return tuple(frame["data"][: frame["length"]].tobytes() for frame in drain(self._rings.heard))
