"""Deadlines on a grid, on a clock that is handed in."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bench.io.clock import MonotonicClock
from bench.io.pacer import LEAD_MAX_NS, LEAD_NS, Pacer

MS = 1_000_000


class Handed:
    """A clock that wakes as late as it is told, and passes time when the loop works."""

    def __init__(self, late_ns: list[int]) -> None:
        self.t_ns = 0
        self.late_ns = late_ns

    def now_ns(self) -> int:
        return self.t_ns

    def sleep_until(self, t_ns: int) -> None:
        self.t_ns = max(self.t_ns, t_ns)

    def spin_until(self, t_ns: int) -> int:
        self.t_ns = max(self.t_ns, t_ns) + (self.late_ns.pop(0) if self.late_ns else 0)
        return self.t_ns


def step(pacer: Pacer) -> int:
    pacer.approach()
    return pacer.arrive()


def test_a_loop_in_time_sees_every_deadline() -> None:
    pacer = Pacer(Handed([]), MS)
    assert [step(pacer) for _ in range(5)] == [MS, 2 * MS, 3 * MS, 4 * MS, 5 * MS]
    assert pacer.take_worst_ns() == 0


def test_after_a_stall_the_grid_goes_on_and_nothing_is_made_up_for() -> None:
    clock = Handed([])
    pacer = Pacer(clock, MS)
    step(pacer)
    clock.t_ns += 57_300_000
    assert [step(pacer) for _ in range(3)] == [58 * MS, 59 * MS, 60 * MS]
    assert pacer.take_worst_ns() == 56_300_000


def test_a_deadline_that_was_slept_through_is_skipped_too() -> None:
    pacer = Pacer(Handed([0, 5_200_000, 0]), MS)
    assert [step(pacer) for _ in range(3)] == [MS, 7 * MS, 8 * MS]
    assert pacer.take_worst_ns() == 5_200_000


def test_the_worst_lateness_is_told_once() -> None:
    clock = Handed([0, 70_000, 5_000])
    pacer = Pacer(clock, MS)
    for _ in range(3):
        step(pacer)
    assert pacer.take_worst_ns() == 70_000
    assert pacer.take_worst_ns() == 0


def lead_ns(pacer: Pacer, clock: Handed, work_ns: int) -> int:
    """How long before its deadline the loop was awake; it then works for ``work_ns``."""
    pacer.approach()
    awake_ns = clock.t_ns
    clock.t_ns += work_ns
    return pacer.arrive() - awake_ns


def test_what_takes_longer_is_begun_earlier_and_the_lead_shrinks_again_slowly() -> None:
    clock = Handed([])
    pacer = Pacer(clock, MS)
    assert [lead_ns(pacer, clock, work) for work in (50_000, 240_000, 240_000)] == [LEAD_NS, LEAD_NS, 360_000]
    assert pacer.take_worst_ns() == 60_000, "only the first was late"
    leads = [lead_ns(pacer, clock, 50_000) for _ in range(200)]
    assert leads == sorted(leads, reverse=True)
    assert leads[10] > 300_000 and leads[-1] == LEAD_NS


def test_the_lead_never_takes_more_than_half_of_the_period_nor_its_bound() -> None:
    for period_ns, most_ns in ((MS, LEAD_MAX_NS), (MS // 2, MS // 4)):
        clock = Handed([])
        pacer = Pacer(clock, period_ns)
        for work_ns in (20 * MS, 0):
            lead_ns(pacer, clock, work_ns)
        assert LEAD_NS < lead_ns(pacer, clock, 0) <= most_ns


@given(st.lists(st.integers(0, 30 * MS), max_size=40), st.lists(st.integers(0, 30 * MS), min_size=1, max_size=40))
def test_deadlines_lie_on_the_grid_grow_and_are_never_early(late: list[int], work: list[int]) -> None:
    clock = Handed(list(late))
    pacer = Pacer(clock, MS)
    seen = []
    for each in work:
        seen.append(step(pacer))
        assert seen[-1] % MS == 0 and clock.t_ns - MS * 31 < seen[-1] <= clock.t_ns
        clock.t_ns += each
    assert all(b > a for a, b in pairwise(seen))


def test_the_machine_s_clock_is_waited_for_awake() -> None:
    clock = MonotonicClock()
    late = [clock.spin_until(due) - due for due in (clock.now_ns() + MS for _ in range(20))]
    assert min(late) >= 0
    assert sorted(late)[1] < 100_000, "a spin ends within microseconds"
    assert clock.spin_until(0) > 0
    assert clock.asleep_ns() >= 0
