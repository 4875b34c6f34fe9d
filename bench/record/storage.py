"""Where recordings go: a port. The formats above it know bytes only; ``bench.io.disk`` is the real folder.

A ``Storage`` is one run folder. Names are flat (``journal.jsonl``) or one folder deep (``inputs/plan.yaml``).
"""

import re
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from bench.base.errors import BenchError

_PART = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}"
_NAME = re.compile(rf"{_PART}(?:/{_PART})?")


class StorageError(BenchError):
    """The disk refused. Never retried: after a failed sync the pages may already be marked clean."""


def checked_name(name: str) -> str:
    """``name``, if it can only mean a file inside the run folder. Raises ``StorageError``."""
    if not _NAME.fullmatch(name):
        raise StorageError(f"file name {name!r}: only A-Z a-z 0-9 . _ - and at most one folder; no leading dot")
    return name


class Room(NamedTuple):
    """Bytes that may still be written, and bytes of the whole disk."""

    free: int
    total: int


ENDLESS = Room(1 << 62, 1 << 62)


class File(Protocol):
    """One growing file."""

    @property
    def size(self) -> int:
        """Bytes appended so far."""

    def append(self, data: bytes) -> None:
        """Add ``data`` at the end, all of it. Raises ``StorageError``; then the file takes nothing more."""

    def patch(self, offset: int, data: bytes) -> None:
        """Overwrite bytes that exist already (headers of formats that count)."""

    def sync(self) -> None:
        """Return when everything written will survive a power cut. Raises ``StorageError``."""

    def close(self) -> None:
        """Sync and close; a second call does nothing."""


class Storage(Protocol):
    """One run folder."""

    def open(self, name: str) -> File:
        """A new file. Raises ``StorageError`` if it exists."""

    def reopen(self, name: str) -> File:
        """A file that exists, to be mended. Raises ``StorageError`` if there is none."""

    def names(self) -> tuple[str, ...]:
        """All files, sorted; none that a power cut has left half written by ``write``."""

    def read(self, name: str) -> bytes:
        """The whole file. Raises ``StorageError`` if there is none."""

    def chunks(self, name: str) -> Iterator[bytes]:
        """The file in pieces of about a megabyte, for what may be large."""

    def write(self, name: str, data: bytes) -> None:
        """Put a whole small file in place at once: after a power cut the old one or the new one is there."""

    def room(self) -> Room:
        """How much the disk can still take."""

    def set_aside(self, size: int) -> None:
        """Keep ``size`` bytes of the disk back. A write that finds no space gives them free and is tried once more, so
        that a run can still be brought to its end. Does nothing where it cannot."""

    def give_back(self) -> None:
        """Keep nothing back any more."""

    @property
    def scarce(self) -> bool:
        """Whether a write has needed what was kept back: the run must end."""


class MemoryFile:
    """A file in memory that knows what a power cut would leave of it."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = bytearray(data)
        self.durable = data
        self._open = True

    @property
    def size(self) -> int:
        """Bytes appended so far."""
        return len(self.data)

    def append(self, data: bytes) -> None:
        """Add at the end."""
        self._require_open()
        self.data += data

    def patch(self, offset: int, data: bytes) -> None:
        """Overwrite in place."""
        self._require_open()
        if offset < 0 or offset + len(data) > len(self.data):
            raise StorageError(f"patch of bytes {offset}..{offset + len(data)} in a file of {len(self.data)}")
        self.data[offset : offset + len(data)] = data

    def sync(self) -> None:
        """Make everything so far durable."""
        self._require_open()
        self.durable = bytes(self.data)

    def close(self) -> None:
        """Sync and close."""
        if self._open:
            self.sync()
            self._open = False

    def _require_open(self) -> None:
        if not self._open:
            raise StorageError("the file is closed")


class MemoryStorage:
    """A run folder in memory, for tests and for runs whose recording nobody keeps."""

    def __init__(self) -> None:
        self.files: dict[str, MemoryFile] = {}

    def open(self, name: str) -> MemoryFile:
        """A new file."""
        if checked_name(name) in self.files:
            raise StorageError(f"{name} exists already")
        self.files[name] = MemoryFile()
        return self.files[name]

    def reopen(self, name: str) -> MemoryFile:
        """A file that exists."""
        self.files[name] = MemoryFile(self.read(name))
        return self.files[name]

    def names(self) -> tuple[str, ...]:
        """All files, sorted."""
        return tuple(sorted(self.files))

    def read(self, name: str) -> bytes:
        """The whole file."""
        if name not in self.files:
            raise StorageError(f"{name} is not there")
        return bytes(self.files[name].data)

    def chunks(self, name: str) -> Iterator[bytes]:
        """The whole file, as one piece."""
        yield self.read(name)

    def write(self, name: str, data: bytes) -> None:
        """A whole file at once."""
        file = MemoryFile()
        file.append(data)
        file.close()
        self.files[checked_name(name)] = file

    def room(self) -> Room:
        """Memory is not counted."""
        return ENDLESS

    def set_aside(self, size: int) -> None:
        """Nothing has to be kept back."""

    def give_back(self) -> None:
        """Nothing was kept back."""

    @property
    def scarce(self) -> bool:
        """Never."""
        return False

    def after_power_cut(self) -> "MemoryStorage":
        """What a power cut at this moment leaves if the disk dropped everything not yet synced."""
        left = MemoryStorage()
        for name, file in self.files.items():
            left.write(name, file.durable)
        return left
