"""A run folder whose disk fails on demand: ``disk.full``, ``disk.broken``. It stands before a real one.

Full: the next write finds no space but what was kept back for the end of a run. Broken: writes and syncs of one file,
or of all, end in an input/output error, which is final.
"""

from collections.abc import Callable, Iterator
from typing import NoReturn

from bench.record.recorder import INBOX_LOG, JOURNAL, SAMPLES
from bench.record.storage import File, Room, Storage, StorageError
from bench.schedule.faults import DISK, Fault, of_place

FULL, BROKEN = "full", "broken"
FAULTS = (FULL, BROKEN)
FILES = (JOURNAL, INBOX_LOG, SAMPLES)
"""What ``broken`` may name."""


def disk_of(storage: Storage, faults: tuple[Fault, ...], now_ns: Callable[[], int]) -> Storage:
    """Where a run is recorded: ``storage``, with what of ``faults`` befalls the disk."""
    of_disk = of_place(faults, DISK)
    return SpoiltDisk(storage, of_disk, now_ns) if of_disk else storage


class SpoiltDisk:
    """A ``Storage``; ``now_ns``: run time."""

    def __init__(self, storage: Storage, faults: tuple[Fault, ...], now_ns: Callable[[], int]) -> None:
        self._storage, self._faults = storage, faults
        self._now_ns = now_ns
        self._scarce = False

    def open(self, name: str) -> File:
        """A new file."""
        return _SpoiltFile(self._storage.open(name), name, self)

    def reopen(self, name: str) -> File:
        """A file that exists."""
        return _SpoiltFile(self._storage.reopen(name), name, self)

    def names(self) -> tuple[str, ...]:
        """All files, sorted."""
        return self._storage.names()

    def read(self, name: str) -> bytes:
        """The whole file."""
        return self._storage.read(name)

    def chunks(self, name: str) -> Iterator[bytes]:
        """The file in pieces."""
        return self._storage.chunks(name)

    def write(self, name: str, data: bytes) -> None:
        """A whole file at once."""
        self.meet(name)
        self._storage.write(name, data)

    def room(self) -> Room:
        """How much the disk can still take."""
        return self._storage.room()

    def set_aside(self, size: int) -> None:
        """Keep back."""
        self._storage.set_aside(size)

    def give_back(self) -> None:
        """Keep nothing back any more."""
        self._storage.give_back()

    @property
    def scarce(self) -> bool:
        """Whether a write has needed what was kept back."""
        return self._scarce or self._storage.scarce

    def meet(self, name: str) -> None:
        """Let what is wrong now befall a write of ``name``. Raises ``StorageError``."""
        t_ns = self._now_ns()
        for fault in self._faults:
            if not fault.active(t_ns):
                continue
            if fault.kind == FULL:
                self._scarce = True
                self._storage.give_back()
            elif fault.argument in ("", name):
                _refuse(name)


class _SpoiltFile:
    """One growing file; the first failure is final."""

    def __init__(self, file: File, name: str, disk: SpoiltDisk) -> None:
        self._file, self._name, self._disk = file, name, disk
        self._failed = False

    @property
    def size(self) -> int:
        return self._file.size

    def append(self, data: bytes) -> None:
        self._meet()
        self._file.append(data)

    def patch(self, offset: int, data: bytes) -> None:
        self._meet()
        self._file.patch(offset, data)

    def sync(self) -> None:
        self._meet()
        self._file.sync()

    def close(self) -> None:
        self._file.close()

    def _meet(self) -> None:
        if self._failed:
            _refuse(self._name)
        try:
            self._disk.meet(self._name)
        except StorageError:
            self._failed = True
            raise


def _refuse(name: str) -> NoReturn:
    raise StorageError(f"{name}: write failed: input/output error; look after the disk, and start a new run")
