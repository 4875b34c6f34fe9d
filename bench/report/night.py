"""Several runs on one page, for whoever comes in the morning: how each went, and what to look at first.

Everything is taken from the runs' own journals, by way of their report models; the order of what to look at is fixed:
what touches safety, then what ended early, then what failed, drifted, wore out, was flagged; oddities come last.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bench.report.model import ReportModel

SAFETY, EARLY, FAILED, DRIFT, DAMAGE, POINTS, ODD = range(7)
RANKS = ("safety", "ended early", "failed", "drift", "damage", "points", "also")
"""Of what to look at, the most urgent first."""
_DAMAGES = {
    "torque_damage": "torque",
    "insulation_damage": "insulation",
    "lesit_inside": "power module (LESIT)",
    "cips08_inside": "power module (CIPS08)",
}
_SHOWN = 3
_ENDED_EARLY = ("stopped", "aborted")


class Look(NamedTuple):
    """One thing to look at: how urgent, in which run, what."""

    rank: int
    run: str
    text: str


class Remark(NamedTuple):
    """A shift note as it is shown."""

    when: str
    by: str
    text: str
    read_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NightRun:
    """One run of the night. ``folder``: where it is, and ``link``: its report, from where the page is; ``causes`` of
    stops, ``faults`` of the inverter, ``pauses``; ``problems``: with its files."""

    folder: str
    link: str
    model: ReportModel
    outcome: str
    causes: tuple[str, ...]
    faults: tuple[str, ...]
    pauses: tuple[str, ...]
    notes: tuple[Remark, ...] = ()
    problems: tuple[str, ...] = ()
    sealed: bool = True

    @property
    def verdict(self) -> str:
        """``passed``, ``failed`` or ``unfinished``."""
        return self.model.verdict

    @property
    def drift(self) -> str:
        """How far efficiency has moved, by chart or reference point; nothing where nobody looked."""
        charts = [row for row in self.model.results.get("drift", ()) if row.get("checks")]
        if charts:
            return ", ".join(f"{row['name']} {_shift(row)}" for row in charts)
        moved = self.model.drift_pp
        return "" if moved is None else f"{moved:+.3f} pp"

    @property
    def damage(self) -> str:
        """The largest share of a life that was used, of all kinds."""
        used = list(_damages(self.model))
        return "" if not used else max(used)[1]

    def looks(self) -> Iterator[Look]:
        """What somebody has to look at in this run."""
        model = self.model
        for rank, texts in (
            (SAFETY, self._unsafe()),
            (EARLY, self._early()),
            (FAILED, model.reasons if self.verdict == "failed" and self.outcome not in _ENDED_EARLY else ()),
            (DRIFT, self._drifted()),
            (DAMAGE, (f"{text} of a life was used" for share, text in _damages(model) if share > 0.01)),
            (POINTS, self._flagged()),
            (ODD, self._odd()),
        ):
            yield from (Look(rank, self.folder, str(text)) for text in texts)

    def _unsafe(self) -> Iterator[str]:
        if self.model.stop_confirmed is False:
            missed = [rung.name for rung in self.model.rungs if rung.outcome == "missed"]
            told = f" ({', '.join(missed)} missed)" if missed else ""
            yield f"the stop was not confirmed on every rung{told}: inspect the bench before anybody touches it"
        for problem in self.problems:
            yield f"the run's files cannot be trusted: {problem}"

    def _early(self) -> Iterator[str]:
        if self.verdict == "unfinished":
            yield "it was cut off and has no verdict; 'bench resume' goes on with it, 'bench recover' closes it"
        elif self.outcome in _ENDED_EARLY:
            yield "; ".join(self.causes or self.model.reasons) or self.outcome

    def _drifted(self) -> Iterator[str]:
        for row in self.model.results.get("drift", ()):
            if row.get("found_at"):
                yield f"{row['name']}: efficiency moved by {row['shift_pp']:+.3f} pp, found at check {row['found_at']}"
        limit, moved = self.model.drift_limit_pp, self.model.drift_pp
        if limit is not None and moved is not None and abs(moved) > limit:
            yield f"the reference point drifted by {moved:+.3f} pp, {limit:g} pp are allowed"

    def _flagged(self) -> Iterator[str]:
        flagged = [row for row in self.model.rows if row.get("verdict") == "flagged"]
        for row in flagged[:_SHOWN]:
            yield f"point {row['point']} ({row['speed_rpm']:.0f} rpm, {row['torque_nm']:+.0f} Nm): {row['reason']}"
        if len(flagged) > _SHOWN:
            yield f"{len(flagged) - _SHOWN} more flagged points"

    def _odd(self) -> Iterator[str]:
        if not self.sealed and self.verdict != "unfinished":
            yield "it is not sealed; 'bench recover' closes it"
        yield from (f"the inverter reported {text}" for text in self.faults)
        for note in self.notes:
            if not note.read_by:
                yield f"a note by {note.by} was not acknowledged: {note.text}"


@dataclass(frozen=True, slots=True)
class Night:
    """All runs, in the order in which they began. ``more``: what no run of them can tell."""

    title: str
    runs: tuple[NightRun, ...]
    more: tuple[Look, ...] = ()

    @property
    def looks(self) -> list[Look]:
        """What to look at, the most urgent first, then by run."""
        own = (look for run in self.runs for look in run.looks())
        return sorted((*own, *self.more), key=lambda look: look.rank)

    @property
    def good(self) -> bool:
        """Whether every run has passed and nothing urgent is left."""
        return all(run.verdict == "passed" for run in self.runs) and not any(look.rank <= DRIFT for look in self.looks)

    def for_machines(self) -> dict[str, Any]:
        """The page as plain data."""
        looks = [{"rank": RANKS[look.rank], "run": look.run, "text": look.text} for look in self.looks]
        return {"good": self.good, "looks": looks, "runs": [_run_row(run) for run in self.runs]}


def night_run(
    folder: str, link: str, model: ReportModel, events: Sequence[tuple[str, Mapping[str, Any]]], **more: Any
) -> NightRun:
    """One run from its model and the events of its journal."""
    finished = next((data for event, data in events if event == "run_finished"), {})
    causes = [
        f"{data.get('happened')}; {data.get('remedy')}"
        for event, data in events
        if event == "core_stop" and data.get("happened") != "the plan has ended"
    ]
    words = [text for event, data in events if event == "inverter_fault" for text in data.get("faults") or ()]
    stood = {"resumed_from_hold": "held", "resumed_from_suspend": "suspended"}
    pauses = [
        f"{stood[event]} for {data.get('stood_s', 0.0):.0f} s by the {data.get('by')}"
        for event, data in events
        if event in stood
    ]
    told = (str(finished.get("outcome", "")), tuple(dict.fromkeys(causes)), tuple(dict.fromkeys(words)), tuple(pauses))
    return NightRun(folder, link, model, *told, **more)


def _damages(model: ReportModel) -> Iterator[tuple[float, str]]:
    for row in model.results.get("endurance", ()):
        for key, words in _DAMAGES.items():
            share = row.get(key)
            if isinstance(share, float) and share > 0.0:
                yield share, f"{words} {share:.2%}" if share >= 1e-4 else f"{words} {1e6 * share:.2f} ppm"


def _shift(row: Mapping[str, Any]) -> str:
    return f"{row['shift_pp']:+.3f} pp" if row.get("found_at") else "not found"


def _run_row(run: NightRun) -> dict[str, Any]:
    model = run.model
    counts = {"planned": model.planned, "accepted": model.accepted, "flagged": model.flagged}
    heads = {"run": run.folder, "report": run.link, "plan": model.plan, "dut": model.dut, "began": model.name}
    ends = {"verdict": run.verdict, "outcome": run.outcome, "reasons": list(model.reasons)}
    notes = [note._asdict() for note in run.notes]
    told = {"drift": run.drift, "damage": run.damage, "stops": list(run.causes), "faults": list(run.faults)}
    return {**heads, **ends, "duration_s": round(model.duration_s, 1), **counts, **told,
            "pauses": list(run.pauses), "notes": notes}  # fmt: skip
