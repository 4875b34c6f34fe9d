"""An MF4 stream that nobody could finalise: its whole records are counted, and the file is finalised in place.

Whatever a power cut has left behind the last whole record (half a record, zeros, old bytes) stays in the file, outside
its data block. So mending twice, or after a kill in the middle of mending, gives the same file and the same words.
"""

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.record import mf4_blocks as blocks
from bench.record.mf4 import fill_in
from bench.record.storage import Storage, StorageError

_AT_ONCE = 4096
_TIME = slice(1, 9)  # of a record, behind its id


@dataclass(frozen=True, slots=True)
class Mended:
    """What a file holds: rows of all groups, the last time of any (s; ``None``: no row), bytes that are no record."""

    rows: int
    until_s: float | None
    dropped: int


@dataclass(frozen=True, slots=True)
class _Head:
    """Places of the data block and of the channel groups, and the bytes of a record by its id."""

    dt: int
    groups: dict[int, int]
    sizes: dict[int, int]


def mend(run: Storage, name: str) -> Mended:
    """Finalise ``name``, if it is not. Raises ``StorageError`` where its head is damaged."""
    data = run.read(name)
    head = _head(name, data)
    counts, until_s, end = _walk(data, head)
    if data[:8] == blocks.UNFINALISED:
        file = run.reopen(name)
        try:
            fill_in(file, head.dt, end - head.dt, {head.groups[number]: count for number, count in counts.items()})
        finally:
            file.close()
    return Mended(sum(counts.values()), until_s, len(data) - end)


def _head(name: str, data: bytes) -> _Head:
    try:
        dg = _link(data, blocks.ID_BYTES, 0, b"##HD")
        dt, cg = _link(data, dg, 2, b"##DG"), _link(data, dg, 1, b"##DG")
        groups, sizes = {}, {}
        _link(data, dt, 0, b"##DT", links=False)
        while cg:
            following = _link(data, cg, 0, b"##CG")
            number, _, _, values, bits = struct.unpack_from("<QQQII", data, cg + blocks.CG_RECORD_OFFSET)
            groups[number], sizes[number] = cg, 1 + values + bits
            cg = following
    except (struct.error, ValueError):
        raise StorageError(f"{name}: its head is not whole; nothing in it can be read") from None
    return _Head(dt, groups, sizes)


def _link(data: bytes, address: int, index: int, kind: bytes, *, links: bool = True) -> int:
    if data[address : address + 4] != kind:
        raise ValueError(kind)
    return int(struct.unpack_from("<Q", data, address + blocks.HEADER_BYTES + 8 * index)[0]) if links else 0


def _walk(data: bytes, head: _Head) -> tuple[dict[int, int], float | None, int]:
    """Rows by record id, the last time, and where the last whole record ends. Stops at the first that is none: an
    unknown id, or a time that does not follow. Before a tail of zeros the last record does not count: its end may be
    zeros, too."""
    counts = dict.fromkeys(head.sizes, 0)
    last_s = dict.fromkeys(head.sizes, -np.inf)
    place, before_s, number = head.dt + blocks.HEADER_BYTES, -np.inf, 0
    while place < len(data) and data[place] in head.sizes:
        number = data[place]
        size = head.sizes[number]
        rows = min((len(data) - place) // size, _AT_ONCE)
        records = np.frombuffer(data, np.uint8, rows * size, place).reshape(rows, size)
        times, whole = _run(records, number, last_s[number])
        counts[number] += len(times)
        place += len(times) * size
        if len(times):
            before_s, last_s[number] = ([last_s[number], *times[-2:]])[-2:]
        if not whole or not len(times):
            break
    if number and counts[number] and data[place : place + 1] == b"\0":
        counts[number], last_s[number], place = counts[number] - 1, before_s, place - head.sizes[number]
    until_s = max(last_s.values(), default=-np.inf)
    return counts, None if until_s == -np.inf else float(until_s), place


def _run(records: NDArray[np.uint8], number: int, after_s: float) -> tuple[NDArray[np.float64], bool]:
    """Times of the first records that are of group ``number`` and follow each other; whether that was all of them."""
    foreign = np.flatnonzero(records[:, 0] != number)
    count = int(foreign[0]) if len(foreign) else len(records)
    times = np.ascontiguousarray(records[:count, _TIME]).view("<f8")[:, 0]
    wrong = np.flatnonzero(~(np.diff(times, prepend=after_s) > 0.0))
    return (times, True) if not len(wrong) else (times[: wrong[0]], False)
