"""Jobs of one sequence beside each other, and the alarms that interrupt them: a part of the sequence's desk.

A job that waits for its branches is not told of stops itself: they are, and end, and then it goes on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bench.base.errors import BenchError
from bench.schedule.outcomes import BranchEnded, DeadlinePassed
from bench.schedule.requests import Alarm, Operation, Outcome, StoodStill, Together, Withdraw
from bench.schedule.scheduler import PENDING, Job, Scheduler


class Front(Protocol):
    """What the desk does for it."""

    def attend(self, job: Job) -> None:
        """From now on ``job`` is told of stops."""

    def dismiss(self, job: Job) -> None:
        """No more."""

    def interrupt(self, job: Job, error: BenchError) -> None:
        """Throw ``error`` at what ``job`` waits for."""


@dataclass(slots=True)
class _Branches:
    jobs: list[Job] = field(default_factory=list)
    outcomes: dict[int, Outcome] = field(default_factory=dict)


class Branching:
    """The branches and alarms of all jobs of one desk."""

    def __init__(self, front: Front, clock: Callable[[], Scheduler]) -> None:
        self._front = front
        self._clock = clock
        self._branches: dict[Job, _Branches] = {}
        self._drivers: list[Job] = []  # the branch that drives, the innermost last
        self._alarms: dict[Alarm, Job] = {}
        self._stood_ns: dict[Alarm, int] = {}
        self._stands_since_ns: int | None = None
        self._still_ns = 0  # in all
        self._look_ns: int | None = None

    def handlers(self) -> dict[type[Any], Callable[[Job, Any], Any]]:
        """Answers for the scheduler's requests that concern branches and alarms."""
        return {
            Together: self._together,
            Alarm: self._set,
            Withdraw: self._withdraw,
            StoodStill: lambda _job, _request: self._still_ns,
        }

    # --- branches -------------------------------------------------------------------------------------------------
    def _together(self, job: Job, request: Together) -> Any:
        if not request.operations:
            return ()
        self._front.dismiss(job)
        branches = self._branches[job] = _Branches()
        for number, operation in enumerate(request.operations):
            branch = self._clock().spawn(f"{job.name}.{number}", self._branch(job, number, operation), job.priority)
            branches.jobs.append(branch)
            self._front.attend(branch)
        if request.driving >= 0:
            self._drivers.append(branches.jobs[request.driving])
        return PENDING

    def driver(self, jobs: Sequence[Job]) -> Job:
        """Who commands the bench: one of the branches, or the first of all ``jobs``."""
        return self._drivers[-1] if self._drivers else jobs[0]

    def _branch(self, parent: Job, number: int, operation: Operation[Any]) -> Operation[None]:
        try:
            outcome = Outcome((yield from operation))
        except Exception as error:
            outcome = Outcome(error=error)
        self._ended(parent, number, outcome)

    def _ended(self, parent: Job, number: int, outcome: Outcome) -> None:
        branches = self._branches[parent]
        first = all(known.error is None for known in branches.outcomes.values())
        branches.outcomes[number] = outcome
        self._front.dismiss(branches.jobs[number])
        self._drivers = [job for job in self._drivers if job is not branches.jobs[number]]
        if len(branches.outcomes) == len(branches.jobs):
            del self._branches[parent]
            self._front.attend(parent)
            answer = tuple(branches.outcomes[i] for i in range(len(branches.jobs)))
            self._clock().wake(parent, self._clock().t_ns, answer)
        elif first and outcome.error is not None:
            self._into_branches(branches, BranchEnded())

    def _into_branches(self, branches: _Branches, error: BenchError) -> None:
        for number, job in enumerate(branches.jobs):
            if number not in branches.outcomes:
                self._interrupt(job, error)

    def _interrupt(self, job: Job, error: BenchError) -> None:
        if job in self._branches:
            self._into_branches(self._branches[job], error)
        elif not job.done:
            self._front.interrupt(job, error)

    # --- alarms ---------------------------------------------------------------------------------------------------
    def _set(self, job: Job, alarm: Alarm) -> None:
        self._alarms[alarm] = job
        self._look_at(alarm.t_ns)

    def _withdraw(self, _job: Job, request: Withdraw) -> None:
        self._alarms.pop(request.alarm, None)
        self._stood_ns.pop(request.alarm, None)

    def stand_still(self, still: bool) -> None:
        """While the plan's clock stands still no alarm rings; afterwards each comes so much later."""
        now_ns = self._clock().t_ns
        if still:
            self._stands_since_ns = now_ns
        elif self._stands_since_ns is not None:
            stood_ns, self._stands_since_ns = now_ns - self._stands_since_ns, None
            self._still_ns += stood_ns
            for alarm in self._alarms:
                self._stood_ns[alarm] = self._stood_ns.get(alarm, 0) + stood_ns
                self._look_at(self._due_ns(alarm))

    def _due_ns(self, alarm: Alarm) -> int:
        return alarm.t_ns + self._stood_ns.get(alarm, 0)

    def _look_at(self, t_ns: int) -> None:
        """One call waits for all of them: a withdrawn alarm leaves nothing behind."""
        if self._look_ns is None or t_ns < self._look_ns:
            self._look_ns = t_ns
            self._clock().call(t_ns, lambda: self._look(t_ns))

    def _look(self, t_ns: int) -> None:
        if t_ns != self._look_ns:
            return
        self._look_ns = None
        if self._stands_since_ns is not None:
            return
        for alarm in [alarm for alarm in self._alarms if self._due_ns(alarm) <= self._clock().t_ns]:
            job = self._alarms.pop(alarm, None)
            self._stood_ns.pop(alarm, None)
            if job is not None:
                self._interrupt(job, DeadlinePassed(alarm))
        if self._alarms:
            self._look_at(min(map(self._due_ns, self._alarms)))
