"""How near a run came to its limits, from the samples as they come; each limit counts while it is judged.

States and flags have no margin, and neither has what is judged as a difference of two channels.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.base.channel import Channels
from bench.base.quality import GOOD
from bench.base.time import seconds
from bench.base.units import Unit
from bench.config.channels import is_commanded
from bench.core.design import Design, Limit, SampleGroup
from bench.core.tables import DERATE, STOP, WARN

Floats = NDArray[np.float64]
LEVELS = {WARN: "warn", DERATE: "derate", STOP: "stop"}


@dataclass(frozen=True, slots=True)
class Margin:
    """Of one side of a limit: the nearest value and when it was, how far it stayed away (negative: beyond, for less
    than the limit's debounce if nothing stopped) in ``unit``, and that in percent of the limit."""

    limit: str
    channel: str
    level: str
    unit: str
    bound: float
    nearest: float
    t_s: float
    upper: bool = True

    @property
    def away(self) -> float:
        """In the unit of the channel."""
        return self.bound - self.nearest if self.upper else self.nearest - self.bound

    @property
    def percent(self) -> float:
        """Of the limit; of 1 where the limit is zero."""
        return 100.0 * self.away / (abs(self.bound) or 1.0)


class Margins:
    """Fed with the rows of sample groups (``take``). ``modes`` tells in which modes the core is."""

    def __init__(self, design: Design, modes: Callable[[], int]) -> None:
        self._modes = modes
        self._before = [0] * len(design.groups)  # in which modes the core was at the last rows of each group
        self._channels: Channels = design.channels
        states = {name for name in design.channels.names if design.channels[name].unit is Unit.ONE}
        self._limits = [limit for limit in design.limits if not limit.minus and limit.channel not in states]
        self._watched = [_Watched(group, self._limits, self._channels) for group in design.groups]
        self._nearest: dict[tuple[int, bool], tuple[float, int]] = {}
        self.hottest_degc: dict[str, float] = {}
        self.taken_wh = self.given_wh = 0.0
        self._power: tuple[int, float] | None = None

    def take(self, group: int, t_ns: NDArray[np.int64], values: Floats, quality: NDArray[np.uint8]) -> None:
        """Rows of one group, in order."""
        watched, good = self._watched[group], quality == GOOD
        highest, lowest = _extremes(values, good)
        for column, name in watched.temperatures:
            if highest[column] > self.hottest_degc.get(name, -math.inf):
                self.hottest_degc[name] = float(highest[column])
        if watched.power >= 0:
            self._book(t_ns, np.where(good[:, watched.power], values[:, watched.power], 0.0))
        now, before = self._modes(), self._before[group]
        self._before[group] = now
        for column, index in watched.limits:
            if self._limits[index].modes & now & before:
                self._note(index, True, column, highest, values, t_ns)
                self._note(index, False, column, lowest, values, t_ns)

    def nearest(self) -> list[Margin]:
        """All sides of all limits that were judged, the nearest first."""
        found = []
        for (index, upper), (value, t_ns) in self._nearest.items():
            limit = self._limits[index]
            bound = limit.high if upper else limit.low
            words = (limit.name, limit.channel, LEVELS[limit.level], _difference(self._channels[limit.channel].unit))
            found.append(Margin(*words, bound, value, seconds(t_ns), upper))
        return sorted(found, key=lambda margin: margin.percent)

    def _note(
        self, index: int, upper: bool, column: int, extremes: Floats, values: Floats, t_ns: NDArray[np.int64]
    ) -> None:
        value = float(extremes[column])
        bound = self._limits[index].high if upper else self._limits[index].low
        if not math.isfinite(bound) or not math.isfinite(value):
            return
        known = self._nearest.get((index, upper))
        if known is None or (value > known[0] if upper else value < known[0]):
            row = int(np.flatnonzero(values[:, column] == value)[0])
            self._nearest[index, upper] = value, int(t_ns[row])

    def _book(self, t_ns: NDArray[np.int64], watts: Floats) -> None:
        """Energy at the supply: each value until the next."""
        if self._power is not None:
            t_ns, watts = np.append(self._power[0], t_ns), np.append(self._power[1], watts)
        wh = np.diff(t_ns) * 1e-9 / 3600.0 * 0.5 * (watts[1:] + watts[:-1])
        self.taken_wh += float(wh[wh > 0.0].sum())
        self.given_wh -= float(wh[wh < 0.0].sum())
        self._power = int(t_ns[-1]), float(watts[-1])


class _Watched:
    """What a group has to tell: its columns with temperatures, with limits, with the supply's power (-1: none)."""

    def __init__(self, group: SampleGroup, limits: Sequence[Limit], channels: Channels) -> None:
        places = {name: column for column, name in enumerate(group.channels)}
        measured = [name for name in group.channels if not is_commanded(name)]
        self.temperatures = [(places[name], name) for name in measured if channels[name].unit is Unit.DEGC]
        self.limits = [(places[limit.channel], i) for i, limit in enumerate(limits) if limit.channel in places]
        self.power = places.get("supply.power", -1)


def _difference(unit: Unit) -> str:
    return (Unit.KELVIN if unit is Unit.DEGC else unit).value


def _extremes(values: Floats, good: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Highest and lowest good value of each column; infinite where there is none."""
    highest = np.max(np.where(good, values, -math.inf), axis=0)
    lowest = np.min(np.where(good, values, math.inf), axis=0)
    return highest, lowest
