"""Energies by direction: analytic curves, the sum of stretches, and uncertainties that a systematic error fills."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.analysis.cycle_energy import Energy, energies, lost_s, weights_s
from bench.analysis.uncertainty import Budget, Element, Flange

S = 1_000_000_000
BUDGET = Budget(
    {"dc": Element(0.0002, 0.0005, 600.0, 500.0)},
    {name: Flange(0.0005, 0.0004, 0.5, 0.0001) for name in ("flange_l", "flange_r")},
)


def times(seconds: float, step_s: float = 0.05) -> np.ndarray:
    return ((np.arange(round(seconds / step_s)) + 0.5) * step_s * S).astype(np.int64)


def test_a_sine_of_power_is_parted_by_its_sign() -> None:
    t_ns = times(100.0)
    power = 1000.0 * np.sin(2 * math.pi * t_ns / (10.0 * S))
    positive, negative = energies(BUDGET, {"dc": power}, {}, weights_s(t_ns, 0, 100 * S))
    half_wh = 1000.0 * 2.0 / math.pi * 50.0 / 3600.0
    assert positive.wh == pytest.approx(half_wh, rel=1e-4) and negative.wh == pytest.approx(-half_wh, rel=1e-4)
    assert (positive + negative).wh == pytest.approx(0.0, abs=1e-9)


def test_the_sign_of_all_powers_turned_round_exchanges_both_directions() -> None:
    t_ns = times(30.0)
    power = 500.0 * np.cos(t_ns / (3.0 * S)) + 100.0
    weights = weights_s(t_ns, 0, 30 * S)
    one, other = energies(BUDGET, {"dc": power}, {}, weights), energies(BUDGET, {"dc": -power}, {}, weights)
    assert other[0].wh == pytest.approx(-one[1].wh) and other[1].wh == pytest.approx(-one[0].wh)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 599), st.integers(0, 1000))
def test_stretches_in_a_row_are_the_whole_with_its_uncertainty(split: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    t_ns, border = times(30.0), split * S // 20
    powers = {name: random.normal(1000.0, 3000.0, len(t_ns)) for name in ("flange_l", "flange_r")}
    speeds = {name: random.uniform(0.0, 900.0, len(t_ns)) for name in powers}

    def of(first: int, last: int) -> Energy:
        inside = (t_ns >= first) & (t_ns < last)
        positive, negative = energies(
            BUDGET,
            {name: values[inside] for name, values in powers.items()},
            {name: values[inside] for name, values in speeds.items()},
            weights_s(t_ns[inside], first, last),
        )
        return positive + negative

    whole, parts = of(0, 30 * S), of(0, border) + of(border, 30 * S)
    assert parts.wh == pytest.approx(whole.wh) and parts.u_wh == pytest.approx(whole.u_wh)
    assert (whole - parts).u_wh == pytest.approx(0.0, abs=1e-9 * whole.u_wh)


def test_the_uncertainty_is_that_of_systematic_limits() -> None:
    t_ns = times(3600.0, 1.0)
    positive, _ = energies(BUDGET, {"dc": np.full(len(t_ns), 10e3)}, {}, weights_s(t_ns, 0, 3600 * S))
    assert positive.wh == pytest.approx(10e3)
    assert positive.u_wh == pytest.approx(2.0 / math.sqrt(3.0) * math.hypot(2.0, 150.0))


def test_a_gap_is_bridged_and_told() -> None:
    t_ns = np.delete(times(10.0), range(40, 60))
    weights = weights_s(t_ns, 0, 10 * S)
    assert weights.sum() == pytest.approx(10.0)
    assert lost_s(t_ns, 0, 10 * S) == pytest.approx(1.0, abs=0.01)
    assert lost_s(times(10.0), 0, 10 * S) == 0.0
    assert lost_s(t_ns[:0], 0, 10 * S) == 10.0
    assert weights_s(t_ns[:0], 0, 10 * S).sum() == 0.0
