"""The wall-time clock."""

import time

from disturbed import again_if_disturbed

from bench.io.clock import MonotonicClock


def test_two_clocks_of_one_origin_agree() -> None:
    first = MonotonicClock()
    second = MonotonicClock(first.origin_ns)
    earlier, later = first.now_ns(), second.now_ns()
    assert 0 <= earlier <= later < earlier + 1_000_000_000


def test_sleep_until_is_never_early_and_never_waits_for_the_past() -> None:
    clock = MonotonicClock()
    target = clock.now_ns() + 3_000_000
    clock.sleep_until(target)
    assert clock.now_ns() >= target
    clock.sleep_until(0)


@again_if_disturbed(held_up_ms=5)
def test_stamps_of_adapters_become_run_time() -> None:
    clock = MonotonicClock()
    clock.sleep_until(30_000_000)
    recent = clock.from_calendar_s(time.time() - 0.010)
    assert clock.now_ns() - 60_000_000 < recent < clock.now_ns() - 5_000_000
    # a stamp that counts from the adapter's start is no calendar stamp
    before = clock.now_ns()
    assert clock.from_calendar_s(12.5) >= before
    assert clock.from_calendar_s(time.time() + 3600) >= before
