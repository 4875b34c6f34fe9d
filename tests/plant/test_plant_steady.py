"""Steady state against equations written out again here, efficiency figures, mirrors, and the limits of torque."""

import math
from typing import Any

import numpy as np
import pytest
from plant_bed import Bed

from bench.plant.records import LOSSES

W = math.pi / 30


def solve_again(bed: Bed, out: Any) -> dict[str, float]:
    """DC and flange figures from the currents of ``out``: one page of algebra, nothing of the plant."""
    m, s, g, src = (
        bed.parameters.machine,
        bed.parameters.power_stage,
        bed.parameters.transmission,
        bed.parameters.source,
    )
    x = bed.plant.state[0]
    w, p = out["speed_motor_rpm"] * W, m.pole_pairs
    i_d, i_q, i_f = out["i_d_a"], out["i_q_a"], out["i_f_a"]
    flux = m.mutual_inductance_h * i_f + x["magnet_vs"]
    psi_d, psi_q = m.inductance_d_h * i_d + flux, m.inductance_q_h * i_q
    torque = 1.5 * p * (psi_d * i_q - psi_q * i_d)
    ohm = m.resistance_20_ohm * (1 + 0.00393 * (x["winding_degc"] - 20))
    ohm_f = m.field_resistance_20_ohm * (1 + 0.00393 * (x["rotor_degc"] - 20))
    copper, square = 1.5 * ohm * (i_d**2 + i_q**2), psi_d**2 + psi_q**2
    slow = math.sqrt(w * w + 1)
    iron = square * p * w * w * (m.iron_hysteresis_w_s_per_vs2 / slow + p * m.iron_eddy_w_s2_per_vs2)
    friction = w * w * (m.bearing_torque_nm / slow + m.windage_nm_s2 * abs(w))
    power_ac, i_peak = torque * w + copper, math.hypot(i_d, i_q)
    u_d, u_q = ohm * i_d - p * w * psi_q, ohm * i_q + p * w * psi_d
    u_peak, exciter = math.hypot(u_d, u_q), i_f * (s.exciter_threshold_v + s.exciter_slope_ohm * i_f)
    a, b = i_peak / s.reference_current_a, out["u_dc_v"] / s.reference_voltage_v
    switching = s.igbt_switching_j * a * b**s.igbt_voltage_exponent
    switching += s.diode_switching_j * a**s.diode_current_exponent * b**s.diode_voltage_exponent
    mc = u_peak / (out["u_dc_v"] / 2) * power_ac / (1.5 * u_peak * i_peak)
    conduction = 0.0
    for sign, v_0, r in ((1, s.igbt_threshold_v, s.igbt_slope_ohm), (-1, s.diode_threshold_v, s.diode_slope_ohm)):
        conduction += (1 / (2 * math.pi) + sign * mc / 8) * v_0 * i_peak
        conduction += (1 / 8 + sign * mc / (3 * math.pi)) * r * i_peak**2
    inverter = 6 * (conduction + s.switching_frequency_hz / math.pi * switching) + s.standby_loss_w
    power = power_ac + inverter + ohm_f * i_f**2 + exciter
    r = src.source_resistance_ohm + src.cable_resistance_ohm
    # (400 - u) / r = power / u + u / bleeder
    k = 1 / r + 1 / s.bleeder_resistance_ohm
    u = (400 / r + math.sqrt((400 / r) ** 2 - 4 * k * power)) / (2 * k)
    drag = (g.drag_a0_nm / slow + g.drag_a1_nm_s + g.drag_a2_nm_s2 * abs(w)) * x["gear_viscosity"]
    gear = w * w * (drag + g.mesh_loss * abs(torque) / slow)
    mechanic = torque * w - iron - friction - gear
    return {
        "torque_airgap_nm": torque, "p_ac_w": power_ac, "p_dc_w": u * (400 - u) / r, "u_dc_v": u,
        "p_out_l_w": mechanic / 2, "p_out_r_w": mechanic / 2, "loss_iron_w": iron, "loss_inverter_w": inverter,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["gen5_bev", "ipace_edu"])
@pytest.mark.parametrize(("speed", "torque"), [(1500, 200), (4000, 330), (9000, 120), (9000, -120), (-4000, 150)])
def test_steady_state_equals_the_algebra(name: str, speed: float, torque: float) -> None:
    bed = Bed(name, thermal_on=0.0)
    out = bed.at(speed, torque)
    assert out["torque_airgap_nm"] == pytest.approx(torque, rel=1e-6)
    for item, value in solve_again(bed, out).items():
        assert out[item] == pytest.approx(value, rel=1e-6), item


def test_efficiency_of_the_drive_unit_peaks_near_the_published_93_percent() -> None:
    bed = Bed("gen5_bev", thermal_on=0.0, winding_degc=100.0, rotor_degc=95.0)
    best = 0.0
    for speed in range(1000, 14000, 1500):
        for share in (0.3, 0.5, 0.7, 0.9):
            out = bed.at(speed, share * bed.dut.torque_max_nm(speed), 2.0)
            best = max(best, (out["p_out_l_w"] + out["p_out_r_w"]) / out["p_dc_w"])
    assert 0.925 < best < 0.945


@pytest.mark.parametrize("name", ["gen5_bev", "ipace_edu"])
def test_efficiency_falls_to_nothing_at_zero_power_and_no_loss_is_negative(name: str) -> None:
    bed, values = Bed(name, thermal_on=0.0), []
    for torque in (100.0, 20.0, 8.0, 4.0):
        out = bed.at(3000, torque)
        values.append((out["p_out_l_w"] + out["p_out_r_w"]) / out["p_dc_w"])
        assert min(out[item] for item in LOSSES) >= -1e-12
    assert values == sorted(values, reverse=True) and values[-1] < 0.6


@pytest.mark.parametrize("name", ["gen5_bev", "ipace_edu"])
def test_regeneration_mirrors_motoring(name: str) -> None:
    bed = Bed(name, thermal_on=0.0)
    drive, brake = bed.at(5000, 150), bed.at(5000, -150)
    eta_drive = (drive["p_out_l_w"] + drive["p_out_r_w"]) / drive["p_dc_w"]
    eta_brake = brake["p_dc_w"] / (brake["p_out_l_w"] + brake["p_out_r_w"])
    assert eta_brake == pytest.approx(eta_drive, abs=0.01)
    backward = bed.at(-5000, -150)
    assert backward["p_dc_w"] == pytest.approx(drive["p_dc_w"], rel=1e-9)


@pytest.mark.parametrize("name", ["gen5_bev", "ipace_edu"])
def test_the_whole_envelope_can_be_reached_at_nominal_voltage(name: str) -> None:
    bed = Bed(name, thermal_on=0.0)
    for speed in np.linspace(500, bed.dut.speed_max_rpm - 100, 40):
        for torque in (bed.dut.torque_max_nm(float(speed)), bed.dut.torque_min_nm(float(speed))):
            out = bed.at(float(speed), torque, 2.0)
            assert out["torque_airgap_nm"] == pytest.approx(torque, abs=0.05), (speed, torque)


def test_a_wish_beyond_reach_saturates_at_the_limit_told() -> None:
    bed = Bed("gen5_bev", thermal_on=0.0)
    out = bed.at(9000, 400)
    assert out["torque_airgap_nm"] == pytest.approx(out["torque_max_nm"], rel=2e-3)
    assert out["torque_max_nm"] < 230
