"""The monitors' turn: one row of ``bench.canbus.monitors`` after the other, all of them ten times a second.

Counting is done as frames arrive; what only time can tell (silence), the percentile and the way into the image are
spread over the cycles here, so that a hundred messages cost no cycle more than one.
"""

from typing import Any

from bench.base.compiled import compiled
from bench.base.quality import GOOD
from bench.canbus.monitors import LEARNED_MAX, look, look_at_bus
from bench.core.tables import NONE

ROUND_NS = 100_000_000
_SECONDS = 1e-9
_ALWAYS = 1


@compiled
def look_around(program: Any, state: Any, core: Any, t_ns: int) -> None:
    """The row whose turn it is: judge its silence, tell its statistics."""
    turns = state.seen.rows.shape[0] + state.seen.buses.shape[0]
    place = core.monitor
    core.monitor = 0 if place + 1 >= turns else place + 1
    known = program.monitors.shape[0]
    if place >= known + LEARNED_MAX:
        _bus(program, state, core, place - known - LEARNED_MAX, t_ns)
        return
    if place >= known and state.seen.rows[place].frames == 0:  # rows are given out in order: the buses are next
        core.monitor = known + LEARNED_MAX
        return
    look(state.seen, place, t_ns)
    if place < known and program.monitors[place].first != NONE:
        _tell(state.image, program.monitors[place], state.seen.rows[place], state.rx[place], t_ns)
        core.changed |= program.monitors[place].judged


@compiled
def _tell(image: Any, monitor: Any, row: Any, rx: Any, t_ns: int) -> None:
    """The statistics into the image, in the order of STATISTICS."""
    first, told = monitor.first, monitor.statistics
    place = _put(image, first, told & 1, float(row.frames), t_ns)
    if row.gaps > 0:  # before the second frame there is no time between two
        place = _put(image, place, told >> 1 & 1, row.min_ns * _SECONDS, t_ns)
        place = _put(image, place, told >> 2 & 1, row.sum_ns * _SECONDS / row.gaps, t_ns)
        place = _put(image, place, told >> 3 & 1, row.p99_ns * _SECONDS, t_ns)
        place = _put(image, place, told >> 4 & 1, row.max_ns * _SECONDS, t_ns)
    else:
        for statistic in range(1, 5):
            place += told >> statistic & 1
    place = _put(image, place, told >> 5 & 1, float(row.late), t_ns)
    place = _put(image, place, told >> 6 & 1, float(row.missing), t_ns)
    place = _put(image, place, told >> 7 & 1, float(row.burst), t_ns)
    place = _put(image, place, told >> 8 & 1, float(rx.bad_length), t_ns)
    place = _put(image, place, told >> 9 & 1, float(rx.bad_counter), t_ns)
    place = _put(image, place, told >> 10 & 1, float(rx.bad_crc), t_ns)
    place = _put(image, place, told >> 11 & 1, float(rx.bad_range), t_ns)
    place = _put(image, place, told >> 12 & 1, float(row.foreign), t_ns)
    place = _put(image, place, told >> 13 & 1, float(rx.state), t_ns)
    _put(image, place, told >> 14 & 1, float(rx.not_valid), t_ns)


@compiled
def _put(image: Any, place: int, told: int, value: float, t_ns: int) -> int:
    """The next free place: this one, unless the value is ``told`` (1)."""
    if told == 0:
        return place
    known = image[place]
    known.value, known.t_ns, known.arrived_ns, known.quality = value, t_ns, t_ns, GOOD
    return place + 1


@compiled
def _bus(program: Any, state: Any, core: Any, number: int, t_ns: int) -> None:
    """Load, unknown identifiers, frames that only we may send, and what our controller says."""
    rule, bus = program.bus_monitors[number], state.seen.buses[number]
    look_at_bus(bus, rule.bitrate, t_ns)
    if rule.first == NONE:
        return
    image, wire = state.image, state.wire[number]
    place = _put(image, rule.first, _ALWAYS, bus.load, t_ns)
    place = _put(image, place, _ALWAYS, float(bus.unknown_ids), t_ns)
    place = _put(image, place, _ALWAYS, float(bus.unknown), t_ns)
    place = _put(image, place, _ALWAYS, float(bus.foreign), t_ns)
    if wire.t_ns >= 0:  # not every adapter tells
        place = _put(image, place, _ALWAYS, float(wire.tec), t_ns)
        place = _put(image, place, _ALWAYS, float(wire.rec), t_ns)
        _put(image, place, _ALWAYS, float(wire.state), t_ns)
    core.changed |= rule.judged
