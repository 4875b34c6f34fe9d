"""Energy books: in = out + losses + stored at every step, in every mode; losses are losses."""

import numpy as np
import pytest
from plant_bed import Bed, losses

RATED_W = 210_000.0


def imbalance(rows: np.ndarray, dt_s: float, before_j: float = 0.0) -> np.ndarray:
    """Watts that appear from nowhere, step by step."""
    stored = np.diff(rows["stored_j"], prepend=before_j) / dt_s
    put_in = rows["p_supply_w"] + rows["p_aux_w"]
    return put_in - rows["p_out_l_w"] - rows["p_out_r_w"] - losses(rows).sum(axis=1) - stored


def profile(bed: Bed, seconds: float, seed: int) -> np.ndarray:
    """Random wishes of torque and speed, changed every 20 ms; short events of each kind in between."""
    rng = np.random.default_rng(seed)
    rows = np.repeat(bed.plant.inputs, int(seconds * 50))
    n = len(rows)
    rows["torque_request_nm"] = rng.uniform(-450, 450, n)
    speed = np.cumsum(rng.uniform(-250, 250, n)) % 26_000 - 13_000
    rows["dyno_l_speed_rpm"] = (speed + rng.uniform(-20, 20, n)) / bed.ratio
    rows["dyno_r_speed_rpm"] = speed / bed.ratio
    for name, share in (("pwm_on", 0.1), ("contactor_closed", 0.03), ("dyno_l_on", 0.05), ("supply_on", 0.03)):
        rows[name] = rng.uniform(size=n) > share
    for name, share in (("short_circuit", 0.05), ("discharge_on", 0.05)):
        rows[name] = rng.uniform(size=n) < share
    rows["supply_voltage_v"] = rng.uniform(320, 440, n)
    rows["supply_current_max_a"] = rng.choice([100.0, 900.0], n)
    rows["supply_sink_current_max_a"] = rng.choice([0.0, 900.0], n)
    return rows


@pytest.mark.parametrize("layout", ["e_axle", "motor"])
@pytest.mark.parametrize("name", ["gen5_bev", "ipace_edu"])
@pytest.mark.parametrize("dt_ns", [1_000_000, 250_000])
def test_books_close_at_every_step_of_a_wild_profile(name: str, layout: str, dt_ns: int) -> None:
    bed = Bed(name, layout)
    rows = bed.play(profile(bed, 20.0, 7), dt_ns, 20_000_000 // dt_ns)
    assert np.isfinite(losses(rows)).all()
    assert np.abs(imbalance(rows, dt_ns * 1e-9)).max() < 1e-6 * RATED_W
    assert losses(rows).min() > -1e-6 * RATED_W


@pytest.mark.parametrize("name", ["gen5_bev", "ipace_edu"])
def test_halving_the_step_changes_no_energy_of_a_ten_second_profile(name: str) -> None:
    energies = []
    for dt_ns in (1_000_000, 500_000):
        bed = Bed(name)
        bed.at(3000, 100, 2.0)
        t = np.arange(500) * 0.02
        rows = np.repeat(bed.plant.inputs, 500)
        rows["torque_request_nm"] = 110 + 90 * np.sin(2 * np.pi * 0.4 * t)
        rows["dyno_l_speed_rpm"] = rows["dyno_r_speed_rpm"] = (4000 + 2500 * np.sin(2 * np.pi * 0.1 * t)) / bed.ratio
        out = bed.play(rows, dt_ns, 20_000_000 // dt_ns)
        energies.append([out[key].sum() * dt_ns * 1e-9 for key in ("p_dc_w", "p_out_l_w", "p_out_r_w", "p_ac_w")])
    assert energies[0] == pytest.approx(energies[1], rel=1e-4)


@pytest.mark.parametrize("name", ["gen5_bev", "ipace_edu"])
def test_voltage_and_current_limits_hold_at_every_clocking_step(name: str) -> None:
    bed = Bed(name)
    rows = profile(bed, 30.0, 11)
    for item in ("pwm_on", "contactor_closed", "supply_on"):
        rows[item] = 1
    rows["short_circuit"], rows["supply_current_max_a"] = 0, 900
    rows["supply_sink_current_max_a"], rows["supply_voltage_v"] = 900, 400
    bed.at(0, 0, 0.5)
    out = bed.play(rows, every=20)
    stage, machine = bed.parameters.power_stage, bed.parameters.machine
    link_before = np.roll(out["u_dc_v"], 1)[1:]
    limit = stage.modulation_max * link_before / np.sqrt(3)
    assert (out["u_ac_v"][1:] * np.sqrt(2) / limit).max() < 1 + 1e-6
    assert out["i_ac_a"].max() * np.sqrt(2) < machine.current_max_a * (1 + 1e-9)
