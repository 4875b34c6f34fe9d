"""The cycle: the same few things every millisecond, identical on hardware, in CI and in replay."""

from bench.base.compiled import compiled
from bench.core.ladder import climb_down
from bench.core.limits import judge_limits
from bench.core.meter import keep
from bench.core.program import Program
from bench.core.put_out import put_out
from bench.core.rings import Rings
from bench.core.sampling import sample
from bench.core.state import State
from bench.core.supervision import judge_clock, judge_heartbeats, judge_messages, mark_stale, set_modes
from bench.core.take_in import log_tick, take_in
from bench.core.trajectories import move
from bench.core.wakes import wake


@compiled
def cycle(program: Program, state: State, rings: Rings, t_ns: int) -> int:
    """Run one cycle at ``t_ns`` (ns since the run's start, later than the last; hand in the nominal deadline, not the
    moment of waking, or every cycle counts as out of step).

    Answer: bits of ``bench.core.tables``: WOKE 1, CAUSE 2 (a stop began or grew stronger), SAFE 4 (the ladder has
    ended), REFUSED 8 (a command was refused). What happened is in the events ring.
    """
    core, settings, events = state.core[0], program.settings[0], rings.events
    core.bits = 0
    elapsed_ns = settings.cycle_ns if core.t_ns < 0 else t_ns - core.t_ns
    if settings.log_full and (core.t_ns < 0 or elapsed_ns != settings.cycle_ns):
        log_tick(rings.inbox_log, core.t_ns, t_ns)
    judge_clock(program, state, events, t_ns)
    core.t_ns = t_ns

    take_in(program, state, rings.inbox_can, rings.inbox_log, events, t_ns)
    take_in(program, state, rings.inbox_links, rings.inbox_log, events, t_ns)
    take_in(program, state, rings.inbox_sequence, rings.inbox_log, events, t_ns)

    mark_stale(program, state, t_ns)
    set_modes(program, state)
    judge_limits(program, state, events, t_ns)
    judge_messages(program, state, events, t_ns)
    judge_heartbeats(program, state, events, t_ns)

    climb_down(program, state, events, t_ns)
    move(program, state, events, t_ns, min(elapsed_ns, settings.step_max_ns) * 1e-9)
    put_out(program, state, rings.frames_out, events, t_ns)

    wake(program, state, events, t_ns)
    keep(program, state)
    sample(program, state, rings.samples, t_ns)
    state.counters[0].cycles += 1
    return int(core.bits)
