"""A vehicle's speed as load of its motor: hand-computed cases, and energies that the wheels' own books confirm."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.analysis.road_load import RoadLoad, Vehicle, demand, distance_km, energy_demand_wh
from bench.config.drive_cycles import shipped_cycle

CAR = Vehicle(2000.0, 1.03, RoadLoad(150.0, 1.0, 0.03), 0.35, 8.774, 0.97, 0.8, (5.0, 15.0))


def constant(kmh: float, seconds: int = 60) -> np.ndarray:
    return np.full(seconds + 1, kmh)


def test_constant_speed_is_road_load_alone() -> None:
    found = demand(CAR, constant(100.0))
    force_n = 150.0 + 100.0 + 300.0
    assert found.torque_nm == pytest.approx(force_n * 0.35 / 8.774 / 0.97)
    assert found.speed_rpm == pytest.approx(100.0 / 3.6 / 0.35 * 8.774 * 30.0 / math.pi)
    positive, negative = energy_demand_wh(CAR, constant(100.0, 3600))
    assert positive == pytest.approx(force_n * 100e3 / 3600.0) and negative == 0.0
    assert distance_km(constant(100.0, 3600)) == pytest.approx(100.0)


def test_braking_is_shared_with_the_friction_brakes_and_fades_out_towards_standstill() -> None:
    speed = np.concatenate((np.arange(72.0, 0.0, -3.6), [0.0, 0.0, 0.0]))  # 1 m/s²
    found = demand(CAR, speed)
    inertia_n = -1.03 * 2000.0
    at_36 = int(np.flatnonzero(speed.round(6) == 36.0)[0])
    force_n = 150.0 + 36.0 + 0.03 * 36.0**2 + inertia_n
    assert found.torque_nm[at_36] == pytest.approx(0.8 * force_n * 0.97 * 0.35 / 8.774)
    at_10 = int(np.flatnonzero(speed.round(6) == 10.8)[0])
    half_n = 150.0 + 10.8 + 0.03 * 10.8**2 + inertia_n
    assert found.torque_nm[at_10] == pytest.approx(0.58 * 0.8 * half_n * 0.97 * 0.35 / 8.774)
    assert (found.torque_nm[speed < 5.0] == 0.0).all()


def test_at_standstill_the_brakes_hold_and_a_start_asks_for_torque_first() -> None:
    found = demand(CAR, np.array([0.0, 0.0, 0.0, 3.6, 7.2]))
    assert found.torque_nm[:2].tolist() == [0.0, 0.0]
    assert found.torque_nm[2] == pytest.approx((150.0 + 0.5 * 2060.0) * 0.35 / 8.774 / 0.97)


def test_rolling_resistance_and_drag_area_are_a_road_load() -> None:
    load = RoadLoad.of(2000.0, 0.01, 0.7)
    assert load.force_n(np.array([90.0]))[0] == pytest.approx(2000 * 9.80665 * 0.01 + 0.5 * 1.189 * 0.7 * 25.0**2)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.0, 50.0), min_size=3, max_size=40))
def test_without_resistance_the_books_of_a_stop_balance(speeds: list[float]) -> None:
    """From standstill to standstill, inertia takes what it gives back."""
    free = Vehicle(2000.0, 1.0, RoadLoad(0.0, 0.0, 0.0), 0.35, 8.774)
    positive, negative = energy_demand_wh(free, np.array([0.0, *speeds, 0.0]))
    assert positive + negative == pytest.approx(0.0, abs=1e-6 * max(1.0, positive))


def test_torque_and_speed_carry_the_energy_that_the_wheels_need() -> None:
    """The smooth torque between the seconds gives the standard's energy demand of a whole cycle to within 3 %."""
    ideal = Vehicle(2000.0, 1.03, RoadLoad(150.0, 1.0, 0.03), 0.35, 8.774)
    speed_kmh = shipped_cycle("wltc_3b").speed_kmh
    found = demand(ideal, speed_kmh)
    fine = np.arange(0.0, 1800.0, 0.05)
    torque, rpm = (np.interp(fine, np.arange(1801), x) for x in (found.torque_nm, found.speed_rpm))
    work_wh = torque * rpm * math.pi / 30.0 * 0.05 / 3600.0
    positive, negative = energy_demand_wh(ideal, speed_kmh)
    assert work_wh[work_wh > 0].sum() == pytest.approx(positive, rel=0.03)
    assert work_wh.sum() == pytest.approx(positive + negative, rel=0.005)
