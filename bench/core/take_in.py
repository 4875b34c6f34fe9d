"""Step 1: everything that arrived goes into the image, or is refused and counted. Nothing else enters the core."""

import math
from typing import Any

import numpy as np

from bench.base.compiled import compiled
from bench.base.quality import GOOD, NOT_A_NUMBER, SUBSTITUTED, WRONG
from bench.base.records import (
    COMMAND,
    DIAGNOSTIC,
    FRAME_IN,
    HEARTBEAT,
    READING,
    WIRE_BUS_OFF,
    WIRE_GONE,
    WIRE_IN,
    WIRE_PASSIVE,
)
from bench.base.ring import READ, WRITTEN, Ring, commit, slot
from bench.canbus.codec import FRAME_OK, NOT_VALID, lookup, receive
from bench.canbus.e2e_receiver import VALID, silence
from bench.canbus.monitors import FOREIGN, see, see_foreign, see_unknown
from bench.core.causes import Cause
from bench.core.commands import obey
from bench.core.diagnostics import hear_response, take_request
from bench.core.tables import NONE, TICK, TRANSMITTED
from bench.core.tell import CONTROLLED, FRAME_BAD_TOLD, stop, tell

_FOREIGN = np.int64(Cause.FOREIGN_FRAME)
_BUS_OFF, _BUS_PASSIVE = np.int64(Cause.BUS_OFF), np.int64(Cause.BUS_PASSIVE)
_BUS_GONE = np.int64(Cause.BUS_GONE)
_PRIME = np.uint64(0x9E37_79B9_7F4A_7C15)
_SHIFT = np.uint64(32)
_TOLD_AGAIN_NS = 1_000_000_000
_SILENCE_NS = 5_000_000  # a message heard for the first time is looked at soon enough
_DIAGNOSTICS = 3


@compiled
def take_in(program: Any, state: Any, rings: Any, t_ns: int) -> None:
    """Drain the inboxes, frames first, one request for diagnosis last: stamp, log, fold into the digest, act."""
    counters, full, log = state.counters[0], program.settings[0].log_full, rings.inbox_log
    for turn, inbox in enumerate((rings.inbox_can, rings.inbox_links, rings.inbox_sequence, rings.inbox_diagnostics)):
        written = inbox.header[WRITTEN]
        if turn == _DIAGNOSTICS:
            written = min(written, inbox.header[READ] + 1)
        if written != inbox.header[READ]:
            state.core[0].changed = 1
        for number in range(inbox.header[READ], written):
            record = inbox.records[number % inbox.records.shape[0]]
            record.arrived_ns = t_ns
            counters.taken_in += 1
            counters.digest = fold(counters.digest, record)
            if full:
                _log(log, record)
            if record.kind == FRAME_IN:
                _frame(program, state, state.core[0], counters, rings.events, rings.heard, record)
            elif record.kind == READING:
                _reading(program.channels, state.image, counters, record)
            elif record.kind == COMMAND:
                obey(program, state, rings.events, record, t_ns)
            elif record.kind == WIRE_IN and record.bus < state.wire.shape[0]:
                _wire(state.wire, state.core[0], counters, rings.events, record)
            elif record.kind == HEARTBEAT and record.id < state.beats_ns.shape[0]:
                state.beats_ns[record.id] = t_ns
            elif record.kind == DIAGNOSTIC:
                take_request(program.diagnostics, state.asked[0], state.core[0], rings.events, record, t_ns)
            else:
                counters.unknown += 1
        inbox.header[READ] = written
    if t_ns >= state.core[0].next_silence_ns:
        _note_silence(program.can, state.rx, state.image, state.core[0], t_ns)


@compiled
def _frame(program: Any, state: Any, core: Any, counters: Any, events: Ring, heard: Ring, record: Any) -> None:
    can, seen, t_ns = program.can, state.seen, record.arrived_ns
    index = lookup(can, record.bus, record.id)
    if index < 0:
        if not hear_response(program.diagnostics, core, heard, record):
            counters.unknown += 1
            see_unknown(seen, can.messages.shape[0], record, record.t_ns)
        return
    if program.roles[index] == TRANSMITTED:  # F-13: nobody but us may send it
        counters.unknown += 1
        see_foreign(seen, index, record)
        _tell_bad(state, counters, events, index, FOREIGN, t_ns)
        if core.armed:
            stop(core, counters, events, t_ns, _FOREIGN, CONTROLLED, index)
        return
    see(seen, index, record, record.t_ns)
    reason = receive(can, state.rx, state.image, index, record.data, record.length, record.t_ns, t_ns)
    if reason not in (FRAME_OK, NOT_VALID):  # why the receiver does not trust the sender has been told
        _tell_bad(state, counters, events, index, reason, t_ns)


@compiled
def _tell_bad(state: Any, counters: Any, events: Ring, index: int, reason: int, t_ns: int) -> None:
    """Once a second at most: a sender that goes wrong for good must not flood the journal."""
    counters.bad_frames += 1
    if t_ns - state.rx_told_ns[index] >= _TOLD_AGAIN_NS:
        state.rx_told_ns[index] = t_ns
        tell(events, t_ns, FRAME_BAD_TOLD, index, float(reason), float(counters.bad_frames))


@compiled
def _wire(wire: Any, core: Any, counters: Any, events: Ring, record: Any) -> None:
    """What our own controller says. Off the bus, or on the way there, nothing can be commanded over it (F-10, F-15)."""
    known = wire[record.bus]
    known.t_ns, known.state = record.t_ns, record.quality
    known.tec, known.rec, known.load_permille = record.id & 0x3FF, record.id >> 10 & 0x3FF, record.id >> 20
    known.error_frames, known.lost = np.int64(record.value), np.int64(record.extra)
    if record.quality < WIRE_PASSIVE or not core.armed:
        return
    cause = _BUS_PASSIVE
    if record.quality == WIRE_BUS_OFF:
        cause = _BUS_OFF
    elif record.quality >= WIRE_GONE:
        cause = _BUS_GONE
    stop(core, counters, events, record.arrived_ns, cause, CONTROLLED, np.int64(record.bus))


@compiled
def _note_silence(can: Any, rx: Any, image: Any, core: Any, t_ns: int) -> None:
    """A cycle without a frame is a step of its E2E receiver too: what it no longer trusts is not good."""
    core.next_silence_ns = t_ns + _SILENCE_NS
    for i in range(rx.shape[0]):
        heard = rx[i]
        if heard.due_ns == 0:
            continue
        trusted = heard.state == VALID
        silence(can.protections[i], heard, t_ns)
        core.next_silence_ns = min(core.next_silence_ns, max(heard.due_ns, t_ns) + 1)
        if trusted and heard.state != VALID:
            core.changed = 1
            for place in range(can.messages[i].first, can.messages[i].last):
                image[can.signals[place].channel].quality = WRONG


@compiled
def _reading(channels: Any, image: Any, counters: Any, record: Any) -> None:
    if record.id >= image.shape[0] or channels[record.id].setpoint != NONE:
        counters.unknown += 1
        return
    known = image[record.id]
    if record.t_ns < known.t_ns:
        counters.older += 1
        return
    quality = record.quality
    if quality == GOOD and not math.isfinite(record.value):
        quality = NOT_A_NUMBER
    elif quality > SUBSTITUTED:
        quality = WRONG
    known.value, known.t_ns, known.arrived_ns, known.quality = record.value, record.t_ns, record.arrived_ns, quality


@compiled
def fold(digest: int, record: Any) -> int:
    """The rolling digest of all that was taken in, ``record`` included."""
    digest = _mix(digest, np.uint64(record.arrived_ns))
    digest = _mix(digest, np.uint64(record.t_ns))
    digest = _mix(digest, np.float64(record.value).view(np.uint64))
    digest = _mix(digest, np.float64(record.extra).view(np.uint64))
    head = np.uint64(record.id) << _SHIFT | np.uint64(record.kind) << np.uint64(24)
    head |= np.uint64(record.bus) << np.uint64(16) | np.uint64(record.length) << np.uint64(8)
    digest = _mix(digest, head | np.uint64(record.quality))
    if record.kind == FRAME_IN or record.kind == DIAGNOSTIC:
        for first in range(0, min(record.length, 64), 8):
            word = np.uint64(0)
            for i in range(8):
                word |= np.uint64(record.data[first + i]) << np.uint64(8 * i)
            digest = _mix(digest, word)
    return digest


@compiled
def _mix(digest: Any, word: Any) -> Any:
    digest = (digest ^ word) * _PRIME
    return digest ^ (digest >> _SHIFT)


@compiled
def _log(log: Ring, record: Any) -> None:
    place = slot(log)
    if place >= 0:
        log.records[place] = record
        commit(log)


@compiled
def log_tick(log: Ring, last_ns: int, t_ns: int) -> None:
    """Note in the full log that this cycle came out of step, so that replay runs the same cycles."""
    place = slot(log)
    if place >= 0:
        record = log.records[place]
        record.kind, record.arrived_ns, record.t_ns = TICK, t_ns, last_ns
        record.value, record.extra = 0.0, 0.0
        record.id, record.bus, record.length, record.quality = 0, 0, 0, 0
        record.data[:] = 0
        commit(log)
