"""Operating points: inside the envelope, in an order that keeps neighbours near."""

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.config.grid import SPEEDS, ListedPoint, check_points, check_speeds, grid_points, listed_points


@dataclass(frozen=True)
class Machine:
    """210 kW, 400 Nm; regenerates 90 % of it; half of it for good."""

    speed_max_rpm: float = 14000.0
    torque_step_nm: float = 0.05

    def torque_max_nm(self, speed_rpm: float) -> float:
        return min(400.0, 210e3 / (speed_rpm * 0.10471975511965977))

    def torque_min_nm(self, speed_rpm: float) -> float:
        return -0.9 * self.torque_max_nm(speed_rpm)

    def continuous_torque_nm(self, speed_rpm: float) -> float:
        return 0.5 * self.torque_max_nm(speed_rpm)


FRACTIONS = (1.0, 0.5, 0.1, -0.1, -0.5, -1.0)


def test_a_range_of_speeds_is_even_and_holds_both_ends() -> None:
    speeds = SPEEDS.validate_python({"from": "600 rpm", "to": "13 krpm", "count": 15}, context={"file": True})
    assert (speeds[0], speeds[-1], len(speeds)) == (600.0, 13000.0, 15)
    assert {round(b - a) for a, b in pairwise(speeds)} == {886}


def test_points_are_counted_and_numbered_from_one() -> None:
    points = grid_points(Machine(), (1000.0, 2000.0, 8000.0), FRACTIONS)
    assert [point.number for point in points] == list(range(1, 19))
    assert {(p.speed_rpm, p.fraction) for p in points} == {(n, f) for n in (1000.0, 2000.0, 8000.0) for f in FRACTIONS}


def test_the_snake_never_jumps_from_full_drive_to_full_regeneration() -> None:
    points = grid_points(Machine(), (1000.0, 2000.0, 8000.0, 9000.0), FRACTIONS)
    for one, next_one in pairwise(points):
        assert (one.speed_rpm == next_one.speed_rpm) or (one.fraction == next_one.fraction)


def test_fractions_are_of_the_side_they_are_on() -> None:
    torque = {p.fraction: p.torque_nm for p in grid_points(Machine(), (1000.0,), FRACTIONS)}
    assert torque[1.0] == pytest.approx(400.0)
    assert torque[-1.0] == pytest.approx(-360.0)
    assert torque[0.1] == pytest.approx(40.0)


def test_zones_divide_at_the_continuous_torque() -> None:
    zones = {p.fraction: p.zone for p in grid_points(Machine(), (1000.0,), FRACTIONS)}
    assert [zones[f] for f in FRACTIONS] == ["short_time", *["continuous"] * 3, "continuous", "short_time"]


@given(
    st.lists(st.floats(1.0, 14000.0), min_size=1, max_size=8), st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=8)
)
def test_no_point_lies_outside_the_envelope_and_every_torque_can_be_sent(speeds, fractions) -> None:
    machine = Machine()
    for point in grid_points(machine, speeds, fractions):
        assert machine.torque_min_nm(point.speed_rpm) - 1e-3 <= point.torque_nm
        assert point.torque_nm <= machine.torque_max_nm(point.speed_rpm) + 1e-3
        assert abs(point.torque_nm / 0.05 - round(point.torque_nm / 0.05)) < 1e-6


def test_listed_points_keep_their_order_and_are_checked() -> None:
    wanted = [ListedPoint(speed=1000.0, torque=200.0), ListedPoint(speed=15000.0, torque=-300.0)]
    assert [p.torque_nm for p in listed_points(Machine(), wanted)] == [200.0, -300.0]
    assert list(check_points(Machine(), wanted)) == [
        (1, "speed", "15000 rpm exceeds the DUT's highest speed 14000 rpm; lower it"),
        (1, "torque", "-300 Nm lies outside the DUT's envelope -120.3..133.7 Nm at 15000 rpm; correct it"),
    ]
    assert [i for i, _ in check_speeds(Machine(), [14000.0, 14000.5])] == [1]
