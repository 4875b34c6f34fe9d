"""What the sequence, the operator and the links may ask of the core."""

import math
from typing import Any

from bench.base.compiled import compiled
from bench.base.records import (
    CMD_ARM,
    CMD_METER_ADD,
    CMD_METER_CLEAR,
    CMD_METER_START,
    CMD_METER_STOP,
    CMD_RELEASE,
    CMD_RESET,
    CMD_SAMPLING,
    CMD_SETPOINT,
    CMD_STOP,
    CMD_TIGHTEN,
    CMD_WATCH_ADD,
    CMD_WATCH_CANCEL,
    CMD_WATCH_START,
    EV_ARMED,
    EV_LIMITED,
    EV_REFUSED,
)
from bench.base.ring import Ring
from bench.core.gate import PASSED, judge_setpoint
from bench.core.meter import add_to_meter, clear_meter, start_meter
from bench.core.tables import (
    LATCHABLE,
    NO_SETPOINT,
    NO_STOP,
    NONE,
    REFUSED,
    REFUSED_LATCHED,
    REFUSED_RANGE,
    REFUSED_STOPPING,
    REFUSED_UNKNOWN,
    RUNNING,
    STOP_CONTROLLED,
    STOP_FREEZE,
    STOPPED,
)
from bench.core.tell import stop, tell
from bench.core.trajectories import aim
from bench.core.wakes import add_condition, cancel_watch, start_watch


@compiled
def obey(program: Any, state: Any, events: Ring, record: Any, t_ns: int) -> None:
    """Do what a COMMAND record asks, or refuse it with EV_REFUSED."""
    code = record.length
    if code == CMD_SETPOINT:
        reason = _setpoint(program, state, events, record.id, record.value, record.extra, t_ns)
    elif code == CMD_STOP:
        reason = _stop(state, events, record, t_ns)
    elif code == CMD_ARM:
        reason = _arm(state, events, record.value != 0.0, t_ns)
    elif code == CMD_RESET:
        reason = _reset(program, state, record.value == 1.0)
    elif code == CMD_TIGHTEN:
        reason = _tighten(state, record)
    elif code == CMD_RELEASE:
        reason = _release(program, state, events, record.id, t_ns)
    else:
        reason = _observe(program, state, record)
    if reason != PASSED:
        about = record.id if code in (CMD_SETPOINT, CMD_RELEASE) else NO_SETPOINT
        state.core[0].bits |= REFUSED
        tell(events, t_ns, EV_REFUSED, about, record.value, float(reason))


@compiled
def _observe(program: Any, state: Any, record: Any) -> int:
    """Commands that only watch and keep."""
    code, core = record.length, state.core[0]
    if code == CMD_WATCH_ADD:
        return PASSED if add_condition(program, state, record) else REFUSED_UNKNOWN
    if code == CMD_WATCH_START:
        return PASSED if start_watch(state, record.bus, record.t_ns) else REFUSED_UNKNOWN
    if code == CMD_WATCH_CANCEL:
        return PASSED if cancel_watch(state, record.bus) else REFUSED_UNKNOWN
    if code == CMD_METER_ADD:
        return PASSED if add_to_meter(state, record.id) else REFUSED_UNKNOWN
    if code == CMD_METER_START:
        start_meter(state)
    elif code == CMD_METER_STOP:
        core.metering = 0
    elif code == CMD_METER_CLEAR:
        clear_meter(state)
    elif code == CMD_SAMPLING:
        core.fast = record.value != 0.0
    else:
        state.counters[0].unknown += 1
        return REFUSED_UNKNOWN
    return PASSED


@compiled
def _setpoint(program: Any, state: Any, events: Ring, index: int, target: float, rate: float, t_ns: int) -> int:
    reason = judge_setpoint(program, state, index, target, rate)
    if reason != PASSED:
        return reason
    highest = program.setpoints[index].rate_max
    if rate > highest:  # F-52: limited, and said
        tell(events, t_ns, EV_LIMITED, index, rate, highest)
    aim(state.setpoints[index], target, rate if 0.0 < rate < highest else highest)
    state.setpoints[index].held = 0
    return PASSED


@compiled
def _stop(state: Any, events: Ring, record: Any, t_ns: int) -> int:
    """An unreadable class is taken as the controlled stop: a stop is never refused."""
    stop_class = int(record.value) if 0.0 <= record.value <= STOP_FREEZE else STOP_CONTROLLED
    stop(state.core[0], state.counters[0], events, t_ns, record.id, stop_class, NONE)
    return PASSED


@compiled
def _arm(state: Any, events: Ring, on: bool, t_ns: int) -> int:
    core = state.core[0]
    if on and core.stop_class != NO_STOP:
        return REFUSED_STOPPING
    if on and not core.armed:
        for i in range(state.rx.shape[0]):  # what was bad while devices powered up does not count
            state.rx[i].history, state.rx[i].repeats = 0, 0
    if bool(core.armed) != on:
        core.armed = on
        tell(events, t_ns, EV_ARMED, 0, 1.0 if on else 0.0, 0.0)
    return PASSED


@compiled
def _reset(program: Any, state: Any, acknowledged: bool) -> int:
    """Forget a finished stop; a latched cause wants the operator's acknowledgement (value 1)."""
    core = state.core[0]
    if core.phase == RUNNING:
        return PASSED
    is_latched = core.cause < LATCHABLE and program.latched[core.cause] != 0
    if core.phase != STOPPED or (is_latched and not acknowledged):
        return REFUSED_LATCHED
    core.phase, core.stop_class, core.cause = RUNNING, NO_STOP, 0
    core.rung, core.source = NONE, NONE
    for i in range(state.limits.shape[0]):  # what is still violated stops again
        state.limits[i].violated, state.limits[i].since_ns = 0, -1
    for i in range(state.rx.shape[0]):
        state.rx[i].history, state.rx[i].repeats = 0, 0
    return PASSED


@compiled
def _tighten(state: Any, record: Any) -> int:
    """NaN leaves a side as it is."""
    if record.id >= state.limits.shape[0]:
        return REFUSED_UNKNOWN
    limit = state.limits[record.id]
    low = limit.low if math.isnan(record.value) else record.value
    high = limit.high if math.isnan(record.extra) else record.extra
    if low < limit.low or high > limit.high:
        return REFUSED_RANGE
    limit.low, limit.high = low, high
    return PASSED


@compiled
def _release(program: Any, state: Any, events: Ring, index: int, t_ns: int) -> int:
    """Resume after a freeze, through the gate like any other set-point."""
    if index >= state.setpoints.shape[0] or not state.setpoints[index].held:
        return REFUSED_UNKNOWN
    held = state.setpoints[index]
    return _setpoint(program, state, events, index, held.held_target, held.held_rate, t_ns)
