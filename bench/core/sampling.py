"""Step 6: rows for the recorder, at the group's pace or with each new value of its trigger."""

from typing import Any

from bench.base.compiled import compiled
from bench.base.ring import DROPPED, READ, WRITTEN
from bench.core.tables import NONE


@compiled
def sample(groups: Any, channels: Any, last_ns: Any, samples: Any, image: Any, fast: bool, t_ns: int) -> None:
    """Write the rows that are due; a full ring drops the row, counted in its header."""
    for g in range(groups.shape[0]):
        group, time_ns = groups[g], t_ns
        if group.trigger != NONE:
            time_ns = image[group.trigger].t_ns
            if time_ns <= last_ns[g]:
                continue
            last_ns[g] = time_ns
        else:
            period_ns = group.fast_ns if fast else group.slow_ns
            if last_ns[g] >= 0 and t_ns - last_ns[g] < period_ns:
                continue
            last_ns[g] = t_ns - t_ns % period_ns
        _row(group, channels, samples.header[g], samples, image, time_ns)


@compiled
def _row(group: Any, channels: Any, header: Any, samples: Any, image: Any, time_ns: int) -> None:
    written = header[WRITTEN]
    if written - header[READ] >= group.rows:
        header[DROPPED] += 1
        return
    row = written % group.rows
    samples.t_ns[group.first_row + row] = time_ns
    place = group.first_value + row * group.channels
    for i in range(group.channels):
        known = image[channels[group.first_channel + i]]
        samples.values[place + i] = known.value
        samples.quality[place + i] = known.quality
    header[WRITTEN] = written + 1
