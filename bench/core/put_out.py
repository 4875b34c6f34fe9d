"""Step 4: the frames that are due, with live counter and CRC, made by this process in this cycle and by nobody else."""

from typing import Any

from bench.base.compiled import compiled
from bench.base.ring import Ring, commit, slot
from bench.canbus.codec import transmit
from bench.core.causes import Cause
from bench.core.tables import NONE, STOP_CONTROLLED
from bench.core.tell import stop

_NOT_SENT, _NOT_ENCODABLE = int(Cause.FRAME_NOT_SENT), int(Cause.SETPOINT_NOT_ENCODABLE)


@compiled
def put_out(program: Any, state: Any, frames: Ring, events: Ring, t_ns: int) -> None:
    """Send every message whose time has come. After a stall what was missed is skipped, never sent back to back."""
    core = state.core[0]
    if t_ns < core.next_send_ns:
        return
    soonest = t_ns + program.settings[0].stall_ns
    for i in range(program.tx_entries.shape[0]):
        if t_ns >= state.tx_next_ns[i]:
            _send(program, state, frames, events, i, t_ns)
            state.tx_next_ns[i] = _next(program.tx_entries[i].period_ns, state, i, t_ns)
        soonest = min(soonest, state.tx_next_ns[i])
    core.next_send_ns = soonest


@compiled
def _next(period_ns: int, state: Any, i: int, t_ns: int) -> int:
    """The next due time on the message's own grid, at least half a period away."""
    due_ns = state.tx_next_ns[i] + period_ns
    if due_ns - t_ns < period_ns // 2:
        skipped = (t_ns + period_ns // 2 - due_ns + period_ns - 1) // period_ns
        state.counters[0].send_skipped += skipped
        due_ns += skipped * period_ns
    return due_ns


@compiled
def _send(program: Any, state: Any, frames: Ring, events: Ring, i: int, t_ns: int) -> None:
    entry, core, counters = program.tx_entries[i], state.core[0], state.counters[0]
    place = slot(frames)
    if place < 0:
        counters.send_failed += 1
        stop(core, counters, events, t_ns, _NOT_SENT, STOP_CONTROLLED, entry.message)
        return
    if entry.toggle_setpoint != NONE:
        _toggle(program, state, entry.toggle_setpoint)
    frame = frames.records[place]
    if transmit(program.can, state.tx, state.image, entry.message, frame) != 0:
        counters.send_failed += 1
        stop(core, counters, events, t_ns, _NOT_ENCODABLE, STOP_CONTROLLED, entry.message)
        return
    frame.t_ns, frame.sender = t_ns, 0
    commit(frames)
    counters.sent += 1


@compiled
def _toggle(program: Any, state: Any, index: int) -> None:
    """The watchdog relay's pulse: it lives as long as this very process does."""
    moving = state.setpoints[index]
    moving.value = moving.target = 1.0 - moving.value
    state.image[program.setpoints[index].channel].value = moving.value
