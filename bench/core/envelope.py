"""The torque envelope: the lowest and highest torque allowed at a speed."""

from typing import Any

from bench.base.compiled import compiled


@compiled
def allowed(envelope: Any, points: Any, speed_rpm: float) -> tuple[float, float]:
    """(lowest, highest) torque in Nm at ``speed_rpm``, margin included; mirrored for negative speeds.

    Beyond the last point only the margin around 0 Nm remains.
    """
    speed, first, last = abs(speed_rpm), envelope.first_point, envelope.first_point + envelope.points - 1
    low, high = 0.0, 0.0
    if speed <= points[last].speed_rpm:
        while last - first > 1:
            middle = (first + last) // 2
            if points[middle].speed_rpm < speed:
                first = middle
            else:
                last = middle
        a, b = points[first], points[last]
        share = (speed - a.speed_rpm) / (b.speed_rpm - a.speed_rpm)
        low = a.min_nm + share * (b.min_nm - a.min_nm)
        high = a.max_nm + share * (b.max_nm - a.max_nm)
    if speed_rpm < 0.0:
        low, high = -high, -low
    return low - envelope.margin_nm, high + envelope.margin_nm
