"""One run as rows of a catalogue: what it was, its points, its drive cycles, and other results.

Tolerant: a broken run is a row that says what is wrong.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.base.errors import BenchError
from bench.base.time import seconds
from bench.record.cycles import cycles_table
from bench.record.journal import JournalRecord, read_journal
from bench.record.manifest import NAME
from bench.record.points import Row, flat, points_table
from bench.record.recorder import JOURNAL
from bench.record.storage import Storage

_LABELS = ("plan", "title", "dut", "rig", "world", "seed", "verdict", "program", "resumes")
_COUNTS = ("planned", "points", "accepted", "flagged", "outcome")
RESULTS = frozenset(
    {"reference", "zero_check", "latency", "loss_points", "loss_check", "net_power_curve", "peak_repetition"}
    | {"peak_power", "thirty_minute_power", "endurance", "reference_check"}
)
"""Events whose numbers become KPIs named ``event.number``."""


@dataclass(slots=True)
class RunRows:
    """Rows of one run, by table. Each has the column ``run``."""

    run: Row
    points: list[Row] = field(default_factory=list)
    cycles: list[Row] = field(default_factory=list)
    results: list[Row] = field(default_factory=list)

    def tables(self) -> dict[str, list[Row]]:
        """By name."""
        return {"runs": [self.run], "points": self.points, "cycles": self.cycles, "results": self.results}


def rows_of(storage: Storage, name: str) -> RunRows:
    """The rows of the run ``name``. Never raises for what stands in the run: ``problem`` says it."""
    row: Row = {"run": name, "start_s": None, "sealed": False, "duration_s": None, "problem": ""}
    rows = RunRows(row)
    try:
        _manifest(row, json.loads(storage.read(NAME)))
        records, problems = read_journal(storage.read(JOURNAL), whole=False)
        row["problem"] = "; ".join(problems)
        _journal(rows, name, records)
    except (BenchError, ValueError, KeyError, TypeError, AttributeError) as error:
        row["problem"] = f"{type(error).__name__}: {error}"[:300]
    return rows


def _manifest(row: Row, content: Mapping[str, Any]) -> None:
    row.update({label: None if content.get(label) is None else str(content[label]) for label in _LABELS})
    row["start_s"], row["sealed"] = int(content["start_s"]), bool(content["sealed"])
    if not row["sealed"]:
        row["verdict"] = "open"  # it runs, or nobody has closed it: 'bench recover'


def _journal(rows: RunRows, name: str, records: list[JournalRecord]) -> None:
    if records:
        rows.run["duration_s"] = seconds(max(record.t_ns for record in records))
    for record in records:
        if record.event == "run_finished":
            rows.run.update({count: record.data.get(count) for count in _COUNTS})
    rows.points = [{"run": name, **row} for row in points_table(records)]
    rows.cycles = [{"run": name, **row} for row in cycles_table(records)]
    rows.results = list(_results(name, records))


def _results(name: str, records: Iterable[JournalRecord]) -> Iterable[Row]:
    for record in records:
        if record.event in RESULTS:
            for number, value in flat(record.data).items():
                if isinstance(value, float | int) and not isinstance(value, bool):
                    kpi = f"{record.event}.{number}"
                    yield {"run": name, "kpi": kpi, "t_s": seconds(record.t_ns), "value": float(value)}
