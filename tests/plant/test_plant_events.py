"""What happens around events: contactors, discharge, gates off, short circuit, dynos at their limit, a weak source."""

import math

import numpy as np
import pytest
from plant_bed import Bed


def test_the_field_of_the_eesm_decays_when_the_gates_close() -> None:
    bed = Bed("gen5_bev")
    before = bed.at(3000, 200)["i_f_a"]
    rows = bed.run(0.4, pwm_on=0)
    m, x = bed.parameters.machine, bed.plant.state[0]
    tau = m.field_inductance_h / (m.field_resistance_20_ohm * (1 + 0.00393 * (x["rotor_degc"] - 20)))
    assert rows["i_f_a"][-1] == pytest.approx(before * math.exp(-0.4 / tau), rel=0.02)
    assert abs(rows["torque_airgap_nm"][-1]) < 1e-9


def test_the_pmsm_feeds_the_link_above_base_speed_and_not_below() -> None:
    bed = Bed("ipace_edu")
    bed.at(12000, 0)
    fed = bed.run(1.0, pwm_on=0)[-1]
    assert fed["p_dc_w"] < -1000 and fed["torque_airgap_nm"] < -1
    still = bed.at(4000, 0)
    assert still["p_dc_w"] == pytest.approx(0, abs=10) and still["i_ac_a"] == 0


def test_an_open_link_is_charged_to_the_rectified_voltage_of_the_magnets_and_no_further() -> None:
    bed = Bed("ipace_edu")
    bed.at(12000, 0)
    rows = bed.run(1.0, pwm_on=0, contactor_closed=0)
    emf = bed.plant.state["magnet_vs"][0] * 4 * rows["speed_motor_rpm"] * math.pi / 30
    assert rows["u_dc_v"].max() <= emf.max() * math.pi / 2 * 1.003  # all of it charged in the first millisecond
    assert rows["u_dc_v"][-1] == pytest.approx(emf[-1] * math.pi / 2, rel=0.02)


def test_short_circuit_brakes_as_the_formula_says() -> None:
    bed = Bed("ipace_edu")
    out = bed.run(3.0, speed_rpm=6000, short_circuit=1)[-1]
    m, x = bed.parameters.machine, bed.plant.state[0]
    w_e = 4 * out["speed_motor_rpm"] * math.pi / 30
    assert out["i_d_a"] == pytest.approx(-x["magnet_vs"] / m.inductance_d_h, rel=0.01)
    assert out["torque_airgap_nm"] < 0 and out["i_dc_a"] == pytest.approx(0, abs=0.02)
    assert out["f_el_hz"] == pytest.approx(w_e / (2 * math.pi))


def test_ramp_precharge_discharge_and_both_sides_below_60_v() -> None:
    bed = Bed("gen5_bev")
    bed.set(pwm_on=0, supply_current_max_a=5, speed_rpm=0)
    rows = bed.run(1.0)
    assert rows["i_supply_a"].max() <= 5 and rows["u_dc_v"][-1] == pytest.approx(400, abs=0.1)
    rows = bed.run(1.0, contactor_closed=0, supply_on=0)
    assert rows["u_dc_v"][-1] > 380 and rows["u_supply_v"][-1] < 60
    rows = bed.run(2.0, discharge_on=1)
    stage = bed.parameters.power_stage
    tau = stage.capacitance_f / (1 / stage.discharge_resistance_ohm + 1 / stage.bleeder_resistance_ohm)
    assert rows["u_dc_v"][999] == pytest.approx(rows["u_dc_v"][0] * math.exp(-0.999 / tau), rel=0.02)
    assert rows["u_dc_v"][-1] < 60


def test_contactors_opened_under_load_leave_nothing_undefined() -> None:
    for name in ("gen5_bev", "ipace_edu"):
        for torque in (250, -250):
            bed = Bed(name)
            bed.at(4000, torque)
            rows = bed.run(1.0, contactor_closed=0)
            assert np.isfinite(rows["u_dc_v"]).all() and rows["u_dc_v"].max() < 1000
            assert abs(rows["torque_airgap_nm"][-1]) < 20


def test_a_source_that_must_not_sink_limits_regeneration() -> None:
    bed = Bed("gen5_bev")
    rows = bed.run(3.0, speed_rpm=4000, torque_request_nm=-200, supply_sink_current_max_a=0)
    assert rows["i_supply_a"].min() >= 0 and rows["u_dc_v"].max() <= bed.parameters.power_stage.voltage_max_v


def test_a_weak_source_gives_less_torque_not_less_energy_balance() -> None:
    bed = Bed("gen5_bev")
    rows = bed.run(3.0, speed_rpm=4000, torque_request_nm=300, supply_current_max_a=100)
    late = rows[-1000:]
    assert late["i_supply_a"].max() <= 100
    assert (late["p_out_l_w"] + late["p_out_r_w"]).mean() < 400 * 100


def test_a_dyno_at_its_limit_lets_the_speed_go() -> None:
    bed = Bed("gen5_bev")
    limit = bed.parameters.shaft.dyno_torque_max_nm
    bed.plant.parameters["shaft"]["dyno_torque_max_nm"] = 500
    rows = bed.run(1.0, speed_rpm=2000, torque_request_nm=300)
    assert limit > 500 and np.abs(rows["dyno_l_torque_nm"]).max() == pytest.approx(500)
    assert rows["speed_l_rpm"][-1] > 2000 / bed.ratio + 10


def test_open_differential_shares_torque_at_unequal_speeds() -> None:
    bed = Bed("gen5_bev")
    bed.set(dyno_l_speed_rpm=420, dyno_r_speed_rpm=400, torque_request_nm=150)
    out = bed.run(5.0)[-1]
    lock = bed.parameters.transmission.lock_torque_nm
    assert out["speed_motor_rpm"] == pytest.approx(bed.ratio * 410, rel=1e-6)
    assert out["torque_r_nm"] - out["torque_l_nm"] == pytest.approx(lock, rel=0.01)


def frequency(values: np.ndarray) -> float:
    """Hz of the strongest line of a ringing signal at 1 kHz."""
    signal = values - values.mean()
    spectrum = np.abs(np.fft.rfft(signal * np.hanning(len(signal)), 1 << 15))
    return float(np.argmax(spectrum) * 1000 / (1 << 15))


def test_modes_of_the_three_masses() -> None:
    """In-phase: motor against both dynos. Left/right: dyno against dyno, while the differential sticks."""
    bed = Bed("gen5_bev", thermal_on=0.0)
    shaft, machine = bed.parameters.shaft, bed.parameters.machine
    bed.plant.parameters["shaft"]["damping_nm_s"] = 4.0
    bed.set(dyno_l_on=0, dyno_r_on=0, pwm_on=0)
    bed.plant.state["twist_l_rad"] = bed.plant.state["twist_r_rad"] = 0.005
    axle = machine.inertia_kg_m2 * bed.ratio**2 + bed.parameters.transmission.inertia_kg_m2
    expected = math.sqrt(2 * shaft.stiffness_nm_per_rad * (1 / axle + 0.5 / shaft.dyno_inertia_kg_m2)) / (2 * math.pi)
    assert frequency(bed.run(1.0)["torque_l_nm"]) == pytest.approx(expected, rel=0.03)
    bed.plant.parameters["gear"]["lock_torque_nm"] = 2000
    bed.plant.state["twist_l_rad"], bed.plant.state["twist_r_rad"] = 0.005, -0.005
    rows = bed.run(1.0)
    expected = math.sqrt(shaft.stiffness_nm_per_rad / shaft.dyno_inertia_kg_m2) / (2 * math.pi)
    assert frequency(rows["torque_l_nm"] - rows["torque_r_nm"]) == pytest.approx(expected, rel=0.03)


def test_torque_steps_settle_within_tenths_of_a_second() -> None:
    for name in ("gen5_bev", "ipace_edu"):
        bed = Bed(name)
        bed.at(3000, 0)
        rows = bed.run(0.3, torque_request_nm=200)
        assert rows["torque_airgap_nm"][-1] == pytest.approx(200, rel=1e-3)
        assert rows["torque_airgap_nm"].max() < 202
