"""What the sequence, the operator and the links may ask of the core."""

import math
from typing import Any

import numpy as np

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
)
from bench.base.ring import Ring
from bench.core.gate import PASSED, judge_setpoint
from bench.core.meter import add_to_meter, start_meter
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
from bench.core.tell import ARMED_TOLD, LIMITED_TOLD, NOTHING, NOWHERE, REFUSED_TOLD, Int, stop, tell
from bench.core.trajectories import aim
from bench.core.wakes import add_condition, cancel_watch, start_watch


@compiled
def obey(program: Any, state: Any, events: Ring, record: Any, t_ns: int) -> None:
    """Do what a COMMAND record asks, or refuse it with EV_REFUSED."""
    code, core, counters, reason = record.length, state.core[0], state.counters[0], PASSED
    if code in (CMD_SETPOINT, CMD_RELEASE):
        target, rate, reason = _wish(state.setpoints, record)
        if reason == PASSED:
            reason = judge_setpoint(
                program.setpoints,
                state.setpoints,
                program.envelopes,
                program.envelope_points,
                state.image,
                core,
                int(record.id),
                target,
                rate,
            )
        if reason == PASSED:
            _go(program.setpoints, state.setpoints, events, np.int64(record.id), target, rate, t_ns)
    elif code == CMD_STOP:
        _stop(core, counters, events, record, t_ns)
    elif code == CMD_ARM:
        reason = _arm(core, state.rx, events, record.value != 0.0, t_ns)
    elif code == CMD_RESET:
        reason = _reset(program.latched, core, state.limits, state.rx, record.value == 1.0)
    elif code == CMD_TIGHTEN:
        reason = _tighten(state.limits, record)
    elif code in (CMD_WATCH_ADD, CMD_WATCH_START, CMD_WATCH_CANCEL):
        reason = _watch(program.channels, state.watches, state.conditions, core, record)
    elif code in (CMD_METER_ADD, CMD_METER_START, CMD_METER_STOP, CMD_METER_CLEAR):
        reason = _meter(state.meter_channels, state.image, core, record)
    elif code == CMD_SAMPLING:
        core.fast = record.value != 0.0
    else:
        reason = REFUSED_UNKNOWN
    if reason != PASSED:
        core.bits |= REFUSED
        about = np.int64(record.id) if code in (CMD_SETPOINT, CMD_RELEASE) else NO_SETPOINT
        tell(events, t_ns, REFUSED_TOLD, about, record.value, float(reason))


@compiled
def _wish(states: Any, record: Any) -> tuple[float, float, int]:
    """Target, rate and refusal of a set-point command; CMD_RELEASE wants what the freeze has interrupted."""
    if record.length == CMD_SETPOINT:
        return record.value, record.extra, PASSED
    if record.id >= states.shape[0] or not states[record.id].held:
        return 0.0, 0.0, REFUSED_UNKNOWN
    return states[record.id].held_target, states[record.id].held_rate, PASSED


@compiled
def _go(setpoints: Any, states: Any, events: Ring, index: Int, target: float, rate: float, t_ns: int) -> None:
    highest = setpoints[index].rate_max
    if rate > highest:  # F-52: limited, and said
        tell(events, t_ns, LIMITED_TOLD, index, rate, highest)
    aim(states[index], target, rate if 0.0 < rate < highest else highest)
    states[index].held = 0


@compiled
def _stop(core: Any, counters: Any, events: Ring, record: Any, t_ns: int) -> None:
    """An unreadable class is taken as the controlled stop: a stop is never refused."""
    stop_class = int(record.value) if 0.0 <= record.value <= STOP_FREEZE else STOP_CONTROLLED
    stop(core, counters, events, t_ns, np.int64(record.id), stop_class, NOWHERE)


@compiled
def _arm(core: Any, rx: Any, events: Ring, on: bool, t_ns: int) -> int:
    if on and core.stop_class != NO_STOP:
        return REFUSED_STOPPING
    if on and not core.armed:
        _forgive(rx)
    if bool(core.armed) != on:
        core.armed = on
        tell(events, t_ns, ARMED_TOLD, NOTHING, 1.0 if on else 0.0, 0.0)
    return PASSED


@compiled
def _forgive(rx: Any) -> None:
    """What was bad while devices powered up, or before a reset, does not count."""
    for i in range(rx.shape[0]):
        rx[i].history, rx[i].repeats = 0, 0


@compiled
def _reset(latched: Any, core: Any, limits: Any, rx: Any, acknowledged: bool) -> int:
    """Forget a finished stop; a latched cause wants the operator's acknowledgement (value 1)."""
    if core.phase == RUNNING:
        return PASSED
    is_latched = core.cause < LATCHABLE and latched[core.cause] != 0
    if core.phase != STOPPED or (is_latched and not acknowledged):
        return REFUSED_LATCHED
    forget_stop(core, limits, rx)
    return PASSED


@compiled
def forget_stop(core: Any, limits: Any, rx: Any) -> None:
    """As if there had been no stop; what is still violated stops again."""
    core.phase, core.stop_class, core.cause = RUNNING, NO_STOP, 0
    core.rung, core.source, core.changed = NONE, NONE, 1
    for i in range(limits.shape[0]):
        limits[i].violated, limits[i].since_ns, limits[i].lost_since_ns = 0, -1, -1
    _forgive(rx)


@compiled
def _tighten(limits: Any, record: Any) -> int:
    """NaN leaves a side as it is."""
    if record.id >= limits.shape[0]:
        return REFUSED_UNKNOWN
    limit = limits[record.id]
    low = limit.low if math.isnan(record.value) else record.value
    high = limit.high if math.isnan(record.extra) else record.extra
    if low < limit.low or high > limit.high:
        return REFUSED_RANGE
    limit.low, limit.high = low, high
    return PASSED


@compiled
def _watch(channels: Any, watches: Any, conditions: Any, core: Any, record: Any) -> int:
    if record.bus >= watches.shape[0]:
        return REFUSED_UNKNOWN
    watch, own = watches[record.bus], conditions[record.bus]
    if record.length == CMD_WATCH_ADD:
        done = add_condition(channels, watch, own, record)
    elif record.length == CMD_WATCH_START:
        done = start_watch(watch, own, core, record.t_ns)
    else:
        done = cancel_watch(watch, core)
    return PASSED if done else REFUSED_UNKNOWN


@compiled
def _meter(entries: Any, image: Any, core: Any, record: Any) -> int:
    if record.length == CMD_METER_ADD:
        return PASSED if add_to_meter(entries, image, core, int(record.id)) else REFUSED_UNKNOWN
    if record.length == CMD_METER_START:
        start_meter(entries, image, core)
    elif record.length == CMD_METER_CLEAR:
        core.meter_channels, core.metering = 0, 0
    else:
        core.metering = 0
    return PASSED
