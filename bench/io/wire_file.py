"""The memory behind a benchwire bus: a broadcast ring in a private file, with one lock and a doorbell for each member.

Frames lie in a ring that every member maps; writing needs the file lock, which the kernel gives back when its holder
dies. A frame counts from the moment the number of frames written is raised, so a writer killed half-way leaves
nothing. Each member has its own place in the ring and a datagram socket (its doorbell) that wakes it: data never goes
through the sockets, so a full one means only that the member has been woken already.

The wire has a bit rate: a frame takes its time, the next waits for it, and is delivered at its end (no arbitration by
identifier: frames go in the order of sending). Hence no sender can outrun a reader that keeps up with a real bus.
"""

import contextlib
import fcntl
import mmap
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.io.folders import checked_name

CAPACITY = 16_384
"""Frames a reader may lag behind: more than a second of a full 1 Mbit/s bus."""

_RECORD = struct.Struct("=QqIIBB6x64s")  # number, end on the wire (monotonic ns), id, sender, flags, length, data
_STRIDE = 96
_HEADER_BYTES = 4096
_MAGIC = 0x31_45_52_49_57_48_43_42  # "BCHWIRE1"
_MAGIC_AT, _WRITTEN, _BUSY_UNTIL, _MEMBERS_CHANGED, _MEMBERS_EVER = 0, 1, 8, 16, 17  # 8-byte words of the header


class WireFrame(NamedTuple):
    """A frame as it lies in the ring; ``end_ns`` on the machine's monotonic clock."""

    number: int
    end_ns: int
    identifier: int
    sender: int
    flags: int
    length: int
    data: bytes


class WireFile:
    """One member's view of a bus. Not for several threads at once (the bus class has a lock)."""

    def __init__(self, folder: Path, channel: str) -> None:
        self._base = folder / checked_name(channel)
        self._base.mkdir(mode=0o700, exist_ok=True)
        self._lock = os.open(self._base / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        with self.locked():
            self._memory = self._open_ring()
            self._words = memoryview(self._memory)[:_HEADER_BYTES].cast("q")
            self._words[_MEMBERS_EVER] += 1
            self.member = self._words[_MEMBERS_EVER]
            self.doorbell = self._hang_doorbell()
            self._words[_MEMBERS_CHANGED] += 1
            self._next = self._words[_WRITTEN]
        self._members_known = -1
        self._others: list[str] = []

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Alone among all members. Released by the kernel if this process dies."""
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def append(self, identifier: int, flags: int, length: int, data: bytes, now_ns: int, duration_ns: int) -> None:
        """Put a frame on the wire at ``now_ns``, behind all that wait there; ``ring`` afterwards."""
        with self.locked():
            number = self._words[_WRITTEN]
            end_ns = max(now_ns, self._words[_BUSY_UNTIL]) + duration_ns
            place = _HEADER_BYTES + number % CAPACITY * _STRIDE
            _RECORD.pack_into(self._memory, place, number, end_ns, identifier, self.member, flags, length, data)
            self._words[_BUSY_UNTIL] = end_ns
            self._words[_WRITTEN] = number + 1

    def take(self, now_ns: int) -> WireFrame | None:
        """The next frame whose end has come, from any member; ``None`` if there is none yet."""
        if self._next == self._words[_WRITTEN]:
            return None
        frame = WireFrame._make(_RECORD.unpack_from(self._memory, _HEADER_BYTES + self._next % CAPACITY * _STRIDE))
        if frame.number != self._next or frame.end_ns > now_ns:
            return None
        self._next += 1
        return frame

    def lost(self) -> int:
        """How many frames were overwritten before they were taken; skips them."""
        # Half a ring of distance: a writer must not catch up with the record that is being read.
        behind = self._words[_WRITTEN] - self._next
        if behind < CAPACITY - CAPACITY // 8:
            return 0
        skipped = behind - CAPACITY // 2
        self._next += skipped
        return skipped

    def wait_ns(self, now_ns: int) -> int | None:
        """How long until the next frame's end, or ``None`` when none is on the wire."""
        if self._next == self._words[_WRITTEN]:
            return None
        (end_ns,) = struct.unpack_from("=q", self._memory, _HEADER_BYTES + self._next % CAPACITY * _STRIDE + 8)
        return max(0, int(end_ns) - now_ns)

    def backlog_ns(self, now_ns: int) -> int:
        """How long the wire is busy with what has been sent."""
        return max(0, self._words[_BUSY_UNTIL] - now_ns)

    def ring(self) -> None:
        """Wake the other members, and forget those that are dead."""
        if self._members_known != self._words[_MEMBERS_CHANGED]:
            self._members_known = self._words[_MEMBERS_CHANGED]
            own = str(self._doorbell_path(self.member))
            self._others = [bell for bell in map(str, self._doorbells()) if bell != own]
        for bell in self._others:
            self._ring_at(bell)

    def ring_own(self) -> None:
        """Make this member's own doorbell readable."""
        self._ring_at(str(self._doorbell_path(self.member)))

    def _ring_at(self, bell: str) -> None:
        try:
            self.doorbell.sendto(b"\0", bell)
        except BlockingIOError:
            return  # full: it has been woken already
        except (ConnectionRefusedError, FileNotFoundError):
            self._remove_dead()

    def silence(self) -> None:
        """Take what rang; the caller looks at the ring again afterwards."""
        with contextlib.suppress(BlockingIOError):
            while self.doorbell.recv(16):
                pass

    def leave(self) -> None:
        """Leave the bus; the last living member removes its memory."""
        with self.locked():
            self._doorbell_path(self.member).unlink(missing_ok=True)
            self._words[_MEMBERS_CHANGED] += 1
            if not any(_answers(bell) for bell in self._doorbells()):
                self._ring_path().unlink(missing_ok=True)
        self.doorbell.close()
        self._words.release()
        self._memory.close()
        os.close(self._lock)

    def _open_ring(self) -> mmap.mmap:
        descriptor = os.open(self._ring_path(), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            size = _HEADER_BYTES + CAPACITY * _STRIDE
            os.ftruncate(descriptor, size)
            memory = mmap.mmap(descriptor, size)
        finally:
            os.close(descriptor)
        (magic,) = struct.unpack_from("=Q", memory, _MAGIC_AT)
        if magic not in (0, _MAGIC):
            raise OSError(f"{self._ring_path()} is no benchwire memory of this version; remove it")
        struct.pack_into("=Q", memory, _MAGIC_AT, _MAGIC)
        return memory

    def _hang_doorbell(self) -> socket.socket:
        path = self._doorbell_path(self.member)
        path.unlink(missing_ok=True)  # of a dead member, when the memory was removed and counting began anew
        bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        bell.setblocking(False)
        try:
            bell.bind(str(path))
        except OSError as error:
            bell.close()
            raise OSError(f"cannot make the doorbell {path} (a path may have 107 bytes): {error}") from error
        return bell

    def _remove_dead(self) -> None:
        with self.locked():
            for bell in self._doorbells():
                if not _answers(bell):
                    bell.unlink(missing_ok=True)
            self._words[_MEMBERS_CHANGED] += 1

    def _doorbells(self) -> list[Path]:
        return list(self._base.glob("bell-*"))

    def _doorbell_path(self, member: int) -> Path:
        return self._base / f"bell-{member}"

    def _ring_path(self) -> Path:
        return self._base / "ring"


def _answers(doorbell: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as visitor:
        try:
            visitor.connect(str(doorbell))
        except OSError:
            return False
    return True
