"""The meter: keeps every fresh value of some channels while a measuring window is open.

The rows of a channel are a ring of which the core is the only writer; it counts and never waits. Whoever reads keeps
its own place (``bench.sequence.desk.metering``), and sees by the count what it was too late for.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import compiled


@compiled
def add_to_meter(entries: Any, image: Any, core: Any, channel: int) -> bool:
    """Meter ``channel`` from the next start on; ``False`` if there is no such channel, or no place left."""
    if channel >= image.shape[0] or core.meter_channels >= entries.shape[0]:
        return False
    entry = entries[core.meter_channels]
    entry.channel, entry.rows, entry.last_ns = channel, 0, -1
    core.meter_channels += 1
    return True


@compiled
def start_meter(entries: Any, image: Any, core: Any) -> None:
    """Open the window: what is already in the image is not fresh."""
    for i in range(core.meter_channels):
        entry = entries[i]
        entry.rows, entry.last_ns = 0, image[entry.channel].t_ns
    core.metering = 1


@compiled
def keep(channels: Any, entries: Any, rows: Any, image: Any, count: int) -> None:
    """Append every value whose time is new, of the first ``count`` entries; the oldest give way."""
    for i in range(count):
        entry = entries[i]
        known = image[entry.channel]
        if known.t_ns - entry.last_ns < channels[entry.channel].meter_ns:
            continue
        entry.last_ns = known.t_ns
        row = rows[i, entry.rows % rows.shape[1]]
        row.t_ns, row.value, row.quality = known.t_ns, known.value, known.quality
        entry.rows += 1


@compiled
def metered_rows(entries: Any, count: int, channel: int) -> int:
    """How many fresh values of ``channel`` have come since the start; -1 if it is not metered."""
    for i in range(count):
        if entries[i].channel == channel:
            return int(entries[i].rows)
    return -1


def metered(state: Any, place: int, first: int, count: int) -> tuple[NDArray[np.void], int]:
    """The METER_ROW records from number ``first`` to before ``count`` (at most what ``meter_channels`` say) of the
    ``place``-th metered channel, as a copy; and how many of them are lost, since newer ones have taken their places.
    """
    lost = max(0, count - first - state.meter_rows.shape[1])
    return state.meter_rows[place].take(np.arange(first + lost, count), mode="wrap"), lost
