"""DC link and source: one implicit Euler step, stable at any capacitance; what it dissipates is booked, not lost."""

import math
from typing import Any

from bench.base.compiled import compiled

NO_SOLUTION = -1.0


@compiled
def _voltage(admittance: float, current: float, power: float) -> float:
    """Solves admittance U^2 - current U + power = 0 for the higher voltage; ``NO_SOLUTION`` if there is none."""
    discriminant = current * current - 4.0 * admittance * power
    if discriminant < 0.0:
        return NO_SOLUTION
    return 0.5 * (current + math.sqrt(discriminant)) / admittance


@compiled
def solve_link(stage: Any, source: Any, inputs: Any, link_v: float, source_v: float, power: float, dt: float) -> Any:
    """(link voltage after the step, source current): ``power`` W is drawn from the link for ``dt`` seconds.

    The source holds its voltage inside its current limits (source, sink), else its limit current. The voltage is
    ``NO_SOLUTION`` where the source cannot deliver the power.
    """
    charge = stage.capacitance_f / dt
    leak = 1.0 / stage.bleeder_resistance_ohm
    if inputs.discharge_on > 0.5:
        leak += 1.0 / stage.discharge_resistance_ohm
    if inputs.contactor_closed < 0.5:
        return _voltage(charge + leak, charge * link_v, power), 0.0
    if inputs.supply_on < 0.5:
        u = _voltage(charge + leak + source.output_bleeder_s, charge * link_v, power)
        return u, -u * source.output_bleeder_s
    g = 1.0 / (source.source_resistance_ohm + source.cable_resistance_ohm)
    u = _voltage(charge + leak + g, charge * link_v + source_v * g, power)
    current = (source_v - u) * g
    limited = min(max(current, -inputs.supply_sink_current_max_a), inputs.supply_current_max_a)
    if u != NO_SOLUTION and limited == current:
        return u, current
    if u == NO_SOLUTION:
        limited = inputs.supply_current_max_a
    return _voltage(charge + leak, charge * link_v + limited, power), limited


@compiled
def source_voltage(source: Any, inputs: Any, source_v: float, supply_v: float, dt: float) -> Any:
    """The source's inner voltage after ``dt``: slews to its set-point when on, follows its terminals when off."""
    if inputs.supply_on < 0.5:
        return supply_v
    step = source.slew_v_per_s * dt
    return source_v + min(max(inputs.supply_voltage_v - source_v, -step), step)
