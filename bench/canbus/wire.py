"""The modelled wire: arbitration by identifier, one frame at a time, exact bit times, for several buses.

``offer`` queues frames, ``advance`` moves the buses on. Whoever offers a frame at t must do so before ``advance`` is
called with a later time; a frame never wins an arbitration that began before it was offered. The sender hears its own
frames, too: the reader sorts them out by ``FRAME.sender``. No bus errors are modelled here, only faults of delivery.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import compiled
from bench.base.records import FRAME
from bench.canbus.database import EXTENDED
from bench.canbus.faults import FAULT, spoil
from bench.canbus.frame_bits import DATA_MAX, INTERMISSION_BITS, frame_bits

Table = NDArray[Any]

BUS = np.dtype(
    [
        ("bitrate", "i8"),  # bit/s
        ("free_ns", "i8"),  # end of the last intermission
        ("end_ns", "i8"),  # end of the frame in flight, NEVER_NS on an idle bus
        ("busy_ns", "i8"),  # all time occupied by frames so far, intermission included: the load is busy_ns / t_ns
        ("frames", "i8"),
        ("refused", "i8"),  # offers to a full queue
        ("lost", "i8"),  # frames taken away by faults
        ("waiting", "i4"),  # places of ``order`` in use
    ],
    align=True,
)

OFFERED, FULL, NOT_CLASSIC = 0, 1, 2
"""What ``offer`` returns."""

FAULTS_MAX = 16
NEVER_NS = np.iinfo(np.int64).max


class Wire(NamedTuple):
    """All buses: ``slots[bus, slot]`` hold waiting frames, ``order[bus]`` their slots as offered, then free ones."""

    buses: Table
    slots: Table
    keys: NDArray[np.int64]
    order: NDArray[np.int32]
    flying: Table
    faults: Table


def make_wire(bitrates: Sequence[int], capacity: int = 256) -> Wire:
    """Idle buses 0, 1, ... with these bit rates (bit/s), each with room for ``capacity`` waiting frames."""
    if not bitrates or min(bitrates) <= 0 or capacity < 1:
        raise ValueError(f"bit rates {list(bitrates)} and capacity {capacity} must be positive")
    buses = np.zeros(len(bitrates), BUS)
    buses["bitrate"], buses["end_ns"] = bitrates, NEVER_NS
    order = np.tile(np.arange(capacity, dtype=np.int32), (len(bitrates), 1))
    slots = np.zeros((len(bitrates), capacity), FRAME)
    keys = np.zeros(slots.shape, np.int64)
    return Wire(buses, slots, keys, order, np.zeros(len(bitrates), FRAME), np.zeros(FAULTS_MAX, FAULT))


@compiled
def arbitration_key(frame_id: int) -> int:
    """The arbitration field as a number, the lowest wins: standard beats extended with the same first 11 bits."""
    if frame_id & EXTENDED:
        return ((frame_id >> 18) & 0x7FF) << 19 | 1 << 18 | (frame_id & 0x3FFFF)
    return (frame_id & 0x7FF) << 19


@compiled
def _copy(target: Any, source: Any) -> None:
    """Copy a FRAME record."""
    target.t_ns, target.id, target.bus = source.t_ns, source.id, source.bus
    target.length, target.sender = source.length, source.sender
    to, data = target.data, source.data
    for i in range(64):
        to[i] = data[i]


@compiled
def offer(wire: Wire, frame: Any, t_ns: int) -> int:
    """Queue a copy of ``frame`` (bus in ``frame.bus``) at ``t_ns``.

    Returns ``OFFERED``, ``FULL`` (counted) or ``NOT_CLASSIC``: more than 8 bytes, or a bus that does not exist.
    """
    if frame.length > DATA_MAX or frame.bus >= wire.buses.shape[0]:
        return NOT_CLASSIC
    bus = wire.buses[frame.bus]
    if bus.waiting >= wire.order.shape[1]:
        bus.refused += 1
        return FULL
    number = int(frame.bus)
    slot = wire.order[number, bus.waiting]
    bus.waiting += 1
    queued = wire.slots[number, slot]
    _copy(queued, frame)
    queued.t_ns = t_ns
    wire.keys[number, slot] = arbitration_key(frame.id)
    return OFFERED


@compiled
def _winner(bus: Any, slots: Table, keys: NDArray[np.int64], order: NDArray[np.int32], start_ns: int) -> int:
    """Place in ``order`` of the frame that wins the arbitration at ``start_ns``; the first offered of equal ids."""
    best, best_key = -1, np.int64(0)
    for place in range(bus.waiting):
        slot = order[place]
        if slots[slot].t_ns <= start_ns and (best < 0 or keys[slot] < best_key):
            best, best_key = place, keys[slot]
    return best


@compiled
def _start(bus: Any, flying: Any, slots: Table, keys: NDArray[np.int64], order: NDArray[np.int32], t_ns: int) -> None:
    """Put the next frame on an idle bus, if an arbitration begins before ``t_ns``."""
    first_ns = NEVER_NS
    for place in range(bus.waiting):
        first_ns = min(first_ns, slots[order[place]].t_ns)
    start_ns = max(first_ns, bus.free_ns)
    if start_ns >= t_ns:
        return
    place = _winner(bus, slots, keys, order, start_ns)
    slot = order[place]
    _copy(flying, slots[slot])
    bits = frame_bits(flying.id, flying.data, flying.length)
    for i in range(place, bus.waiting - 1):
        order[i] = order[i + 1]
    bus.waiting -= 1
    order[bus.waiting] = slot
    bus.end_ns = start_ns + (bits - INTERMISSION_BITS) * 1_000_000_000 // bus.bitrate
    bus.free_ns = start_ns + bits * 1_000_000_000 // bus.bitrate
    bus.busy_ns += bus.free_ns - start_ns
    bus.frames += 1


@compiled
def advance(wire: Wire, t_ns: int, delivered: Table) -> int:
    """Move all buses on to ``t_ns``; the number of frames that ended until then, copied to ``delivered`` in time order.

    ``FRAME.t_ns`` becomes the end on the wire. Frames that find no room in ``delivered`` come with the next call.
    """
    count = 0
    while count < delivered.shape[0]:
        first, first_ns = -1, t_ns + 1
        for number in range(wire.buses.shape[0]):
            bus = wire.buses[number]
            if bus.end_ns == NEVER_NS and bus.waiting:
                _start(bus, wire.flying[number], wire.slots[number], wire.keys[number], wire.order[number], t_ns)
            if bus.end_ns < first_ns:
                first, first_ns = number, bus.end_ns
        if first < 0:
            break
        bus = wire.buses[first]
        frame = delivered[count]
        _copy(frame, wire.flying[first])
        frame.t_ns = bus.end_ns
        bus.end_ns = NEVER_NS
        if spoil(wire.faults, frame):
            count += 1
        else:
            bus.lost += 1
    return count


def add_fault(
    wire: Wire, bus: int, frame_id: int, kind: int, start_ns: int, end_ns: int = int(NEVER_NS), argument: int = 0
) -> None:
    """Put a fault (``bench.canbus.faults``) in the first free row. Raises ``ValueError`` when all are taken."""
    free = np.flatnonzero(wire.faults["active"] == 0)
    if not len(free):
        raise ValueError(f"a wire has room for {len(wire.faults)} faults; end one first")
    row = np.zeros((), FAULT)
    row["active"], row["bus"], row["id"], row["kind"] = 1, bus, frame_id, kind
    row["start_ns"], row["end_ns"], row["argument"] = start_ns, end_ns, argument
    wire.faults[free[0]] = row


def bus_load(wire: Wire, bus: int, t_ns: int) -> float:
    """Share of the time from 0 to ``t_ns`` in which the bus was occupied, 0 to 1."""
    return float(wire.buses["busy_ns"][bus] / t_ns) if t_ns > 0 else 0.0
