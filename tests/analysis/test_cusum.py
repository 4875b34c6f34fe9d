"""The drift chart: what it promises is simulated, with charts run by another few lines than those of the bench."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.analysis.cusum import CHARTS, Chart, Cusum, chart_for

REPEATABILITY_PP = 0.05


def simulated(chart: Chart, shift: float, runs: int, checks: int, seed: int) -> tuple[float, float]:
    """Share of the runs with an alarm, and alarms a check (begun anew after each), for a shift in repeatabilities."""
    drawn = np.random.default_rng(seed)
    reference = drawn.normal(0.0, 1.0, (runs, chart.baseline)).mean(axis=1)
    up, down = np.zeros(runs), np.zeros(runs)
    found, alarms = np.zeros(runs, bool), 0
    for _ in range(checks):
        z = drawn.normal(shift, 1.0, runs) - reference
        up, down = np.maximum(0.0, up + z - chart.k), np.maximum(0.0, down - z - chart.k)
        alarm = np.maximum(up, down) > chart.h
        found, alarms = found | alarm, alarms + int(alarm.sum())
        up[alarm] = down[alarm] = 0.0
    return float(found.mean()), alarms / (runs * checks)


@pytest.mark.parametrize(("chart", "power"), list(zip(CHARTS, (0.64, 0.73, 0.80), strict=True)))
def test_a_tenth_of_a_point_is_found_within_five_checks_and_false_alarms_are_rare(chart: Chart, power: float) -> None:
    """0.1 pp at a repeatability of 0.05 pp is a shift of two; the goal (80 %) takes a baseline of 40."""
    assert simulated(chart, 0.1 / REPEATABILITY_PP, 20000, 5, 1)[0] > power
    assert simulated(chart, -0.1 / REPEATABILITY_PP, 20000, 5, 2)[0] > power
    assert simulated(chart, 0.0, 6000, 300, 3)[1] < 1.0 / 1000.0


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 10000), shift=st.floats(-4.0, 4.0), chart=st.sampled_from(CHARTS))
def test_the_bench_runs_the_chart_that_was_simulated(seed: int, shift: float, chart: Chart) -> None:
    drawn = np.random.default_rng(seed)
    values = 0.95 + 1e-2 * REPEATABILITY_PP * drawn.normal(0.0, 1.0, chart.baseline + 30)
    values[chart.baseline :] += 1e-2 * REPEATABILITY_PP * shift
    z = 100.0 * (values[chart.baseline :] - values[: chart.baseline].mean()) / REPEATABILITY_PP
    up = down = 0.0
    found_at = 0
    for number, each in enumerate(z, chart.baseline + 1):
        up, down = max(0.0, up + each - chart.k), max(0.0, down - each - chart.k)
        found_at = found_at or (number if max(up, down) > chart.h else 0)
    cusum = Cusum(chart.baseline, REPEATABILITY_PP)
    cusum.take(values[:20].tolist())
    verdict = cusum.take(values[20:].tolist())
    assert (verdict.up, verdict.down) == pytest.approx((up, down), abs=1e-9) and verdict.found_at == found_at
    assert verdict.apart_pp == pytest.approx(z[-1] * REPEATABILITY_PP)


def test_the_shift_is_estimated_from_when_it_came() -> None:
    cusum = Cusum(10, 0.05)
    cusum.take([0.95] * 30)
    verdict = cusum.take([0.952] * 8)
    assert verdict.found_at == 32 and verdict.shift_pp == pytest.approx(0.2)
    # what was found stays found
    assert cusum.take([0.95] * 20).found_at == 32


def test_the_repeatability_is_measured_and_a_scattered_baseline_is_told() -> None:
    drawn = np.random.default_rng(4)
    calm, wild = Cusum(40, 0.05), Cusum(40, 0.05)
    calm.take((0.95 + 5e-4 * drawn.normal(0.0, 1.0, 40)).tolist())
    wild.take((0.95 + 10e-4 * drawn.normal(0.0, 1.0, 40)).tolist())
    assert calm.measured_pp == pytest.approx(0.05, rel=0.3) and not calm.scattered
    assert wild.measured_pp == pytest.approx(0.10, rel=0.3) and wild.scattered


def test_before_the_baseline_is_there_nothing_is_judged() -> None:
    cusum = Cusum(10, 0.05)
    verdict = cusum.take([0.95, 0.90, 0.99])
    assert not cusum.ready and not cusum.scattered and (verdict.up, verdict.down, verdict.found_at) == (0.0, 0.0, 0)
    assert Cusum(10, 0.05).take([]).apart_pp == 0.0


def test_a_short_baseline_is_refused() -> None:
    assert chart_for(39).baseline == 20 and chart_for(400).baseline == 40
    with pytest.raises(ValueError, match="takes 10 checks at least, not 9"):
        Cusum(9, 0.05)
