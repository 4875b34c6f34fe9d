"""The loss-optimal currents of a machine, tabled at start-up over torque, speed and DC voltage.

For each speed and voltage the highest torque inside current and voltage limit is found first; the other axis is the
fraction of it, so that every cell of the table can be reached. The sum of copper, iron, field, exciter and inverter
loss is minimised. Field weakening and maximum torque per volt come out of the limits; nothing is told about them.
"""

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.base.by_reference import by_reference
from bench.base.compiled import compiled, machine_words, sources_hash
from bench.base.kept import kept
from bench.plant.dq import iron_loss_slope, q_current, q_limit, torque_constant, voltages
from bench.plant.power_stage import exciter_loss, inverter_loss

SPEEDS, VOLTAGES, FRACTIONS = 49, 5, 17
_MARGIN = 0.985  # of the voltage limit: room for interpolation between cells
_COARSE, _FINE, _ZOOMS = 33, 9, 5
_BREACH_W = 1e8  # a wish outside the limits costs this much per unit of breach


@by_reference
class CurrentTable(NamedTuple):
    """Tables over (speed, voltage): ``torque_max``, and over (fraction, speed, voltage): d current, field current.

    Speeds 0..``speed_top`` rad/s (motor, absolute) and voltages ``voltage_low``..``voltage_top`` are evenly spaced,
    fractions are the squares of evenly spaced numbers. ``axes`` holds the three numbers.
    """

    axes: NDArray[np.float64]
    torque_max: NDArray[np.float64]
    currents: NDArray[np.float64]


@compiled
def _cost(
    p: Any,
    resistance: Any,
    resistance_f: Any,
    magnet: Any,
    i_d: Any,
    i_f: Any,
    torque: Any,
    w_m: Any,
    u_dc: Any,
    u_max: Any,
) -> Any:
    """Loss in W of ``torque`` at these currents; breaches of the limits cost in proportion to their size."""
    m = p.machine
    w_e, psi = m.pole_pairs * w_m, m.mutual_inductance_h * i_f + magnet
    i_q = q_current(torque, torque_constant(m.pole_pairs, m.inductance_d_h, m.inductance_q_h, psi, i_d))
    u_d, u_q = voltages(resistance, m.inductance_d_h, m.inductance_q_h, psi, i_d, i_q, w_e)
    square, u_peak = i_d * i_d + i_q * i_q, math.sqrt(u_d * u_d + u_q * u_q)
    i_peak = math.sqrt(square)
    psi_d, psi_q = m.inductance_d_h * i_d + psi, m.inductance_q_h * i_q
    apparent = u_peak * i_peak
    cos_phi = (u_d * i_d + u_q * i_q) / apparent if apparent > 0.0 else 0.0
    loss = 1.5 * resistance * square + resistance_f * i_f * i_f + exciter_loss(p.stage, i_f)
    loss += iron_loss_slope(m, psi_d, psi_q, w_m) * w_m * w_m
    loss += inverter_loss(p.stage, min(u_peak, u_max), i_peak, cos_phi, u_dc)
    breach = max(u_peak / u_max - 1.0, 0.0) + max(i_peak / m.current_max_a - 1.0, 0.0)
    delivered = i_q * torque_constant(m.pole_pairs, m.inductance_d_h, m.inductance_q_h, psi, i_d)
    return loss + _BREACH_W * (breach + abs(delivered - torque) / m.torque_max_nm)


@compiled
def _reach(p: Any, resistance: Any, magnet: Any, i_d: Any, i_f: Any, w_m: Any, u_max: Any) -> Any:
    """Highest driving torque in Nm with these two currents; -1 where they do not fit at all."""
    m = p.machine
    if abs(i_d) > m.current_max_a:
        return -1.0
    psi = m.mutual_inductance_h * i_f + magnet
    constant = torque_constant(m.pole_pairs, m.inductance_d_h, m.inductance_q_h, psi, i_d)
    limit = q_limit(resistance, m.inductance_d_h, m.inductance_q_h, psi, i_d, m.pole_pairs * w_m, u_max, 1.0)
    if limit < 0.0 or constant < 0.0:
        return -1.0
    i_q = min(limit, math.sqrt(m.current_max_a * m.current_max_a - i_d * i_d))
    return min(constant * i_q, m.torque_max_nm)


@compiled
def _search(
    p: Any, resistance: Any, resistance_f: Any, magnet: Any, torque: Any, w_m: Any, u_dc: Any, u_max: Any
) -> Any:
    """(i_d, i_f, best value): least loss at ``torque``, or with ``torque`` < 0 the highest reachable torque."""
    m = p.machine
    two = m.field_current_max_a > 0.0
    mid_d, half_d = -0.25 * m.current_max_a, 0.75 * m.current_max_a
    mid_f = 0.5 * (m.field_current_min_a + m.field_current_max_a)
    half_f = 0.5 * (m.field_current_max_a - m.field_current_min_a)
    best, best_d, best_f = np.inf, 0.0, mid_f
    for zoom in range(_ZOOMS):
        count = _COARSE if zoom == 0 else _FINE
        for a in range(count):
            i_d = mid_d + half_d * (2.0 * a / (count - 1) - 1.0)
            for b in range(count if two else 1):
                i_f = mid_f + (half_f * (2.0 * b / (count - 1) - 1.0) if two else 0.0)
                i_f = min(max(i_f, m.field_current_min_a), m.field_current_max_a)
                if torque < 0.0:
                    value = -_reach(p, resistance, magnet, i_d, i_f, w_m, u_max)
                else:
                    value = _cost(p, resistance, resistance_f, magnet, i_d, i_f, torque, w_m, u_dc, u_max)
                if value < best:
                    best, best_d, best_f = value, i_d, i_f
        mid_d, mid_f = best_d, best_f
        shrink = 3.0 / count
        half_d, half_f = half_d * shrink, half_f * shrink
    return best_d, best_f, best


@compiled
def _fill(p: Any, resistance: Any, resistance_f: Any, magnet: Any, axes: Any, torque_max: Any, currents: Any) -> Any:
    fractions, speeds, voltages_n = currents.shape[0], torque_max.shape[0], torque_max.shape[1]
    for s in range(speeds):
        w_m = axes[0] * s / (speeds - 1)
        for v in range(voltages_n):
            u_dc = axes[1] + (axes[2] - axes[1]) * v / (voltages_n - 1)
            u_max = _MARGIN * p.stage.modulation_max * u_dc / math.sqrt(3.0)
            i_d, i_f, best = _search(p, resistance, resistance_f, magnet, -1.0, w_m, u_dc, u_max)
            torque_max[s, v] = max(-best, 0.0)
            for f in range(fractions):
                fraction = (f / (fractions - 1)) ** 2
                wish = fraction * torque_max[s, v]
                i_d, i_f, best = _search(p, resistance, resistance_f, magnet, wish, w_m, u_dc, u_max)
                currents[f, s, v, 0], currents[f, s, v, 1] = i_d, i_f


def make_table(p: np.ndarray, temperature_degc: float = 90.0) -> CurrentTable:
    """The table for the machine in the record ``p``, at one temperature of windings and magnets."""
    m, stage = p["machine"][0], p["stage"][0]
    warm = 1.0 + 0.00393 * (temperature_degc - 20.0)
    magnet = m["magnet_flux_vs"] * (1.0 - m["magnet_temperature_coefficient_per_k"] * (temperature_degc - 20.0))
    axes = np.array([1.08 * m["speed_max_rpm"] * math.pi / 30.0, stage["voltage_min_v"], stage["voltage_max_v"]])
    table = CurrentTable(axes, np.zeros((SPEEDS, VOLTAGES)), np.zeros((FRACTIONS, SPEEDS, VOLTAGES, 2)))
    resistance, field = m["resistance_20_ohm"] * warm, m["field_resistance_20_ohm"] * warm
    _fill(p[0], float(resistance), float(field), float(magnet), table.axes, table.torque_max, table.currents)
    return table


def kept_table(p: np.ndarray) -> CurrentTable:
    """``make_table(p)``, which takes a third of a second, from an earlier run of this user where there was one."""
    words = (sources_hash(Path(__file__).resolve()), machine_words(), p.tobytes().hex())
    data = kept("currents", "\n".join(words).encode(), lambda: b"".join(part.tobytes() for part in make_table(p)))
    numbers = np.frombuffer(bytearray(data))
    grid = 3 + SPEEDS * VOLTAGES
    return CurrentTable(
        numbers[:3].copy(),
        numbers[3:grid].reshape(SPEEDS, VOLTAGES).copy(),
        numbers[grid:].reshape(FRACTIONS, SPEEDS, VOLTAGES, 2).copy(),
    )


@compiled
def _place(value: float, low: float, top: float, count: int) -> Any:
    """(index, weight of the next) of ``value`` on an even axis; the ends hold outside."""
    position = (value - low) / (top - low) * (count - 1)
    position = min(max(position, 0.0), count - 1.0)
    index = min(int(position), count - 2)
    return index, position - index


@compiled
def torque_limit(table: Any, machine: Any, w_m: float, u_dc: float) -> Any:
    """(highest torque by voltage, current and machine; the same inside the power limit), Nm."""
    axes, grid = table.axes, table.torque_max
    i, a = _place(abs(w_m), 0.0, axes[0], grid.shape[0])
    j, b = _place(u_dc, axes[1], axes[2], grid.shape[1])
    low = grid[i, j] + a * (grid[i + 1, j] - grid[i, j])
    high = grid[i, j + 1] + a * (grid[i + 1, j + 1] - grid[i, j + 1])
    raw = low + b * (high - low)
    return raw, min(raw, machine.power_max_w / max(abs(w_m), 1.0))


@compiled
def best_currents(table: Any, fraction: float, w_m: float, u_dc: float) -> Any:
    """(i_d, i_f) for a ``fraction`` 0..1 of the highest torque."""
    axes, grid = table.axes, table.currents
    k, c = _place(math.sqrt(fraction), 0.0, 1.0, grid.shape[0])
    i, a = _place(abs(w_m), 0.0, axes[0], grid.shape[1])
    j, b = _place(u_dc, axes[1], axes[2], grid.shape[2])
    i_d = i_f = 0.0
    for dk in range(2):
        for di in range(2):
            weight = (c if dk else 1.0 - c) * (a if di else 1.0 - a)
            low, high = grid[k + dk, i + di, j], grid[k + dk, i + di, j + 1]
            i_d += weight * (low[0] + b * (high[0] - low[0]))
            i_f += weight * (low[1] + b * (high[1] - low[1]))
    return i_d, i_f
