"""The cycle: the same few things every millisecond, identical on hardware, in CI and in replay."""

from bench.base.compiled import compiled
from bench.core.derive import derive, tell_words
from bench.core.ladder import climb_down
from bench.core.limits import judge_limits
from bench.core.meter import keep
from bench.core.monitors import look_around
from bench.core.program import Program
from bench.core.put_out import put_out, put_out_request
from bench.core.release import release_freeze
from bench.core.rings import Rings
from bench.core.sampling import sample
from bench.core.state import State
from bench.core.supervision import judge_clock, judge_heartbeats, judge_messages, mark_stale, set_modes
from bench.core.tables import STOPPING
from bench.core.take_in import log_tick, take_in
from bench.core.torque_pairs import compare_torques
from bench.core.trajectories import confine, move
from bench.core.wakes import wake


@compiled
def cycle(program: Program, state: State, rings: Rings, t_ns: int) -> int:
    """Run one cycle at ``t_ns`` (ns since the run's start, later than the last; hand in the nominal deadline, not the
    moment of waking, or every cycle counts as out of step).

    Answer: bits of ``bench.core.tables``: WOKE 1, CAUSE 2 (a stop began or grew stronger), SAFE 4 (the ladder has
    ended), REFUSED 8 (a command was refused), HEARD 16 (a diagnostic response waits in ``rings.heard``). What else
    happened is in the events ring.
    """
    core, counters, settings, events = state.core[0], state.counters[0], program.settings[0], rings.events
    image, setpoints, moving = state.image, program.setpoints, state.setpoints
    core.bits = 0
    elapsed_ns = settings.cycle_ns if core.t_ns < 0 else t_ns - core.t_ns
    if elapsed_ns != settings.cycle_ns or core.t_ns < 0:
        if settings.log_full:
            log_tick(rings.inbox_log, core.t_ns, t_ns)
        judge_clock(settings, core, counters, events, t_ns)
    core.t_ns = t_ns

    take_in(program, state, rings, t_ns)

    if t_ns >= core.monitor_ns:
        core.monitor_ns = t_ns + settings.monitor_ns
        look_around(program, state, core, t_ns)
    if core.changed:
        derive(program.derived, program.cases, program.case_tests, image, t_ns)
        compare_torques(program.torque_pairs, state.torque_memories, image, t_ns)
        tell_words(program.words, state.words, image, events, t_ns)
    mark_stale(program.channels, settings.watched, image, core, t_ns)
    if core.changed or t_ns >= core.judge_ns:  # else every judgement would be what it was in the last cycle
        core.changed = 0
        set_modes(program.confirms, settings.energised_confirms, image, core)
        # messages first: that frames are bad explains why values are not good
        messages_ns = judge_messages(program.rx_rules, state.rx, core, counters, events, t_ns)
        limits_ns = judge_limits(program.limits, state.limits, image, core, counters, events, t_ns)
        beats_ns = judge_heartbeats(program.heartbeats, state.beats_ns, core, counters, events, t_ns)
        release_ns = release_freeze(program, state, events, t_ns)
        core.judge_ns = min(limits_ns, messages_ns, beats_ns, release_ns)

    if core.phase == STOPPING:
        rungs, actions, confirms = program.rungs, program.actions, program.confirms
        climb_down(settings, rungs, actions, confirms, setpoints, moving, image, core, counters, events, t_ns)
    if move(setpoints, moving, image, t_ns, min(elapsed_ns, settings.step_max_ns) * 1e-9):
        core.changed = 1
        derive(program.derived, program.cases, program.case_tests, image, t_ns)
    confine(setpoints, moving, program.envelopes, program.envelope_points, image, core.derating != 0, events, t_ns)
    if t_ns >= core.next_send_ns:
        put_out(program, state, core, counters, rings.frames_out, events, t_ns)
    if core.asked:
        put_out_request(state.asked[0], core, counters, rings.frames_out)

    if core.metering:
        keep(program.channels, state.meter_channels, state.meter_rows, image, core.meter_channels)
    if core.watches > 0:
        watches, conditions, windows = state.watches, state.conditions, state.windows
        metered = state.meter_channels
        wake(program.channels, moving, watches, conditions, windows, metered, image, core, events, t_ns)
    sample(program.groups, program.group_channels, state.group_last_ns, rings.samples, image, core.fast != 0, t_ns)
    counters.cycles += 1
    return int(core.bits)
