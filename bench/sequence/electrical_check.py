"""The static check of supply and analyzer at operating points: what they must carry, by the twin's prediction, and how
slow the phases may be."""

from collections.abc import Callable, Iterable, Iterator

from bench.sequence.context import Context
from bench.sequence.point.ranges import needed

_RANGE_MARGIN = 1.15
"""What the analyzer's driver leaves above a prediction."""

Points = Iterable[tuple[float, float]]
"""Motor speed in rpm and torque in Nm."""


def supply_texts(context: Context, points: Points, what: str, remedy: str) -> Iterator[str]:
    """What is too much for the DC supply. ``what`` needs it; ``remedy``: how to need less."""
    currents = [context.twin.predict(*point)["dc.current"] for point in points]
    bench = context.bench
    for current, most, does in (
        (max(currents), bench.source_current_a, "gives"),
        (-min(currents), bench.sink_current_a, "sinks"),
    ):
        if current > most:
            yield f"{what} needs {current:.0f} A; the supply {does} {most:g} A at most: {remedy}"


def analyzer_texts(context: Context, points: Points, remedy: str) -> Iterator[str]:
    """What is beyond the widest ranges of the analyzer."""
    for channel, value in needed(context, points).items():
        part, _, quantity = channel.partition(".")
        element = context.budget.elements.get(part)
        if element is not None:
            volts = quantity == "voltage"
            most, unit = (element.voltage_range_v, "V") if volts else (element.current_range_a, "A")
            if value * _RANGE_MARGIN > most:
                text = f"{channel} reaches {value:.0f} {unit}, and {_RANGE_MARGIN - 1:.0%} are left above it"
                yield f"{text}; the analyzer's widest range is {most:g} {unit}: {remedy}"


def carried_texts(context: Context, points: Points, remedy: str) -> Iterator[str]:
    """What supply or analyzer cannot carry at the ends of what ``points`` ask for: most power each way, most torque
    each way, highest speed. Losses in between are smaller."""
    ends = _ends(list(points))
    if ends:
        yield from supply_texts(context, ends, "it", remedy)
        yield from analyzer_texts(context, ends, remedy)


def _ends(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    keys: tuple[Callable[[tuple[float, float]], float], ...] = (
        lambda point: point[0] * point[1],
        lambda point: -point[0] * point[1],
        lambda point: point[1],
        lambda point: -point[1],
        lambda point: point[0],
    )
    return list(dict.fromkeys(max(points, key=key) for key in keys)) if points else []


def period_texts(context: Context, speed_rpm: float) -> Iterator[str]:
    """An update that is shorter than a period of the phases measures a part of it, another part each time."""
    periods = context.dut.electrical_hz(speed_rpm) * context.bench.update_s
    if context.phases_measured and periods < 1.0:
        update = f"one update of the analyzer ({context.bench.update_s * 1e3:g} ms) holds {periods:.2f} periods"
        remedy = "start at a higher speed, or raise 'update' in the rig file"
        yield f"{update} of the phases at {speed_rpm:g} rpm, at least one is needed; {remedy}"
