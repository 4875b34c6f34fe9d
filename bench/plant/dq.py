"""Quasi-static equations of a synchronous machine in dq: amplitude-invariant, motor convention, SI units.

``psi`` is the flux of field or magnet in the d axis. Source: reference text of the project, 6.1 and 6.2; the closed
forms follow from u_d = R i_d - w L_q i_q and u_q = R i_q + w (L_d i_d + psi).
"""

import math
from typing import Any

from bench.base.compiled import compiled

_EPSILON_VS = 1e-9  # keeps the division by a vanished torque constant finite
_WEAKENING_ROUNDS = 40
_SETTLED = 1e-10  # of the voltage's square: near enough


@compiled
def voltages(resistance: float, l_d: float, l_q: float, psi: float, i_d: float, i_q: float, w_e: float) -> Any:
    """(u_d, u_q) in V at electrical speed ``w_e`` in rad/s."""
    return resistance * i_d - w_e * l_q * i_q, resistance * i_q + w_e * (l_d * i_d + psi)


@compiled
def torque_constant(pole_pairs: float, l_d: float, l_q: float, psi: float, i_d: float) -> float:
    """Air-gap torque per q current, Nm/A."""
    return 1.5 * pole_pairs * (psi + (l_d - l_q) * i_d)


@compiled
def q_current(torque: float, constant: float) -> float:
    """The q current in A for ``torque`` in Nm; finite where the torque constant vanishes."""
    return torque * constant / (constant * constant + _EPSILON_VS)


@compiled
def q_limit(
    resistance: float, l_d: float, l_q: float, psi: float, i_d: float, w_e: float, u_max: float, sign: float
) -> float:
    """Largest |i_q| in A on the side ``sign`` of zero with |u| <= ``u_max``; -1 where no i_q of that side fits."""
    psi_d = l_d * i_d + psi
    a = resistance * resistance + w_e * w_e * l_q * l_q
    b = resistance * w_e * (psi_d - l_q * i_d) * sign
    c = resistance * resistance * i_d * i_d + w_e * w_e * psi_d * psi_d - u_max * u_max
    discriminant = b * b - a * c
    if discriminant < 0.0:
        return -1.0
    root = (math.sqrt(discriminant) - b) / a
    return root if root >= 0.0 else -1.0


@compiled
def d_limit(machine: Any, resistance: float, psi: float, i_q: float, w_e: float, u_max: float) -> Any:
    """(fits, the highest d current in A with |u| <= ``u_max`` at ``i_q``); not fitting: the one of least voltage."""
    l_d = machine.inductance_d_h
    across, along = -w_e * machine.inductance_q_h * i_q, resistance * i_q + w_e * psi
    a = resistance * resistance + w_e * w_e * l_d * l_d
    b = resistance * across + w_e * l_d * along
    c = across * across + along * along - u_max * u_max
    discriminant = b * b - a * c
    return discriminant >= 0.0, (math.sqrt(max(discriminant, 0.0)) - b) / a


@compiled
def controlled(machine: Any, resistance: Any, psi: Any, i_d: Any, torque: Any, w_e: Any, u_max: Any) -> Any:
    """(i_d, i_q) of a current-controlled machine: the wish (``i_d``, ``torque``) inside current and voltage limit."""
    l_d, l_q, i_max = machine.inductance_d_h, machine.inductance_q_h, machine.current_max_a
    i_q = q_current(torque, torque_constant(machine.pole_pairs, l_d, l_q, psi, i_d))
    sign = 1.0 if i_q >= 0.0 else -1.0
    size = min(abs(i_q), math.sqrt(max(i_max * i_max - i_d * i_d, 0.0)))
    u_d, u_q = voltages(resistance, l_d, l_q, psi, i_d, sign * size, w_e)
    if u_d * u_d + u_q * u_q <= u_max * u_max:
        return i_d, sign * size
    return _weakened(machine, resistance, psi, i_d, torque, w_e, u_max)


@compiled
def _weakened(machine: Any, resistance: Any, psi: Any, i_d: Any, torque: Any, w_e: Any, u_max: Any) -> Any:
    """(i_d, i_q) on the voltage limit: the torque by more field weakening, or as much of it as the limits leave."""
    p, l_d, l_q = machine.pole_pairs, machine.inductance_d_h, machine.inductance_q_h
    deeper = _deeper(machine, resistance, psi, i_d, torque, w_e, u_max)
    shallow, q_shallow = _clipped(machine, resistance, psi, i_d, torque, w_e, u_max)
    deep, q_deep = _clipped(machine, resistance, psi, deeper, torque, w_e, u_max)
    if max(shallow, deep) < 0.0:
        _, i_d = d_limit(machine, resistance, psi, 0.0, w_e, u_max)
        return i_d, 0.0
    gained = deep * abs(torque_constant(p, l_d, l_q, psi, deeper))
    if gained > shallow * abs(torque_constant(p, l_d, l_q, psi, i_d)):
        return deeper, q_deep
    return (i_d, q_shallow) if shallow >= 0.0 else (deeper, q_deep)


@compiled
def _excess(machine: Any, resistance: Any, psi: Any, i_d: Any, torque: Any, w_e: Any, u_max: Any) -> Any:
    """How far the square of the voltage for ``torque`` at ``i_d`` lies over the limit, as a part of the limit."""
    l_d, l_q = machine.inductance_d_h, machine.inductance_q_h
    i_q = q_current(torque, torque_constant(machine.pole_pairs, l_d, l_q, psi, i_d))
    u_d, u_q = voltages(resistance, l_d, l_q, psi, i_d, i_q, w_e)
    return (u_d * u_d + u_q * u_q) / (u_max * u_max) - 1.0


@compiled
def _deeper(machine: Any, resistance: Any, psi: Any, i_d: Any, torque: Any, w_e: Any, u_max: Any) -> Any:
    """The d current below ``i_d`` at which ``torque`` just fits the voltage; the lowest useful one if there is none.

    Regula falsi with the Illinois rule between no flux in the d axis (fits) and ``i_d`` (does not).
    """
    low = max(-machine.current_max_a, -psi / machine.inductance_d_h)
    high = i_d
    at_low = _excess(machine, resistance, psi, low, torque, w_e, u_max)
    at_high = _excess(machine, resistance, psi, high, torque, w_e, u_max)
    if low >= high or at_low > 0.0 or at_high <= 0.0:
        return min(low, high)
    for _ in range(_WEAKENING_ROUNDS):
        middle = (low * at_high - high * at_low) / (at_high - at_low)
        value = _excess(machine, resistance, psi, middle, torque, w_e, u_max)
        if value > 0.0:
            high, at_high, at_low = middle, value, 0.5 * at_low
        else:
            low, at_low, at_high = middle, value, 0.5 * at_high
            if value > -_SETTLED:
                break
    return low


@compiled
def _clipped(machine: Any, resistance: Any, psi: Any, i_d: Any, torque: Any, w_e: Any, u_max: Any) -> Any:
    """(|i_q|, i_q) nearest to ``torque`` at ``i_d`` inside both limits; (-1, 0) where no i_q of its side fits."""
    l_d, l_q, i_max = machine.inductance_d_h, machine.inductance_q_h, machine.current_max_a
    i_q = q_current(torque, torque_constant(machine.pole_pairs, l_d, l_q, psi, i_d))
    sign = 1.0 if i_q >= 0.0 else -1.0
    limit = q_limit(resistance, l_d, l_q, psi, i_d, w_e, u_max, sign)
    if limit < 0.0:
        return -1.0, 0.0
    size = min(min(abs(i_q), limit), math.sqrt(max(i_max * i_max - i_d * i_d, 0.0)))
    return size, sign * size


@compiled
def loaded(resistance: float, l_d: float, l_q: float, psi: float, w_e: float, load: float) -> Any:
    """(i_d, i_q) of a machine that feeds three equal resistances ``load`` in ohm; 0 is the short circuit."""
    total = resistance + load
    denominator = total * total + w_e * w_e * l_d * l_q
    if denominator <= 0.0:
        return 0.0, 0.0
    return -w_e * w_e * l_q * psi / denominator, -w_e * total * psi / denominator


@compiled
def iron_loss_slope(machine: Any, psi_d: float, psi_q: float, w_m: float) -> Any:
    """Iron loss divided by the square of the motor's speed, W s^2: as a braking torque it is this times the speed."""
    p = machine.pole_pairs
    square = psi_d * psi_d + psi_q * psi_q
    slow = math.sqrt(w_m * w_m + 1.0)
    return p * square * (machine.iron_hysteresis_w_s_per_vs2 / slow + p * machine.iron_eddy_w_s2_per_vs2)


@compiled
def friction_slope(machine: Any, w_m: float) -> Any:
    """Bearing and windage loss divided by the square of the motor's speed, W s^2."""
    return machine.bearing_torque_nm / math.sqrt(w_m * w_m + 1.0) + machine.windage_nm_s2 * abs(w_m)
