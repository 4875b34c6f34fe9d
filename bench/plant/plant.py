"""The plant: everything behind the wires, in one compiled step of about a millisecond.

Order of a step: torque and field, currents inside the voltage limit, shafts (implicit midpoint), DC link (implicit
Euler), books, heat. Torque follows from the currents, never from the wish. Where the source cannot carry the step's
power, the wish is halved and the step solved again; in the last resort the power stage is off for the step.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from bench.base.by_reference import by_reference
from bench.base.compiled import compiled
from bench.plant.dq import friction_slope, iron_loss_slope, torque_constant, voltages
from bench.plant.drive import CLOCKING, OFF, SHORT, field_step, mode, stator_currents, torque_step, voltage_limit, wish
from bench.plant.link import NO_SOLUTION, solve_link, source_voltage
from bench.plant.optimum import CurrentTable, kept_table, torque_limit
from bench.plant.packed import pack
from bench.plant.parameters import PlantParameters
from bench.plant.power_stage import exciter_loss, inverter_loss, rectifier_loss
from bench.plant.records import INPUTS, OUTPUTS, STATE
from bench.plant.shafts import RPM, gear_slope, move_shafts, shaft_energy, solve_shafts
from bench.plant.thermal import THERMAL_STEP_S, collect, refresh, warm

_ATTEMPTS = 7
_ROUNDS = 6
_LESS_ROOM = 0.002
_VOLTAGE_SLACK = 1.0 + 1e-9


@by_reference
class Plant(NamedTuple):
    """One bench's physics. ``inputs``, ``state`` and ``outputs`` are arrays of one record each."""

    parameters: np.ndarray
    inputs: np.ndarray
    state: np.ndarray
    outputs: np.ndarray
    table: CurrentTable


class Electric(NamedTuple):
    """What the power stage takes in one step: powers and losses in W, the link's voltage, the source's current."""

    link_v: float
    source_a: float
    power_ac: float
    u_peak: float
    i_peak: float
    loss_inverter: float
    loss_exciter: float
    power_field: float


def make_plant(parameters: PlantParameters, temperature_degc: float = 25.0, table: CurrentTable | None = None) -> Plant:
    """A plant at rest, without voltage, at one temperature. The ``table`` of another plant of the unit may be used."""
    packed = pack(parameters)
    plant = Plant(packed, np.zeros(1, INPUTS), np.zeros(1, STATE), np.zeros(1, OUTPUTS), table or kept_table(packed))
    for name in ("winding", "iron", "rotor", "oil", "junction", "coolant_out"):
        plant.state[f"{name}_degc"] = temperature_degc
    for name in ("coolant_in_degc", "oil_in_degc", "ambient_degc"):
        plant.inputs[name] = temperature_degc
    plant.state["thermal_on"] = 1.0
    _start(plant)
    return plant


@compiled
def _start(plant: Any) -> None:
    refresh(plant.parameters[0], plant.state[0])
    _temperatures(plant.state[0], plant.outputs[0])


@compiled
def _temperatures(x: Any, y: Any) -> None:
    y.winding_degc, y.rotor_degc, y.junction_degc = x.winding_degc, x.rotor_degc, x.junction_degc
    y.iron_degc, y.oil_degc, y.coolant_out_degc = x.iron_degc, x.oil_degc, x.coolant_out_degc
    y.derating = x.derating


@compiled
def _stage_loss(p: Any, how: Any, u_peak: Any, i_peak: Any, power_ac: Any, u_dc: Any) -> Any:
    if how == CLOCKING:
        apparent = 1.5 * u_peak * i_peak
        return inverter_loss(p.stage, u_peak, i_peak, power_ac / apparent if apparent > 0.0 else 0.0, u_dc)
    if how == SHORT:
        return -power_ac  # the switches burn what the machine gives; the link has no part in it
    return rectifier_loss(p.stage, i_peak)


@compiled
def _electric(
    p: Any,
    x: Any,
    inputs: Any,
    how: Any,
    psi: Any,
    i_d: Any,
    i_q: Any,
    w_m: Any,
    u_f: Any,
    i_f: Any,
    source_v: Any,
    dt: Any,
) -> Any:
    """All electric powers of the step, at the shaft speed of its middle."""
    m = p.machine
    u_d, u_q = voltages(x.resistance_ohm, m.inductance_d_h, m.inductance_q_h, psi, i_d, i_q, m.pole_pairs * w_m)
    power_ac = 1.5 * (u_d * i_d + u_q * i_q)
    u_peak, i_peak = math.sqrt(u_d * u_d + u_q * u_q), math.sqrt(i_d * i_d + i_q * i_q)
    loss = _stage_loss(p, how, u_peak, i_peak, power_ac, x.link_v)
    loss_f = exciter_loss(p.stage, i_f) if how == CLOCKING else 0.0
    power_f = u_f * i_f
    link_v, source_a = solve_link(p.stage, p.source, inputs, x.link_v, source_v, power_ac + loss + power_f + loss_f, dt)
    return Electric(link_v, source_a, power_ac, u_peak, i_peak, loss, loss_f, power_f)


@compiled
def _carried(p: Any, x: Any, electric: Any, how: Any) -> Any:
    """Whether the link stands this step: neither collapsed nor driven over its limit by the power stage."""
    if electric.link_v == NO_SOLUTION:
        return False
    if how != CLOCKING:
        return True
    low = min(x.link_v, p.stage.voltage_min_v)
    return electric.link_v >= low and electric.link_v <= max(x.link_v, p.stage.voltage_max_v)


@compiled
def step(plant: Any, dt_ns: int) -> None:
    """Advance by ``dt_ns`` (1 ms as a rule): reads ``inputs``, changes ``state``, writes ``outputs``."""
    p, inputs, x, y = plant.parameters[0], plant.inputs[0], plant.state[0], plant.outputs[0]
    m, dt = p.machine, dt_ns * 1e-9
    how = mode(p, x, inputs)
    w_m = p.gear.ratio * x.axle_speed_rad_s
    w_next = w_m + 0.5 * dt * x.speed_slope_rad_s
    raw, limit = torque_limit(plant.table, m, w_m, x.link_v)
    reach = limit * x.derating
    target = min(max(inputs.torque_request_nm, -reach), reach) if how == CLOCKING else 0.0
    torque_end = torque_step(m, x.torque_nm, target, dt) if how == CLOCKING else 0.0
    torque = 0.5 * (x.torque_nm + torque_end) if how == CLOCKING else 0.0
    u_max = voltage_limit(p.stage, x.link_v)
    source_v = source_voltage(p.source, inputs, x.source_v, x.supply_v, dt)
    for attempt in range(_ATTEMPTS):
        wish_d, wish_f = wish(plant.table, p, x, torque, raw, w_m) if how == CLOCKING else (0.0, 0.0)
        field_end, u_f = field_step(p, x, wish_f, how == CLOCKING, dt)
        i_f = 0.5 * (x.field_current_a + field_end)
        psi = m.mutual_inductance_h * i_f + x.magnet_vs
        room = u_max
        for turn in range(_ROUNDS):
            w_e = m.pole_pairs * w_next
            i_d, i_q = stator_currents(p, x, inputs, how, psi, wish_d, torque, w_e, room, (source_v, dt))
            airgap = i_q * torque_constant(m.pole_pairs, m.inductance_d_h, m.inductance_q_h, psi, i_d)
            iron = iron_loss_slope(m, m.inductance_d_h * i_d + psi, m.inductance_q_h * i_q, w_m)
            friction = friction_slope(m, w_m)
            gear = gear_slope(p.gear, x.gear_viscosity, airgap, w_m)
            motion = solve_shafts(p, x, inputs, airgap, iron + friction + gear, dt)
            w_mid = p.gear.ratio * motion.axle
            electric = _electric(p, x, inputs, how, psi, i_d, i_q, w_mid, u_f, i_f, source_v, dt)
            if how == OFF or (how == CLOCKING and electric.u_peak <= u_max * _VOLTAGE_SLACK):
                break
            w_next = w_mid  # the shaft came out faster than foreseen: once more, at that speed and with less room
            if how == CLOCKING:
                room *= u_max / electric.u_peak * (1.0 - _LESS_ROOM * turn)
        if _carried(p, x, electric, how):
            break
        torque *= 0.5
        torque_end = torque
        if attempt == _ATTEMPTS - 2:
            how, torque, torque_end = (OFF, 0.0, 0.0)
    stored = y.stored_j
    _write_electric(p, x, y, inputs, electric, source_v, u_f, i_f, i_d, i_q, dt)
    _write_mechanic(p, x, y, motion, airgap, iron, friction, gear, dt)
    y.torque_max_nm = reach if x.link_v >= p.stage.voltage_min_v else 0.0
    y.torque_min_nm = -y.torque_max_nm
    x.torque_nm, x.field_current_a = torque_end, field_end
    x.speed_slope_rad_s = 2.0 * (w_mid - w_m) / dt
    x.link_v, x.source_v = electric.link_v, source_v
    move_shafts(p, x, inputs, motion, dt)
    _finish(p, x, y, inputs, stored, dt)


@compiled
def _write_electric(
    p: Any, x: Any, y: Any, inputs: Any, e: Any, source_v: Any, u_f: Any, i_f: Any, i_d: Any, i_q: Any, dt: Any
) -> None:
    m, stage = p.machine, p.stage
    closed = inputs.contactor_closed > 0.5
    y.u_dc_v, y.i_dc_a = e.link_v, e.source_a
    y.p_dc_w = e.link_v * e.source_a
    if closed:
        x.supply_v = e.link_v + p.source.cable_resistance_ohm * e.source_a
    elif inputs.supply_on > 0.5:
        x.supply_v = source_v
    else:
        x.supply_v *= 1.0 - dt / (p.source.discharge_time_s + 0.5 * dt)
    y.u_supply_v, y.i_supply_a, y.p_supply_w = x.supply_v, e.source_a, x.supply_v * e.source_a
    y.loss_cable_w = (x.supply_v - e.link_v) * e.source_a if closed else 0.0
    leak = 1.0 / stage.bleeder_resistance_ohm
    if inputs.discharge_on > 0.5:
        leak += 1.0 / stage.discharge_resistance_ohm
    change = e.link_v - x.link_v
    y.loss_link_w = e.link_v * e.link_v * leak + 0.5 * stage.capacitance_f * change * change / dt
    y.u_ac_v, y.i_ac_a, y.p_ac_w = e.u_peak / math.sqrt(2.0), e.i_peak / math.sqrt(2.0), e.power_ac
    y.u_f_v, y.i_f_a, y.p_f_w = u_f, i_f, e.power_field
    y.i_d_a, y.i_q_a = i_d, i_q
    y.p_aux_w = y.loss_aux_w = stage.auxiliary_power_w
    y.loss_copper_w = 1.5 * x.resistance_ohm * e.i_peak * e.i_peak
    y.loss_field_w = x.field_resistance_ohm * i_f * i_f if m.field_inductance_h > 0.0 else 0.0
    y.loss_inverter_w, y.loss_exciter_w = e.loss_inverter, e.loss_exciter


@compiled
def _write_mechanic(
    p: Any, x: Any, y: Any, motion: Any, airgap: Any, iron: Any, friction: Any, gear: Any, dt: Any
) -> None:
    w_m = p.gear.ratio * motion.axle
    slope = 2.0 * (w_m - p.gear.ratio * x.axle_speed_rad_s) / dt
    y.torque_airgap_nm, y.speed_motor_rpm = airgap, w_m / RPM
    y.torque_shaft_nm = airgap - (iron + friction) * w_m - p.machine.inertia_kg_m2 * slope
    y.f_el_hz = abs(w_m) * p.machine.pole_pairs / (2.0 * math.pi)
    y.loss_iron_w, y.loss_friction_w = iron * w_m * w_m, friction * w_m * w_m
    y.loss_gear_w = gear * w_m * w_m
    left, right = motion.axle + motion.slip - motion.speed_l, 0.0
    if p.sides > 1.5:
        right = motion.axle - motion.slip - motion.speed_r
        y.loss_gear_w += (motion.torque_r - motion.torque_l) * motion.slip
    y.loss_shaft_w = p.shaft.damping_nm_s * (left * left + right * right)
    y.torque_l_nm, y.torque_r_nm = motion.torque_l, motion.torque_r
    y.speed_l_rpm, y.speed_r_rpm = motion.speed_l / RPM, motion.speed_r / RPM
    y.p_out_l_w, y.p_out_r_w = motion.torque_l * motion.speed_l, motion.torque_r * motion.speed_r
    y.dyno_l_torque_nm, y.dyno_r_torque_nm = motion.dyno_l, motion.dyno_r


@compiled
def _finish(p: Any, x: Any, y: Any, inputs: Any, stored: Any, dt: Any) -> None:
    field = p.machine.field_inductance_h * x.field_current_a * x.field_current_a
    y.stored_j = 0.5 * (p.stage.capacitance_f * x.link_v * x.link_v + field) + shaft_energy(p, x)
    collect(x, y, dt)
    if x.heat_time_s >= THERMAL_STEP_S:
        if x.thermal_on > 0.5:
            warm(p, x, inputs)
        else:
            x.heat_time_s = x.heat_winding_j = x.heat_iron_j = x.heat_rotor_j = x.heat_gear_j = x.heat_inverter_j = 0.0
    _temperatures(x, y)
