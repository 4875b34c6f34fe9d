"""What the drive unit's own control and power stage do in one step: field, currents, in three modes.

Clocking (current-controlled inside the voltage limit), short circuit, and off (diodes: above base speed a flux that is
still there feeds the DC link).
"""

import math
from typing import Any

from bench.base.compiled import compiled
from bench.plant.dq import controlled, loaded
from bench.plant.link import NO_SOLUTION, solve_link
from bench.plant.optimum import best_currents
from bench.plant.power_stage import rectifier_loss, short_circuit_resistance

OFF, SHORT, CLOCKING = 0, 1, 2
_DIODES = 2.0 / math.pi  # fundamental phase amplitude of a diode bridge's block voltage, as part of the DC voltage
_BISECTIONS = 48


@compiled
def mode(p: Any, x: Any, inputs: Any) -> Any:
    """Which of the three modes the inputs and the DC voltage give."""
    if inputs.short_circuit > 0.5:
        return SHORT
    return CLOCKING if inputs.pwm_on > 0.5 and x.link_v >= p.stage.voltage_min_v else OFF


@compiled
def torque_step(machine: Any, torque: float, target: float, dt: float) -> Any:
    """The torque wish after ``dt``: first order towards ``target``."""
    return torque + (target - torque) * dt / (machine.torque_time_s + 0.5 * dt)


@compiled
def field_step(p: Any, x: Any, target_a: float, clocking: bool, dt: float) -> Any:
    """(field current after the step, field voltage): controlled within the DC voltage, or decaying with u_f = 0."""
    m = p.machine
    if m.field_inductance_h <= 0.0:
        return 0.0, 0.0
    slow, half = m.field_inductance_h / dt, 0.5 * x.field_resistance_ohm
    u_f = 0.0
    if clocking:
        u_f = x.field_resistance_ohm * target_a + m.field_inductance_h / m.torque_time_s * (
            target_a - x.field_current_a
        )
        u_f = min(max(u_f, -x.link_v), x.link_v)
    after = ((slow - half) * x.field_current_a + u_f) / (slow + half)
    if after < 0.0:
        after = 0.0
        u_f = half * x.field_current_a - slow * x.field_current_a
    return after, u_f


@compiled
def rectified(p: Any, x: Any, inputs: Any, source_v: float, psi: float, w_e: float, dt: float) -> Any:
    """The resistance in ohm that the diode bridge is to the machine; infinite where it does not conduct."""
    open_link, _ = solve_link(p.stage, p.source, inputs, x.link_v, source_v, 0.0, dt)
    if psi * abs(w_e) <= _DIODES * open_link:
        return math.inf
    m, low, high = p.machine, -9.0, 12.0
    for _ in range(_BISECTIONS):
        load = math.exp(0.5 * (low + high))
        i_d, i_q = loaded(x.resistance_ohm, m.inductance_d_h, m.inductance_q_h, psi, w_e, load)
        square = i_d * i_d + i_q * i_q
        i_peak = math.sqrt(square)
        power = rectifier_loss(p.stage, i_peak) - 1.5 * load * square
        link, _ = solve_link(p.stage, p.source, inputs, x.link_v, source_v, power, dt)
        if link != NO_SOLUTION and load * i_peak < _DIODES * link:
            low = 0.5 * (low + high)
        else:
            high = 0.5 * (low + high)
    return math.exp(0.5 * (low + high))


@compiled
def wish(table: Any, p: Any, x: Any, torque: float, torque_raw: float, w_m: float) -> Any:
    """(i_d, i_f) wanted for ``torque`` at the present speed and voltage."""
    fraction = min(abs(torque) / torque_raw, 1.0) if torque_raw > 0.0 else 0.0
    return best_currents(table, fraction, w_m, x.link_v)


@compiled
def voltage_limit(stage: Any, u_dc: float) -> Any:
    """Highest phase amplitude in V."""
    return stage.modulation_max * u_dc / math.sqrt(3.0)


@compiled
def stator_currents(
    p: Any, x: Any, inputs: Any, how: int, psi: float, i_d: float, torque: float, w_e: float, u_max: float, link: Any
) -> Any:
    """(i_d, i_q) of this step in mode ``how``; ``link`` is (source voltage, step in s) for the diode bridge."""
    m = p.machine
    if how == CLOCKING:
        return controlled(m, x.resistance_ohm, psi, i_d, torque, w_e, u_max)
    if how == SHORT:
        load = short_circuit_resistance(p.stage)
    else:
        load = rectified(p, x, inputs, link[0], psi, w_e, link[1])
        if load == math.inf:
            return 0.0, 0.0
    return loaded(x.resistance_ohm, m.inductance_d_h, m.inductance_q_h, psi, w_e, load)
