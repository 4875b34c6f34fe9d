"""Step 6: rows for the recorder, at the group's pace or with each new value of its trigger."""

from typing import Any

from bench.base.compiled import compiled
from bench.base.ring import DROPPED, READ, WRITTEN
from bench.core.tables import NONE


@compiled
def sample(program: Any, state: Any, samples: Any, t_ns: int) -> None:
    """Write the rows that are due; a full ring drops the row, counted in its header."""
    fast = state.core[0].fast
    for g in range(program.groups.shape[0]):
        group = program.groups[g]
        if group.trigger != NONE:
            time_ns = state.image[group.trigger].t_ns
            if time_ns > state.group_last_ns[g]:
                state.group_last_ns[g] = time_ns
                _row(program, state, samples, g, time_ns)
            continue
        period_ns = group.fast_ns if fast else group.slow_ns
        if state.group_last_ns[g] < 0 or t_ns - state.group_last_ns[g] >= period_ns:
            state.group_last_ns[g] = t_ns - t_ns % period_ns
            _row(program, state, samples, g, t_ns)


@compiled
def _row(program: Any, state: Any, samples: Any, g: int, time_ns: int) -> None:
    group, written = program.groups[g], samples.header[g, WRITTEN]
    if written - samples.header[g, READ] >= group.rows:
        samples.header[g, DROPPED] += 1
        return
    row = written % group.rows
    samples.t_ns[group.first_row + row] = time_ns
    place = group.first_value + row * group.channels
    for i in range(group.channels):
        known = state.image[program.group_channels[group.first_channel + i]]
        samples.values[place + i] = known.value
        samples.quality[place + i] = known.quality
    samples.header[g, WRITTEN] = written + 1
