"""What supply and analyzer must carry at operating points, by the twin's prediction: the static check of both."""

from collections.abc import Iterable, Iterator

from bench.sequence.context import Context
from bench.sequence.ranges import needed

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
