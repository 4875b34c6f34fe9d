"""The deterministic scheduler: a heap of (t_ns, priority, number, job), and jobs that are generators.

Equal times are resumed by priority, then in the order they were asked for: the same jobs give the same run, always.
The scheduler knows no clock. Whoever owns it moves time to ``next_ns()`` and calls ``run_due``.
"""

import heapq
from collections.abc import Callable
from typing import Any

from bench.base.errors import InternalError
from bench.schedule.requests import Alike, Now, Operation, Request, Sleep, SleepUntil

PENDING = object()
"""A handler's answer when the job has to wait; somebody will ``wake`` it."""


class Job:
    """A running generator, its name, and how it ended."""

    __slots__ = ("done", "error", "name", "operation", "priority", "result", "ticket")

    def __init__(self, name: str, operation: Operation[Any], priority: int) -> None:
        self.name = name
        self.operation = operation
        self.priority = priority
        self.ticket = 0  # of the wake that counts; older ones are void
        self.done = False
        self.result: Any = None
        self.error: BaseException | None = None


Handler = Callable[[Job, Any], Any]


class Scheduler:
    """Runs jobs; every request but those about time is answered by ``handlers[type(request)]``.

    A handler returns the answer, or ``PENDING``, or raises: the exception is thrown into the job.
    """

    def __init__(self, handlers: dict[type[Any], Handler]) -> None:
        self.t_ns = 0
        self._handlers: dict[type[Any], Handler] = {
            Sleep: self._sleep,
            SleepUntil: self._sleep_until,
            Now: lambda _job, _request: self.t_ns,
            Alike: lambda _job, _request: 0,
            **handlers,
        }
        self._heap: list[tuple[int, int, int, Job | None, int, Any, BaseException | None]] = []
        self._number = 0

    def spawn(self, name: str, operation: Operation[Any], priority: int = 0) -> Job:
        """Start a job at the present time; smaller priorities run first."""
        job = Job(name, operation, priority)
        self.wake(job, self.t_ns)
        return job

    def wake(self, job: Job, t_ns: int, value: Any = None, error: BaseException | None = None) -> None:
        """Resume ``job`` at ``t_ns`` with a value or an exception. A later call replaces this one."""
        job.ticket += 1
        self._number += 1
        heapq.heappush(self._heap, (max(t_ns, self.t_ns), job.priority, self._number, job, job.ticket, value, error))

    def answer(self, job: Job, ticket: int, value: Any = None, error: BaseException | None = None) -> None:
        """Resume ``job`` now, if it still waits as it did when its ticket was ``ticket``.

        A job that was told of a stop meanwhile waits for something else; a late answer must not be taken for that.
        """
        if job.ticket == ticket:
            self.wake(job, self.t_ns, value, error)

    def call(self, t_ns: int, function: Callable[[], None], priority: int = 0) -> None:
        """Call ``function`` at ``t_ns``, in its place among the jobs."""
        self._number += 1
        due_ns = t_ns if t_ns > self.t_ns else self.t_ns
        heapq.heappush(self._heap, (due_ns, priority, self._number, None, 0, function, None))

    def resume(self, job: Job, value: Any = None, error: BaseException | None = None) -> None:
        """Resume a waiting ``job`` here and now, from a ``call``; a wake that was under way is void."""
        job.ticket += 1
        if not job.done:
            self._resume(job, value, error)

    def next_ns(self) -> int | None:
        """When the next job or call is due; ``None`` if none waits for time."""
        heap = self._heap
        while heap and heap[0][3] is not None and heap[0][4] != heap[0][3].ticket:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def run_due(self, t_ns: int) -> None:
        """Move time to ``t_ns`` and resume every job due by then."""
        if t_ns < self.t_ns:
            raise InternalError(f"time would run backwards, from {self.t_ns} to {t_ns} ns")
        self.t_ns = t_ns
        heap = self._heap
        while heap and heap[0][0] <= t_ns:
            _, _, _, job, ticket, value, error = heapq.heappop(heap)
            if job is None:
                value()
            elif ticket == job.ticket and not job.done:
                self._resume(job, value, error)

    def _resume(self, job: Job, value: Any, error: BaseException | None) -> None:
        """Feed the job until it has to wait or ends."""
        operation, handlers = job.operation, self._handlers
        while True:
            try:
                request: Request = operation.send(value) if error is None else operation.throw(error)
            except StopIteration as end:
                job.done, job.result = True, end.value
                return
            except Exception as failure:  # the owner decides what an ended job means
                job.done, job.error = True, failure
                return
            value, error = None, None
            try:
                value = handlers[type(request)](job, request)
            except Exception as failure:
                error = failure
            if value is PENDING:
                return

    def _sleep(self, job: Job, request: Sleep) -> Any:
        self.wake(job, self.t_ns + request.duration_ns)
        return PENDING

    def _sleep_until(self, job: Job, request: SleepUntil) -> Any:
        self.wake(job, request.t_ns)
        return PENDING


def end(job: Job) -> None:
    """End a job that waits; what it still had to do is left."""
    job.operation.close()
    job.done = True
