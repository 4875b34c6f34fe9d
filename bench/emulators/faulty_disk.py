"""A run folder on a disk that fails: full, broken, without power at any instant. A peer of ``bench.io.disk``.

Only what was synced is certain. Of the rest a power cut leaves anything: nothing, all, parts in any order, or the
length without the bytes. All that was done is kept as a history, so that the remains of every instant can be looked at
after one run. Faults model: faults.md, section 7 ("Fault storage").
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from bench.record.storage import ENDLESS, MemoryStorage, Room, StorageError, checked_name

Kind = Literal["open", "write", "sync", "put"]


class Done(NamedTuple):
    """One thing that was done to one file. ``put`` is a whole file put in place, durable at once."""

    kind: Kind
    name: str
    offset: int = 0
    data: bytes = b""


Kept = Sequence[tuple[int, int]]
"""Which bytes of a write that was not synced are on the disk, from and to, in the order of the write."""
Keep = Callable[[int, Done], Kept]
"""Asked with the write's place in the history."""


class PowerCut(BaseException):
    """The machine has no power any more; nobody may catch this but the test."""


class FaultyFile:
    """One growing file; the first failure is final, as on a real disk."""

    def __init__(self, storage: "FaultyStorage", name: str, size: int = 0) -> None:
        self._storage, self._name = storage, name
        self._size = size
        self._failed = ""
        self._open = True

    @property
    def size(self) -> int:
        """Bytes appended so far."""
        return self._size

    def append(self, data: bytes) -> None:
        """Add at the end."""
        self._write(self._size, data)
        self._size += len(data)

    def patch(self, offset: int, data: bytes) -> None:
        """Overwrite in place."""
        if offset < 0 or offset + len(data) > self._size:
            raise StorageError(f"{self._name}: patch of bytes {offset}..{offset + len(data)} of {self._size}")
        self._write(offset, data)

    def sync(self) -> None:
        """Make everything so far certain."""
        self._require_usable()
        self._guarded(lambda: self._storage.sync(self._name), "sync")

    def close(self) -> None:
        """Sync and close; a second call does nothing."""
        if not self._open:
            return
        try:
            if not self._failed:
                self.sync()
        finally:
            self._open = False

    def _write(self, offset: int, data: bytes) -> None:
        self._require_usable()
        self._guarded(lambda: self._storage.write_at(self._name, offset, bytes(data)), "write")

    def _guarded(self, work: Callable[[], None], what: str) -> None:
        try:
            work()
        except OSError as error:
            self._failed = f"{self._name}: {what} failed: {error}; free the disk and start a new run"
            raise StorageError(self._failed) from error

    def _require_usable(self) -> None:
        if self._failed or not self._open:
            raise StorageError(self._failed or f"{self._name} is closed")


class FaultyStorage:
    """``capacity``: bytes that fit on the disk, what is set aside included. ``failing``: what the n-th write or sync
    (from 0) fails with, after half of its bytes; ``cut_at``: the n-th finds no power."""

    def __init__(
        self,
        there: Mapping[str, bytes] | None = None,
        *,
        capacity: int | None = None,
        failing: Mapping[int, str] | None = None,
        cut_at: int | None = None,
    ) -> None:
        self.history: list[Done] = [Done("put", name, 0, data) for name, data in (there or {}).items()]
        self.tried = 0
        self.told = ENDLESS
        self._now: dict[str, bytearray] = {name: bytearray(data) for name, data in (there or {}).items()}
        self._capacity = capacity
        self._failing = dict(failing or {})
        self._cut_at = cut_at
        self._aside = 0
        self._scarce = False

    # --- the port --------------------------------------------------------------------------------------------------
    def open(self, name: str) -> FaultyFile:
        """A new file; that it exists is durable."""
        if checked_name(name) in self._now:
            raise StorageError(f"{name} exists already")
        self._do(Done("open", name))
        return FaultyFile(self, name)

    def reopen(self, name: str) -> FaultyFile:
        """A file that exists."""
        return FaultyFile(self, name, len(self.read(name)))

    def names(self) -> tuple[str, ...]:
        """All files, sorted."""
        return tuple(sorted(self._now))

    def read(self, name: str) -> bytes:
        """The whole file, as the system has it; a power cut may leave less."""
        if name not in self._now:
            raise StorageError(f"{name} is not there")
        return bytes(self._now[name])

    def chunks(self, name: str) -> Iterator[bytes]:
        """The whole file, as one piece."""
        yield self.read(name)

    def write(self, name: str, data: bytes) -> None:
        """A whole file at once."""
        try:
            self._try(len(data) - len(self._now.get(checked_name(name), b"")))
        except OSError as error:
            raise StorageError(f"{name}: write failed: {error}; free the disk and start a new run") from error
        self._do(Done("put", name, 0, bytes(data)))

    def room(self) -> Room:
        """What was last put into ``told``."""
        return self.told

    def set_aside(self, size: int) -> None:
        """Keep ``size`` bytes back."""
        self._aside = size

    def give_back(self) -> None:
        """Keep nothing back any more."""
        self._aside = 0

    @property
    def scarce(self) -> bool:
        """Whether a write has needed what was kept back."""
        return self._scarce

    # --- what the files do -----------------------------------------------------------------------------------------
    def write_at(self, name: str, offset: int, data: bytes) -> None:
        """Raises ``OSError``; some of the bytes may be there then."""
        try:
            self._try(offset + len(data) - len(self._now[name]))
        except OSError:
            self._do(Done("write", name, offset, data[: len(data) // 2]))
            raise
        self._do(Done("write", name, offset, data))

    def sync(self, name: str) -> None:
        """Raises ``OSError``; then nobody knows what of the file is on the disk, and no later sync tells."""
        self._try(0)
        self._do(Done("sync", name))

    def _try(self, more: int) -> None:
        number, self.tried = self.tried, self.tried + 1
        if self._cut_at is not None and number >= self._cut_at:
            raise PowerCut
        if number in self._failing:
            raise OSError(self._failing[number])
        if self._capacity is not None and more > self._left():
            self._scarce = True
            self.give_back()
            if more > self._left():
                raise OSError("no space left on device")

    def _left(self) -> int:
        assert self._capacity is not None
        return self._capacity - self._aside - sum(map(len, self._now.values()))

    def _do(self, done: Done) -> None:
        self.history.append(done)
        _apply(self._now, done)

    # --- the power cut ---------------------------------------------------------------------------------------------
    def unsynced(self, at: int) -> list[int]:
        """Places in the history of writes that a power cut after ``at`` steps may lose."""
        pending: dict[str, list[int]] = {}
        for place, done in enumerate(self.history[:at]):
            if done.kind == "write":
                pending.setdefault(done.name, []).append(place)
            else:
                pending[done.name] = []
        return sorted(place for places in pending.values() for place in places)

    def remains(self, at: int, keep: Keep) -> MemoryStorage:
        """What a power cut after ``at`` steps of the history leaves, if ``keep`` is there of what was not synced."""
        uncertain = set(self.unsynced(at))
        left: dict[str, bytearray] = {}
        for place, done in enumerate(self.history[:at]):
            if place in uncertain:
                for begin, end in keep(place, done):
                    _apply(left, Done("write", done.name, done.offset + begin, done.data[begin:end]))
            else:
                _apply(left, done)
        storage = MemoryStorage()
        for name, data in left.items():
            storage.write(name, bytes(data))
        return storage


def _apply(files: dict[str, bytearray], done: Done) -> None:
    if done.kind in ("open", "put"):
        files[done.name] = bytearray(done.data)
    elif done.kind == "write":
        file = files[done.name]
        file.extend(bytes(max(0, done.offset - len(file))))  # a hole reads as zeros
        file[done.offset : done.offset + len(done.data)] = done.data
