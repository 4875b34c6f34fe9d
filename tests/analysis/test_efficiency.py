"""Efficiency in four quadrants, drift, share and the map's grid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.analysis.drift import drift
from bench.analysis.efficiency import Direction, balance, product, quadrant
from bench.analysis.share import transmission_share
from bench.analysis.window import aligned, mean_std, paced, ripple

POWER = st.floats(-3e5, 3e5, allow_nan=False)


@pytest.mark.parametrize(
    ("electrical", "mechanical", "way", "efficiency"),
    [
        (10_000.0, 9_200.0, Direction.MOTORING, 0.92),
        (-9_200.0, -10_000.0, Direction.REGENERATING, 0.92),
        (50.0, -100.0, Direction.BOTH_FEED, None),
        (0.0, -100.0, Direction.BOTH_FEED, None),
        (300.0, 0.0, Direction.STANDSTILL, None),
        (0.0, 100.0, Direction.IMPOSSIBLE, None),
        (-50.0, 100.0, Direction.IMPOSSIBLE, None),
    ],
)
def test_each_row_of_the_four_quadrant_table(
    electrical: float, mechanical: float, way: Direction, efficiency: float | None
) -> None:
    found = balance(electrical, mechanical)
    assert found.direction is way
    assert found.efficiency == efficiency
    assert found.loss_w == electrical - mechanical


@given(POWER, POWER)
def test_an_efficiency_is_a_share_exactly_when_the_loss_is_not_negative(electrical: float, mechanical: float) -> None:
    found = balance(electrical, mechanical)
    if found.efficiency is not None:
        assert found.efficiency >= 0.0
        if abs(found.loss_w) > 1e-6:
            assert (found.efficiency <= 1.0) == (found.loss_w >= 0.0)


@given(st.floats(1.0, 3e5), st.floats(0.01, 1.0))
def test_regeneration_mirrors_motoring(power: float, share: float) -> None:
    assert balance(power, power * share).efficiency == balance(-power * share, -power).efficiency


def test_efficiency_falls_to_nothing_at_zero_power() -> None:
    etas = [balance(power + 500.0, power).efficiency or 0.0 for power in (100_000.0, 1000.0, 10.0, 0.1)]
    assert etas == sorted(etas, reverse=True)
    assert etas[-1] < 1e-3


def test_quadrants() -> None:
    assert [quadrant(n, t) for n, t in ((1, 1), (-1, 1), (-1, -1), (1, -1), (0, 1), (1, 0))] == [1, 2, 3, 4, 0, 0]


def test_a_chain_without_one_link_has_no_efficiency() -> None:
    assert product([0.9, 0.8]) == pytest.approx(0.72)
    assert product([0.9, None]) is None


def test_only_updates_that_every_channel_has_are_compared() -> None:
    times = {"a": np.array([1, 2, 3, 5]), "b": np.array([2, 3, 4, 5])}
    values = {"a": np.array([10.0, 20.0, 30.0, 50.0]), "b": np.array([2.0, 3.0, 4.0, 5.0])}
    found = aligned(times, values, ["a", "b"])
    assert found["a"].tolist() == [20.0, 30.0, 50.0]
    assert found["b"].tolist() == [2.0, 3.0, 5.0]


def test_ripple_of_independent_updates_shrinks_with_their_root() -> None:
    rng = np.random.default_rng(1)
    spreads, errors, means = [], [], []
    for _ in range(2000):
        d = 1e4 * (1 + 1e-3 * rng.standard_normal(40))
        n = 9e3 * (1 + 1e-3 * rng.standard_normal(40))
        spread, error = ripple(n, d)
        spreads.append(spread)
        errors.append(error)
        means.append(n.mean() / d.mean())
    assert np.mean(spreads) == pytest.approx(0.9 * 1e-3 * np.sqrt(2), rel=0.02)
    assert np.std(means) == pytest.approx(np.mean(errors), rel=0.08)


def test_what_moves_together_is_no_ripple() -> None:
    d = np.linspace(1e4, 1.1e4, 20)
    assert ripple(0.9 * d, d) == pytest.approx((0.0, 0.0), abs=1e-12)


def test_statistics_of_short_windows() -> None:
    assert mean_std([3.0]) == (3.0, 0.0)
    assert mean_std([1.0, 3.0]) == (2.0, pytest.approx(np.sqrt(2)))
    assert np.isnan(mean_std([])[0])


def test_drift_is_judged_against_the_first_reference() -> None:
    found = drift([0.92, 0.9215, 0.919], 0.2)
    assert found.now_pp == pytest.approx(-0.1)
    assert found.largest_pp == pytest.approx(0.15)
    assert found.within
    assert not drift([0.92, 0.9225, 0.92], 0.2).within
    assert drift([], 0.2).within


def test_the_transmissions_share_carries_the_uncertainty_of_both_runs_and_of_the_specimens() -> None:
    rng = np.random.default_rng(3)
    n = 200_000
    u = 0.001 / 2
    e_axle, motor = 0.90 + u * rng.standard_normal(n), 0.93 + u * rng.standard_normal(n)
    motor = motor + rng.uniform(-0.002, 0.002, n)
    found = transmission_share((0.90, 0.001), (0.93, 0.001), (10e3, 100.0), (7e3, 80.0), specimen=0.002)
    assert found.efficiency == pytest.approx(0.90 / 0.93)
    assert found.u_efficiency == pytest.approx(2.0 * np.std(e_axle / motor), rel=0.01)
    assert found.loss_w == pytest.approx(3e3)
    assert found.u_loss_w == pytest.approx(np.hypot(100.0, 80.0))


@given(st.integers(2, 30), st.integers(1, 9), st.floats(-1e3, 1e3))
def test_a_faster_series_is_averaged_over_the_updates_of_the_slower(updates: int, each: int, level: float) -> None:
    """A ramp's mean over an update is its value at the middle; a constant stays what it is."""
    at_ns = np.arange(updates) * 1000 + 500
    t_ns = (np.arange(updates * each) + 0.5) * (1000 / each)
    fast = np.rint(t_ns).astype(np.int64)
    assert paced(fast, np.full(len(fast), level), at_ns) == pytest.approx(level)
    assert paced(fast, fast * 1.0, at_ns) == pytest.approx(at_ns, abs=1.0)


def test_an_update_without_a_frame_has_no_mean() -> None:
    means = paced(np.array([490, 510, 2500]), np.array([1.0, 3.0, 7.0]), np.array([500, 1500, 2500]))
    assert means[0] == 2.0 and np.isnan(means[1]) and means[2] == 7.0
    assert np.isnan(paced(np.array([1]), np.array([1.0]), np.array([1]))).all()
