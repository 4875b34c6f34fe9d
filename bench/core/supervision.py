"""Step 2b: who must be heard: messages on the buses, our own processes, the clock; and what is stale in the image."""

from typing import Any

import numpy as np

from bench.base.compiled import compiled
from bench.base.quality import GOOD, STALE
from bench.base.ring import Ring
from bench.core.causes import Cause
from bench.core.tables import (
    FAR_NS,
    MODE_ALWAYS,
    MODE_ARMED,
    MODE_ENERGISED,
    MODE_STOPPING,
    NO_STOP,
    RUNNING,
)
from bench.core.tell import CONTROLLED, LATE_TOLD, NOTHING, NOWHERE, stop, tell

_PAUSED = np.int64(Cause.HOST_PAUSED)
_CHANNELS_A_CYCLE = 8


@compiled
def judge_clock(settings: Any, core: Any, counters: Any, events: Ring, t_ns: int) -> None:
    """Cycles that came late are counted and told; a long pause is a stop (F-61)."""
    gap_ns = t_ns - core.t_ns
    if core.t_ns < 0 or gap_ns < settings.late_ns:
        return
    missed = gap_ns // settings.cycle_ns - 1 if gap_ns >= 2 * settings.cycle_ns else 1
    counters.late += missed
    tell(events, t_ns, LATE_TOLD, NOTHING, float(missed), 0.0)
    if gap_ns >= settings.stall_ns and core.armed:
        stop(core, counters, events, t_ns, _PAUSED, CONTROLLED, NOWHERE)


@compiled
def mark_stale(channels: Any, watched: int, image: Any, core: Any, t_ns: int) -> None:
    """A few of the first ``watched`` channels a cycle, in turn; limits judge ages exactly by themselves."""
    for _ in range(min(_CHANNELS_A_CYCLE, watched)):
        i = core.stale_next if core.stale_next < watched else 0
        core.stale_next = i + 1
        stale_ns, known = channels[i].stale_ns, image[i]
        if stale_ns > 0 and t_ns - known.arrived_ns > stale_ns and known.quality == GOOD:
            known.quality = STALE
            core.changed = 1


@compiled
def set_modes(confirms: Any, energised_confirms: int, image: Any, core: Any) -> None:
    """Which limits are in force now."""
    modes = MODE_ALWAYS
    if core.armed:
        modes |= MODE_ARMED
    if core.stop_class != NO_STOP:
        modes |= MODE_STOPPING
    if _energised(confirms, energised_confirms, image):
        modes |= MODE_ENERGISED
    core.modes = modes


@compiled
def _energised(confirms: Any, count: int, image: Any) -> bool:
    """Any of the program's conditions holds. What was known once and is not good now counts as energised."""
    for i in range(count):
        confirm = confirms[i]
        known = image[confirm.channel]
        if known.arrived_ns >= 0 and (known.quality != GOOD or not (known.value <= confirm.threshold)):
            return True
    return False


@compiled
def judge_messages(rules: Any, rx: Any, core: Any, counters: Any, events: Ring, t_ns: int) -> int:
    """Age, frozen counter and bad frames of each judged message (F-01, F-03, F-04, F-05); when to judge again."""
    again_ns = t_ns + FAR_NS
    for i in range(rules.shape[0]):
        rule = rules[i]
        if rule.modes & core.modes == 0:
            continue
        heard = rx[rule.message]
        cause, again_ns = 0, min(again_ns, heard.arrived_ns + rule.max_age_ns)
        if heard.arrived_ns < 0 or t_ns - heard.arrived_ns > rule.max_age_ns:
            cause = rule.cause_age
        elif heard.repeats >= rule.frozen_max:
            cause = rule.cause_frozen
        elif heard.history != 0 and _ones(heard.history) >= rule.bad_max:
            cause = rule.cause_bad
        if cause != 0 and core.phase == RUNNING:
            stop(core, counters, events, t_ns, np.int64(cause), np.int64(rule.stop_class), np.int64(rule.message))
    return again_ns + 1


@compiled
def _ones(history: int) -> int:
    count = 0
    for i in range(10):
        count += (history >> i) & 1
    return count


@compiled
def judge_heartbeats(rules: Any, beats_ns: Any, core: Any, counters: Any, events: Ring, t_ns: int) -> int:
    """Each process is judged by this one (F-14, F-56, F-58); when to judge again."""
    again_ns = t_ns + FAR_NS
    for i in range(rules.shape[0]):
        rule = rules[i]
        if rule.modes & core.modes == 0 or rule.stop_class >= core.stop_class:
            continue
        again_ns = min(again_ns, beats_ns[rule.who] + rule.max_age_ns)
        if t_ns - beats_ns[rule.who] > rule.max_age_ns:
            stop(core, counters, events, t_ns, np.int64(rule.cause), np.int64(rule.stop_class), np.int64(rule.who))
    return again_ns + 1
