"""An MF4 stream that nobody could finalise: its whole records are counted, and the file is finalised in place.

Whatever a power cut has left behind the last whole record (half a record, zeros, old bytes) stays in the file, outside
its data block. So mending twice, or after a kill in the middle of mending, gives the same file and the same words.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.record import mf4_blocks as blocks
from bench.record.mf4 import fill_in
from bench.record.mf4_head import Head, read_head, runs
from bench.record.storage import Storage

_TIME = slice(1, 9)  # of a record, behind its id


@dataclass(frozen=True, slots=True)
class Mended:
    """What a file holds: rows of all groups, the last time of any (s; ``None``: no row), bytes that are no record."""

    rows: int
    until_s: float | None
    dropped: int


def mend(run: Storage, name: str) -> Mended:
    """Finalise ``name``, if it is not. Raises ``StorageError`` where its head is damaged."""
    data = run.read(name)
    head = read_head(name, data)
    counts, until_s, end = _walk(data, head)
    if data[:8] == blocks.UNFINALISED:
        file = run.reopen(name)
        try:
            fill_in(file, head.dt, end - head.dt, {head.addresses[number]: count for number, count in counts.items()})
        finally:
            file.close()
    return Mended(sum(counts.values()), until_s, len(data) - end)


def _walk(data: bytes, head: Head) -> tuple[dict[int, int], float | None, int]:
    """Rows by record id, the last time, and where the last whole record ends. Stops at the first that is none: an
    unknown id, or a time that does not follow. Before a tail of zeros the last record does not count: its end may be
    zeros, too."""
    counts = dict.fromkeys(head.sizes, 0)
    last_s = dict.fromkeys(head.sizes, -np.inf)
    place, before_s, number = head.dt + blocks.HEADER_BYTES, -np.inf, 0
    for number, records in runs(data, head, len(data)):
        times = _rising(records, last_s[number])
        counts[number] += len(times)
        place += len(times) * head.sizes[number]
        if len(times):
            before_s, last_s[number] = ([last_s[number], *times[-2:]])[-2:]
        if len(times) < len(records):
            break
    if number and counts[number] and data[place : place + 1] == b"\0":
        counts[number], last_s[number], place = counts[number] - 1, before_s, place - head.sizes[number]
    until_s = max(last_s.values(), default=-np.inf)
    return counts, None if until_s == -np.inf else float(until_s), place


def _rising(records: NDArray[np.uint8], after_s: float) -> NDArray[np.float64]:
    """The times of the first records that follow each other."""
    times = np.ascontiguousarray(records[:, _TIME]).view("<f8")[:, 0]
    wrong = np.flatnonzero(~(np.diff(times, prepend=after_s) > 0.0))
    return times[: wrong[0]] if len(wrong) else times
