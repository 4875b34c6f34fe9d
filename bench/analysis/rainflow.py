"""Rainflow counting of a signal that comes in pieces (ASTM E1049-85 (2017), 5.4.4).

What has been counted so far does not depend on how the signal was cut into pieces, and what is still open is a few
numbers that a journal can keep: the turning points that no larger range has closed yet. For a signal of a few levels
these are few; noise would leave many, and ``gate`` keeps it out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Point = tuple[float, float]
"""Where (time in s, or whatever the caller counts in) and value."""


class Cycles(NamedTuple):
    """Closed cycles, in the order in which they closed: range, mean, count (1, or 0.5 for half of one), and where its
    two turning points lie."""

    ranges: Floats
    means: Floats
    counts: Floats
    begins: Floats
    ends: Floats

    @classmethod
    def of(cls, halves: Sequence[tuple[Point, Point, float]]) -> Self:
        """From pairs of turning points with their counts."""
        table = np.array([(*a, *b, count) for a, b, count in halves], np.float64).reshape(-1, 5)
        begins, first, ends, second, counts = table.T
        return cls(np.abs(second - first), 0.5 * (first + second), counts, begins, ends)

    def __add__(self, other: "Cycles") -> "Cycles":  # type: ignore[override]
        return Cycles(*(np.concatenate(pair) for pair in zip(self, other, strict=True)))


@dataclass(slots=True)
class Turns:
    """Where a signal turns. ``gate``: a turn counts once the signal has come back by more than this.

    ``newest``: the farthest that the signal has come since the last turn; ``way``: +1 rising, -1 falling, 0 before the
    first move.
    """

    gate: float = 0.0
    newest: Point | None = None
    way: int = 0

    def feed(self, values: Floats, at: Floats) -> list[Point]:
        """The next values of the signal and where they lie (rising); the turning points that have become certain. The
        very first value is one."""
        return [turn for point in _corners(values, at) for turn in self._take(point)]

    def _take(self, point: Point) -> tuple[Point, ...]:
        if self.newest is None:
            self.newest = point
            return (point,)
        moved = point[1] - self.newest[1]
        if self.way == 0:
            if abs(moved) > self.gate:
                self.way, self.newest = (1 if moved > 0.0 else -1), point
            return ()
        if moved * self.way >= 0.0:
            self.newest = point
            return ()
        if abs(moved) <= self.gate:
            return ()
        turn, self.newest, self.way = self.newest, point, -self.way
        return (turn,)


@dataclass(slots=True)
class Rainflow:
    """The state of one count: where the signal turns, and the turning points that are still open."""

    turns: Turns = field(default_factory=Turns)
    open: list[Point] = field(default_factory=list)

    def feed(self, values: Floats, at: Floats) -> Cycles:
        """The next values of the signal and where they lie (rising); the cycles that they close."""
        closed: list[tuple[Point, Point, float]] = []
        for turn in self.turns.feed(values, at):
            self.open.append(turn)
            self._close(closed)
        return Cycles.of(closed)

    def rest(self) -> Cycles:
        """What is still open, as half cycles: together with all that was closed it is the count of the whole signal up
        to now. The state stays as it is."""
        moved = self.turns.newest is not None and self.turns.way != 0
        later = Rainflow(open=[*self.open, self.turns.newest] if moved and self.turns.newest else list(self.open))
        closed: list[tuple[Point, Point, float]] = []
        later._close(closed)
        return Cycles.of([*closed, *((a, b, 0.5) for a, b in pairwise(later.open))])

    def state(self) -> dict[str, Any]:
        """As plain values, exact."""
        turns = self.turns
        newest = list(turns.newest) if turns.newest is not None else None
        return {"gate": turns.gate, "open": [list(point) for point in self.open], "newest": newest, "way": turns.way}

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Self:
        """From ``state``."""
        newest = (float(state["newest"][0]), float(state["newest"][1])) if state["newest"] is not None else None
        points = [(float(where), float(value)) for where, value in state["open"]]
        return cls(Turns(float(state["gate"]), newest, int(state["way"])), points)

    def _close(self, closed: list[tuple[Point, Point, float]]) -> None:
        """5.4.4, steps 2 to 5, for the newest turning points."""
        points = self.open
        while len(points) >= 3:
            latest, before = abs(points[-1][1] - points[-2][1]), abs(points[-2][1] - points[-3][1])
            if latest < before:
                return
            if len(points) == 3:
                closed.append((points[0], points[1], 0.5))
                del points[0]
            else:
                closed.append((points[-3], points[-2], 1.0))
                del points[-3:-1]


def _corners(values: Floats, at: Floats) -> list[Point]:
    """The first and the last value and each at which the signal turns (the last one of a level stretch)."""
    if len(values) < 3:
        return list(zip(at.tolist(), values.tolist(), strict=True))
    steps = np.diff(values)
    moving = np.flatnonzero(steps)
    signs = np.sign(steps[moving])
    # the turn is where the next move begins
    turns = moving[1:][signs[1:] != signs[:-1]]
    picked = np.unique(np.concatenate(([0], turns, [len(values) - 1])))
    return list(zip(at[picked].tolist(), values[picked].tolist(), strict=True))
