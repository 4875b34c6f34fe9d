"""Step 4: the frames that are due, with live counter and CRC, made by this process in this cycle and by nobody else."""

from typing import Any

import numpy as np

from bench.base.compiled import compiled
from bench.base.ring import Ring, commit, slot
from bench.canbus.codec import transmit
from bench.canbus.monitors import Seen, see
from bench.canbus.tables import CanTables
from bench.core.causes import Cause
from bench.core.tables import NONE
from bench.core.tell import CONTROLLED, Int, stop

_NOT_SENT, _NOT_ENCODABLE = np.int64(Cause.FRAME_NOT_SENT), np.int64(Cause.SETPOINT_NOT_ENCODABLE)
_FAR_NS = 1_000_000_000


@compiled
def put_out(program: Any, state: Any, core: Any, counters: Any, frames: Ring, events: Ring, t_ns: int) -> None:
    """Send every message whose time has come. After a stall what was missed is skipped, never sent back to back."""
    entries, next_ns, can, image = program.tx_entries, state.tx_next_ns, program.can, state.image
    soonest = t_ns + _FAR_NS
    for i in range(entries.shape[0]):
        entry = entries[i]
        if t_ns >= next_ns[i]:
            if entry.toggle_setpoint != NONE:
                toggled = state.setpoints[entry.toggle_setpoint]
                toggled.value = toggled.target = 1.0 - toggled.value
                image[program.setpoints[entry.toggle_setpoint].channel].value = toggled.value
            if entry.message != NONE:
                failed = _send(can, state.tx, state.seen, image, frames, int(entry.message), t_ns)
                if failed == 0:
                    counters.sent += 1
                else:
                    counters.send_failed += 1
                    stop(core, counters, events, t_ns, failed, CONTROLLED, np.int64(entry.message))
            next_ns[i] = _next(next_ns[i], entry.period_ns, counters, t_ns)
        soonest = min(soonest, next_ns[i])
    core.next_send_ns = soonest


@compiled
def _next(due_ns: int, period_ns: int, counters: Any, t_ns: int) -> int:
    """The next due time on the message's own grid, at least half a period away."""
    due_ns += period_ns
    if due_ns - t_ns < period_ns // 2:
        skipped = (t_ns + period_ns // 2 - due_ns + period_ns - 1) // period_ns
        counters.send_skipped += skipped
        due_ns += skipped * period_ns
    return due_ns


@compiled
def _send(can: CanTables, tx: Any, seen: Seen, image: Any, frames: Ring, message: int, t_ns: int) -> Int:
    """0, or the cause for which the frame was not sent."""
    place = slot(frames)
    if place < 0:
        return _NOT_SENT
    frame = frames.records[place]
    if transmit(can, tx, image, message, frame) != 0:
        return _NOT_ENCODABLE
    frame.t_ns, frame.sender = t_ns, 0
    commit(frames)
    see(seen, message, frame, t_ns)
    return 0


@compiled
def put_out_request(asked: Any, core: Any, counters: Any, frames: Ring) -> None:
    """The diagnostic frame that was taken in this cycle goes out, after all others."""
    core.asked = 0
    place = slot(frames)
    if place < 0:
        counters.send_failed += 1  # whoever asked hears no answer, and asks again
        return
    frames.records[place] = asked
    commit(frames)
