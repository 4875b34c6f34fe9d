"""A freeze that ends by itself, as the sequence sees it: real core, real desk, time handed in."""

from typing import Any

import pytest
from small_bench import MS, SERVICE_RULES, Bench, small_design

from bench.base.errors import InternalError
from bench.core import inbox
from bench.core.design import SERVICE
from bench.schedule.outcomes import Held, Stopped
from bench.schedule.requests import Condition, Measure, Operation, Ramp, Record, Sleep, Until
from bench.schedule.scheduler import Job, Scheduler
from bench.sequence.commands import arm
from bench.sequence.desk.desk import Desk
from bench.sequence.repeating import repeated

TORQUE, SPEED = "dut.torque_cmd", "dyno_m.speed"


class Served:
    """The small core with a desk and one job; the service is silent while ``silent``."""

    def __init__(self, operation: Operation[Any]) -> None:
        design = small_design(heartbeats=SERVICE_RULES, limits=())
        self.bench, self.journal = Bench(design), []
        self.desk = Desk(design, self.bench.state, self.bench.rings.inbox_sequence)
        self.scheduler = Scheduler({**self.desk.handlers(), Record: self._record})
        self.desk.scheduler = self.scheduler
        self.silent = False
        self.seen = 0
        self.live(5)
        self.job: Job = self.scheduler.spawn("job", operation)
        self.desk.attend(self.job)

    def _record(self, _job: Job, request: Record) -> None:
        self.journal.append((request.event, dict(request.data)))

    def live(self, ms: int) -> None:
        for _ in range(ms):
            if not self.silent:
                self._turn()
            self.bench.run()

    def _turn(self) -> None:
        self.bench.command(inbox.heartbeat(SERVICE))
        new, self.seen = self.bench.told[self.seen :], len(self.bench.told)
        self.desk.on_events(new)
        self.scheduler.run_due(max(self.bench.t_ns, self.scheduler.t_ns))

    def pause(self, ms: int) -> None:
        self.silent = True
        self.live(ms)
        self.silent = False


def window(ms: int = 500) -> Operation[Any]:
    return (yield Measure((SPEED, TORQUE), ms * MS, 1, SPEED, 10_000 * MS))


def test_a_wait_and_a_ramp_go_on_after_the_freeze() -> None:
    def job() -> Operation[Any]:
        yield arm()
        yield Ramp(TORQUE, 100.0, 50.0)
        return (yield Until((Condition("done", TORQUE),), 3000 * MS))

    served = Served(job())
    served.live(500)
    served.pause(1000)
    assert served.bench.value(TORQUE) == pytest.approx(0.0, abs=1.0)
    served.live(200)
    assert not served.job.done, "a set-point that is held has not arrived"
    served.live(2400)
    assert served.job.done and served.job.result is True
    assert served.bench.value(TORQUE) == 100.0


def test_what_is_asked_while_frozen_waits() -> None:
    def job() -> Operation[Any]:
        yield arm()
        yield Sleep(800 * MS)
        yield Ramp(TORQUE, 40.0)
        return (yield Until((Condition("done", TORQUE),), 1000 * MS))

    served = Served(job())
    served.live(300)
    served.pause(700)  # the ramp is due in the pause; the freeze ends 300 ms after it
    served.live(100)
    assert served.bench.value(TORQUE) == 0.0 and not served.job.done
    served.live(700)
    assert served.job.result is True and served.bench.value(TORQUE) == 40.0


def settle_and_measure() -> Operation[Any]:
    yield Until((Condition("within", TORQUE, 100.0, 1.0, 100 * MS),), 5000 * MS)
    return (yield from window())


def test_a_disturbed_window_is_measured_again_from_settling_on() -> None:
    def job() -> Operation[Any]:
        yield arm()
        yield Ramp(TORQUE, 100.0, 200.0)
        return (yield from repeated(settle_and_measure, {"point": 1}))

    served = Served(job())
    served.live(800)  # in the window
    served.pause(600)
    served.live(2500)
    assert served.job.done and served.job.error is None
    measured = served.job.result.values[TORQUE]
    assert len(measured) and (measured == 100.0).all()
    assert [event for event, _ in served.journal] == ["repeated"]
    assert "service is silent" in served.journal[0][1]["reason"] and served.journal[0][1]["point"] == 1


def test_a_window_that_nothing_steady_precedes_is_refused_once() -> None:
    def job() -> Operation[Any]:
        yield arm()
        yield Sleep(1500 * MS)
        try:
            yield from window()
        except Held as held:
            first = held
        return first, (yield from settled_window())

    def settled_window() -> Operation[Any]:
        yield Until((Condition("within", TORQUE, 0.0, 1.0),), 100 * MS)
        return (yield from window())

    served = Served(job())
    served.live(300)
    served.pause(600)
    served.live(2500)
    held, _ = served.job.result
    assert held.held_s == pytest.approx(0.6, abs=0.1)


def test_a_freeze_that_becomes_a_stop_tells_the_job_of_the_stop_alone() -> None:
    def job() -> Operation[Any]:
        yield arm()
        yield from window(10_000)

    served = Served(job())
    served.live(300)
    served.pause(2100)
    served.live(10)
    assert isinstance(served.job.error, Stopped) and served.job.error.stop_class == 1


def test_a_wait_for_more_than_a_watch_can_hold_is_our_own_mistake() -> None:
    """The core refuses what is too much and would wait for the rest: so it must not be asked."""

    def patient() -> Operation[Any]:
        with pytest.raises(InternalError, match="one watch holds 8 conditions, not 9"):
            yield Until(tuple(Condition("above", SPEED, -1.0 - n) for n in range(9)), 1_000 * MS)
        return "refused"

    served = Served(patient())
    served.live(20)
    assert served.job.result == "refused"
