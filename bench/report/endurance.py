"""Endurance steps and drift charts in the report: counts, collectives and damage, from the journal alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.analysis.collective import RainflowMatrix, TimeAtLevel
from bench.record.journal import JournalRecord
from bench.record.points import Row
from bench.sequence.endurance.book import Book
from bench.sequence.endurance.checks import POINT
from bench.sequence.endurance.drive import CYCLE, STATE
from bench.sequence.endurance.parameters import DamageParameters
from bench.sequence.point.charts import EVENT as CHECK
from bench.sequence.point.charts import Key
from bench.sequence.steps.endurance import EVENT, STARTED

Data = Mapping[str, Any]
_WORDS = {True: "measured", False: "assumed"}


@dataclass(frozen=True, slots=True)
class Endured:
    """One endurance step. ``row``: its line in the table; the collectives include what is still open."""

    kind: str
    row: Row
    torque: RainflowMatrix
    junction: RainflowMatrix
    winding: TimeAtLevel


@dataclass(frozen=True, slots=True)
class DriftChart:
    """All checks of one reference point, in order."""

    key: Key
    checks: tuple[Row, ...]

    @property
    def last(self) -> Row:
        """The newest check, which carries the chart's verdict."""
        return self.checks[-1]


@dataclass(frozen=True, slots=True)
class Endurance:
    """All endurance steps of a run, all its drift charts, and the points that were measured between cycles."""

    steps: tuple[Endured, ...] = ()
    charts: tuple[DriftChart, ...] = ()
    points: tuple[Row, ...] = field(default=())

    def results(self) -> dict[str, tuple[Row, ...]]:
        """Rows of the tables, by key."""
        return {
            "endurance": tuple(step.row for step in self.steps),
            "drift": tuple(map(_chart_row, self.charts)),
            CHECK: tuple(check for chart in self.charts for check in chart.checks),
            POINT: self.points,
        }


def endurance_of(records: Sequence[JournalRecord]) -> Endurance:
    """From a journal in which cycles that a state sums up may be left out."""
    by_step = list(_by_step(records).values())
    steps = map(_endured, by_step)
    charts: dict[Key, list[Row]] = {}
    for record in records:
        if record.event == CHECK:
            charts.setdefault(Key.of(record.data), []).append(dict(record.data))
    points = (_with_change([record.data for record in told if record.event == POINT]) for told in by_step)
    return Endurance(
        tuple(step for step in steps if step is not None),
        tuple(DriftChart(key, tuple(checks)) for key, checks in charts.items()),
        tuple(row for rows in points for row in rows),
    )


def _by_step(records: Sequence[JournalRecord]) -> dict[str, list[JournalRecord]]:
    """The records of each step, those that it took over first."""
    found: dict[str, list[JournalRecord]] = {}
    step = ""
    for record in records:
        if record.event in ("step_started", "taken_over"):
            step = str(record.data["step"])
        found.setdefault(str(record.data.get("step", step)), []).append(record)
    return found


def _endured(told: Sequence[JournalRecord]) -> Endured | None:
    started = [record.data for record in told if record.event == STARTED]
    if not started:
        return None
    damage = DamageParameters.model_validate(started[-1]["damage"])
    book = Book.begun(damage)
    for record in told:
        if record.event == STATE:
            book = Book.of(record.data, damage)
        elif record.event == CYCLE:
            book.take(record.data)
    ended = [record.data for record in told if record.event == EVENT]
    verdict = {name: ended[-1][name] for name in ("verdict", "reason")} if ended else _UNFINISHED
    row = {**started[-1], **book.figures(), "curve": _WORDS[damage.torque.measured], **verdict}
    return Endured(started[-1]["kind"], row, book.torque.whole(), book.junction.whole(), book.winding)


_UNFINISHED = {"verdict": "unfinished", "reason": ""}


def _chart_row(chart: DriftChart) -> Row:
    return {**chart.last, "checks": len(chart.checks), "verdict": chart.last["chart_verdict"],
            "reason": chart.last["chart_reason"]}  # fmt: skip


def _with_change(points: Sequence[Data]) -> Iterator[Row]:
    """Each with how its efficiency has changed since the first round, in percentage points."""
    first: dict[tuple[int, int], float] = {}
    for data in points:
        place, eta = (data["check_of"], data["number"]), data.get("eta_edu")
        if eta is not None:
            first.setdefault(place, eta)
        changed = None if eta is None or place not in first else 100.0 * (eta - first[place])
        yield {**data, "changed_pp": changed}
