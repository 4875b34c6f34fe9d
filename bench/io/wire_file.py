"""One member's view of the file behind a benchwire bus (``bench.io.wire_memory``): its lock, its place, its doorbell.

There is no server: whoever looks or sends moves the model (``bench.canbus.wire``) on to the present, under the file
lock, and puts the frames that have ended into the ring, which every member maps. The kernel gives the lock back when
its holder dies. Data never goes through the doorbells (datagram sockets): a full one means only that its member has
been woken already, and what strangers send there is thrown away.

With bit rate 0 the wire takes no time: frames go into the ring at once, there is nothing to model.
"""

import contextlib
import fcntl
import mmap
import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.canbus.buses import Wire, attach, detach, empty, restart
from bench.io.doorbells import Doorbells
from bench.io.folders import checked_name
from bench.io.wire_memory import (
    ASLEEP,
    BITRATE,
    CAPACITY,
    DATA_BITRATE,
    EVER,
    FAR_NS,
    HEADER_BYTES,
    MAGIC,
    MAGIC_AT,
    MEMBERS_MAX,
    NEXT_NS,
    OFFERED_FRAME,
    OPEN,
    PACKED,
    READ,
    STRIDE,
    SWEPT_NS,
    USED,
    WRITTEN,
    compiled_calls,
    file_bytes,
    fresh_wire,
    map_wire,
    undo,
)

QUEUE_FRAMES = 32
"""Frames that wait in one member's send queue."""

LOST_FROM = CAPACITY - CAPACITY // 8
"""A reader that far behind is overtaken: a writer must not catch up with the record that is being read."""

_SWEEP_NS = 100_000_000
_OVERDUE_NS = 2 * _SWEEP_NS  # a sweep holds up a frame by 0.1 ms, so it is left to those who look, while somebody does
_LOOK_S, _PATIENT_S = 5e-3, 2.0  # how long to wait for the lock: to look, to join or leave
_TRIES = 8  # to get the lock, before the processor is left to others: it is held for 2 us
_LOCK, _UNLOCK = fcntl.LOCK_EX | fcntl.LOCK_NB, fcntl.LOCK_UN
_NOBODY = bytes(MEMBERS_MAX)


class WireBusy(OSError):
    """Another member holds the wire and does not let go: it is stopped."""


class WireFile:
    """One member's view of a bus. Not for several threads at once (the bus class has a lock)."""

    def __init__(self, folder: Path, channel: str, bitrate: int | None, data_bitrate: int | None) -> None:
        """Join. ``None``: as the others have it, 500 kbit/s and 2 Mbit/s for the first."""
        self._base = folder / checked_name(channel)
        self._base.mkdir(mode=0o700, exist_ok=True)
        self._calls = compiled_calls()  # before anybody waits for the lock
        self._lock = os.open(self._base / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            self._lock_file(_PATIENT_S)
            try:
                self._map()
                self._settle_rates(bitrate, data_bitrate)
                self.member = self._free_place()
                self.bells.hang(self.member)
                self._next = self._words[READ + self.member] = self._words[WRITTEN]
                self._bytes[USED + self.member] = 1
                own = self.wire.nodes[self.member : self.member + 1]
                self._condition = tuple(own[name].data for name in ("state", "off_ns", "back_ns"))
            finally:
                fcntl.flock(self._lock, _UNLOCK)
        except (OSError, ValueError):
            os.close(self._lock)
            raise
        self.paced = self._words[BITRATE] > 0
        if self.paced:
            self.plug()

    # --- joining -----------------------------------------------------------------------------------------------------

    def _map(self) -> None:
        path, size = self._base / "ring", file_bytes()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            known = os.fstat(descriptor).st_size
            os.ftruncate(descriptor, max(size, known))
            mapped = self._mapped = mmap.mmap(descriptor, size)
        finally:
            os.close(descriptor)
        (magic,) = struct.unpack_from("=Q", mapped, MAGIC_AT)
        if known not in (0, size) or magic not in (0, MAGIC):
            raise OSError(f"{path} is no benchwire memory of this version; remove it")
        self._bytes = memoryview(mapped)
        self._words = self._bytes[:HEADER_BYTES].cast("q")
        self.bells = Doorbells(self._base, self._bytes[ASLEEP : ASLEEP + MEMBERS_MAX])
        self._memory = map_wire(mapped)
        self._offered = self._memory.offered.view(np.uint8).data

    @property
    def wire(self) -> Wire:
        """The model. What is changed outside ``scripting`` is changed for nobody."""
        return self._memory.wire

    def _settle_rates(self, bitrate: int | None, data_bitrate: int | None) -> None:
        words = self._words
        if words[MAGIC_AT] != MAGIC or not any(self.bells.answers(member) for member in self._members()):
            self._bytes[USED : USED + MEMBERS_MAX] = _NOBODY
            rates = (500_000 if bitrate is None else bitrate, data_bitrate or 2_000_000)
            words[WRITTEN] = words[OPEN] = 0
            words[BITRATE], words[DATA_BITRATE] = rates
            words[NEXT_NS], words[SWEPT_NS] = FAR_NS, 0
            for mapped, fresh in zip(self.wire, fresh_wire(rates[0] or 1, rates[1]), strict=True):
                mapped[...] = fresh
            now_ns = time.monotonic_ns()
            self.wire.buses["window_ns"] = self.wire.buses["free_ns"] = now_ns
            words[MAGIC_AT] = MAGIC
        for word, wanted in ((BITRATE, bitrate), (DATA_BITRATE, data_bitrate)):
            if wanted is not None and wanted != words[word]:
                raise OSError(f"the others on it have {words[word]} bit/s, not {wanted}; a bus has one bit rate")

    def _free_place(self) -> int:
        words = self._words
        for step in range(MEMBERS_MAX):
            member = (words[EVER] + step) % MEMBERS_MAX
            if not self._bytes[USED + member]:
                words[EVER] = member + 1
                return int(member)
        raise OSError(f"{MEMBERS_MAX} members are on it already")

    # --- sending -----------------------------------------------------------------------------------------------------

    def send(self, identity: int, flags: int, length: int, data: bytes, wait_s: float) -> int:
        """Queue a frame (``wire.offer``'s answer). Raises ``WireBusy``."""
        OFFERED_FRAME.pack_into(self._offered, 0, 0, identity, 0, length, self.member, flags, data)
        self.sweep(wait_s, _OVERDUE_NS)
        self._enter(wait_s)
        try:
            answer = int(self._calls.post(self._memory, time.monotonic_ns()))
        finally:
            fcntl.flock(self._lock, _UNLOCK)
        self.bells.wake()
        return answer

    def append(self, identity: int, flags: int, length: int, data: bytes, wait_s: float) -> None:
        """Put a frame into the ring of a wire that takes no time. Raises ``WireBusy``."""
        self._lock_file(wait_s)
        try:
            number = self._words[WRITTEN]
            place, now_ns = HEADER_BYTES + number % CAPACITY * STRIDE, time.monotonic_ns()
            PACKED.pack_into(self._mapped, place, number, now_ns, identity, self.member, flags, length, data)
            self._words[WRITTEN] = number + 1
        finally:
            fcntl.flock(self._lock, _UNLOCK)
        self.bells.wake()

    def move(self) -> None:
        """Move the model on to now. Raises ``WireBusy``."""
        self.sweep(_LOOK_S)
        self._enter(_LOOK_S)
        try:
            self._calls.look(self._memory, time.monotonic_ns())
        finally:
            fcntl.flock(self._lock, _UNLOCK)
        self.bells.wake()

    @contextlib.contextmanager
    def _transaction(self, wait_s: float = _PATIENT_S) -> Iterator[int]:
        """Alone on the wire, with the model moved to now (monotonic ns); what it did counts from the end on."""
        self._enter(wait_s)
        try:
            now_ns = time.monotonic_ns()
            written = self._calls.begin(self._memory, now_ns)
            yield now_ns
            self._calls.finish(self._memory, now_ns, written)
        finally:
            fcntl.flock(self._lock, _UNLOCK)

    def sweep(self, wait_s: float, after_ns: int = _SWEEP_NS) -> None:
        """Take the dead off the wire if the last sweep was ``after_ns`` ago. Raises ``WireBusy``."""
        now_ns = time.monotonic_ns()
        if now_ns - self._words[SWEPT_NS] > after_ns:
            with self._transaction(wait_s):
                self._words[SWEPT_NS] = now_ns
                self._forget_dead()

    def _enter(self, wait_s: float) -> None:
        """Take the lock, and undo what a member that died under it had begun."""
        self._lock_file(wait_s)
        if self._words[OPEN]:
            undo(self._words, self._memory)

    def _lock_file(self, wait_s: float) -> None:
        try:
            fcntl.flock(self._lock, _LOCK)
        except BlockingIOError:
            self._wait_for_lock(wait_s)

    def _wait_for_lock(self, wait_s: float) -> None:
        deadline_s, tries = time.monotonic() + wait_s, 0
        while True:
            try:
                return fcntl.flock(self._lock, _LOCK)
            except BlockingIOError:
                if time.monotonic() > deadline_s:
                    raise WireBusy("a stopped member holds the wire; let it go on, or end it") from None
            tries += 1
            if tries > _TRIES:  # a member that runs would have let go
                time.sleep(20e-6)

    # --- receiving ---------------------------------------------------------------------------------------------------

    def take(self, most: int = 128) -> bytearray:
        """The next records that have ended, from any member, ``most`` at once: a copy."""
        words, first = self._words, self._next
        count = min(words[WRITTEN] - first, most, CAPACITY - first % CAPACITY)
        if count <= 0:
            return bytearray()
        place = HEADER_BYTES + first % CAPACITY * STRIDE
        taken = bytearray(self._bytes[place : place + count * STRIDE])
        if words[WRITTEN] - first >= LOST_FROM:
            return bytearray()  # it may have been overwritten meanwhile: ``lost`` tells
        self._next = words[READ + self.member] = first + count
        return taken

    def lost(self) -> int:
        """How many frames were overwritten before they were taken; skips them."""
        behind = self._words[WRITTEN] - self._next
        if behind < LOST_FROM:
            return 0
        skipped = behind - CAPACITY // 2
        self._next = self._words[READ + self.member] = self._next + skipped
        return int(skipped)

    def waits(self) -> bool:
        """Whether a frame can be taken."""
        return bool(self._next != self._words[WRITTEN])

    def due_ns(self) -> int:
        """When (monotonic ns) the wire wants to be moved next; far away if nothing happens by itself."""
        return int(self._words[NEXT_NS])

    def lag(self, ignored: dict[int, int]) -> tuple[int, int]:
        """(frames the slowest other reader is behind, its number); ``ignored``: members not counted while they stand
        still at these places."""
        slowest, who = self._words[WRITTEN], -1
        for member in self._members():
            read = self._words[READ + member]
            if member != self.member and ignored.get(member) != read and read < slowest:
                slowest, who = read, member
        return int(self._words[WRITTEN] - slowest), who

    def position(self, member: int) -> int:
        """Where a member reads."""
        return int(self._words[READ + member])

    # --- the controller ----------------------------------------------------------------------------------------------

    @property
    def node(self) -> Any:
        """This member's NODE record."""
        return self.wire.nodes[self.member]

    def condition(self) -> tuple[int, int, int]:
        """Of this member's controller: state, when it went bus-off last, when it came back (monotonic ns, -1: never).

        The same stands in ``node``, but a record's fields take Python a microsecond.
        """
        state, off_ns, back_ns = self._condition
        return state[0], off_ns[0], back_ns[0]

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
            self._enter(_PATIENT_S)
            self._bytes[USED + self.member] = 0
            self.bells.remove(self.member)
            self._forget_dead()
            if not any(self._bytes[USED : USED + MEMBERS_MAX]):
                (self._base / "ring").unlink(missing_ok=True)
        self.bells.own.close()
        os.close(self._lock)

    def _forget_dead(self) -> None:
        for member in self._members():
            if not self.bells.answers(member):
                self._bytes[USED + member] = 0
                self.bells.remove(member)
                detach(self.wire, 0, member)

    def _members(self) -> list[int]:
        return [member for member in range(MEMBERS_MAX) if self._bytes[USED + member]]
