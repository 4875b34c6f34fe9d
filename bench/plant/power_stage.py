"""Average-value power stage: conduction and switching loss of six IGBTs and diodes, and the exciter's loss.

Sine averaging as in power semiconductor manuals: per IGBT (1/2pi + M cos(phi)/8) V0 I + (1/8 + M cos(phi)/3pi) r I^2,
per diode with minus signs; M = u_peak / (U_dc / 2), I the peak current. Switching, each:
f E/pi (I/I_ref)^ki (U/U_ref)^kv.
"""

import math
from typing import Any

from bench.base.compiled import compiled


@compiled
def inverter_loss(stage: Any, u_peak: float, i_peak: float, cos_phi: float, u_dc: float) -> Any:
    """Loss in W of the clocking inverter, standby included."""
    m_cos = 2.0 * u_peak / max(u_dc, 1.0) * cos_phi
    threshold, slope = 0.5 / math.pi, 0.125
    igbt = (threshold + m_cos / 8.0) * stage.igbt_threshold_v * i_peak
    igbt += (slope + m_cos / (3.0 * math.pi)) * stage.igbt_slope_ohm * i_peak * i_peak
    diode = (threshold - m_cos / 8.0) * stage.diode_threshold_v * i_peak
    diode += (slope - m_cos / (3.0 * math.pi)) * stage.diode_slope_ohm * i_peak * i_peak
    i, u = i_peak / stage.reference_current_a, u_dc / stage.reference_voltage_v
    energy = stage.igbt_switching_j * i * u**stage.igbt_voltage_exponent
    energy += stage.diode_switching_j * i**stage.diode_current_exponent * u**stage.diode_voltage_exponent
    return 6.0 * (igbt + diode + stage.switching_frequency_hz / math.pi * energy) + stage.standby_loss_w


@compiled
def rectifier_loss(stage: Any, i_peak: float) -> Any:
    """Loss in W of six diodes that rectify a sine current."""
    return 6.0 * i_peak * (stage.diode_threshold_v / math.pi + 0.25 * stage.diode_slope_ohm * i_peak)


@compiled
def short_circuit_resistance(stage: Any) -> Any:
    """What the closed switches add to the winding in a short circuit, ohm (the threshold is left out)."""
    return 0.5 * (stage.igbt_slope_ohm + stage.diode_slope_ohm)


@compiled
def exciter_loss(stage: Any, i_f: float) -> Any:
    """Loss in W of the exciter that feeds the field."""
    return abs(i_f) * (stage.exciter_threshold_v + stage.exciter_slope_ohm * abs(i_f))
