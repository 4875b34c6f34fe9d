"""The analyzer's ranges: fixed for a point from the predicted values, never automatic inside a window."""

from collections.abc import Iterable, Mapping

from bench.schedule.requests import Ask, Operation
from bench.sequence.context import Context

RANGED = ("dc.voltage", "dc.current", "ac.voltage", "ac.current", "field.voltage", "field.current")


def needed(context: Context, points: Iterable[tuple[float, float]]) -> dict[str, float]:
    """What the ranges must hold for these (motor rpm, Nm): the largest prediction, V and A.

    The driver chooses the next larger range, with its own margin. Where a plan has set another voltage of the supply,
    the same power takes another current.
    """
    highest: dict[str, float] = {}
    volts = context.position.supply_v
    share = 1.0 if volts is None else max(volts / context.bench.supply_voltage_v, 0.1)
    scale = {"dc.voltage": max(share, 1.0), "dc.current": max(1.0 / share, 1.0)}
    for speed_rpm, torque_nm in points:
        for channel, value in context.twin.predict(speed_rpm, torque_nm).items():
            if channel in RANGED:
                highest[channel] = max(highest.get(channel, 0.0), abs(value) * scale.get(channel, 1.0))
    return highest


def fix(context: Context, points: Iterable[tuple[float, float]]) -> Operation[Mapping[str, float]]:
    """Fix the ranges for these points; the ranges in force, as the analyzer reads them back."""
    return (yield from fix_for(context, needed(context, points)))


def fix_for(context: Context, values: Mapping[str, float]) -> Operation[Mapping[str, float]]:
    """Fix the ranges for what was predicted already."""
    answer: Mapping[str, float] = yield Ask(context.roles.analyzer, "ranges", values)
    return answer
