"""Samples read back from a stream of our own, finalised or not, as numbers with their quality."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.record.mf4 import record_dtype
from bench.record.mf4_blocks import Group
from bench.record.mf4_head import read_head, runs
from bench.record.storage import Storage

_ROWS = 65_536


class Part(NamedTuple):
    """Some rows of one group: times (s), raw values by column, as they are stored, and whether each is good."""

    group: Group
    t_s: NDArray[np.float64]
    raw: tuple[NDArray[Any], ...]
    good: NDArray[np.bool_]

    def physical(self, column: int) -> NDArray[Any]:
        """Values in the column's unit; those without a conversion keep their type."""
        described = self.group.columns[column]
        raw = self.raw[column]
        return raw * described.factor + described.offset if described.linear else raw


def read_parts(run: Storage, name: str, rows: int = _ROWS) -> Iterator[Part]:
    """The file ``name`` in parts of about ``rows`` rows, each group in the order of its time. Raises ``StorageError``
    where the head is damaged; what stands behind the last whole record is left out."""
    data = run.read(name)
    head = read_head(name, data)
    dtypes = {number: record_dtype(group) for number, group in head.groups.items()}
    held: dict[int, list[NDArray[np.uint8]]] = {number: [] for number in head.groups}
    for number, records in runs(data, head, len(data)):
        held[number].append(records)
        if sum(map(len, held[number])) >= rows:
            yield _part(head.groups[number], dtypes[number], held[number])
            held[number] = []
    for number, left in held.items():
        if left:
            yield _part(head.groups[number], dtypes[number], left)


def _part(group: Group, dtype: np.dtype[np.void], records: list[NDArray[np.uint8]]) -> Part:
    made = np.concatenate(records).view(dtype)[:, 0]
    bad = np.unpackbits(made["invalid"], axis=1, count=len(group.columns), bitorder="little").astype(bool)
    return Part(group, made["t"].copy(), tuple(made[f"c{i}"].copy() for i in range(len(group.columns))), ~bad)
