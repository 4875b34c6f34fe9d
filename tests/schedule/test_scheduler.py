"""Jobs run in the order of time, priority and asking; errors reach the job; time never runs back."""

import pytest

from bench.base.errors import InternalError, LinkTimeout
from bench.schedule.faults import parse_fault
from bench.schedule.requests import Exchange, Now, Sleep, SleepUntil
from bench.schedule.scheduler import PENDING, Scheduler


def run_all(scheduler: Scheduler) -> None:
    while (t_ns := scheduler.next_ns()) is not None:
        scheduler.run_due(t_ns)


def test_equal_times_run_by_priority_then_in_order() -> None:
    seen: list[str] = []

    def job(name: str):
        yield Sleep(5)
        seen.append(name)

    scheduler = Scheduler({})
    for name, priority in (("late", 1), ("first", 0), ("second", 0)):
        scheduler.spawn(name, job(name), priority)
    run_all(scheduler)
    assert seen == ["first", "second", "late"]


def test_time_is_what_is_handed_in() -> None:
    def job():
        start = yield Now()
        yield SleepUntil(40)
        yield Sleep(2)
        return start, (yield Now())

    scheduler = Scheduler({})
    done = scheduler.spawn("job", job())
    run_all(scheduler)
    assert done.done and done.result == (0, 42)


def test_a_handlers_error_is_thrown_into_the_job_and_a_pending_one_waits() -> None:
    answers = iter([LinkTimeout("no answer"), PENDING])

    def exchange(_job, _request):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def job():
        try:
            yield Exchange(b"A?\n")
        except LinkTimeout:
            return (yield Exchange(b"B?\n"))

    scheduler = Scheduler({Exchange: exchange})
    waiting = scheduler.spawn("job", job())
    run_all(scheduler)
    assert not waiting.done
    scheduler.wake(waiting, 7, b"42\n")
    run_all(scheduler)
    assert waiting.result == b"42\n" and scheduler.t_ns == 7


def test_a_job_that_raises_ends_with_its_error() -> None:
    def job():
        yield Sleep(1)
        raise LinkTimeout("gone")

    scheduler = Scheduler({})
    failed = scheduler.spawn("job", job())
    run_all(scheduler)
    assert isinstance(failed.error, LinkTimeout)


def test_time_cannot_run_backwards() -> None:
    scheduler = Scheduler({})
    scheduler.run_due(5)
    with pytest.raises(InternalError, match="backwards"):
        scheduler.run_due(4)


def test_fault_lines() -> None:
    fault = parse_fault("can.edu.wrong_crc:0x110@30s+100ms")
    assert (fault.place, fault.kind, fault.argument) == ("can.edu", "wrong_crc", "0x110")
    assert (fault.start_ns, fault.end_ns) == (30_000_000_000, 30_100_000_000)
    assert parse_fault("analyzer.silent@1 min").active(10**18)
    with pytest.raises(ValueError, match="write place"):
        parse_fault("analyzer silent")
