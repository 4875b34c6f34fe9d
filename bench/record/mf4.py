"""Measured channels as an MF4 4.10 stream that is readable at every moment: unfinalised while it grows, then finalised.

All groups share one open data block at the end of the file; each record begins with its group's id. A killed run loses
nothing that was written; a torn last record is dropped by readers. MF4 has no checksum: the journal's marks and the
manifest's hash cover it.
"""

import struct
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.record import mf4_blocks as blocks
from bench.record.mf4_blocks import Column, Group
from bench.record.storage import File

__all__ = ["Column", "Group", "Mf4Writer", "record_dtype"]

_GROUPS_MAX = 255  # record ids are one byte


def record_dtype(group: Group) -> np.dtype[np.void]:
    """The packed bytes of one record: id, time in s, raw columns ``c0``..., invalidation bits."""
    columns = [(f"c{i}", f"<{column.dtype}") for i, column in enumerate(group.columns)]
    return np.dtype([("id", "u1"), ("t", "<f8"), *columns, ("invalid", "u1", (blocks.invalidation_bytes(group),))])


class Mf4Writer:
    """Streams records of several groups into one file.

    ``start_ns``: Unix time of run time zero. ``text`` and ``properties`` (DUT, rig, plan) go into the file's comment.
    """

    def __init__(
        self,
        file: File,
        groups: Sequence[Group],
        *,
        start_ns: int,
        text: str = "",
        properties: Mapping[str, str] | None = None,
    ) -> None:
        if not 1 <= len(groups) <= _GROUPS_MAX:
            raise ValueError(f"{len(groups)} groups; an MF4 stream here has 1 to {_GROUPS_MAX}")
        self.groups = tuple(groups)
        self.dtypes = tuple(record_dtype(group) for group in groups)
        self.counts = [0] * len(groups)
        self._file = file
        image = blocks.Image(blocks.id_block(finalised=False))
        self._write_head(image, start_ns, text, properties or {})

    def _write_head(self, image: blocks.Image, start_ns: int, text: str, properties: Mapping[str, str]) -> None:
        hd = blocks.header(image, start_ns, text, properties)
        self._cg = [blocks.channel_group(image, group, i + 1) for i, group in enumerate(self.groups)]
        for cg, following in zip(self._cg, self._cg[1:], strict=False):
            image.link(cg, 0, following)
        dg = image.add("DG", (0, self._cg[0], 0, 0), struct.pack("<B7x", 1))
        image.link(hd, 0, dg)
        self._dt = image.add("DT", (), b"")
        image.link(dg, 2, self._dt)
        self._file.append(bytes(image.data))
        self._file.sync()

    def append(self, group: int, records: NDArray[np.void]) -> None:
        """Write records of ``dtypes[group]``; the id is filled in here."""
        records["id"] = group + 1
        self._file.append(records.tobytes())
        self.counts[group] += len(records)

    def sync(self) -> None:
        """Make everything written durable."""
        self._file.sync()

    def finalise(self) -> None:
        """Fill in the counts and close. Data first and synced, the file id last: no moment leaves a wrong file."""
        try:
            self._fill_in()
        finally:
            self._file.close()

    def _fill_in(self) -> None:
        counts = dict(zip(self._cg, self.counts, strict=True))
        fill_in(self._file, self._dt, self._file.size - self._dt, counts)


def fill_in(file: File, dt: int, length: int, counts: Mapping[int, int]) -> None:
    """Finalise in place: the length of the data block at ``dt``, the rows of each channel group by its address."""
    file.sync()
    file.patch(dt + blocks.DT_LENGTH_OFFSET, struct.pack("<Q", length))
    for cg, count in counts.items():
        file.patch(cg + blocks.CG_COUNT_OFFSET, struct.pack("<Q", count))
    file.patch(blocks.FLAGS_OFFSET, struct.pack("<H", 0))
    file.sync()
    file.patch(0, blocks.FINALISED)
