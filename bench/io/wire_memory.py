"""What lies in the file behind a benchwire bus, and the compiled changes of it.

A change is a transaction: the state before is kept beside the model, the frames count from the moment their number is
raised, at the very end; who finds a transaction open takes the state before. So a member killed half-way leaves
nothing.
"""

import mmap
import struct
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.base.by_reference import by_reference
from bench.base.compiled import compiled, direct
from bench.base.fence import fence
from bench.base.records import FRAME
from bench.canbus.buses import Table, Wire, make_wire, roll_load
from bench.canbus.wire import advance, next_ns, offer

CAPACITY = 16_384
"""Frames a reader may lag behind: more than a second of a full 1 Mbit/s bus."""

MEMBERS_MAX = 31

RECORD = np.dtype(
    [
        ("number", "i8"),
        ("t_ns", "i8"),  # end on the wire, monotonic
        ("id", "u4"),  # bit 31: extended
        ("sender", "u1"),
        ("flags", "u1"),  # FRAME_FD ...
        ("length", "u1"),
        ("pad", "u1", (9,)),
        ("data", "u1", (64,)),
    ]
)
"""A frame in the ring."""

PACKED = struct.Struct("=qqIBBB9x64s")
"""``RECORD`` for ``struct``."""

STRIDE = RECORD.itemsize
MAGIC = 0x33_45_52_49_57_48_43_42  # "BCHWIRE3"

# 8-byte words of the header
MAGIC_AT, WRITTEN, OPEN, WRITTEN_BEFORE, NEXT_NS = 0, 8, 16, 17, 18
BITRATE, DATA_BITRATE, EVER, SWEPT_NS, READ = 24, 25, 26, 27, 64
# bytes of the header, one a member
USED, ASLEEP = 2048, 2048 + 64
HEADER_BYTES = 4096

FAR_NS = 1 << 62
"""``NEXT_NS`` of a wire on which nothing happens by itself."""

_RING_BYTES = CAPACITY * STRIDE
_SLOTS = 256
_DELIVERED = 64
_WATCH_NS = 200_000  # how soon to look again while somebody is bus-off or babbles
OFFERED_FRAME = struct.Struct("=qIBBBB64s")
"""``FRAME`` for ``struct``."""


@by_reference
class WireMemory(NamedTuple):
    """The file as one member sees it, and what belongs to this member alone."""

    words: NDArray[np.int64]
    """The header."""
    ring: Table
    wire: Wire
    tables: NDArray[np.int64]
    """The words of ``wire`` without its slots."""
    tables_before: NDArray[np.int64]
    """The same before the change that is open."""
    slots: NDArray[np.int64]
    """The words of ``wire.slots``, a row for each."""
    slots_before: NDArray[np.int64]
    """The same before the change, of slots that were in use then: what the others hold means nothing."""
    delivered: Table
    """FRAME: own room for what has ended."""
    offered: Table
    """FRAME: what this member wants to send."""


def fresh_wire(bitrate: int, data_bitrate: int = 2_000_000) -> Wire:
    """A wire with nobody on it."""
    return make_wire([bitrate], _SLOTS, data_bitrate=data_bitrate, members=[()], nodes=MEMBERS_MAX + 1)


def file_bytes() -> int:
    """The size of the file."""
    return HEADER_BYTES + _RING_BYTES + 2 * sum(_model_bytes())


def map_wire(memory: mmap.mmap) -> WireMemory:
    """The arrays in ``memory``, which has ``file_bytes``."""
    header = np.ndarray(HEADER_BYTES // 8, np.int64, memory)
    ring = np.ndarray(CAPACITY, RECORD, memory, HEADER_BYTES)
    tables, slots = _model_bytes()
    offset, words, arrays = HEADER_BYTES + _RING_BYTES, [], {}
    for rows, size in ((1, tables), (1, tables), (_SLOTS, slots), (_SLOTS, slots)):
        words.append(np.ndarray((rows, size // rows // 8), np.int64, memory, offset))
        offset += size
    now, before, queue, queue_before = words
    at = 0
    for name, array in fresh_wire(1)._asdict().items():
        if name == "slots":
            arrays[name] = queue.view(array.dtype).reshape(_SLOTS)
        else:
            arrays[name] = now[0, at : at + array.nbytes // 8].view(array.dtype)
            at += array.nbytes // 8
    own = np.zeros(_DELIVERED, FRAME), np.zeros(1, FRAME)
    return WireMemory(header, ring, Wire(**arrays), now[0], before[0], queue, queue_before, *own)


@cache
def _model_bytes() -> tuple[int, int]:
    """(tables, slots); all records are whole words."""
    wire = fresh_wire(1)
    return sum(array.nbytes for array in wire) - wire.slots.nbytes, wire.slots.nbytes


@compiled
def _publish(memory: WireMemory, count: int, written: int) -> None:
    """Copy what was delivered into the ring, behind the ``written`` frames. It does not count yet."""
    for i in range(count):
        frame, record = memory.delivered[i], memory.ring[(written + i) % memory.ring.shape[0]]
        record.number, record.t_ns, record.id = written + i, frame.t_ns, frame.id
        record.sender, record.flags, record.length = frame.sender, frame.flags, frame.length
        to, data = record.data, frame.data
        for k in range(64):
            to[k] = data[k]


@compiled
def _keep(memory: WireMemory) -> None:
    """Put the state aside."""
    tables, kept = memory.tables, memory.tables_before
    for i in range(tables.shape[0]):
        kept[i] = tables[i]
    wire, slots, slots_kept = memory.wire, memory.slots, memory.slots_before
    for place in range(wire.buses[0].waiting):
        slot = wire.order[place]
        for i in range(slots.shape[1]):
            slots_kept[slot, i] = slots[slot, i]


@compiled
def begin(memory: WireMemory, now_ns: int) -> int:
    """Open a change and move the wire on to now; the number of frames that are in the ring with it."""
    words = memory.words
    written = words[WRITTEN]
    words[WRITTEN_BEFORE] = written
    _keep(memory)
    fence()
    words[OPEN] = 1
    fence()
    count = advance(memory.wire, now_ns, memory.delivered)
    while count:
        _publish(memory, count, written)
        written += count
        count = advance(memory.wire, now_ns, memory.delivered)
    roll_load(memory.wire.buses[0], now_ns)
    return int(written)


@compiled
def finish(memory: WireMemory, now_ns: int, written: int) -> None:
    """Close the change: from now on it counts, and so do the frames up to ``written``."""
    words, bus = memory.words, memory.wire.buses[0]
    soonest = min(next_ns(memory.wire), FAR_NS)
    if bus.off_nodes or bus.babbles:
        soonest = min(soonest, now_ns + _WATCH_NS)
    words[NEXT_NS] = soonest
    fence()
    words[WRITTEN] = written
    fence()
    words[OPEN] = 0


@compiled
def look(memory: WireMemory, now_ns: int) -> None:
    """Move the wire on to now, as a change of its own."""
    finish(memory, now_ns, begin(memory, now_ns))


@compiled
def post(memory: WireMemory, now_ns: int) -> int:
    """Move the wire on to now and offer the own frame, in one change; ``wire.offer``'s answer."""
    written = begin(memory, now_ns)
    answer = offer(memory.wire, memory.offered[0], now_ns)
    finish(memory, now_ns, written)
    return int(answer)


def undo(words: memoryview, memory: WireMemory) -> None:
    """Take back what a member that died under the lock had begun."""
    if words[OPEN]:
        if words[WRITTEN] == words[WRITTEN_BEFORE]:
            memory.tables[...] = memory.tables_before
            in_use = memory.wire.order[: memory.wire.buses["waiting"][0]]
            memory.slots[in_use] = memory.slots_before[in_use]
        words[OPEN] = 0


class Calls(NamedTuple):
    """The compiled entries."""

    begin: Any
    finish: Any
    look: Any
    post: Any


@cache
def compiled_calls() -> Calls:
    """Compiled now or taken from the cache: for everybody before he takes the lock."""
    memory = map_wire(mmap.mmap(-1, file_bytes()))
    return Calls(
        direct(begin, memory, 0),
        direct(finish, memory, 0, 0),
        direct(look, memory, 0),
        direct(post, memory, 0),
    )
