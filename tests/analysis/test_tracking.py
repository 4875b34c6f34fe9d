"""The driving tolerance against a brute-force reading of its text, and occasions counted by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.analysis.tracking import band, error, follow

SPEEDS = st.lists(st.floats(0.0, 130.0), min_size=4, max_size=20)


@settings(max_examples=60, deadline=None)
@given(SPEEDS, st.floats(0.0, 1.0))
def test_the_band_is_that_of_the_traces_highest_and_lowest_within_a_second(speeds: list[float], share: float) -> None:
    wanted = np.array(speeds)
    t_s = np.array([share * (len(speeds) - 1)])
    near = np.clip(np.linspace(t_s[0] - 1.0, t_s[0] + 1.0, 4001), 0.0, len(speeds) - 1)
    seen = np.interp(near, np.arange(len(speeds)), wanted)
    low, high = band(t_s, wanted)
    assert low[0] == pytest.approx(seen.min() - 2.0, abs=0.1) and low[0] <= seen.min() - 2.0 + 1e-9
    assert high[0] == pytest.approx(seen.max() + 2.0, abs=0.1) and high[0] >= seen.max() + 2.0 - 1e-9


def test_occasions_outside_are_counted_and_timed() -> None:
    t_s = np.arange(0.05, 20.0, 0.1)
    wanted = np.full(21, 50.0)
    speed = np.full(len(t_s), 50.5)
    speed[20:24], speed[100:115] = 53.0, 47.0
    found = follow(t_s, speed, wanted, np.full(len(t_s), 0.1))
    assert (found.occasions, found.outside_s, found.longest_s) == (2, pytest.approx(1.9), pytest.approx(1.5))
    assert abs(found.largest) == pytest.approx(3.0)


def test_a_trace_that_is_a_second_late_is_inside() -> None:
    wanted = np.concatenate((np.linspace(0.0, 60.0, 31), np.linspace(60.0, 0.0, 31)[1:]))
    t_s = np.arange(1.0, 60.0, 0.1)
    late = np.interp(t_s - 0.99, np.arange(61), wanted)
    assert follow(t_s, late, wanted, np.full(len(t_s), 0.1)).occasions == 0


def test_the_error_is_a_mean_over_time_not_over_values() -> None:
    found = error(np.array([0.0, 1.0]), np.array([1.0, 0.0]), np.zeros(3), np.array([3.0, 1.0]))
    assert found.rms == pytest.approx(np.sqrt(0.75)) and found.largest == 1.0
    assert np.isnan(error(np.zeros(0), np.zeros(0), np.zeros(3), np.zeros(0)).rms)
