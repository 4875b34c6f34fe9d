"""A regular grid through measured points, for plots: linear along torque at each speed, linear between speeds."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class GridMap(NamedTuple):
    """``values[j, i]`` at ``torque_nm[j]``, ``speed_rpm[i]``; NaN outside what was measured."""

    speed_rpm: Floats
    torque_nm: Floats
    values: Floats


def _column(torque_nm: Floats, value: Floats, at_nm: Floats) -> Floats:
    order = np.argsort(torque_nm)
    return np.interp(at_nm, torque_nm[order], value[order], left=np.nan, right=np.nan)


def grid_map(
    speed_rpm: Floats, torque_nm: Floats, value: Floats, speeds: int = 80, torques: int = 81, gap_nm: float = 0.0
) -> GridMap:
    """Interpolate scattered rows of equal speed. Between two speeds torque follows each row's span,
    so that the map's edge follows the envelope. Points without a value (NaN) are left out; inside +-``gap_nm`` is NaN.

    Raises ``ValueError`` with fewer than two speeds.
    """
    keep = np.isfinite(value)
    rows = np.unique(np.round(speed_rpm[keep], 3))
    if len(rows) < 2:
        raise ValueError("a map needs points with a value at two speeds or more")
    at_rpm = np.linspace(rows[0], rows[-1], speeds)
    at_nm = np.linspace(float(torque_nm[keep].min()), float(torque_nm[keep].max()), torques)
    lower, upper = np.empty(len(rows)), np.empty(len(rows))
    scale = np.linspace(0.0, 1.0, 201)
    table = np.empty((len(rows), len(scale)))
    for i, row in enumerate(rows):
        here = keep & (np.abs(speed_rpm - row) < 1e-2)
        lower[i], upper[i] = torque_nm[here].min(), torque_nm[here].max()
        table[i] = _column(torque_nm[here], value[here], lower[i] + scale * (upper[i] - lower[i]))
    values = np.full((torques, speeds), np.nan)
    for i, rpm in enumerate(at_rpm):
        low, high = np.interp(rpm, rows, lower), np.interp(rpm, rows, upper)
        column = np.array([np.interp(rpm, rows, table[:, k]) for k in range(len(scale))])
        inside = (at_nm >= low) & (at_nm <= high) & (np.abs(at_nm) >= gap_nm)
        if high > low:
            values[inside, i] = np.interp((at_nm[inside] - low) / (high - low), scale, column)
    return GridMap(at_rpm, at_nm, values)
