"""Same inbox, same outbox, byte for byte; and a bigger program costs in proportion."""

from dataclasses import replace
from time import thread_time_ns

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.recfunctions import repack_fields
from small_bench import COOLANT, LIMITS, MS, STATUS_RULE, Bench, protected_frame, small_design

from bench.base.errors import InputError
from bench.base.records import EVENT, INBOX
from bench.base.ring import drain
from bench.core import inbox
from bench.core.replay import replay, run_cycles
from bench.core.tables import MODE_ALWAYS, RUNNING
from bench.schedule.requests import Condition


def packed(records: np.ndarray) -> bytes:
    """All fields, without the padding between them (numpy copies none of it)."""
    return repack_fields(records).tobytes()  # type: ignore[no-any-return]


def act(bench: Bench, choice: int, number: float, counter: int) -> None:
    """One thing that may happen on a bench."""
    if choice == 0:
        bench.command(inbox.set_point(int(abs(number)) % 6, number * 4, abs(number)))
    elif choice == 1:
        bench.command(inbox.arm(number > -50))
    elif choice == 2:
        bench.command(inbox.stop_now(2, int(abs(number)) % 3))
    elif choice == 3:
        bench.command(inbox.reset(acknowledged=True))
    elif choice == 4:
        bench.command(inbox.watch(1, [(Condition("above", "supply.voltage", number), 12)], bench.t_ns + 20 * MS))
    elif choice == 5:
        bench.keep["dyno_m.speed"] = number * 200
    else:
        frame_id, data = protected_frame("EDU_STATUS", counter % 15, Speed=100.0, State=3)
        inbox.post(bench.rings.inbox_can, inbox.frame_in(0, frame_id, data[: 8 - (choice == 7)], bench.t_ns))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.floats(-100, 100), st.integers(1, 12)), min_size=5, max_size=60))
def test_replaying_the_log_gives_the_same_frames_events_and_state(script):
    bench = Bench(small_design(log_full=True, receives=(STATUS_RULE,)))
    bench.run(2)
    log, frames = [], []
    for counter, (choice, number, cycles) in enumerate(script):
        act(bench, choice, number, counter)
        bench.run(cycles, step_ns=MS if choice != 8 else 3 * MS)
        log.append(drain(bench.rings.inbox_log))
        frames.append(drain(bench.rings.frames_out))
    again = replay(bench.program, np.concatenate(log), bench.t_ns)
    assert packed(again.frames) == packed(np.concatenate(frames))
    assert packed(again.events) == packed(np.array(bench.told, EVENT))
    for (name, array), (_, other) in zip(arrays(bench.state), arrays(again.state), strict=True):
        assert array.tobytes() == other.tobytes(), name


def arrays(state):
    for name, part in zip(state._fields, state, strict=True):
        yield from arrays(part) if isinstance(part, tuple) else [(name, part)]


def test_the_digest_tells_every_record_and_its_cycle():
    def digest(value: float, cycles: int) -> int:
        bench = Bench()
        bench.run(cycles)
        bench.read("supply.voltage", value)
        bench.run(3 - cycles)
        return int(bench.state.counters["digest"][0])

    assert digest(1.0, 1) == digest(1.0, 1)
    assert len({digest(1.0, 1), digest(1.0, 2), digest(np.nextafter(1.0, 2.0), 1)}) == 3


def test_a_log_without_its_beginning_is_refused():
    with pytest.raises(InputError, match="does not begin with the first cycle"):
        replay(Bench().program, np.zeros(1, INBOX), 0)


ALWAYS = replace(LIMITS[0], modes=MODE_ALWAYS, stale_ns=0)


class Judging:
    """A core that judges so many limits in every cycle."""

    def __init__(self, limits: int) -> None:
        self.best_ns = float("inf")
        self._bench = bench = Bench(small_design(limits=(ALWAYS,) * limits, groups=(), stale_ns={}))
        bench.command(inbox.set_point(COOLANT, 80.0, 1e-3))  # something moves: every cycle judges
        bench.run(2)

    def run(self) -> None:
        """A batch of cycles; the least CPU time of one cycle so far, ns."""
        bench, before_ns, began_ns = self._bench, self._bench.t_ns, thread_time_ns()
        next_ns = run_cycles(bench.program, bench.state, bench.rings, before_ns + MS, before_ns + 1000 * MS)
        spent_ns, bench.t_ns = thread_time_ns() - began_ns, next_ns - MS
        self.best_ns = min(self.best_ns, spent_ns * MS / (bench.t_ns - before_ns))
        drain(bench.rings.frames_out)
        assert bench.core["phase"] == RUNNING and bench.core["changed"]


def test_cost_grows_with_the_number_of_limits_no_faster():
    """In turns, so that whoever else is at work here is so for both."""
    few, many = Judging(100), Judging(1600)
    for _ in range(25):
        few.run()
        many.run()
    assert many.best_ns < 16 * few.best_ns * 1.5
