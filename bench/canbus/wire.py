"""The modelled wire: arbitration by identifier, one frame at a time, exact bit times, for several buses.

``offer`` queues frames, ``advance`` moves the buses on. Whoever offers a frame at t must do so before ``advance`` is
called with a later time; a frame never wins an arbitration that began before it was offered. The sender hears its own
frames, too: the reader sorts them out by ``FRAME.sender``.

A frame that is disturbed by a fault, or that nobody acknowledges, ends in an error frame (``FRAME_ERROR``, encoded as
Linux does it: linux/can/error.h), changes the controllers' counters and is sent again. What a node had queued when it
goes bus-off is forgotten. Not modelled: two nodes that send the same identifier at once; the first offered goes first.
"""

from typing import Any

import numpy as np

from bench.base.compiled import compiled
from bench.base.records import FRAME_BRS, FRAME_ERROR, FRAME_ESI, FRAME_FD, FRAME_REMOTE, WIRE_BUS_OFF, WIRE_PASSIVE
from bench.canbus.buses import DISTURBED, FLAG_BITS, NEVER_NS, NOT_ACKNOWLEDGED, SENT, Order, Table, Wire
from bench.canbus.controllers import TEC_BUS_OFF, charge, count_recessive, credit, judge, recover
from bench.canbus.database import EXTENDED
from bench.canbus.faults import BABBLE, BIT_ERROR, BUS_OFF, DELAY, DUPLICATE, draw, spoil, struck
from bench.canbus.frame_bits import (
    DATA_MAX,
    INTERMISSION_BITS,
    UNSTUFFED_BITS,
    fd_bits,
    fd_length_code,
    frame_bits,
    remote_bits,
)

OFFERED, FULL, NOT_SENDABLE, SENDER_OFF = range(4)
"""What ``offer`` returns."""

_SECOND_NS = 1_000_000_000
_HEAD_BITS, _HEAD_BITS_EXTENDED = 19, 39  # a bit error strikes after arbitration: before, it would only lose it
_AFTER_ACK_BITS = 11  # acknowledge delimiter, end of frame, intermission
_FLAGS_BITS, _DELIMITER_BITS, _SUSPEND_BITS = 12, 8, 8  # two flags, one after the other
# linux/can/error.h: protocol violation, no acknowledge, bus-off, bus error, counters in bytes 6 and 7
_PROTOCOL, _NO_ACK, _OFF, _BUS_ERROR, _COUNTERS = 0x08, 0x20, 0x40, 0x80, 0x200
_BIT_ON_TX, _IN_DATA, _IN_ACK_SLOT = 0x81, 0x0A, 0x19


@compiled
def arbitration_key(frame_id: int, remote: bool = False) -> int:
    """The arbitration field as a number, the lowest wins: standard beats extended with the same first 11 bits, data
    beats remote."""
    if frame_id & EXTENDED:  # 11 bits, SRR and IDE recessive, 18 bits, RTR
        return ((frame_id >> 18) & 0x7FF) << 21 | 3 << 19 | (frame_id & 0x3FFFF) << 1 | int(remote)
    return (frame_id & 0x7FF) << 21 | int(remote) << 20


@compiled
def copy_frame(target: Any, source: Any) -> None:
    """Copy a FRAME record."""
    target.t_ns, target.id, target.bus = source.t_ns, source.id, source.bus
    target.length, target.sender, target.flags = source.length, source.sender, source.flags
    to, data = target.data, source.data
    for i in range(64):
        to[i] = data[i]


@compiled
def _sendable(frame: Any) -> bool:
    if frame.flags & FRAME_FD or frame.length > DATA_MAX:
        return fd_length_code(frame.length) >= 0 and frame.flags & FRAME_REMOTE == 0
    return True


@compiled
def offer(wire: Wire, frame: Any, t_ns: int) -> int:
    """Queue a copy of ``frame`` (bus in ``frame.bus``) at ``t_ns``.

    Returns ``OFFERED``; ``FULL`` or ``SENDER_OFF`` (not there or bus-off), both counted; or ``NOT_SENDABLE``: a length
    that CAN has not, or a bus or node that does not exist.
    """
    buses = wire.buses
    if frame.bus >= buses.shape[0] or frame.sender >= buses[frame.bus].nodes or not _sendable(frame):
        return NOT_SENDABLE
    bus = buses[frame.bus]
    node = wire.nodes[bus.first_node + frame.sender]
    off = not node.present or node.state == WIRE_BUS_OFF
    if off or bus.waiting >= bus.capacity or node.waiting >= node.room:
        bus.refused += 1
        node.lost += 1
        return SENDER_OFF if off else FULL
    queued = wire.slots[wire.order[bus.first + bus.waiting]]
    bus.waiting += 1
    node.waiting += 1
    copy_frame(queued, frame)
    queued.t_ns, queued.copy = t_ns, 0
    queued.key = arbitration_key(frame.id, frame.flags & FRAME_REMOTE != 0)
    if bus.faults:
        row = struck(wire.faults, DELAY, frame.bus, frame.id, t_ns)
        if row >= 0:
            queued.t_ns += wire.faults[row].delay_ns
    return OFFERED


@compiled
def _first_ns(bus: Any, nodes: Table, slots: Table, order: Order) -> int:
    """When the first of the waiting frames may begin, NEVER_NS if there is none."""
    first_ns = NEVER_NS
    for place in range(bus.first, bus.first + bus.waiting):
        queued = slots[order[place]]
        first_ns = min(first_ns, max(queued.t_ns, nodes[bus.first_node + queued.sender].suspend_ns))
    return int(max(first_ns, bus.free_ns))


@compiled
def _winner(bus: Any, nodes: Table, slots: Table, order: Order, start_ns: int) -> int:
    """The slot that wins the arbitration at ``start_ns``; the first offered of equal ids."""
    best, best_key, passed = -1, np.int64(0), np.uint64(0)
    for place in range(bus.first, bus.first + bus.waiting):
        queued = slots[order[place]]
        node, own = nodes[bus.first_node + queued.sender], np.uint64(1) << np.uint64(queued.sender)
        if queued.t_ns > start_ns or node.suspend_ns > start_ns or passed & own:
            continue
        if node.fifo:
            passed |= own
        if best < 0 or queued.key < best_key:
            best, best_key = order[place], queued.key
    return int(best)


@compiled
def _bits(queued: Any) -> tuple[int, int]:
    """(nominal, data) bits of a frame."""
    if queued.flags & FRAME_FD or queued.length > DATA_MAX:
        switched = queued.flags & FRAME_BRS != 0
        return fd_bits(queued.id, queued.data, queued.length, switched, queued.flags & FRAME_ESI != 0)
    if queued.flags & FRAME_REMOTE:
        return remote_bits(queued.id, queued.data, queued.length), 0
    return frame_bits(queued.id, queued.data, queued.length), 0


@compiled
def _remove(bus: Any, nodes: Table, slots: Table, order: Order, slot: int) -> None:
    """Take a frame out of the queue."""
    end = bus.first + bus.waiting
    place = bus.first
    while order[place] != slot:
        place += 1
    for i in range(place, end - 1):
        order[i] = order[i + 1]
    order[end - 1] = slot
    bus.waiting -= 1
    nodes[bus.first_node + slots[slot].sender].waiting -= 1


@compiled
def _forget(bus: Any, nodes: Table, slots: Table, order: Order, faults: Table, sender: int) -> None:
    """A node that is off loses what it wanted to send."""
    place = bus.first
    while place < bus.first + bus.waiting:
        slot = order[place]
        if slots[slot].sender == sender:
            _remove(bus, nodes, slots, order, slot)
            bus.lost += 1
            nodes[bus.first_node + sender].lost += 1
        else:
            place += 1
    for i in range(faults.shape[0]):
        if sender == bus.nodes - 1 and faults[i].bus == bus.number:
            faults[i].queued = 0


@compiled
def _fly(bus: Any, queued: Any, faults: Table, start_ns: int) -> None:
    """Decide what becomes of a frame that begins at ``start_ns``, and when it ends."""
    nominal, fast = _bits(queued)
    frame_ns = nominal * _SECOND_NS // bus.bitrate
    if fast:
        frame_ns = (nominal * bus.data_bitrate + fast * bus.bitrate) * _SECOND_NS // (bus.bitrate * bus.data_bitrate)
    bus.outcome, tail_ns = SENT, INTERMISSION_BITS * _SECOND_NS // bus.bitrate
    if bus.faults:
        row = struck(faults, BIT_ERROR, bus.number, queued.id, start_ns)
        if row >= 0:
            bits, head = nominal + fast, _HEAD_BITS_EXTENDED if queued.id & EXTENDED else _HEAD_BITS
            frame_ns = (head + 1 + draw(faults[row], bits - UNSTUFFED_BITS - head)) * frame_ns // bits
            bus.outcome = DISTURBED
    if bus.outcome == SENT and bus.listeners < 2:
        frame_ns -= _AFTER_ACK_BITS * _SECOND_NS // bus.bitrate
        bus.outcome = NOT_ACKNOWLEDGED
    if bus.outcome == SENT:
        bus.end_ns = start_ns + frame_ns - tail_ns
    else:
        flags = _FLAGS_BITS if bus.listeners > 1 else FLAG_BITS
        bus.end_ns = start_ns + frame_ns + (flags + _DELIMITER_BITS) * _SECOND_NS // bus.bitrate
    bus.free_ns = bus.end_ns + tail_ns
    bus.busy_ns += bus.free_ns - start_ns


@compiled
def _start(bus: Any, nodes: Table, slots: Table, order: Order, faults: Table, t_ns: int) -> None:
    """Put the next frame on an idle bus, if an arbitration begins before ``t_ns``."""
    while bus.end_ns == NEVER_NS:
        if bus.babbles:
            _babble(bus, nodes, slots, order, faults, t_ns)
        start_ns = _first_ns(bus, nodes, slots, order)
        if bus.off_nodes:
            recover(bus, nodes, min(start_ns, t_ns))
        if start_ns >= t_ns:
            return
        slot = _winner(bus, nodes, slots, order, start_ns)
        queued = slots[slot]
        if bus.faults and struck(faults, BUS_OFF, bus.number, queued.id, start_ns) >= 0:
            node = nodes[bus.first_node + queued.sender]
            node.tec, bus.news, bus.troubled = TEC_BUS_OFF, 1, 1
            judge(bus, node, start_ns)
            _forget(bus, nodes, slots, order, faults, queued.sender)
            continue
        if bus.off_nodes:
            count_recessive(bus, nodes, start_ns)
        bus.slot, bus.begin_ns = slot, start_ns
        _fly(bus, queued, faults, start_ns)


@compiled
def _babble(bus: Any, nodes: Table, slots: Table, order: Order, faults: Table, t_ns: int) -> None:
    """Let every babbling fault have its next frame in the queue."""
    for i in range(faults.shape[0]):
        fault = faults[i]
        start_ns = max(fault.start_ns, bus.free_ns)
        mute = fault.kind != BABBLE or not fault.active or fault.queued or fault.bus != bus.number
        if mute or start_ns >= min(t_ns, fault.end_ns):
            continue
        node = nodes[bus.first_node + bus.nodes - 1]
        if bus.waiting < bus.capacity and node.state != WIRE_BUS_OFF:
            queued = slots[order[bus.first + bus.waiting]]
            queued.t_ns, queued.key, queued.id = start_ns, arbitration_key(fault.id), fault.id
            queued.bus, queued.length, queued.sender = fault.bus, fault.argument, bus.nodes - 1
            queued.flags, queued.copy, fault.queued = 0, 0, 1
            queued.data[:] = 0
            bus.waiting += 1
            node.waiting += 1


@compiled
def _first_end(wire: Wire, t_ns: int) -> int:
    """The bus whose frame ends first, at ``t_ns`` at the latest, or -1. Idle buses start what waits."""
    first, first_ns = -1, t_ns + 1
    for number in range(wire.buses.shape[0]):
        bus = wire.buses[number]
        if bus.end_ns == NEVER_NS and (bus.waiting or bus.off_nodes or bus.babbles):
            _start(bus, wire.nodes, wire.slots, wire.order, wire.faults, t_ns)
        if bus.end_ns < first_ns:
            first, first_ns = number, bus.end_ns
    return first


@compiled
def _suspend(bus: Any, node: Any) -> None:
    """An error passive sender lets the others go first."""
    if node.state == WIRE_PASSIVE:
        node.suspend_ns = bus.free_ns + _SUSPEND_BITS * _SECOND_NS // bus.bitrate


@compiled
def _sent(wire: Wire, bus: Any, frame: Any) -> int:
    """The frame in flight has come through: into ``frame``. How many are delivered: 0 if a fault takes it away."""
    faults, queued = wire.faults, wire.slots[bus.slot]
    node = wire.nodes[bus.first_node + queued.sender]
    copy_frame(frame, queued)
    frame.t_ns = bus.end_ns
    bus.frames += 1
    if bus.troubled:
        credit(bus, wire.nodes, queued.sender, bus.end_ns)
        _suspend(bus, node)
    again = False
    if bus.faults:
        again = queued.copy == 0 and struck(faults, DUPLICATE, bus.number, queued.id, bus.end_ns) >= 0
        if queued.sender == bus.nodes - 1 and not again:
            _let_babble(faults, bus.number, queued.id)
    if again:
        queued.copy, queued.t_ns = 1, bus.free_ns
    else:
        _remove(bus, wire.nodes, wire.slots, wire.order, bus.slot)
    bus.slot, bus.end_ns = -1, NEVER_NS
    if bus.faults and not spoil(faults, frame):
        bus.lost += 1
        return 0
    return 1


@compiled
def _let_babble(faults: Table, bus: int, frame_id: int) -> None:
    for i in range(faults.shape[0]):
        if faults[i].bus == bus and faults[i].id == frame_id:
            faults[i].queued = 0


@compiled
def _failed(wire: Wire, bus: Any, frame: Any, t_ns: int) -> int:
    """The frame in flight has ended in an error frame: into ``frame``; 0 if it has changed no counter."""
    sender, alone = wire.slots[bus.slot].sender, bus.outcome == NOT_ACKNOWLEDGED
    node = wire.nodes[bus.first_node + sender]
    bus.error_frames += 1
    changed = charge(bus, wire.nodes, sender, alone, bus.end_ns)
    _suspend(bus, node)
    if changed:
        bus.news = 1
        _tell_error(frame, bus, node, sender, alone)
    bus.slot, bus.end_ns = -1, NEVER_NS
    if node.state == WIRE_BUS_OFF or not node.present:
        _forget(bus, wire.nodes, wire.slots, wire.order, wire.faults, sender)
    elif not changed and bus.faults == 0 and bus.off_nodes == 0:
        _skip(bus, node, t_ns)
    return int(changed)


@compiled
def _skip(bus: Any, node: Any, t_ns: int) -> None:
    """A lone sender tries for ever, always alike: what it tries until ``t_ns``, in one go."""
    again_ns = node.suspend_ns - bus.begin_ns
    times = (t_ns - node.suspend_ns) // again_ns - 1
    if times > 0:
        bus.error_frames += times
        bus.busy_ns += times * (bus.free_ns - bus.begin_ns)
        bus.free_ns += times * again_ns
        node.suspend_ns += times * again_ns


@compiled
def _tell_error(frame: Any, bus: Any, node: Any, sender: int, alone: bool) -> None:
    """The error frame as Linux would tell the sender."""
    frame.t_ns, frame.bus, frame.length, frame.sender, frame.flags = bus.end_ns, bus.number, 8, sender, FRAME_ERROR
    data = frame.data
    for i in range(64):
        data[i] = 0
    frame.id = _BUS_ERROR | _COUNTERS
    if alone:
        frame.id |= _NO_ACK
        data[3] = _IN_ACK_SLOT
    else:
        frame.id |= _PROTOCOL
        data[2], data[3] = _BIT_ON_TX, _IN_DATA
    if node.state == WIRE_BUS_OFF:
        frame.id |= _OFF
    data[6], data[7] = min(node.tec, 255), min(node.rec, 255)


@compiled
def _move_on(wire: Wire, t_ns: int, delivered: Table) -> int:
    """``advance`` of a wire that is not at rest."""
    count = 0
    while count < delivered.shape[0]:
        first = _first_end(wire, t_ns)
        if first < 0:
            break
        bus, frame = wire.buses[first], delivered[count]
        if bus.outcome == SENT:
            count += _sent(wire, bus, frame)
        else:
            count += _failed(wire, bus, frame, t_ns)
    return count


@compiled
def _at_rest(buses: Table, t_ns: int) -> bool:
    """Whether nothing waits, nobody is bus-off and nothing ends until ``t_ns``."""
    busy = 0
    for number in range(buses.shape[0]):
        bus = buses[number]
        busy += bus.waiting or bus.off_nodes or bus.babbles or bus.end_ns <= t_ns
    return busy == 0


@compiled
def advance(wire: Wire, t_ns: int, delivered: Table) -> int:
    """Move all buses on to ``t_ns``; the number of frames that ended until then, copied to ``delivered`` in time order.

    ``FRAME.t_ns`` becomes the end on the wire. Frames that find no room in ``delivered`` come with the next call.
    """
    # most calls find nothing to do: kept apart, as passing the whole wire costs more than the question
    if _at_rest(wire.buses, t_ns):
        return 0
    return _move_on(wire, t_ns, delivered)


@compiled
def next_ns(wire: Wire) -> int:
    """When something ends or begins next, if nobody offers anything meanwhile; NEVER_NS if nothing does."""
    soonest = NEVER_NS
    for number in range(wire.buses.shape[0]):
        bus = wire.buses[number]
        if bus.end_ns != NEVER_NS:
            soonest = min(soonest, bus.end_ns)
        elif bus.waiting:
            soonest = min(soonest, _first_ns(bus, wire.nodes, wire.slots, wire.order) + 1)
    return soonest
