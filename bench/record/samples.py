"""Core sample rows (float64 values and good flags) become raw MF4 records, many rows at a time."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bench.base.time import NS_PER_S
from bench.record.mf4_blocks import Group

_ROWS_HELD = 2048


class Stream(Protocol):
    """Takes packed records: one MF4 file, or a row of them."""

    @property
    def groups(self) -> tuple[Group, ...]:
        """What there is."""

    @property
    def dtypes(self) -> tuple[np.dtype[np.void], ...]:
        """Of the groups' records."""

    def append(self, group: int, records: NDArray[np.void]) -> None:
        """Write records of one group."""

    def finalise(self) -> None:
        """No more will come."""


class SampleWriter:
    """Converts and writes; holds up to 2048 rows a group unless flushed.

    A value that is not good, or does not fit the raw type of its column, carries the invalidation bit. The latter is
    counted in ``unfit``: it means that a conversion was chosen too narrow.
    """

    def __init__(self, mf4: Stream) -> None:
        self._mf4 = mf4
        self._held: list[list[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]]] = [
            [] for _ in mf4.groups
        ]
        self._rows = [0] * len(mf4.groups)
        self._packers = [_Packer(group, dtype) for group, dtype in zip(mf4.groups, mf4.dtypes, strict=True)]

    @property
    def unfit(self) -> int:
        """Good values so far that did not fit their raw type."""
        return sum(packer.unfit for packer in self._packers)

    def add(self, group: int, t_ns: NDArray[np.int64], values: NDArray[np.float64], good: NDArray[np.bool_]) -> None:
        """Rows of ``group``: times (n,), values (n, columns), good flags (n, columns). The arrays are kept: hand over
        copies of ring memory."""
        if not len(t_ns):
            return
        self._held[group].append((t_ns, values, good))
        self._rows[group] += len(t_ns)
        if self._rows[group] >= _ROWS_HELD:
            self._flush(group)

    def flush(self) -> None:
        """Hand everything held to the file."""
        for group in range(len(self._held)):
            self._flush(group)

    def finalise(self) -> None:
        """Flush, fill in the file's counts and close it."""
        self.flush()
        self._mf4.finalise()

    def _flush(self, group: int) -> None:
        if not self._rows[group]:
            return
        t_ns, values, good = (np.concatenate(parts) for parts in zip(*self._held[group], strict=True))
        self._held[group].clear()
        self._rows[group] = 0
        self._mf4.append(group, self._packers[group].pack(t_ns, values, good))


class _Packer:
    """The conversion of one group, prepared once. Neighbours of one raw type are converted together."""

    def __init__(self, group: Group, dtype: np.dtype[np.void]) -> None:
        columns = group.columns
        self._factor = np.array([column.factor for column in columns])
        self._offset = np.array([column.offset for column in columns])
        self._linear = any(column.linear for column in columns)
        self._integer = np.flatnonzero([column.dtype[0] != "f" for column in columns])
        limits = [np.iinfo(columns[i].dtype) for i in self._integer]
        self._low = np.array([float(limit.min) for limit in limits])
        self._high = np.array([float(limit.max) for limit in limits])
        self._runs = list(_runs([column.dtype for column in columns]))
        blocks = [(f"r{begin}", f"<{kind}", (end - begin,)) for begin, end, kind in self._runs]
        self._invalid_bytes = dtype["invalid"].shape[0]
        self._dtype = dtype
        self._by_runs = np.dtype([("id", "u1"), ("t", "<f8"), *blocks, ("invalid", "u1", (self._invalid_bytes,))])
        assert self._by_runs.itemsize == dtype.itemsize
        self.unfit = 0

    def pack(self, t_ns: NDArray[np.int64], values: NDArray[np.float64], good: NDArray[np.bool_]) -> NDArray[np.void]:
        """Records for the file."""
        records = np.zeros(len(t_ns), self._by_runs)
        records["t"] = t_ns / NS_PER_S
        invalid = ~good
        raw = (values - self._offset) / self._factor if self._linear else values
        if len(self._integer):
            raw = self._whole(raw, invalid)
        for begin, end, _ in self._runs:
            records[f"r{begin}"] = raw[:, begin:end]
        records["invalid"] = np.packbits(invalid, axis=1, bitorder="little")
        return records.view(self._dtype)

    def _whole(self, raw: NDArray[np.float64], invalid: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Integers for the columns that need them; what does not fit becomes 0 and is marked in ``invalid``."""
        whole = np.rint(raw[:, self._integer])
        fits = (whole >= self._low) & (whole <= self._high)  # False for NaN too
        if not fits.all():
            self.unfit += int(np.count_nonzero(~fits & ~invalid[:, self._integer]))
            invalid[:, self._integer] |= ~fits
            whole[~fits] = 0.0
        converted = raw if self._linear else raw.copy()  # the owner's values stay as they are
        converted[:, self._integer] = whole
        return converted


def _runs(kinds: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Begin, end and kind of neighbours that are alike."""
    begin = 0
    for kind, alike in groupby(kinds):
        end = begin + len(list(alike))
        yield begin, end, kind
        begin = end
