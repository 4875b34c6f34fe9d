"""A brake in place of a dyno: its torque is against the rotation, falls with the speed, and turns nothing."""

import numpy as np
import pytest
from plant_bed import Bed

TORQUE_NM, FULL_RPM = 280.0, 150.0


def against_brake() -> Bed:
    bed = Bed("gen5_bev", "motor")
    shaft = bed.plant.parameters["shaft"]
    shaft["brake_full_rpm"], shaft["dyno_torque_max_nm"], shaft["dyno_inertia_kg_m2"] = FULL_RPM, TORQUE_NM, 0.3
    shaft["control_p_nm_s"], shaft["control_i_nm"], shaft["dyno_bearing_nm_s"] = 8.0, 40.0, 0.004
    return bed


def test_it_holds_a_unit_that_drives() -> None:
    rows = against_brake().run(8.0, speed_rpm=2000, torque_request_nm=100)
    late = rows[-1000:]
    assert late["speed_motor_rpm"] == pytest.approx(2000.0, abs=1.0)
    assert late["dyno_l_torque_nm"] == pytest.approx(-late["torque_l_nm"].mean() + 0.84, abs=1.0)
    assert rows["dyno_l_torque_nm"].max() <= 0.0


def test_it_never_turns_the_unit() -> None:
    bed = against_brake()
    rows = bed.run(2.0, speed_rpm=2000, torque_request_nm=0)
    assert np.abs(rows["speed_motor_rpm"]).max() < 0.1 and not rows["dyno_l_torque_nm"].any()
    bed.at(2000, 60)
    rows = bed.run(4.0, speed_rpm=4000, torque_request_nm=0)
    assert np.all(np.diff(rows["speed_motor_rpm"][200::100]) < 0.0)  # it coasts, whatever the set-point asks
    assert rows["dyno_l_torque_nm"][200:].max() == 0.0


@pytest.mark.parametrize("way", [1, -1])
def test_it_brakes_a_coasting_shaft_to_standstill_whichever_way_it_turns(way: int) -> None:
    bed = against_brake()
    assert bed.at(3000, way * 60)["speed_l_rpm"] == pytest.approx(way * 3000.0, abs=5.0)
    rows = bed.run(6.0, speed_rpm=0, torque_request_nm=0)
    speed, torque = rows["speed_l_rpm"], rows["dyno_l_torque_nm"]
    assert np.all(speed * torque <= 1e-9)
    assert abs(speed[-1]) < 20.0
    assert np.all(way * speed[500:] > -1.0), "it does not drive the shaft backwards"


def test_below_its_full_speed_its_torque_falls() -> None:
    rows = against_brake().run(3.0, speed_rpm=30, torque_request_nm=100)
    speed, torque = rows["speed_l_rpm"], np.abs(rows["dyno_l_torque_nm"])
    assert np.all(torque <= TORQUE_NM * np.minimum(1.0, np.abs(speed) / FULL_RPM) + 5.0)
    balance_rpm = rows["torque_l_nm"][-1000:].mean() / TORQUE_NM * FULL_RPM
    assert speed[-1000:].mean() == pytest.approx(balance_rpm, rel=0.03)  # the unit turns it faster than asked


def test_a_drive_of_four_quadrants_is_not_concerned() -> None:
    bed = Bed("gen5_bev", "motor")
    rows = bed.run(5.0, speed_rpm=2000, torque_request_nm=0)
    assert rows["speed_motor_rpm"][-1] == pytest.approx(2000.0, abs=1.0)
