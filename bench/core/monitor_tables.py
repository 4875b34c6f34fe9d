"""The monitors of a design as tables."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.canbus.monitors import BUS_MONITOR, MONITOR, STATISTICS
from bench.core.design import Design
from bench.core.monitors import ROUND_NS
from bench.core.tables import NONE

Index = Callable[[str, str], int]
"""The place of a channel by its name and by who asks; -1 where there is none, which is told."""

Tell = Callable[[str, str], None]
"""A mistake: its place and what is wrong."""


def turn_ns(design: Design) -> int:
    """Time between the turns of two monitors; one turn is for the rows that are not used yet."""
    return ROUND_NS // (len(design.can.messages) + len(design.buses) + 1)


def monitor_table(design: Design, index: Index, wrong: Tell) -> NDArray[Any]:
    """A MONITOR for each message of the CAN tables, whether channels tell of it or not."""
    table = np.zeros(len(design.can.messages), MONITOR)
    table["period_ns"], table["first"] = design.can.messages["period_ns"], NONE
    for monitor in design.monitors:
        row, place = table[monitor.message], f"monitor of message {monitor.message}"
        names = [monitor.channels[each] for each in STATISTICS if each in monitor.channels]
        row["first"], row["judged"] = _block(names, place, index, wrong), _judged(design, names)
        row["statistics"] = sum(1 << n for n, each in enumerate(STATISTICS) if each in monitor.channels)
    return table


def bus_monitor_table(design: Design, index: Index, wrong: Tell) -> NDArray[Any]:
    """A BUS_MONITOR for each bus."""
    table = np.zeros(len(design.buses), BUS_MONITOR)
    for number, (row, bus) in enumerate(zip(table, design.buses, strict=True)):
        row["bitrate"] = bus.bitrate
        row["first"] = _block(bus.channels, f"monitor of bus {number}", index, wrong)
        row["judged"] = _judged(design, bus.channels)
    if set(design.can.messages["bus"].tolist()) - set(range(len(table))):
        wrong("buses", "every bus that has messages needs its bit rate")
    return table


def _block(names: Sequence[str], place: str, index: Index, wrong: Tell) -> int:
    """The first of channels that follow each other."""
    places = [index(name, place) for name in names]
    if any(b != a + 1 for a, b in pairwise(places)):
        wrong(place, f"channels {', '.join(names)} must follow each other in the image")
    return places[0] if places else NONE


def _judged(design: Design, names: Sequence[str]) -> bool:
    """Whether a limit is set on one of them."""
    told = {limit.channel for limit in design.limits}
    told |= {other for limit in design.limits for other, _ in limit.minus}
    return not told.isdisjoint(names)
