"""What was foreseen of a run: how long it takes and when each of its records would be journalled."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.base.time import seconds
from bench.record.journal import SUMMED_UP
from bench.sequence.progress import OF_RUN

MARKS_MAX = 2000
"""A run of a million cycles needs no mark for each."""
_PLACES = 1
_NO_MARKS = frozenset((*SUMMED_UP, *SUMMED_UP.values()))
"""What comes so often that foresight passes most of it over: the n-th of them says nothing."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Seconds in all; by event, the times of its first, second, ... record, s. Energies at the supply's terminals in
    Wh. ``derates``: the unit would limit its torque for heat somewhere. ``record_bytes``: the data of all
    ``records``; ``measuring_s``: in which windows are open."""

    total_s: float
    marks: Mapping[str, tuple[float, ...]]
    points: int = 0
    verdict: str = "passed"
    reasons: tuple[str, ...] = ()
    taken_wh: float = 0.0
    given_wh: float = 0.0
    hottest_degc: Mapping[str, float] = field(default_factory=dict)
    derates: bool = False
    prompts: tuple[str, ...] = ()
    records: int = 0
    record_bytes: int = 0
    measuring_s: float = 0.0

    def told(self) -> dict[str, Any]:
        """For the journal."""
        marks = {event: [round(t_s, _PLACES) for t_s in times] for event, times in self.marks.items()}
        return {"total_s": round(self.total_s, _PLACES), "marks": marks, "energy_wh": self.energy}

    @property
    def energy(self) -> dict[str, float]:
        """From and to the supply, Wh."""
        return {"from_supply": round(self.taken_wh, 1), "to_supply": round(self.given_wh, 1)}


class Marks:
    """Collects the times of records; what was taken over from another run has none."""

    def __init__(self) -> None:
        self._times: dict[str, list[float]] = {}
        self.records = self.record_bytes = 0

    def take(self, t_ns: int, event: str, data: Mapping[str, Any]) -> None:
        """One record."""
        self.records += 1
        self.record_bytes += len(json.dumps(data, default=str))
        if OF_RUN not in data and event not in _NO_MARKS and self.records <= MARKS_MAX:
            self._times.setdefault(event, []).append(seconds(t_ns))

    def times(self) -> dict[str, tuple[float, ...]]:
        """By event."""
        return {event: tuple(times) for event, times in self._times.items()}
