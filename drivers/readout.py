"""Readings of one instrument as one array that can be posted to the core as it is: no object per value."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bench.base.quality import Quality
from bench.base.reading import Reading
from bench.base.records import INBOX, READING
from bench.schedule.requests import Exchange, Now, Operation
from drivers.usual import Round

UNBOUND = 0xFFFFFFFF
_QUALITIES = tuple(Quality)  # by number


class Part:
    """Neighbouring channels of a readout."""

    __slots__ = ("qualities", "times", "values")

    def __init__(self, values: NDArray[np.float64], qualities: NDArray[np.uint8], times: NDArray[np.int64]) -> None:
        self.values, self.qualities, self.times = values, qualities, times

    def put(self, values: NDArray[np.float64], qualities: NDArray[np.uint8], t_ns: int) -> None:
        """These values with their qualities, at one time."""
        self.values[:] = values
        self.qualities[:] = qualities
        self.times[:] = t_ns


class Readout:
    """``records`` (``INBOX``, kind READING) and views of its columns; written in place at each reading."""

    def __init__(self, channels: Sequence[str]) -> None:
        self.channels = tuple(channels)
        self.records = np.zeros(len(self.channels), INBOX)
        self.records["kind"] = READING
        self.records["id"] = UNBOUND
        self.records["arrived_ns"] = -1
        self.values: NDArray[np.float64] = self.records["value"]
        self.qualities: NDArray[np.uint8] = self.records["quality"]
        self.times: NDArray[np.int64] = self.records["t_ns"]

    def bind(self, index_of: Callable[[str], int]) -> None:
        """Fix the place of each channel in the image. Raises what ``index_of`` raises for an unknown name."""
        self.records["id"] = [index_of(channel) for channel in self.channels]

    def part(self, first: int, end: int | None = None) -> Part:
        """The channels from ``first`` up to ``end``."""
        return Part(self.values[first:end], self.qualities[first:end], self.times[first:end])

    def mark(self, quality: Quality, t_ns: int) -> NDArray[np.void]:
        """Every value invalid for the same reason, as after a time-out; the records."""
        self.values[:] = np.nan
        self.qualities[:] = quality
        self.times[:] = t_ns
        return self.records

    def readings(self) -> list[Reading]:
        """The same for people."""
        rows = zip(self.channels, self.values.tolist(), self.qualities.tolist(), self.times.tolist(), strict=True)
        return [Reading(channel, value, _QUALITIES[quality], t_ns) for channel, value, quality, t_ns in rows]


class OneReadout:
    """What drivers with one readout have in common."""

    readout: Readout

    @property
    def channels(self) -> tuple[str, ...]:
        """What a reading delivers, in order."""
        return self.readout.channels

    def bind(self, index_of: Callable[[str], int]) -> None:
        """Fix the channels' places in the image, once."""
        self.readout.bind(index_of)

    def readings(self) -> list[Reading]:
        """The last reading, for people."""
        return self.readout.readings()

    def mark(self, quality: Quality, t_ns: int) -> NDArray[np.void]:
        """Records that say why there are no values."""
        return self.readout.mark(quality, t_ns)

    def usual(self) -> Round | None:
        """What is asked over and over, for who can do so without the driver; ``None``: it has to see each answer."""
        return None

    def resume(self, place: int, read_ns: int) -> None:
        """Somebody has read up to ``place`` of the round, the last answer at ``read_ns``."""


class Readable(Protocol):
    """A driver whose reading is one question, and a function of its answer."""

    @property
    def session(self) -> AbstractContextManager[Any]:
        """Refuses when the bytes may not fit the questions any more."""

    def question(self) -> Exchange:
        """What to ask."""

    def take(self, reply: bytes, arrived_ns: int) -> NDArray[np.void]:
        """What the answer says."""


def read(driver: Readable) -> Operation[NDArray[np.void]]:
    """One reading by itself (a link reads cyclically, by ``Poll``)."""
    with driver.session:
        reply: bytes = yield driver.question()
        return driver.take(reply, (yield _NOW))


_NOW = Now()
