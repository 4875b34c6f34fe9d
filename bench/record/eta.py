"""How much of a run is left, from its journal alone; at the end, how well that was known.

The journal says at its beginning what was foreseen: when each record would come. Each record that comes is held to
that; what is left is what was foreseen behind it, stretched by the pace seen so far. Time in which the plan's clock
stood still does not count, neither as progress nor as an error.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bench.base.time import seconds

FORESEEN = "foreseen"
"""The event that bears the foreseen times."""
PAUSES = {"held": "resumed_from_hold", "suspended": "resumed_from_suspend"}
"""Events that stop the plan's clock, and those that let it go on."""
SHARES = (0.10, 0.25, 0.50, 0.75)
"""Parts of a run at which its error is told."""
_OF_RUN = "of_run"
_PRIOR = 0.3
"""The foreseen pace weighs as much as this share of the run: a quick beginning says little."""
_ODD = 3.0
"""What took so many times what was foreseen had a reason of its own (a prompt), and says nothing of the pace."""
_KEPT_MAX = 4096


class Told(Protocol):
    """A record of a journal."""

    @property
    def t_ns(self) -> int:
        """Run time."""

    @property
    def event(self) -> str:
        """What happened."""

    @property
    def data(self) -> dict[str, Any]:
        """With what."""


@dataclass(slots=True)
class Eta:
    """Fed with every record, in order (``take``); asked at any time."""

    foreseen_s: float = 0.0
    """In all; 0: nothing was foreseen."""
    _marks: Mapping[str, list[float]] = field(default_factory=dict)
    _times: list[float] = field(default_factory=list)
    _seen: dict[str, int] = field(default_factory=dict)
    _mark_s: float = 0.0
    _mark_at_s: float = 0.0
    _paced_s: float = 0.0
    _paced_took_s: float = 0.0
    _stood_s: float = 0.0
    _stands_since_s: float | None = None
    _until: str = ""
    _told: list[tuple[float, float]] = field(default_factory=list)
    _every: int = 1
    _count: int = 0

    def take(self, t_ns: int, event: str, data: Mapping[str, Any]) -> None:
        """One record of the journal."""
        if event == "run_started" and not self.foreseen_s:
            self.foreseen_s = float(data.get("estimate_s", 0.0))
        elif event == FORESEEN:
            self.foreseen_s, self._marks = float(data["total_s"]), data["marks"]
            self._times = sorted(t_s for times in self._marks.values() for t_s in times)
        self._pause(t_ns, event)
        if _OF_RUN in data or event == "taken_over":
            return
        number = self._seen.get(event, 0)
        self._seen[event] = number + 1
        times = self._marks.get(event, ())
        if number < len(times) and times[number] >= self._mark_s:
            self._reach(times[number], self.clock_s(t_ns))
            self._keep(t_ns)

    def _reach(self, mark_s: float, at_s: float) -> None:
        """A record that was foreseen for ``mark_s`` has come at ``at_s``."""
        foreseen_s, took_s = mark_s - self._mark_s, at_s - self._mark_at_s
        self._paced_s += foreseen_s
        self._paced_took_s += took_s if foreseen_s / _ODD <= took_s <= foreseen_s * _ODD else foreseen_s
        self._mark_s, self._mark_at_s = mark_s, at_s

    @property
    def foreseen(self) -> bool:
        """Whether the journal says when its records would come."""
        return bool(self._times)

    def clock_s(self, t_ns: int) -> float:
        """Run time less the time in which the plan's clock stood still."""
        standing_s = 0.0 if self._stands_since_s is None else seconds(t_ns) - self._stands_since_s
        return seconds(t_ns) - self._stood_s - standing_s

    def remaining_s(self, t_ns: int) -> float:
        """Run time still to come, if nothing pauses it any more."""
        since_s = self.clock_s(t_ns) - self._mark_at_s
        passed_s = min(since_s / self._pace(), max(self._next_s() - self._mark_s, 0.0))
        return max(0.0, (self.foreseen_s - self._mark_s - passed_s) * self._pace())

    def done(self, t_ns: int) -> float:
        """Which part of the run is over, 0..1."""
        clock_s = self.clock_s(t_ns)
        whole_s = clock_s + self.remaining_s(t_ns)
        return clock_s / whole_s if whole_s > 0.0 else 0.0

    def report(self, t_ns: int) -> dict[str, Any]:
        """At the end of the run: what was foreseen and what it took, s, and by how much the end was misjudged at some
        parts of the run, in % of its duration (positive: told too long)."""
        took_s = self.clock_s(t_ns)
        if not self.foreseen_s or took_s <= 0.0:
            return {}
        errors = {"0": self.foreseen_s / took_s - 1.0}
        for share in SHARES:
            told = [whole_s for at_s, whole_s in self._told if at_s <= share * took_s]
            errors[f"{share:.0%}".rstrip("%")] = (told[-1] if told else self.foreseen_s) / took_s - 1.0
        later = [whole_s / took_s - 1.0 for at_s, whole_s in self._told if at_s >= SHARES[0] * took_s]
        worst = max((errors["10"], *later), key=abs)
        percent = {share: round(100.0 * error, 2) for share, error in errors.items()}
        figures = {"foreseen_s": round(self.foreseen_s, 1), "took_s": round(took_s, 1)}
        stood_s = round(seconds(t_ns) - took_s, 1)
        return {**figures, "stood_s": stood_s, "error_percent": percent, "worst_percent": round(100.0 * worst, 2)}

    def _pause(self, t_ns: int, event: str) -> None:
        if event in PAUSES and self._stands_since_s is None:
            self._stands_since_s, self._until = seconds(t_ns), PAUSES[event]
        elif event in (self._until, "stop_requested") and self._stands_since_s is not None:
            self._stood_s += seconds(t_ns) - self._stands_since_s
            self._stands_since_s = None

    def _pace(self) -> float:
        """Seconds that a foreseen second takes."""
        prior_s = _PRIOR * self.foreseen_s
        return (self._paced_took_s + prior_s) / (self._paced_s + prior_s) if self._paced_s + prior_s > 0.0 else 1.0

    def _next_s(self) -> float:
        """When the next record was foreseen: without it nothing goes on beyond that."""
        if not self._times:
            return self.foreseen_s
        low = bisect_right(self._times, self._mark_s)
        return self._times[low] if low < len(self._times) else self.foreseen_s

    def _keep(self, t_ns: int) -> None:
        self._count += 1
        if self._count % self._every:
            return
        clock_s = self.clock_s(t_ns)
        self._told.append((clock_s, clock_s + self.remaining_s(t_ns)))
        if len(self._told) > _KEPT_MAX:
            self._told, self._every = self._told[::2], self._every * 2


def eta_of(records: Iterable[Told]) -> dict[str, Any]:
    """``Eta.report`` of a journal; empty where it came to no end, or nothing was foreseen."""
    eta, end_ns = Eta(), 0
    for record in records:
        eta.take(record.t_ns, record.event, record.data)
        if record.event == "run_finished":
            end_ns = record.t_ns
    return eta.report(end_ns) if end_ns else {}
