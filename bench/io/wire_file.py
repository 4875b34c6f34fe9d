"""The memory behind a benchwire bus: the modelled wire and a broadcast ring in one private file, with one lock and a
doorbell for each member.

There is no server: whoever looks or sends moves the model (``bench.canbus.wire``) on to the present, under the file
lock, and puts the frames that have ended into the ring, which every member maps. The kernel gives the lock back when
its holder dies. A change of the model is a transaction: the state before is kept beside it, the frames count from the
moment their number is raised, at the very end; who finds a transaction open takes the state before. So a member killed
half-way leaves nothing. Data never goes through the doorbells (datagram sockets): a full one means only that its member
has been woken already, and what strangers send there is thrown away.

With bit rate 0 the wire takes no time: frames go into the ring at once, there is nothing to model.
"""

import contextlib
import fcntl
import mmap
import os
import struct
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.base.compiled import compiled, direct
from bench.base.records import FRAME
from bench.canbus.buses import Wire, attach, detach, empty, make_wire, restart, roll_load
from bench.canbus.wire import advance, next_ns, offer
from bench.io.doorbells import Doorbells
from bench.io.folders import checked_name

CAPACITY = 16_384
"""Frames a reader may lag behind: more than a second of a full 1 Mbit/s bus."""

MEMBERS_MAX = 31
QUEUE_FRAMES = 32
"""Frames that wait in one member's send queue."""

LOST_FROM = CAPACITY - CAPACITY // 8
"""A reader that far behind is overtaken: a writer must not catch up with the record that is being read."""

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
PACKED = struct.Struct("=qqIBBB9x64s")
"""``RECORD`` for ``struct``."""

_STRIDE = RECORD.itemsize
_SLOTS = 256
_MAGIC = 0x32_45_52_49_57_48_43_42  # "BCHWIRE2"
# 8-byte words of the header
_MAGIC_AT, _WRITTEN, _OPEN, _WRITTEN_BEFORE, _NEXT_NS = 0, 8, 16, 17, 18
_BITRATE, _DATA_BITRATE, _EVER, _SWEPT_NS, _READ = 24, 25, 26, 27, 64
# bytes of the header, one a member
_USED, _ASLEEP = 2048, 2048 + 64
_HEADER_BYTES = 4096
_RING_BYTES = CAPACITY * _STRIDE
_SWEEP_NS = 100_000_000
_WATCH_NS = 200_000  # how soon to look again while somebody is bus-off or babbles
_FAR_NS = 1 << 62
_DELIVERED = 64
_MOVE_NS, _PATIENT_NS = 5_000_000, 2_000_000_000  # how long to wait for the lock: to look, to join or leave
_NOBODY = bytes(MEMBERS_MAX)


class WireBusy(OSError):
    """Another member holds the wire and does not let go: it is stopped."""


Packed = tuple[int, int, int, int, int, int, bytes]
"""A frame as it lies in the ring: number, end (monotonic ns), id, sender, flags, length, data."""


@compiled
def _publish(ring: Any, delivered: Any, count: int, written: int) -> None:
    """Copy frames into the ring, behind the ``written`` ones. They do not count yet."""
    for i in range(count):
        frame, record = delivered[i], ring[(written + i) % ring.shape[0]]
        record.number, record.t_ns, record.id = written + i, frame.t_ns, frame.id
        record.sender, record.flags, record.length = frame.sender, frame.flags, frame.length
        to, data = record.data, frame.data
        for k in range(64):
            to[k] = data[k]


class _Calls(NamedTuple):
    """The compiled entries, for the types of a wire of this kind."""

    advance: Any
    offer: Any
    next_ns: Any
    publish: Any
    roll: Any


@cache
def _compiled() -> _Calls:
    wire, frames, ring = _template(1), np.zeros(_DELIVERED, FRAME), np.zeros(1, RECORD)
    return _Calls(
        direct(advance, wire, 0, frames),
        direct(offer, wire, frames[0], 0),
        direct(next_ns, wire),
        direct(_publish, ring, frames, 0, 0),
        direct(roll_load, wire.buses[0], 0),
    )


class WireFile:
    """One member's view of a bus. Not for several threads at once (the bus class has a lock)."""

    def __init__(self, folder: Path, channel: str, bitrate: int | None, data_bitrate: int | None) -> None:
        """Join. ``None``: as the others have it, 500 kbit/s and 2 Mbit/s for the first."""
        self._base = folder / checked_name(channel)
        self._base.mkdir(mode=0o700, exist_ok=True)
        self._calls = _compiled()  # before anybody waits for the lock
        self._frame = np.zeros(1, FRAME)
        self._delivered = np.zeros(_DELIVERED, FRAME)
        self._lock = os.open(self._base / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            self._lock_file(_PATIENT_NS)
            try:
                self._map()
                self._settle_rates(bitrate, data_bitrate)
                self.member = self._free_place()
                self.bells.hang(self.member)
                self._next = self._words[_READ + self.member] = self._words[_WRITTEN]
                self._bytes[_USED + self.member] = 1
            finally:
                fcntl.flock(self._lock, fcntl.LOCK_UN)
        except (OSError, ValueError):
            os.close(self._lock)
            raise
        self.paced = self._words[_BITRATE] > 0
        if self.paced:
            self.plug()

    # --- joining -----------------------------------------------------------------------------------------------------

    def _map(self) -> None:
        path, model = self._base / "ring", _model_bytes(_template(1))
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            size = _HEADER_BYTES + _RING_BYTES + 2 * model
            known = os.fstat(descriptor).st_size
            os.ftruncate(descriptor, max(size, known))
            memory = self._memory = mmap.mmap(descriptor, size)
        finally:
            os.close(descriptor)
        (magic,) = struct.unpack_from("=Q", memory, _MAGIC_AT)
        if known not in (0, size) or magic not in (0, _MAGIC):
            raise OSError(f"{path} is no benchwire memory of this version; remove it")
        self._bytes = memoryview(memory)
        self._words = self._bytes[:_HEADER_BYTES].cast("q")
        self.bells = Doorbells(self._base, self._bytes[_ASLEEP : _ASLEEP + MEMBERS_MAX])
        self._ring = np.ndarray(CAPACITY, RECORD, memory, _HEADER_BYTES)
        offset, arrays = _HEADER_BYTES + _RING_BYTES, []
        self._model = np.ndarray(model, np.uint8, memory, offset)
        self._before = np.ndarray(model, np.uint8, memory, offset + model)
        for array in _template(1):
            arrays.append(np.ndarray(array.shape, array.dtype, memory, offset))
            offset += _aligned(array.nbytes)
        self.wire = Wire(*arrays)

    def _settle_rates(self, bitrate: int | None, data_bitrate: int | None) -> None:
        words = self._words
        if words[_MAGIC_AT] != _MAGIC or not any(self.bells.answers(member) for member in self._members()):
            self._bytes[_USED : _USED + MEMBERS_MAX] = _NOBODY
            rates = (500_000 if bitrate is None else bitrate, data_bitrate or 2_000_000)
            words[_WRITTEN] = words[_OPEN] = 0
            words[_BITRATE], words[_DATA_BITRATE] = rates
            words[_NEXT_NS], words[_SWEPT_NS] = _FAR_NS, 0
            for mapped, fresh in zip(self.wire, _template(rates[0] or 1, rates[1]), strict=True):
                mapped[...] = fresh
            now_ns = time.monotonic_ns()
            self.wire.buses["window_ns"] = self.wire.buses["free_ns"] = now_ns
            words[_MAGIC_AT] = _MAGIC
        for word, wanted in ((_BITRATE, bitrate), (_DATA_BITRATE, data_bitrate)):
            if wanted is not None and wanted != words[word]:
                raise OSError(f"the others on it have {words[word]} bit/s, not {wanted}; a bus has one bit rate")

    def _free_place(self) -> int:
        words = self._words
        for step in range(MEMBERS_MAX):
            member = (words[_EVER] + step) % MEMBERS_MAX
            if not self._bytes[_USED + member]:
                words[_EVER] = member + 1
                return int(member)
        raise OSError(f"{MEMBERS_MAX} members are on it already")

    # --- sending -----------------------------------------------------------------------------------------------------

    def send(self, identity: int, flags: int, length: int, data: bytes, wait_ns: int) -> int:
        """Queue a frame (``wire.offer``'s answer). Raises ``WireBusy``."""
        frame = self._frame[0]
        frame["id"], frame["flags"], frame["length"], frame["sender"] = identity, flags, length, self.member
        frame["data"][: len(data)] = np.frombuffer(data, np.uint8)
        frame["data"][len(data) :] = 0
        with self._transaction(wait_ns) as now_ns:
            answer = int(self._calls.offer(self.wire, frame, now_ns))
        self.bells.wake()
        return answer

    def append(self, identity: int, flags: int, length: int, data: bytes, wait_ns: int) -> None:
        """Put a frame into the ring of a wire that takes no time. Raises ``WireBusy``."""
        self._lock_file(wait_ns)
        number = self._words[_WRITTEN]
        place = _HEADER_BYTES + number % CAPACITY * _STRIDE
        now_ns = time.monotonic_ns()
        PACKED.pack_into(self._memory, place, number, now_ns, identity, self.member, flags, length, data)
        self._words[_WRITTEN] = number + 1
        fcntl.flock(self._lock, fcntl.LOCK_UN)
        self.bells.wake()

    def move(self) -> None:
        """Move the model on to now. Raises ``WireBusy``."""
        with self._transaction(_MOVE_NS):
            pass
        self.bells.wake()

    @contextlib.contextmanager
    def _transaction(self, wait_ns: int = _PATIENT_NS) -> Iterator[int]:
        """Alone on the wire, with the model moved to now (monotonic ns); what it did counts from the end on."""
        self._enter(wait_ns)
        try:
            words, calls, now_ns = self._words, self._calls, time.monotonic_ns()
            written = words[_WRITTEN_BEFORE] = words[_WRITTEN]
            self._before[...] = self._model
            words[_OPEN] = 1
            if now_ns - words[_SWEPT_NS] > _SWEEP_NS:
                words[_SWEPT_NS] = now_ns
                self._forget_dead()
            bus = self.wire.buses[0]
            count = calls.advance(self.wire, now_ns, self._delivered)
            while count:
                calls.publish(self._ring, self._delivered, count, written)
                written += count
                count = calls.advance(self.wire, now_ns, self._delivered)
            calls.roll(bus, now_ns)
            yield now_ns
            soonest = min(calls.next_ns(self.wire), _FAR_NS)
            if bus["off_nodes"] or bus["babbles"]:
                soonest = min(soonest, now_ns + _WATCH_NS)
            words[_NEXT_NS] = soonest
            words[_WRITTEN] = written
            words[_OPEN] = 0
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _enter(self, wait_ns: int) -> None:
        """Take the lock, and undo what a member that died under it had begun."""
        self._lock_file(wait_ns)
        if self._words[_OPEN]:
            if self._words[_WRITTEN] == self._words[_WRITTEN_BEFORE]:
                self._model[...] = self._before
            self._words[_OPEN] = 0

    def _lock_file(self, wait_ns: int) -> None:
        deadline_ns = 0
        while True:
            try:
                return fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                now_ns = time.monotonic_ns()
                deadline_ns = deadline_ns or now_ns + wait_ns
                if now_ns > deadline_ns:
                    raise WireBusy("a stopped member holds the wire; let it go on, or end it") from None
                time.sleep(20e-6)

    # --- receiving ---------------------------------------------------------------------------------------------------

    def take(self, most: int = 128) -> list[Packed]:
        """The next frames that have ended, from any member, ``most`` at once."""
        words, first = self._words, self._next
        count = min(words[_WRITTEN] - first, most, CAPACITY - first % CAPACITY)
        if count <= 0:
            return []
        place = _HEADER_BYTES + first % CAPACITY * _STRIDE
        taken = list(PACKED.iter_unpack(self._bytes[place : place + count * _STRIDE]))
        if words[_WRITTEN] - first >= LOST_FROM:
            return []  # it may have been overwritten meanwhile: ``lost`` tells
        self._next = words[_READ + self.member] = first + count
        return taken

    def lost(self) -> int:
        """How many frames were overwritten before they were taken; skips them."""
        behind = self._words[_WRITTEN] - self._next
        if behind < LOST_FROM:
            return 0
        skipped = behind - CAPACITY // 2
        self._next = self._words[_READ + self.member] = self._next + skipped
        return int(skipped)

    def waits(self) -> bool:
        """Whether a frame can be taken."""
        return bool(self._next != self._words[_WRITTEN])

    def due_ns(self) -> int:
        """When (monotonic ns) the wire wants to be moved next; far away if nothing happens by itself."""
        return int(self._words[_NEXT_NS])

    def lag(self, ignored: dict[int, int]) -> tuple[int, int]:
        """(frames the slowest other reader is behind, its number); ``ignored``: members not counted while they stand
        still at these places."""
        slowest, who = self._words[_WRITTEN], -1
        for member in self._members():
            read = self._words[_READ + member]
            if member != self.member and ignored.get(member) != read and read < slowest:
                slowest, who = read, member
        return int(self._words[_WRITTEN] - slowest), who

    def position(self, member: int) -> int:
        """Where a member reads."""
        return int(self._words[_READ + member])

    # --- the controller ----------------------------------------------------------------------------------------------

    @property
    def node(self) -> Any:
        """This member's NODE record."""
        return self.wire.nodes[self.member]

    def plug(self, *, manual: bool = False) -> None:
        """Put this member's controller on the bus, with fresh counters."""
        with self._transaction():
            attach(self.wire, 0, self.member, fifo=True, manual=manual)
            self.wire.nodes["room"][self.member] = QUEUE_FRAMES
        self.bells.wake()

    def unplug(self) -> None:
        """Take it off; what it had queued is forgotten."""
        with self._transaction():
            detach(self.wire, 0, self.member)
        self.bells.wake()

    def empty(self) -> None:
        """Forget what waits to be sent."""
        with self._transaction():
            empty(self.wire, 0, self.member)

    def restart(self) -> None:
        """Begin the way back from bus-off."""
        with self._transaction() as now_ns:
            restart(self.wire, 0, self.member, now_ns)
        self.bells.wake()

    @contextlib.contextmanager
    def scripting(self) -> Iterator[Wire]:
        """The wire, for whoever puts faults on it."""
        with self._transaction():
            yield self.wire
        self.bells.wake()

    # --- leaving -----------------------------------------------------------------------------------------------------

    def leave(self) -> None:
        """Leave the bus; the last living member removes its memory."""
        with contextlib.suppress(WireBusy):
            if self.paced:
                self.unplug()
            self._enter(_PATIENT_NS)
            self._bytes[_USED + self.member] = 0
            self.bells.remove(self.member)
            self._forget_dead()
            if not any(self._bytes[_USED : _USED + MEMBERS_MAX]):
                (self._base / "ring").unlink(missing_ok=True)
        self.bells.own.close()
        os.close(self._lock)

    def _forget_dead(self) -> None:
        for member in self._members():
            if not self.bells.answers(member):
                self._bytes[_USED + member] = 0
                self.bells.remove(member)
                detach(self.wire, 0, member)

    def _members(self) -> list[int]:
        return [member for member in range(MEMBERS_MAX) if self._bytes[_USED + member]]


def _template(bitrate: int, data_bitrate: int = 2_000_000) -> Wire:
    return make_wire([bitrate], _SLOTS, data_bitrate=data_bitrate, members=[()], nodes=MEMBERS_MAX + 1)


def _aligned(size: int) -> int:
    return -(-size // 64) * 64


def _model_bytes(wire: Wire) -> int:
    return sum(_aligned(array.nbytes) for array in wire)
