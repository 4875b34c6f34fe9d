"""What ``bench perf jitter`` makes of time stamps."""

import numpy as np
import pytest

from bench.service.perf.jitter import errors
from bench.service.perf.row import PerfRow

MS = 1_000_000


def test_a_perfect_sender_has_no_error() -> None:
    assert errors(np.arange(1000) * MS, MS, 1.0) == (0.0, 0.0, 0.0, 0.0)


def test_one_late_frame_in_fifty_is_the_99th_percentile() -> None:
    stamps = np.arange(1001) * MS
    stamps[50::50] += 200_000  # one interval longer, the next shorter
    found = errors(stamps, MS, 1.0)
    assert found.p50 == 0.0 and found.p99 == 200.0 and found.lost == 0.0


def test_lost_cycles_are_counted() -> None:
    stamps = np.delete(np.arange(1000) * MS, slice(100, 110))
    assert errors(stamps, MS, 1.0).lost == pytest.approx(1.0)


def test_a_burst_that_makes_up_for_a_stall_loses_nothing_and_is_an_error_all_the_same() -> None:
    stamps = np.arange(1000) * MS
    stamps[100:150] = stamps[150] - np.arange(50, 0, -1) * 1000
    found = errors(stamps, MS, 1.0)
    assert found.lost == 0.0 and found.p99 > 900.0


def test_a_sender_that_hardly_sent_has_lost_everything() -> None:
    assert errors(np.zeros(1, np.int64), MS, 2.0).lost == 100.0


def test_a_goal_may_be_a_ceiling() -> None:
    assert PerfRow("x", 90.0, "us", goal=100.0, at_most=True).met
    assert not PerfRow("x", 110.0, "us", goal=100.0, at_most=True).met
    assert PerfRow("x", 90.0, "us", 900.0, 10.0, 5.0).met
