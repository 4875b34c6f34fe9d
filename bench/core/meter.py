"""The meter: keeps every fresh value of some channels while a measuring window is open."""

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
    entry.channel, entry.rows, entry.lost, entry.last_ns = channel, 0, 0, -1
    core.meter_channels += 1
    return True


@compiled
def start_meter(entries: Any, image: Any, core: Any) -> None:
    """Open the window: what is already in the image is not fresh."""
    for i in range(core.meter_channels):
        entry = entries[i]
        entry.rows, entry.lost, entry.last_ns = 0, 0, image[entry.channel].t_ns
    core.metering = 1


@compiled
def keep(channels: Any, entries: Any, rows: Any, image: Any, count: int) -> None:
    """Append every value whose time is new, of the first ``count`` entries. A full row refuses and counts."""
    for i in range(count):
        entry = entries[i]
        known = image[entry.channel]
        if known.t_ns - entry.last_ns < channels[entry.channel].meter_ns:
            continue
        entry.last_ns = known.t_ns
        if entry.rows == rows.shape[1]:
            entry.lost += 1
            continue
        row = rows[i, entry.rows]
        row.t_ns, row.value, row.quality = known.t_ns, known.value, known.quality
        entry.rows += 1


@compiled
def metered_rows(entries: Any, count: int, channel: int) -> int:
    """How many fresh values of ``channel`` the meter holds; -1 if it is not metered."""
    for i in range(count):
        if entries[i].channel == channel:
            return int(entries[i].rows)
    return -1


def metered(state: Any, channel: int) -> NDArray[np.void]:
    """The METER_ROW records of ``channel`` (an index), as a copy. Raises ``KeyError`` if it is not metered."""
    for entry, rows in zip(state.meter_channels[: state.core["meter_channels"][0]], state.meter_rows, strict=False):
        if entry["channel"] == channel:
            return rows[: entry["rows"]].copy()  # type: ignore[no-any-return]
    raise KeyError(channel)
