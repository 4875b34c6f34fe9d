"""What the sequence is told of a stop, when the emulated other side has stood still: real core, real desk."""

import pytest
from small_bench import MS, STATUS_RULE, Bench, small_design

from bench.core import inbox
from bench.core.causes import Cause, cause_text
from bench.schedule.outcomes import Stopped
from bench.schedule.requests import Operation, Sleep
from bench.schedule.scheduler import Scheduler
from bench.sequence.desk.desk import Desk


def stopped(cause: Cause, still_ms: int) -> Stopped:
    """Of a bench that stops for ``cause``, and knows of a stall of ``still_ms`` at that time."""
    design = small_design(receives=(STATUS_RULE,), limits=())
    bench, asked = Bench(design), []

    def stood_still(t_ns: int) -> int:
        asked.append(t_ns)
        return still_ms * MS

    desk = Desk(design, bench.state, bench.rings.inbox_sequence, stood_still=stood_still)
    desk.scheduler = Scheduler(desk.handlers())

    def job() -> Operation[Stopped]:
        try:
            yield Sleep(10_000 * MS)
        except Stopped as stop:
            return stop
        raise AssertionError("nobody stopped")

    working = desk.scheduler.spawn("job", job())
    desk.attend(working)
    desk.scheduler.run_due(0)
    bench.run(2)
    bench.command(inbox.stop_now(int(cause)))
    desk.on_events(bench.run(2))
    desk.scheduler.run_due(bench.t_ns)
    assert asked in ([], [bench.t_ns - MS])
    result: Stopped = working.result
    return result


@pytest.mark.parametrize("cause", [Cause.STATUS_FRAME_MISSING, Cause.INSTRUMENT_SILENT])
def test_a_stop_for_want_of_messages_names_the_stall(cause: Cause) -> None:
    stop = stopped(cause, 93)
    assert cause_text(cause).happened in stop.cause
    assert "while the emulated side stood still for 93 ms" in stop.cause
    assert "this machine is busy" in stop.remedy and "no fault of the bench" in stop.remedy
    assert (stop.code, stop.stop_class) == (cause, 1)


@pytest.mark.parametrize(
    ("cause", "still_ms"),
    [(Cause.STATUS_FRAME_MISSING, 0), (Cause.OVERSPEED, 93), (Cause.FRAMES_BAD, 93), (Cause.OPERATOR, 93)],
)
def test_no_other_stop_is_excused(cause: Cause, still_ms: int) -> None:
    stop = stopped(cause, still_ms)
    assert "emulated" not in str(stop)
    assert stop.remedy == cause_text(cause).remedy
