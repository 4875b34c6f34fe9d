"""The meter: keeps every fresh value of some channels while a measuring window is open."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import compiled


@compiled
def add_to_meter(state: Any, channel: int) -> bool:
    """Meter ``channel`` from the next start on; ``False`` if there is no such channel, or no place left."""
    core = state.core[0]
    if channel >= state.image.shape[0] or core.meter_channels >= state.meter_channels.shape[0]:
        return False
    entry = state.meter_channels[core.meter_channels]
    entry.channel, entry.rows, entry.lost, entry.last_ns = channel, 0, 0, -1
    core.meter_channels += 1
    return True


@compiled
def clear_meter(state: Any) -> None:
    """Forget channels and rows."""
    state.core[0].meter_channels = 0
    state.core[0].metering = 0


@compiled
def start_meter(state: Any) -> None:
    """Open the window: what is already in the image is not fresh."""
    core = state.core[0]
    for i in range(core.meter_channels):
        entry = state.meter_channels[i]
        entry.rows, entry.lost, entry.last_ns = 0, 0, state.image[entry.channel].t_ns
    core.metering = 1


@compiled
def keep(program: Any, state: Any) -> None:
    """Append every value whose time is new. A full row refuses and counts (``lost``)."""
    core = state.core[0]
    if not core.metering:
        return
    for i in range(core.meter_channels):
        entry = state.meter_channels[i]
        known = state.image[entry.channel]
        if known.t_ns - entry.last_ns < program.channels[entry.channel].meter_ns:
            continue
        entry.last_ns = known.t_ns
        if entry.rows == state.meter_rows.shape[1]:
            entry.lost += 1
            continue
        row = state.meter_rows[i, entry.rows]
        row.t_ns, row.value, row.quality = known.t_ns, known.value, known.quality
        entry.rows += 1


@compiled
def metered_rows(state: Any, channel: int) -> int:
    """How many fresh values of ``channel`` the meter holds; -1 if it is not metered."""
    for i in range(state.core[0].meter_channels):
        if state.meter_channels[i].channel == channel:
            return int(state.meter_channels[i].rows)
    return -1


def metered(state: Any, channel: int) -> NDArray[np.void]:
    """The METER_ROW records of ``channel`` (an index), as a copy. Raises ``KeyError`` if it is not metered."""
    for entry, rows in zip(state.meter_channels[: state.core["meter_channels"][0]], state.meter_rows, strict=False):
        if entry["channel"] == channel:
            return rows[: entry["rows"]].copy()  # type: ignore[no-any-return]
    raise KeyError(channel)
