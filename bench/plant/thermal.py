"""Lumped heat of the drive unit: winding, iron, rotor, oil, junction and coolant, explicit steps of some 10 ms.

Heat collected from the losses since the last call goes in as its mean power, so no joule is lost between the rates.
"""

from typing import Any

from bench.base.compiled import compiled

THERMAL_STEP_S = 0.0099
_COOLANT_W_PER_K = 61.0  # of one l/min water-glycol: 1.05 kg/l, 3490 J/(kg K)
_OIL_W_PER_K = 28.0  # of one l/min transmission oil: 0.84 kg/l, 2000 J/(kg K)
_COPPER_PER_K = 0.00393
_REFERENCE_DEGC = 20.0
_OIL_REFERENCE_DEGC = 70.0


@compiled
def _falling(value: float, derate: float, trip: float) -> float:
    return min(max((trip - value) / (trip - derate), 0.0), 1.0)


@compiled
def refresh(p: Any, x: Any) -> None:
    """What depends on temperature: resistances, magnet flux, oil viscosity, derating."""
    m, t = p.machine, p.thermal
    x.resistance_ohm = m.resistance_20_ohm * (1.0 + _COPPER_PER_K * (x.winding_degc - _REFERENCE_DEGC))
    x.field_resistance_ohm = m.field_resistance_20_ohm * (1.0 + _COPPER_PER_K * (x.rotor_degc - _REFERENCE_DEGC))
    weaker = m.magnet_temperature_coefficient_per_k * (x.rotor_degc - _REFERENCE_DEGC)
    x.magnet_vs = m.magnet_flux_vs * (1.0 - weaker)
    colder = p.gear.viscosity_per_k * (_OIL_REFERENCE_DEGC - x.oil_degc)
    x.gear_viscosity = 1.0 + colder + 0.5 * colder * colder if colder > 0.0 else 1.0 / (1.0 - colder)
    winding = _falling(x.winding_degc, t.winding_derate_degc, t.winding_trip_degc)
    rotor = _falling(x.rotor_degc, t.rotor_derate_degc, t.rotor_trip_degc)
    junction = _falling(x.junction_degc, t.junction_derate_degc, t.junction_trip_degc)
    x.derating = min(winding, min(rotor, junction))


@compiled
def collect(x: Any, y: Any, dt: float) -> None:
    """Add the losses of one step to the heat that waits."""
    x.heat_time_s += dt
    x.heat_winding_j += y.loss_copper_w * dt
    x.heat_iron_j += y.loss_iron_w * dt
    x.heat_rotor_j += y.loss_field_w * dt
    x.heat_gear_j += (y.loss_gear_w + y.loss_friction_w) * dt
    x.heat_inverter_j += (y.loss_inverter_w + y.loss_exciter_w) * dt


@compiled
def warm(p: Any, x: Any, inputs: Any) -> None:
    """Spend the waiting heat over the time it was collected in."""
    t, dt = p.thermal, x.heat_time_s
    winding, iron, rotor, oil, coolant = x.winding_degc, x.iron_degc, x.rotor_degc, x.oil_degc, x.coolant_out_degc
    winding_iron = (winding - iron) / t.winding_iron_k_per_w
    winding_oil = (winding - oil) / t.winding_oil_k_per_w
    iron_coolant = (iron - coolant) / t.iron_coolant_k_per_w
    iron_oil = (iron - oil) / t.iron_oil_k_per_w
    rotor_oil = (rotor - oil) / t.rotor_oil_k_per_w
    oil_coolant = (oil - coolant) / t.oil_coolant_k_per_w
    oil_away = (oil - inputs.ambient_degc) / t.oil_ambient_k_per_w
    oil_away += (oil - inputs.oil_in_degc) * inputs.oil_flow_l_min * _OIL_W_PER_K
    coolant_away = (coolant - inputs.coolant_in_degc) * inputs.coolant_flow_l_min * _COOLANT_W_PER_K
    inverter = x.heat_inverter_j / dt
    x.winding_degc += dt * (x.heat_winding_j / dt - winding_iron - winding_oil) / t.winding_capacity_j_per_k
    x.iron_degc += dt * (x.heat_iron_j / dt + winding_iron - iron_coolant - iron_oil) / t.iron_capacity_j_per_k
    x.rotor_degc += dt * (x.heat_rotor_j / dt - rotor_oil) / t.rotor_capacity_j_per_k
    x.oil_degc += (
        dt
        * (x.heat_gear_j / dt + winding_oil + iron_oil + rotor_oil - oil_coolant - oil_away)
        / (t.oil_capacity_j_per_k)
    )
    x.coolant_out_degc += dt * (inverter + iron_coolant + oil_coolant - coolant_away) / t.coolant_capacity_j_per_k
    settled = coolant + t.junction_coolant_k_per_w * inverter
    x.junction_degc += (settled - x.junction_degc) * dt / (t.junction_time_s + dt)
    x.heat_time_s = x.heat_winding_j = x.heat_iron_j = x.heat_rotor_j = x.heat_gear_j = x.heat_inverter_j = 0.0
    refresh(p, x)
