"""Core sample rows (float64 values and good flags) become raw MF4 records, many rows at a time."""

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
    """The conversion of one group, prepared once."""

    def __init__(self, group: Group, dtype: np.dtype[np.void]) -> None:
        self._dtype = dtype
        self._columns = group.columns
        self._integer = [i for i, column in enumerate(group.columns) if column.dtype[0] != "f"]
        pick = [group.columns[i] for i in self._integer]
        self._factor = np.array([column.factor for column in pick])
        self._offset = np.array([column.offset for column in pick])
        limits = [np.iinfo(column.dtype) for column in pick]
        self._low = np.array([float(limit.min) for limit in limits])
        self._high = np.array([float(limit.max) for limit in limits])
        self.unfit = 0

    def pack(self, t_ns: NDArray[np.int64], values: NDArray[np.float64], good: NDArray[np.bool_]) -> NDArray[np.void]:
        """Records for the file."""
        records = np.zeros(len(t_ns), self._dtype)
        records["t"] = t_ns / NS_PER_S
        invalid = ~good
        if self._integer:
            self._pack_integers(records, values, invalid)
        for i, column in enumerate(self._columns):
            if column.dtype[0] == "f":
                records[f"c{i}"] = (values[:, i] - column.offset) / column.factor if column.linear else values[:, i]
        records["invalid"] = np.packbits(invalid, axis=1, bitorder="little")
        return records

    def _pack_integers(
        self, records: NDArray[np.void], values: NDArray[np.float64], invalid: NDArray[np.bool_]
    ) -> None:
        raw = np.rint((values[:, self._integer] - self._offset) / self._factor)
        fits = (raw >= self._low) & (raw <= self._high)  # False for NaN too
        self.unfit += int(np.count_nonzero(~fits & ~invalid[:, self._integer]))
        invalid[:, self._integer] |= ~fits
        raw[~fits] = 0.0
        for place, i in enumerate(self._integer):
            records[f"c{i}"] = raw[:, place].astype(self._columns[i].dtype)
