"""Frames as somebody logged them, in arrays that ``Database.decode_log`` takes; what has no data is counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class FrameLog:
    """The data frames of a log in its order.

    ``ids`` uint32 (bit 31: extended), ``bus`` uint8 from 0, ``data`` uint8 of frames x 8 or 64 bytes with ``lengths``,
    ``t_ns`` int64 (Unix time, or counted from zero where the log does not know the day). ``error_frames`` and
    ``remote_frames`` carry no data; ``findings`` says what else was left out.
    """

    ids: NDArray[np.uint32]
    bus: NDArray[np.uint8]
    lengths: NDArray[np.uint8]
    data: NDArray[np.uint8]
    t_ns: NDArray[np.int64]
    error_frames: int = 0
    remote_frames: int = 0
    findings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """One log of ``parts``, one after the other."""
        width = max((part.data.shape[1] for part in parts), default=8)
        return cls(
            _joined([part.ids for part in parts], np.uint32),
            _joined([part.bus for part in parts], np.uint8),
            _joined([part.lengths for part in parts], np.uint8),
            np.concatenate([np.zeros((0, width), np.uint8), *(_wide(part.data, width) for part in parts)]),
            _joined([part.t_ns for part in parts], np.int64),
            sum(part.error_frames for part in parts),
            sum(part.remote_frames for part in parts),
            tuple(finding for part in parts for finding in part.findings),
        )

    def of_bus(self, bus: int) -> "FrameLog":
        """The data frames of one bus."""
        mine = self.bus == bus
        return FrameLog(self.ids[mine], self.bus[mine], self.lengths[mine], self.data[mine], self.t_ns[mine])


def _joined(arrays: Sequence[NDArray[Any]], kind: type[np.generic]) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, kind), *arrays])


def _wide(data: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    if data.shape[1] == width:
        return data
    wide = np.zeros((len(data), width), np.uint8)
    wide[:, : data.shape[1]] = data
    return wide
