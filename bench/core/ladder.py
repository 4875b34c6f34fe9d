"""Step 3: the stop ladder, a table: command, independent confirmation, deadline, escalation for each rung."""

import math
from typing import Any

from bench.base.compiled import compiled
from bench.base.quality import GOOD
from bench.base.records import EV_RUNG, EV_SAFE
from bench.base.ring import Ring
from bench.core.tables import (
    ABOVE,
    ARRIVED,
    BELOW,
    NO_STOP,
    NONE,
    SAFE,
    STOP_FREEZE,
    STOPPED,
    STOPPING,
)
from bench.core.tell import PENDING, stop, tell
from bench.core.trajectories import aim, hold

_INF = float("inf")


@compiled
def climb_down(program: Any, state: Any, events: Ring, t_ns: int) -> None:
    """One cycle of the stop, if one is active."""
    core = state.core[0]
    if core.phase != STOPPING:
        return
    if core.rung == PENDING:
        _begin(program, state)
        _enter(program, state, events, program.settings[0].first_rung[core.stop_class], t_ns)
        return
    rung = program.rungs[core.rung]
    if _confirmed(program, state, rung, t_ns):
        tell(events, t_ns, EV_RUNG, core.rung, 1.0, 0.0)
        _enter(program, state, events, rung.next, t_ns)
    elif t_ns - core.rung_since_ns >= rung.deadline_ns:
        tell(events, t_ns, EV_RUNG, core.rung, -1.0, 0.0)
        _miss(program, state, events, rung, t_ns)


@compiled
def _begin(program: Any, state: Any) -> None:
    """Everything holds where it is; a freeze ramps to its freeze values and remembers where each was going."""
    freeze = state.core[0].stop_class == STOP_FREEZE
    for i in range(program.setpoints.shape[0]):
        moving, value = state.setpoints[i], program.setpoints[i].freeze_value
        moving.held = freeze
        moving.held_target, moving.held_rate = moving.target, moving.rate
        hold(moving)
        if freeze and not math.isnan(value):
            aim(moving, value, program.setpoints[i].safe_rate)


@compiled
def _enter(program: Any, state: Any, events: Ring, rung_index: int, t_ns: int) -> None:
    core = state.core[0]
    core.rung, core.rung_since_ns, core.confirmed_since_ns = rung_index, t_ns, -1
    if rung_index == NONE:
        _finish(core, events, t_ns)
        return
    rung = program.rungs[rung_index]
    tell(events, t_ns, EV_RUNG, rung_index, 0.0, 0.0)
    _act(program, state, rung.first_action, rung.actions)


@compiled
def _finish(core: Any, events: Ring, t_ns: int) -> None:
    core.phase = STOPPED
    if core.stop_class < STOP_FREEZE:
        core.bits |= SAFE
        tell(events, t_ns, EV_SAFE, core.cause, 1.0 if core.missed == 0 else 0.0, float(core.missed))


@compiled
def _act(program: Any, state: Any, first: int, count: int) -> None:
    """The ladder's commands pass no gate: the builder has checked their ranges, and a stop is never refused."""
    for i in range(first, first + count):
        action = program.actions[i]
        rate = action.rate
        if rate < 0.0:
            rate = program.setpoints[action.setpoint].safe_rate
        elif rate == 0.0:
            rate = _INF
        aim(state.setpoints[action.setpoint], action.target, rate)


@compiled
def _miss(program: Any, state: Any, events: Ring, rung: Any, t_ns: int) -> None:
    core = state.core[0]
    missed = core.missed + 1
    core.missed = missed
    _act(program, state, rung.first_miss, rung.misses)
    if rung.escalate_class < core.stop_class and rung.escalate_class != NO_STOP:
        stop(core, state.counters[0], events, t_ns, rung.escalate_cause, rung.escalate_class, core.rung)
        core.missed = missed
        _begin(program, state)
        _act(program, state, rung.first_miss, rung.misses)
        _enter(program, state, events, program.settings[0].first_rung[core.stop_class], t_ns)
    else:
        _enter(program, state, events, rung.next, t_ns)


@compiled
def _confirmed(program: Any, state: Any, rung: Any, t_ns: int) -> bool:
    core = state.core[0]
    for i in range(rung.first_confirm, rung.first_confirm + rung.confirms):
        if not holds(program, state, program.confirms[i], t_ns):
            core.confirmed_since_ns = -1
            return False
    if core.confirmed_since_ns < 0:
        core.confirmed_since_ns = t_ns
    return bool(t_ns - core.confirmed_since_ns >= rung.hold_ns and t_ns - core.rung_since_ns >= rung.min_ns)


@compiled
def holds(program: Any, state: Any, confirm: Any, t_ns: int) -> bool:
    """Whether one confirmation is there now, by a good and fresh value."""
    if confirm.operator == ARRIVED:
        return bool(state.setpoints[program.channels[confirm.channel].setpoint].moving == 0)
    known, threshold = state.image[confirm.channel], confirm.threshold
    if known.quality != GOOD or (confirm.stale_ns > 0 and t_ns - known.arrived_ns > confirm.stale_ns):
        return False
    if confirm.other != NONE:
        other = state.image[confirm.other]
        if other.quality != GOOD:
            return False
        threshold += confirm.slope * abs(other.value)
    if confirm.operator == ABOVE:
        return bool(known.value > threshold)
    if confirm.operator == BELOW:
        return bool(known.value < threshold)
    return bool(abs(known.value) < threshold)
