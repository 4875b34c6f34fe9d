"""A freeze that silence began ends by itself when the silence ends; every other stop wants CMD_RESET."""

from typing import Any

from bench.base.compiled import compiled
from bench.base.ring import Ring
from bench.core.commands import forget_stop
from bench.core.tables import FAR_NS, STOP_FREEZE
from bench.core.tell import RELEASED_TOLD, tell
from bench.core.trajectories import aim


@compiled
def release_freeze(program: Any, state: Any, events: Ring, t_ns: int) -> int:
    """Let the set-points go on to where they were going, once everybody whose silence freezes has been heard without a
    gap for as long as the gap that began the freeze. Answer: when to look again.

    Not after a rung was missed: then the hardware chain has been asked already.
    """
    core = state.core[0]
    if core.stop_class != STOP_FREEZE or core.missed > 0:
        return t_ns + FAR_NS
    steady_ns = _steady_ns(program.heartbeats, state.beats_ns, core, t_ns)
    if steady_ns == 0:
        core.heard_ns = -1
        return t_ns + FAR_NS
    if core.heard_ns < 0:
        core.heard_ns = t_ns
    if t_ns - core.heard_ns < steady_ns:
        return int(core.heard_ns + steady_ns)
    tell(events, t_ns, RELEASED_TOLD, core.cause, (t_ns - core.stop_ns) * 1e-9, 0.0)
    forget_stop(core, state.limits, state.rx)
    for i in range(program.setpoints.shape[0]):
        moving = state.setpoints[i]
        if moving.held and not program.setpoints[i].toggle:
            aim(moving, moving.held_target, moving.held_rate)
        moving.held = 0
    return t_ns + FAR_NS


@compiled
def _steady_ns(rules: Any, beats_ns: Any, core: Any, t_ns: int) -> int:
    """How long beats must be heard; 0: this freeze has another cause, or somebody is silent still."""
    steady_ns = 0
    for i in range(rules.shape[0]):
        rule = rules[i]
        if rule.stop_class == STOP_FREEZE and rule.modes & core.modes:
            if t_ns - beats_ns[rule.who] > rule.max_age_ns:
                return 0
            if rule.cause == core.cause:
                steady_ns = int(rule.max_age_ns)
    return steady_ns
