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
        ("first", "i4"),  # its places of ``order`` are first to first + capacity
        ("capacity", "i4"),
        ("waiting", "i4"),  # places of ``order`` in use
    ],
    align=True,
)

OFFERED, FULL, NOT_CLASSIC = 0, 1, 2
"""What ``offer`` returns."""

FAULTS_MAX = 16
NEVER_NS = np.iinfo(np.int64).max


QUEUED = np.dtype(
    [
        ("t_ns", "i8"),  # when it was offered
        ("key", "i8"),  # arbitration_key(id)
        ("id", "u4"),
        ("bus", "u1"),
        ("length", "u1"),
        ("sender", "u1"),
        ("data", "u1", (64,)),
    ],
    align=True,
)
"""A FRAME that waits for its turn."""


class Wire(NamedTuple):
    """All buses. Each has ``capacity`` places of its own in ``slots`` and ``order``, one bus after the other.

    ``order`` lists places in ``slots``: first the frames that wait, as they were offered, then the free ones.
    """

    buses: Table
    slots: Table
    order: NDArray[np.int64]
    flying: Table
    faults: Table


def make_wire(bitrates: Sequence[int], capacity: int = 256) -> Wire:
    """Idle buses 0, 1, ... with these bit rates (bit/s), each with room for ``capacity`` waiting frames."""
    if not bitrates or min(bitrates) <= 0 or capacity < 1:
        raise ValueError(f"bit rates {list(bitrates)} and capacity {capacity} must be positive")
    buses = np.zeros(len(bitrates), BUS)
    buses["bitrate"], buses["end_ns"], buses["capacity"] = bitrates, NEVER_NS, capacity
    buses["first"] = np.arange(len(bitrates)) * capacity
    places = len(bitrates) * capacity
    flying, faults = np.zeros(len(bitrates), FRAME), np.zeros(FAULTS_MAX, FAULT)
    return Wire(buses, np.zeros(places, QUEUED), np.arange(places), flying, faults)


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
    buses = wire.buses
    if frame.length > DATA_MAX or frame.bus >= buses.shape[0]:
        return NOT_CLASSIC
    bus = buses[frame.bus]
    if bus.waiting >= bus.capacity:
        bus.refused += 1
        return FULL
    queued = wire.slots[wire.order[bus.first + bus.waiting]]
    bus.waiting += 1
    _copy(queued, frame)
    queued.t_ns = t_ns
    queued.key = arbitration_key(frame.id)
    return OFFERED


@compiled
def _winner(bus: Any, slots: Table, order: NDArray[np.int64], start_ns: int) -> int:
    """Place in ``order`` of the frame that wins the arbitration at ``start_ns``; the first offered of equal ids."""
    best, best_key = -1, np.int64(0)
    for place in range(bus.first, bus.first + bus.waiting):
        queued = slots[order[place]]
        if queued.t_ns <= start_ns and (best < 0 or queued.key < best_key):
            best, best_key = place, queued.key
    return best


@compiled
def _start(bus: Any, flying: Any, slots: Table, order: NDArray[np.int64], t_ns: int) -> None:
    """Put the next frame on an idle bus, if an arbitration begins before ``t_ns``."""
    end, first_ns = bus.first + bus.waiting, NEVER_NS
    for place in range(bus.first, end):
        first_ns = min(first_ns, slots[order[place]].t_ns)
    start_ns = max(first_ns, bus.free_ns)
    if start_ns >= t_ns:
        return
    place = _winner(bus, slots, order, start_ns)
    slot = order[place]
    _copy(flying, slots[slot])
    for i in range(place, end - 1):
        order[i] = order[i + 1]
    order[end - 1] = slot
    bus.waiting -= 1
    bits = frame_bits(flying.id, flying.data, flying.length)
    bus.end_ns = start_ns + (bits - INTERMISSION_BITS) * 1_000_000_000 // bus.bitrate
    bus.free_ns = start_ns + bits * 1_000_000_000 // bus.bitrate
    bus.busy_ns += bus.free_ns - start_ns
    bus.frames += 1


@compiled
def _first_end(buses: Table, flying: Table, slots: Table, order: NDArray[np.int64], t_ns: int) -> int:
    """The bus whose frame ends first, at ``t_ns`` at the latest, or -1. Idle buses start what waits."""
    first, first_ns = -1, t_ns + 1
    for number in range(buses.shape[0]):
        bus = buses[number]
        if bus.waiting and bus.end_ns == NEVER_NS:
            _start(bus, flying[number], slots, order, t_ns)
        if bus.end_ns < first_ns:
            first, first_ns = number, bus.end_ns
    return first


@compiled
def _move_on(
    buses: Table, flying: Table, slots: Table, order: NDArray[np.int64], faults: Table, t_ns: int, delivered: Table
) -> int:
    """``advance`` of a wire that is not at rest."""
    count = 0
    while count < delivered.shape[0]:
        first = _first_end(buses, flying, slots, order, t_ns)
        if first < 0:
            break
        bus, frame = buses[first], delivered[count]
        _copy(frame, flying[first])
        frame.t_ns = bus.end_ns
        bus.end_ns = NEVER_NS
        if spoil(faults, frame):
            count += 1
        else:
            bus.lost += 1
    return count


@compiled
def _at_rest(buses: Table, t_ns: int) -> bool:
    """Whether nothing waits and nothing ends until ``t_ns``."""
    busy = 0
    for number in range(buses.shape[0]):
        busy += buses[number].waiting or buses[number].end_ns <= t_ns
    return busy == 0


@compiled
def advance(wire: Wire, t_ns: int, delivered: Table) -> int:
    """Move all buses on to ``t_ns``; the number of frames that ended until then, copied to ``delivered`` in time order.

    ``FRAME.t_ns`` becomes the end on the wire. Frames that find no room in ``delivered`` come with the next call.
    """
    # most calls find nothing to do: kept apart, as passing the whole wire costs more than the question
    if _at_rest(wire.buses, t_ns):
        return 0
    return _move_on(wire.buses, wire.flying, wire.slots, wire.order, wire.faults, t_ns, delivered)


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
