"""Profiles and collections, as the sequence sees them: real core, real desk, time handed in."""

from typing import Any

import numpy as np
import pytest
from test_freeze import SPEED, TORQUE, Served, window

from bench.base.errors import InternalError
from bench.base.ring import drain
from bench.core.tables import METER_ROWS
from bench.schedule.outcomes import Held, SetpointRefused
from bench.schedule.requests import Collect, Collected, Measure, Now, Operation, Ramp, Segment, Sleep
from bench.sequence.commands import arm

MS = 1_000_000


def ran(operation: Operation[Any], ms: int) -> Any:
    served = Served(operation)
    served.live(ms)
    assert served.job.done
    if served.job.error is not None:
        raise served.job.error
    return served.job.result


def test_segments_follow_each_other_without_a_gap() -> None:
    """The core draws the lines between the seconds; one request a segment moves everything."""

    def job() -> Operation[Any]:
        yield arm()
        start_ns: int = yield Now()
        yield Collect((TORQUE,))
        for n, target in enumerate((100.0, 50.0, 50.0, 0.0), 1):
            ramp = Ramp(TORQUE, target, 200.0 if n == 1 else 100.0)
            yield Segment((ramp,) if n != 3 else (), start_ns + n * 500 * MS)
        return start_ns, (yield Collected(start_ns + 2000 * MS, last=True))

    start_ns, seen = ran(job(), 2100)
    t_s = (seen.t_ns[TORQUE] - start_ns) * 1e-9
    assert len(t_s) == pytest.approx(200, abs=2)
    wanted = np.interp(t_s, [0.0, 0.5, 1.0, 1.5, 2.0], [0.0, 100.0, 50.0, 50.0, 0.0])
    assert np.abs(seen.values[TORQUE] - wanted).max() < 0.5


@pytest.mark.slow
def test_a_collection_goes_on_past_the_rings_of_the_core_and_splits_at_a_time() -> None:
    """A set-point is renewed every 10 ms: a ring holds 20 s of it."""

    def job() -> Operation[Any]:
        yield Collect((TORQUE,))
        yield Sleep(22_000 * MS)
        first = yield Collected(3000 * MS)
        return first, (yield Collected(30_000 * MS, last=True))

    served = Served(job())
    served.bench.keep = {}
    for _ in range(221):
        served.live(100)
        drain(served.bench.rings.frames_out)
    first, second = served.job.result
    t_ns = np.concatenate((first.t_ns[TORQUE], second.t_ns[TORQUE]))
    assert len(t_ns) > METER_ROWS and (np.diff(t_ns) == 10 * MS).all()
    assert first.t_ns[TORQUE][-1] <= 3000 * MS < second.t_ns[TORQUE][0]
    assert first.bad[TORQUE] == second.bad[TORQUE] == 0


def test_what_comes_faster_than_it_is_read_is_counted_as_lost() -> None:
    def job() -> Operation[Any]:
        yield Collect((SPEED,))
        yield Sleep(4000 * MS)
        return (yield Collected(20_000 * MS, last=True))

    found = ran(job(), 4100)
    assert len(found.t_ns[SPEED]) == METER_ROWS
    assert found.bad[SPEED] == pytest.approx(4000 - METER_ROWS, abs=5)


def test_a_refusal_ends_a_segment() -> None:
    def job() -> Operation[Any]:
        yield arm()
        yield Segment((Ramp(TORQUE, 1e6, 1.0),), 10_000 * MS)

    with pytest.raises(SetpointRefused, match="outside the set-point's range"):
        ran(job(), 100)


@pytest.mark.parametrize(("requests", "what"), [
    ((Collected(0),), "nothing is being collected"),
    ((Collect((SPEED,)), "window"), "busy with a collection"),
    ((Collect((SPEED,) * 99),), "at most 64 channels"),
    ((Measure((SPEED,), 10 * MS, 1, TORQUE, 100 * MS),), "paced by a channel that it keeps"),
    ((Collect((SPEED,)), Collected(0, last=True), Collected(0)), "nothing is being collected"),
])  # fmt: skip
def test_what_a_step_must_not_ask_for(requests: tuple[Any, ...], what: str) -> None:
    def job() -> Operation[Any]:
        for request in requests:
            if request == "window":
                yield from window()
            else:
                yield request

    with pytest.raises(InternalError, match=what):
        ran(job(), 100)


def profile(seconds: int) -> Operation[Any]:
    """Half-second segments of a torque that goes up and down."""
    yield arm()
    yield Collect((TORQUE,))
    start_ns: int = yield Now()
    for n in range(1, 2 * seconds + 1):
        yield Segment((Ramp(TORQUE, 40.0 * (n % 2), 80.0),), start_ns + n * 500 * MS)
    return (yield Collected(start_ns + seconds * 1000 * MS, last=True))


@pytest.mark.parametrize("seconds", [1, 5])
def test_a_freeze_is_told_to_a_profile_at_its_next_request(seconds: int) -> None:
    """In the midst of it, or in its last segment, when only the collection is asked for."""
    served = Served(profile(seconds))
    served.live(700)
    served.pause(700)
    served.live(1500)
    assert served.job.done and isinstance(served.job.error, Held)


def test_after_a_freeze_a_profile_may_begin_again() -> None:
    def job() -> Operation[Any]:
        try:
            yield from profile(3)
        except Held:
            return (yield from profile(1))

    served = Served(job())
    served.live(700)
    served.pause(700)
    served.live(3000)
    assert served.job.done and served.job.error is None
    assert len(served.job.result.t_ns[TORQUE]) == pytest.approx(100, abs=3)
