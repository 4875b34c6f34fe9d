"""Heat: equilibrium against a linear network solved by numpy, time constants, derating."""

import numpy as np
import pytest
from plant_bed import Bed


def equilibrium(bed: Bed, heat: dict[str, float]) -> np.ndarray:
    """Winding, iron, rotor, oil, coolant in degC for steady heat flows."""
    t, inputs = bed.parameters.thermal, bed.plant.inputs[0]
    g = np.zeros((5, 5))

    def join(a: int, b: int, resistance: float) -> None:
        g[[a, b], [a, b]] += 1 / resistance
        g[[a, b], [b, a]] -= 1 / resistance

    join(0, 1, t.winding_iron_k_per_w)
    join(0, 3, t.winding_oil_k_per_w)
    join(1, 4, t.iron_coolant_k_per_w)
    join(1, 3, t.iron_oil_k_per_w)
    join(2, 3, t.rotor_oil_k_per_w)
    join(3, 4, t.oil_coolant_k_per_w)
    oil, coolant = 28.0 * inputs["oil_flow_l_min"], 61.0 * inputs["coolant_flow_l_min"]
    g[3, 3] += oil + 1 / t.oil_ambient_k_per_w
    g[4, 4] += coolant
    away = np.array([0, 0, 0, oil * inputs["oil_in_degc"] + inputs["ambient_degc"] / t.oil_ambient_k_per_w, 0])
    away[4] = coolant * inputs["coolant_in_degc"]
    return np.linalg.solve(g, away + np.array([heat[n] for n in ("winding", "iron", "rotor", "oil", "coolant")]))


@pytest.mark.parametrize("name", ["gen5_bev", "ipace_edu"])
def test_thermal_equilibrium_equals_the_network(name: str) -> None:
    bed = Bed(name)
    for _ in range(40):
        out = bed.at(4000, 140, 60.0)
    heat = {
        "winding": out["loss_copper_w"],
        "iron": out["loss_iron_w"],
        "rotor": out["loss_field_w"],
        "oil": out["loss_gear_w"] + out["loss_friction_w"],
        "coolant": out["loss_inverter_w"] + out["loss_exciter_w"],
    }
    found = [out[f"{name}_degc"] for name in ("winding", "iron", "rotor", "oil", "coolant_out")]
    assert found == pytest.approx(equilibrium(bed, heat), abs=0.02)
    junction = out["coolant_out_degc"] + bed.parameters.thermal.junction_coolant_k_per_w * heat["coolant"]
    assert out["junction_degc"] == pytest.approx(junction, abs=0.02)


@pytest.mark.slow
def test_soak_from_cold_takes_minutes_and_continuous_torque_stays_cool() -> None:
    bed = Bed("gen5_bev")
    for item in ("winding", "iron", "rotor", "oil", "junction", "coolant_out"):
        bed.plant.state[f"{item}_degc"] = 25.0
    track = np.array([bed.at(4000, 120, 30.0)["rotor_degc"] for _ in range(80)])
    settled = 30.0 * np.argmax(np.abs(track - track[-1]) < 2.0)
    assert 240 < settled < 1300
    for _ in range(30):
        out = bed.at(4000, bed.dut.continuous_torque_nm(4000), 60.0)
    assert out["derating"] == 1.0 and out["winding_degc"] < bed.dut.temperatures["winding"].warn


def test_peak_torque_derates_after_a_while_and_recovers() -> None:
    bed = Bed("gen5_bev")
    first = bed.at(3000, 400, 5.0)
    assert first["derating"] == 1.0 and first["torque_airgap_nm"] == pytest.approx(400, rel=1e-3)
    for _ in range(12):
        out = bed.at(3000, 400, 20.0)
    assert out["derating"] < 1.0 and out["torque_airgap_nm"] == pytest.approx(out["torque_max_nm"], rel=1e-3)
    for _ in range(20):
        out = bed.at(3000, 20, 20.0)
    assert out["derating"] == 1.0
