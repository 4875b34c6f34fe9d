"""A job that was told of a stop must not take the answer to an older question for the one it waits for now."""

from typing import Any

from bench.schedule.requests import Ask, Operation, Sleep
from bench.schedule.scheduler import PENDING, Job, Scheduler


class Halted(Exception):
    """Stands for a stop."""


def test_an_answer_that_comes_after_a_stop_is_void() -> None:
    asked: list[tuple[Job, int]] = []

    def ask(job: Job, _request: Ask) -> Any:
        asked.append((job, job.ticket))
        return PENDING

    def sequence() -> Operation[Any]:
        try:
            yield Ask("supply", "identify")
        except Halted:
            return (yield Sleep(1000))

    scheduler = Scheduler({Ask: ask})
    job = scheduler.spawn("sequence", sequence())
    scheduler.run_due(0)
    scheduler.wake(job, 10, error=Halted())
    scheduler.run_due(10)
    scheduler.answer(*asked[0], {"maker": "late"})
    scheduler.run_due(500)
    assert not job.done
    scheduler.run_due(2000)
    assert job.done
    assert job.result is None


def test_an_answer_in_time_counts() -> None:
    asked: list[tuple[Job, int]] = []

    def ask(job: Job, _request: Ask) -> Any:
        asked.append((job, job.ticket))
        return PENDING

    def sequence() -> Operation[Any]:
        return (yield Ask("supply", "identify"))

    scheduler = Scheduler({Ask: ask})
    job = scheduler.spawn("sequence", sequence())
    scheduler.run_due(0)
    scheduler.answer(*asked[0], 7)
    scheduler.run_due(1)
    assert job.result == 7
