"""Load collectives: how often (a rainflow matrix) and how long (time at level) a quantity was where.

Classes have one width and no end: nothing that is seen falls outside. Class n holds [n width, (n + 1) width).
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from bench.analysis.rainflow import Cycles, Floats


@dataclass(slots=True)
class RainflowMatrix:
    """Counts by class of range and class of mean, each ``width`` wide."""

    width: float
    counts: dict[tuple[int, int], float] = field(default_factory=dict)

    def add(self, cycles: Cycles) -> None:
        """Count them."""
        ranges, means = np.floor(cycles.ranges / self.width), np.floor(cycles.means / self.width)
        for place, count in zip(zip(ranges.tolist(), means.tolist(), strict=True), cycles.counts.tolist(), strict=True):
            key = (int(place[0]), int(place[1]))
            self.counts[key] = self.counts.get(key, 0.0) + count

    def by_range(self) -> list[tuple[float, float]]:
        """(upper edge of the class, how many), from small to large ranges."""
        sums: dict[int, float] = {}
        for (place, _), count in self.counts.items():
            sums[place] = sums.get(place, 0.0) + count
        return [((place + 1) * self.width, sums[place]) for place in sorted(sums)]

    def exceedances(self) -> list[tuple[float, float]]:
        """(range, cycles of at least this range): the collective as it is drawn; from large to small ranges."""
        total, found = 0.0, []
        for upper, count in reversed(self.by_range()):
            total += count
            found.append((upper - self.width, total))
        return found

    def rows(self) -> Iterator[tuple[float, float, float]]:
        """(middle of the range's class, middle of the mean's class, count), sorted."""
        for (i, j), count in sorted(self.counts.items()):
            yield (i + 0.5) * self.width, (j + 0.5) * self.width, count

    def state(self) -> dict[str, Any]:
        """As plain values, exact."""
        return {"width": self.width, "counts": [[i, j, count] for (i, j), count in sorted(self.counts.items())]}

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Self:
        """From ``state``."""
        return cls(float(state["width"]), {(int(i), int(j)): float(count) for i, j, count in state["counts"]})


@dataclass(slots=True)
class TimeAtLevel:
    """Seconds by class of the value."""

    width: float
    seconds: dict[int, float] = field(default_factory=dict)

    def add(self, values: Floats, seconds: Floats) -> None:
        """Each value has lasted for so many seconds."""
        if not len(values):
            return
        places, inverse = np.unique(np.floor(values / self.width).astype(np.int64), return_inverse=True)
        for place, total in zip(places.tolist(), np.bincount(inverse, seconds).tolist(), strict=True):
            self.seconds[place] = self.seconds.get(place, 0.0) + total

    def levels(self) -> list[tuple[float, float]]:
        """(middle of the class, seconds), from low to high."""
        return [((place + 0.5) * self.width, self.seconds[place]) for place in sorted(self.seconds)]

    @property
    def total_s(self) -> float:
        """All of it."""
        return math.fsum(self.seconds.values())

    def state(self) -> dict[str, Any]:
        """As plain values, exact."""
        return {"width": self.width, "seconds": [[place, self.seconds[place]] for place in sorted(self.seconds)]}

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Self:
        """From ``state``."""
        return cls(float(state["width"]), {int(place): float(seconds) for place, seconds in state["seconds"]})
