"""A sequence that can be paused: by the operator, by a script, by a condition of its plan."""

from collections.abc import Sequence
from typing import TypeVar

from bench.config.plan import Plan
from bench.schedule.requests import Operation
from bench.schedule.scheduler import Scheduler
from bench.sequence.desk.desk import Desk
from bench.sequence.pause.pauses import Pauses, Scripted
from bench.sequence.pause.suspending import LOOK_NS, Suspending

T = TypeVar("T")


def pausable(desk: Desk, plan: Plan, sequence: Operation[T], script: Sequence[Scripted] = ()) -> Operation[T]:
    """``sequence`` with its pauses. To be called where ``desk`` has its scheduler."""
    clock, pauses = desk.scheduler, desk.pauses
    assert clock is not None, "the desk was not given its scheduler"
    for scripted in script:
        _later(clock, scripted, pauses)
    if plan.suspend_when is not None:
        _look_on(clock, Suspending(plan.suspend_when, pauses, desk.seen))
    return pauses.pausable(sequence)


def _later(clock: Scheduler, scripted: Scripted, pauses: Pauses) -> None:
    clock.call(scripted.t_ns, lambda: pauses.want(scripted.wish))


def _look_on(clock: Scheduler, suspending: Suspending) -> None:
    suspending.look()
    clock.call(clock.t_ns + LOOK_NS, lambda: _look_on(clock, suspending))
