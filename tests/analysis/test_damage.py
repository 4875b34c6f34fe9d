"""Damage, lives and collectives against values by hand, from the literature, and from another computation."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.analysis.collective import RainflowMatrix, TimeAtLevel
from bench.analysis.insulation_life import Insulation, activation_of
from bench.analysis.miner import SnCurve
from bench.analysis.module_life import Cips08, Lesit, ModuleDamage, module_damage
from bench.analysis.rainflow import Cycles

CURVE = SnCurve(knee_range=200.0, knee_cycles=1e6, slope=5.0)


def cycles(*rows: tuple[float, float, float, float]) -> Cycles:
    """Each as range, mean, count, seconds between its turning points."""
    ranges, means, counts, seconds = np.array(rows, float).reshape(-1, 4).T
    return Cycles(ranges, means, counts, np.zeros(len(ranges)), seconds)


@pytest.mark.parametrize(
    ("size", "below", "endured"),
    [
        (200.0, None, 1e6),
        (400.0, None, 1e6 / 32.0),
        (100.0, None, 1e6 * 2.0**9),
        (100.0, 5.0, 1e6 * 2.0**5),
        (100.0, math.inf, math.inf),
        (0.0, math.inf, math.inf),
    ],
)
def test_the_woehler_curve_has_its_slopes(size: float, below: float | None, endured: float) -> None:
    curve = SnCurve(200.0, 1e6, 5.0, below)
    assert curve.endured(np.array([size]))[0] == pytest.approx(endured)
    expected = 0.0 if math.isinf(endured) else 0.5 / endured
    assert curve.damage(cycles((size, 0.0, 0.5, 1.0))) == pytest.approx(expected)


@given(st.lists(st.tuples(st.floats(0.0, 900.0), st.floats(-50, 50), st.sampled_from([0.5, 1.0]), st.just(1.0))))
def test_damage_adds_up_over_the_parts_of_a_signal(rows: list[tuple[float, float, float, float]]) -> None:
    half = len(rows) // 2
    whole, parts = CURVE.damage(cycles(*rows)), CURVE.damage(cycles(*rows[:half])) + CURVE.damage(cycles(*rows[half:]))
    assert whole == pytest.approx(parts, rel=1e-12)


@pytest.mark.parametrize(
    ("model", "swing", "mean", "endured"),
    [
        # PowDevLif's example coefficients and two of the values found with them
        (Lesit(3.5535e15, -7.0390, 2.7172e-20), 60.0, 90.0, 2.449e5),
        (Lesit(3.5535e15, -7.0390, 2.7172e-20), 100.0, 100.0, 5811.0),
        (Lesit(), 100.0, 100.0, 5554.0),
    ],
)
def test_lesit_has_the_values_of_the_literature(model: Lesit, swing: float, mean: float, endured: float) -> None:
    found = model.endured(np.array([swing]), np.array([mean]), np.array([1.0]))[0]
    assert found == pytest.approx(endured, rel=3e-3)


def test_cips08_has_its_exponents() -> None:
    model = Cips08(current_a=10.0, voltage_v=1200.0, bond_um=400.0)
    one = np.ones(1)

    def endured(swing: float, mean: float, heating: float, of: Cips08 = model) -> float:
        return float(of.endured(swing * one, mean * one, heating * one)[0])

    # by hand: 9.34e14 * 80^-4.416 * exp(1285/(100+40+273.15)) * 10^-0.716 * 12^-0.761 * 400^-0.5
    by_hand = 9.34e14 * 80**-4.416 * math.exp(1285 / 413.15) * 10**-0.716 * 12**-0.761 * 400**-0.5
    assert endured(80.0, 100.0, 1.0) == pytest.approx(by_hand)
    assert endured(80.0, 100.0, 10.0) / endured(80.0, 100.0, 1.0) == pytest.approx(10**-0.463)
    doubled = Cips08(current_a=20.0, voltage_v=1200.0, bond_um=400.0)
    assert endured(80.0, 100.0, 1.0, doubled) / endured(80.0, 100.0, 1.0) == pytest.approx(2**-0.716)


@pytest.mark.parametrize(
    ("model", "row", "tested"),
    [
        (Lesit(), (60.0, 90.0, 1.0, 2.0), True),
        (Lesit(), (20.0, 90.0, 1.0, 2.0), False),
        (Lesit(), (60.0, 120.0, 1.0, 2.0), False),
        (Cips08(), (80.0, 100.0, 1.0, 2.0), True),
        (Cips08(), (80.0, 100.0, 1.0, 40.0), False),
        (Cips08(), (80.0, 20.0, 1.0, 2.0), False),
        (Cips08(bond_um=50.0), (80.0, 100.0, 1.0, 2.0), False),
    ],
)
def test_what_the_model_was_not_tested_for_is_kept_apart(
    model: Lesit | Cips08, row: tuple[float, float, float, float], tested: bool
) -> None:
    found = module_damage(model, cycles(row, (0.0, 80.0, 1.0, 1.0)))
    used = 1.0 / float(model.endured(*(np.array([row[i]]) for i in (0, 1, 3)))[0])
    expected = ModuleDamage(used, 0.0, 1.0, 0.0) if tested else ModuleDamage(0.0, used, 0.0, 1.0)
    assert found == expected and (found + found).cycles_inside == 2.0 * expected.cycles_inside


def test_insulation_ages_by_half_for_ten_kelvin_and_arrhenius_agrees_nearby() -> None:
    rule = Insulation()
    assert rule.damage(np.array([180.0]), np.array([20000.0 * 3600.0])) == pytest.approx(1.0)
    assert rule.acceleration(np.array([190.0, 170.0])) == pytest.approx([2.0, 0.5])
    same = Insulation(activation_ev=activation_of(10.0, 180.0))
    assert same.acceleration(np.array([180.0, 190.0])) == pytest.approx([1.0, 2.0])
    # AF = exp(Ea/k (1/T_use - 1/T_test)) by hand
    of_ev = Insulation(index_degc=155.0, activation_ev=1.0).acceleration(np.array([130.0]))[0]
    assert of_ev == pytest.approx(math.exp(1.0 / 8.617333262e-5 * (1.0 / 428.15 - 1.0 / 403.15)))


def test_a_matrix_counts_by_class_and_comes_back_from_a_journal() -> None:
    matrix = RainflowMatrix(10.0)
    matrix.add(cycles((25.0, -5.0, 1.0, 1.0), (29.9, -0.1, 0.5, 1.0), (105.0, 50.0, 1.0, 1.0)))
    assert list(matrix.rows()) == [(25.0, -5.0, 1.5), (105.0, 55.0, 1.0)]
    assert matrix.by_range() == [(30.0, 1.5), (110.0, 1.0)]
    assert matrix.exceedances() == [(100.0, 1.0), (20.0, 2.5)]
    assert RainflowMatrix.of(json.loads(json.dumps(matrix.state()))) == matrix


def test_time_at_level_loses_no_second() -> None:
    levels = TimeAtLevel(5.0)
    levels.add(np.array([-1.0, 0.0, 4.9, 1e6]), np.array([1.0, 2.0, 3.0, 4.0]))
    levels.add(np.array([]), np.array([]))
    assert levels.levels() == [(-2.5, 1.0), (2.5, 5.0), (1000002.5, 4.0)] and levels.total_s == 10.0
    assert TimeAtLevel.of(json.loads(json.dumps(levels.state()))) == levels
