"""Reads the core's meter while it runs: a window may be longer than the rings of its channels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.errors import InternalError
from bench.base.quality import GOOD
from bench.base.time import NS_PER_S
from bench.core.meter import metered
from bench.core.state import State
from bench.core.tables import METER_CHANNELS
from bench.schedule.requests import Operation, Sleep, Window
from bench.sequence.desk.look import Look, steadily

DRAIN_NS = 10 * NS_PER_S
"""How often to ``drain``: half of the time that a ring holds of frames every 10 ms, so that no cycle writes what is
being read."""

Rows = NDArray[np.void]


def check_count(channels: tuple[str, ...]) -> None:
    """Raises ``InternalError`` where one window cannot keep so many channels."""
    if len(channels) > METER_CHANNELS:
        raise InternalError(f"a window keeps at most {METER_CHANNELS} channels, not {len(channels)}")


class Metering:
    """What the meter has kept of ``channels`` (names, in the order in which they were added) since ``start_ns``."""

    def __init__(self, state: State, look: Look, channels: tuple[str, ...], start_ns: int) -> None:
        self._state = state
        self._look = look
        self._channels = channels
        self._start_ns = start_ns
        self._read = [0] * len(channels)
        self._rows: list[list[Rows]] = [[] for _ in channels]
        self._lost = [0] * len(channels)

    def counts(self) -> Operation[list[int]]:
        """How many fresh values of each channel have come."""
        entries: Rows = yield from steadily(self._look, self._state.meter_channels.copy)
        counts: list[int] = entries["rows"][: len(self._channels)].tolist()
        return counts

    def drain(self) -> Operation[None]:
        """Take over what is new. The core must have begun already: not in the cycle of the command."""
        for place, count in enumerate((yield from self.counts())):
            rows, lost = metered(self._state, place, self._read[place], count)
            self._read[place] = count
            self._lost[place] += lost
            if len(rows):
                self._rows[place].append(rows)

    def draining(self) -> Operation[None]:
        """``drain`` in time, for ever."""
        while True:
            yield Sleep(DRAIN_NS)
            yield from self.drain()

    def take(self, end_ns: int, until_ns: int) -> Operation[Window]:
        """Everything with a time up to ``until_ns``, as the window that ends at ``end_ns``; the next one begins there.
        What was lost counts as not good in the first window that is taken after it."""
        yield from self.drain()
        times: dict[str, NDArray[np.int64]] = {}
        values: dict[str, NDArray[np.float64]] = {}
        bad: dict[str, int] = {}
        for place, name in enumerate(self._channels):
            rows = self._up_to(place, until_ns)
            good = rows["quality"] == GOOD
            times[name], values[name] = rows["t_ns"][good], rows["value"][good]
            bad[name] = int(len(rows) - good.sum()) + self._lost[place]
            self._lost[place] = 0
        window = Window(self._start_ns, end_ns, times, values, bad)
        self._start_ns = end_ns
        return window

    def _up_to(self, place: int, until_ns: int) -> Any:
        held = self._rows[place]
        rows = np.concatenate(held) if held else self._state.meter_rows[place][:0]
        split = int(np.searchsorted(rows["t_ns"], until_ns, side="right"))
        self._rows[place] = [rows[split:]] if split < len(rows) else []
        return rows[:split]
