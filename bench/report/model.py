"""What a report shows, taken from the journal and the manifest; nothing else is read, nothing is measured here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.time import seconds
from bench.record.journal import JournalRecord
from bench.record.points import Row, points_table
from bench.report.can_messages import CanLine, can_lines
from bench.report.cycles import Cycles, cycles_of
from bench.report.decisions import Decision, decisions
from bench.report.endurance import Endurance, endurance_of
from bench.report.results import results_of
from bench.report.unit import Unit, unit_of

Floats = NDArray[np.float64]

EFFICIENCIES = {
    "eta_edu": "Electric drive unit",
    "eta_pe": "Power electronics",
    "eta_motor_transmission": "Motor with transmission",
}


@dataclass(frozen=True, slots=True)
class Envelope:
    """Torque limits over motor speed, rpm and Nm; ``continuous_nm`` may be empty."""

    speed_rpm: tuple[float, ...]
    torque_max_nm: tuple[float, ...]
    torque_min_nm: tuple[float, ...]
    continuous_nm: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """One visit of the reference point: run time in s, EDU efficiency 0..1."""

    t_s: float
    eta: float


@dataclass(frozen=True, slots=True)
class Settling:
    """How long point ``point`` took to settle, window included, in s; whether it did; its zone."""

    point: int
    seconds: float
    satisfied: bool
    zone: str


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of the stop: its name and ``confirmed`` or ``missed``."""

    name: str
    outcome: str


@dataclass(frozen=True, slots=True)
class ReportModel:
    """All that the report shows."""

    name: str
    title: str
    plan: str
    dut: str
    rig: str
    world: str
    seed: int | None
    verdict: str
    reasons: tuple[str, ...]
    planned: int
    duration_s: float
    stop_confirmed: bool | None
    rows: tuple[Row, ...]
    references: tuple[Reference, ...]
    drift_limit_pp: float | None
    settling: tuple[Settling, ...]
    rungs: tuple[Rung, ...]
    decisions: tuple[Decision, ...]
    unit: Unit | None
    envelope: Envelope | None
    manifest: Mapping[str, Any]
    can: tuple[CanLine, ...] = ()
    cycles: Cycles | None = None
    results: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    endurance: Endurance = field(default_factory=Endurance)

    @property
    def accepted(self) -> int:
        """Points that count."""
        return sum(row.get("verdict") == "accepted" for row in self.rows)

    @property
    def flagged(self) -> int:
        """Points that were flagged with a reason."""
        return len(self.rows) - self.accepted

    @property
    def drift_pp(self) -> float | None:
        """Largest distance of a reference from the first, percentage points; ``None`` with fewer than two."""
        distances = [100.0 * (reference.eta - self.references[0].eta) for reference in self.references[1:]]
        return max(distances, key=abs, default=None)

    def column(self, name: str, accepted_only: bool = True) -> Floats:
        """A column of the points table; NaN where there is no value or the point does not count."""
        values = [row.get(name) if row.get("verdict") == "accepted" or not accepted_only else None for row in self.rows]
        return np.array([np.nan if value is None else float(value) for value in values])

    def has(self, name: str) -> bool:
        """Whether any counting point has a value for ``name``."""
        return bool(np.isfinite(self.column(name)).any())

    def best(self, name: str = "eta_edu", regenerating: bool = False) -> Row | None:
        """The counting point with the highest efficiency of one direction."""
        sign = -1.0 if regenerating else 1.0
        rows = [
            row
            for row in self.rows
            if row.get("verdict") == "accepted"
            and row.get(name) is not None
            and sign * row["torque_nm"] * row["speed_rpm"] > 0
        ]
        return max(rows, key=lambda row: float(row[name]), default=None)


def build_model(
    records: Sequence[JournalRecord],
    *,
    name: str = "",
    manifest: Mapping[str, Any] | None = None,
    envelope: Envelope | None = None,
    problems: Sequence[str] = (),
) -> ReportModel:
    """The report's data. ``name``: of the run; ``envelope``: the DUT's; ``problems``: with the journal."""
    manifest = manifest or {}
    started = _first(records, "run_started")
    finished = _first(records, "run_finished")
    stopped = _first(records, "stopped")
    told = {**manifest, **started}
    references = _references(records)
    rows, endurance = points_table(records), endurance_of(records)
    limits = [data["limit_pp"] for data in _all(records, "reference") if data.get("limit_pp") is not None]
    return ReportModel(
        name=name,
        title=str(told.get("title") or told.get("plan") or "Run"),
        plan=str(told.get("plan", "")),
        dut=str(told.get("dut", "")),
        rig=str(told.get("rig", "")),
        world=str(told.get("world", "")),
        seed=told.get("seed"),
        verdict=str(finished.get("verdict", "unfinished")),
        reasons=(*map(str, finished.get("reasons", ())), *problems),
        planned=int(finished.get("planned") or told.get("planned") or told.get("points") or 0),
        duration_s=seconds(records[-1].t_ns) if records else 0.0,
        stop_confirmed=finished.get("stop_confirmed", stopped.get("confirmed")),
        rows=tuple(rows),
        references=references,
        drift_limit_pp=float(limits[-1]) if limits else None,
        settling=_settling(records),
        rungs=tuple(Rung(str(rung["rung"]), str(rung["outcome"])) for rung in stopped.get("rungs", ())),
        decisions=decisions(records),
        unit=unit_of(records),
        envelope=envelope or _envelope(started.get("envelope")),
        manifest=manifest,
        can=can_lines(records),
        cycles=cycles_of(records),
        results=results_of(records, rows, endurance.results()),
        endurance=endurance,
    )


def _all(records: Sequence[JournalRecord], event: str) -> list[dict[str, Any]]:
    return [record.data for record in records if record.event == event]


def _first(records: Sequence[JournalRecord], event: str) -> dict[str, Any]:
    return next(iter(_all(records, event)), {})


def _references(records: Sequence[JournalRecord]) -> tuple[Reference, ...]:
    return tuple(
        Reference(seconds(record.t_ns), float(record.data["eta_edu"]))
        for record in records
        if record.event == "reference" and record.data.get("eta_edu") is not None
    )


def _settling(records: Sequence[JournalRecord]) -> tuple[Settling, ...]:
    return tuple(
        Settling(data["point"], seconds(data["end_ns"] - data["start_ns"]), data["satisfied"], data.get("zone", ""))
        for data in _all(records, "settled")
        if data.get("point") is not None
    )


def _envelope(data: Any) -> Envelope | None:
    if not isinstance(data, Mapping) or not data.get("speed_rpm"):
        return None
    return Envelope(*(tuple(map(float, data.get(name) or ())) for name in Envelope.__dataclass_fields__))
