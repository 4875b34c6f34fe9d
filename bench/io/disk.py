"""The real run folder: unbuffered appends, durable syncs, whole files put in place atomically."""

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.record.storage import ENDLESS, Room, StorageError, checked_name

try:
    import fcntl
except ImportError:  # Windows: nobody can tell there whether a run is still being written
    fcntl = None  # type: ignore[assignment]

_CHUNK_BYTES = 1 << 20
_HALF_WRITTEN = ".part"
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
_NEW, _THERE = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), os.O_RDWR | getattr(os, "O_BINARY", 0)
# a file system without a data-only sync (macOS) still has a full one
_sync = getattr(os, "fdatasync", os.fsync)


def _lock(descriptor: int) -> None:
    """Raises ``BlockingIOError`` if another has it."""
    if fcntl is not None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class DiskFile:
    """One growing file; the first failure is final (pages of a failed sync may already be marked clean). ``make_room``
    is asked where a write finds no space: whether it is worth trying again."""

    def __init__(self, path: Path, flags: int = _NEW, make_room: Callable[[], bool] = lambda: False) -> None:
        self._path = path
        self._failed = ""
        self._make_room = make_room
        try:
            self._fd = os.open(path, flags, 0o644)
        except OSError as error:
            done = "created" if flags == _NEW else "opened"
            raise StorageError(f"{path.name}: cannot be {done}: {error.strerror}") from error
        with contextlib.suppress(OSError):  # a file system without locks
            _lock(self._fd)  # as long as somebody writes, and no longer, however he ends
        self._size = os.fstat(self._fd).st_size

    @property
    def size(self) -> int:
        """Bytes appended so far."""
        return self._size

    def append(self, data: bytes) -> None:
        """Add ``data`` at the end."""
        self._write(self._size, data)
        self._size += len(data)

    def patch(self, offset: int, data: bytes) -> None:
        """Overwrite bytes that exist already."""
        if offset < 0 or offset + len(data) > self._size:
            raise StorageError(f"{self._path.name}: patch of bytes {offset}..{offset + len(data)} of {self._size}")
        self._write(offset, data)

    def sync(self) -> None:
        """Return when everything written will survive a power cut."""
        self._require_usable()
        try:
            _sync(self._fd)
        except OSError as error:
            raise self._fail("sync", error) from error

    def close(self) -> None:
        """Sync and close; a second call does nothing."""
        if self._fd < 0:
            return
        try:
            if not self._failed:
                self.sync()
        finally:
            os.close(self._fd)
            self._fd = -1

    def _write(self, offset: int, data: bytes) -> None:
        self._require_usable()
        view = memoryview(data).cast("B")
        try:
            os.lseek(self._fd, offset, os.SEEK_SET)
            while view:
                view = view[self._write_some(view) :]
        except OSError as error:
            raise self._fail("write", error) from error

    def _write_some(self, view: memoryview) -> int:
        """As much as the system takes at once; a write without space has written nothing and may be tried again."""
        try:
            return os.write(self._fd, view)
        except OSError as error:
            if error.errno not in _NO_SPACE or not self._make_room():
                raise
        return 0

    def _require_usable(self) -> None:
        if self._failed:
            raise StorageError(self._failed)
        if self._fd < 0:
            raise StorageError(f"{self._path.name} is closed")

    def _fail(self, what: str, error: OSError) -> StorageError:
        self._failed = f"{self._path.name}: {what} failed: {error.strerror}; free the disk and start a new run"
        return StorageError(self._failed)


class DiskStorage:
    """A run folder on disk; made if it is not there."""

    def __init__(self, folder: Path, *, create: bool = True) -> None:
        self.folder = folder
        self._reserve = -1
        self._scarce = False
        if create:
            folder.mkdir(parents=True, exist_ok=True)
        elif not folder.is_dir():
            raise StorageError(f"{folder} is no run folder")

    def open(self, name: str) -> DiskFile:
        """A new file; that it exists is durable."""
        place = self._place(name)
        file = DiskFile(place, make_room=self._make_room)
        self._sync_folder(place.parent)
        return file

    def reopen(self, name: str) -> DiskFile:
        """A file that exists."""
        return DiskFile(self.folder / checked_name(name), _THERE)

    def busy(self, name: str) -> bool:
        """Whether a growing file is still being written, by any process."""
        try:
            with (self.folder / checked_name(name)).open("rb") as file:
                _lock(file.fileno())
        except BlockingIOError:
            return True
        except OSError as error:
            raise StorageError(f"{name}: cannot be read: {error.strerror}") from error
        return False

    def names(self) -> tuple[str, ...]:
        """All files, sorted, folders with ``/``."""
        files = (path for path in self.folder.rglob("*") if path.suffix != _HALF_WRITTEN and not path.is_dir())
        found = (path.relative_to(self.folder).as_posix() for path in files)
        return tuple(sorted(found))

    def read(self, name: str) -> bytes:
        """The whole file."""
        return b"".join(self.chunks(name))

    def chunks(self, name: str) -> Iterator[bytes]:
        """The file in pieces."""
        try:
            with (self.folder / checked_name(name)).open("rb") as file:
                while chunk := file.read(_CHUNK_BYTES):
                    yield chunk
        except OSError as error:
            raise StorageError(f"{name}: cannot be read: {error.strerror}") from error

    def write(self, name: str, data: bytes) -> None:
        """A whole file at once: a temporary beside it, synced, renamed over it."""
        place = self._place(name)
        temporary = place.with_name(place.name + _HALF_WRITTEN)
        temporary.unlink(missing_ok=True)
        file = DiskFile(temporary, make_room=self._make_room)
        try:
            file.append(data)
        finally:
            file.close()
        temporary.replace(place)
        self._sync_folder(place.parent)

    def room(self) -> Room:
        """How much the disk can still take."""
        try:
            usage = shutil.disk_usage(self.folder)
        except OSError:  # who cannot be asked will refuse the write
            return ENDLESS
        return Room(usage.free, usage.total)

    def set_aside(self, size: int) -> None:
        """By a file without a name, which goes with this process, however that ends."""
        self.give_back()
        if not hasattr(os, "posix_fallocate"):
            return
        with contextlib.suppress(OSError), tempfile.TemporaryFile(dir=self.folder) as file:
            os.posix_fallocate(file.fileno(), 0, size)
            self._reserve = os.dup(file.fileno())

    def give_back(self) -> None:
        """Keep nothing back any more."""
        if self._reserve >= 0:
            os.close(self._reserve)
            self._reserve = -1

    @property
    def scarce(self) -> bool:
        """Whether a write has needed what was kept back."""
        return self._scarce

    def _make_room(self) -> bool:
        kept, self._scarce = self._reserve >= 0, True
        self.give_back()
        return kept

    def _place(self, name: str) -> Path:
        place = self.folder / checked_name(name)
        place.parent.mkdir(exist_ok=True)
        return place

    def _sync_folder(self, folder: Path) -> None:
        if not hasattr(os, "O_DIRECTORY"):
            return  # Windows keeps directory entries durable by itself
        handle = os.open(folder, os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
