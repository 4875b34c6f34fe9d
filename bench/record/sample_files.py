"""The samples of a run as a row of MF4 files, one after the other when they grow, with marks of what they hold.

MF4 has no checksum. A mark says of a piece of one file how many bytes it has and what their CRC-32 is; the journal,
which nobody changes unseen, keeps the marks.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.record.mf4 import Mf4Writer, record_dtype
from bench.record.mf4_blocks import Group
from bench.record.storage import File, Storage, StorageError

FIRST, MARK = "samples.mf4", "samples_mark"
FILE_BYTES = 1 << 30
"""Where the next file begins: tools copy a whole file before they open it (recording.md, section 2)."""
_LATER = "samples_"


def sample_names(names: Iterable[str]) -> list[str]:
    """Those of ``names`` that hold samples, in the order of their time."""
    numbers = {int(middle): name for name in names if (middle := _number(name)).isdigit()}
    return [numbers[number] for number in sorted(numbers)]


def _number(name: str) -> str:
    if name == FIRST:
        return "1"
    return name.removeprefix(_LATER).removesuffix(".mf4") if name.startswith(_LATER) else ""


class Mark(NamedTuple):
    """Bytes ``begin`` to ``end`` of ``file``, and their CRC-32."""

    file: str
    begin: int
    end: int
    crc32: int


class _Summed:
    """A file that sums up what is appended."""

    def __init__(self, file: File) -> None:
        self._file = file
        self.crc32 = 0
        self.patch, self.sync, self.close = file.patch, file.sync, file.close

    @property
    def size(self) -> int:
        return self._file.size

    def append(self, data: bytes) -> None:
        self._file.append(data)
        self.crc32 = zlib.crc32(data, self.crc32)


class SampleFiles:
    """Where sample records go. ``start_ns`` and ``properties`` as in ``Mf4Writer``; ``between`` is called before a file
    is closed."""

    def __init__(
        self,
        storage: Storage,
        groups: Sequence[Group],
        *,
        start_ns: int,
        properties: Mapping[str, str],
        file_bytes: int = FILE_BYTES,
        between: Callable[[], object] = lambda: None,
    ) -> None:
        self.groups, self.dtypes = tuple(groups), tuple(record_dtype(group) for group in groups)
        self._storage, self._head = storage, {"start_ns": start_ns, "properties": properties}
        self._file_bytes, self._between = file_bytes, between
        self._marks: list[Mark] = []
        self._number = 0
        self._begin_file()

    def append(self, group: int, records: NDArray[np.void]) -> None:
        """Write records of ``dtypes[group]``."""
        if self._file.size + records.nbytes > self._file_bytes and any(self._writer.counts):
            self._end_file()
            self._begin_file()
        self._writer.append(group, records)

    def sync(self) -> None:
        """Make everything written durable."""
        self._file.sync()

    def marks(self) -> list[Mark]:
        """Of all that was written since the last call."""
        self._mark()
        marks, self._marks = self._marks, []
        return marks

    def finalise(self) -> None:
        """Fill in the last file's counts and close it."""
        self._end_file()

    def close(self) -> None:
        """Let the last file go as it is."""
        self._file.close()

    def _begin_file(self) -> None:
        self._number += 1
        self._name = FIRST if self._number == 1 else f"{_LATER}{self._number}.mf4"
        self._file = _Summed(self._storage.open(self._name))
        head: Any = self._head
        self._writer = Mf4Writer(self._file, self.groups, **head)
        self._begin, self._file.crc32 = self._file.size, 0

    def _end_file(self) -> None:
        self._between()
        self._mark()
        self._writer.finalise()

    def _mark(self) -> None:
        end = self._file.size
        if end > self._begin:
            self._marks.append(Mark(self._name, self._begin, end, self._file.crc32))
            self._begin, self._file.crc32 = end, 0


def spoilt_marks(run: Storage, told: Iterable[Mapping[str, Any]]) -> list[Mark]:
    """Those of the marks (as their records have them) whose bytes are not there, or are others."""
    by_file: dict[str, list[Mark]] = {}
    for data in told:
        mark = Mark(str(data.get("file")), *(int(data.get(name, 0)) for name in Mark._fields[1:]))
        by_file.setdefault(mark.file, []).append(mark)
    return [mark for name, marks in by_file.items() for mark in _spoilt(_pieces(run, name), marks)]


def _spoilt(pieces: Iterator[bytes], marks: Sequence[Mark]) -> Iterator[Mark]:
    """``marks`` in the order of their file, which comes in ``pieces``: it may be large."""
    place, piece = 0, b""
    for mark in marks:
        at, crc32 = mark.begin, 0
        while at < mark.end:
            if at >= place + len(piece):
                place, piece = place + len(piece), next(pieces, b"")
                if not piece:
                    break
                continue
            part = piece[at - place : mark.end - place]
            at, crc32 = at + len(part), zlib.crc32(part, crc32)
        if at != mark.end or crc32 != mark.crc32:
            yield mark


def _pieces(run: Storage, name: str) -> Iterator[bytes]:
    try:
        yield from run.chunks(name)
    except StorageError:
        return
