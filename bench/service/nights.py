"""Gathers the runs of a night: given one by one, as a folder of runs, or as the folder of a queue."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.base.errors import InputError, Problem
from bench.io.disk import DiskStorage
from bench.record.journal import read_journal
from bench.record.manifest import NAME
from bench.record.recorder import JOURNAL
from bench.record.storage import StorageError
from bench.report.model import build_model
from bench.report.night import EARLY, ODD, Look, Night, NightRun, Remark, night_run
from bench.report.night_html import render_night
from bench.report.write import run_name
from bench.service.handover import NAME as HANDOVER
from bench.service.handover import Handover
from bench.service.queue.work_queue import JOURNAL as QUEUE
from bench.service.queue.work_queue import WorkQueue

_DEPTH = 3
"""A queue keeps the runs of each order in a folder of their own (``runs/0001``)."""
_RUNS_MAX = 500
_EVENTS = ("run_finished", "core_stop", "inverter_fault", "resumed_from_hold", "resumed_from_suspend")


def is_run(folder: Path) -> bool:
    """Whether ``folder`` is that of a run."""
    return (folder / NAME).is_file() or (folder / JOURNAL).is_file()


def holds_runs(folder: Path) -> bool:
    """Whether ``folder`` is none, but holds some."""
    return folder.is_dir() and not is_run(folder) and next(_below(folder, _DEPTH), None) is not None


def runs_in(places: Sequence[Path], since_s: float = 0.0) -> list[Path]:
    """The folders of all runs at ``places`` that began at ``since_s`` (Unix seconds) or later, in order. Raises
    ``InputError`` where there is none, or more than a page holds."""
    found = [run for place in places for run in _below(place, _DEPTH)]
    found = [run for run in dict.fromkeys(found) if _began_s(run) >= since_s]
    if not found or len(found) > _RUNS_MAX:
        told = f"{len(found)} runs; a page holds {_RUNS_MAX}: give --since" if found else "no run was found"
        raise InputError([Problem(", ".join(map(str, places)), 0, 0, told)])
    return sorted(found, key=lambda run: (_began_s(run), run.name))


def not_run(places: Sequence[Path]) -> Iterator[Look]:
    """Orders of queues at ``places`` that have left no run that could speak for them, and queues that are held."""
    for place in places:
        if not (place / "journal" / QUEUE).is_file():
            continue
        state = WorkQueue(place).state()
        for entry in state.entries:
            if entry.status in ("refused", "marked"):
                yield Look(EARLY, "", f"order {entry.number} of {place.name} ({entry.order.plan}) {entry.told}")
        waiting = sum(entry.status == "waiting" for entry in state.entries)
        if waiting or state.held:
            held = f"; it is held: {state.held}" if state.held else ""
            yield Look(EARLY if state.held else ODD, "", f"{waiting} orders of {place.name} still wait{held}")


def night_of(runs: Sequence[Path], page: Path, more: Sequence[Look] = ()) -> Night:
    """What they have come to; links count from the folder of ``page``. ``more``: to look at besides."""
    told = tuple(_run(run, page.parent) for run in runs)
    days = sorted({run.model.name.partition(" ")[0] for run in told} - {""})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}" if days else "undated"
    return Night(f"Runs of {when}", told, tuple(more))


def write_night(runs: Sequence[Path], page: Path, more: Sequence[Look] = ()) -> Night:
    """The same, written as ``page``. Raises ``InputError`` where nothing can be written."""
    night = night_of(runs, page, more)
    try:
        page.write_text(render_night(night), encoding="utf-8")
    except OSError as error:
        raise InputError([Problem(str(page), 0, 0, f"cannot be written: {error.strerror}; use --out")]) from None
    return night


def _below(place: Path, depth: int) -> Iterator[Path]:
    if is_run(place):
        yield place.resolve()
    elif not place.is_dir():
        raise InputError([Problem(str(place), 0, 0, "is no folder; give runs, a folder of runs, or a queue")])
    elif depth:
        for folder in sorted(path for path in place.iterdir() if path.is_dir() and not path.name.startswith(".")):
            yield from _below(folder, depth - 1)


def _manifest(run: Path) -> Mapping[str, Any]:
    try:
        content = json.loads((run / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _began_s(run: Path) -> float:
    began = _manifest(run).get("start_s")
    return float(began) if isinstance(began, int | float) else 0.0


def _run(run: Path, page: Path) -> NightRun:
    manifest = _manifest(run)
    try:
        records, problems = read_journal(DiskStorage(run, create=False).read(JOURNAL), whole=False)
    except StorageError as error:
        records, problems = [], [str(error)]
    model = build_model(records, name=run_name(manifest), manifest=manifest)
    events = [(record.event, record.data) for record in records if record.event in _EVENTS]
    here = Path(os.path.relpath(run, page.resolve())).as_posix()
    more = {"notes": _notes(run), "problems": tuple(problems), "sealed": bool(manifest.get("sealed"))}
    return night_run(here, f"{here}/report.html", model, events, **more)


def _notes(run: Path) -> tuple[Remark, ...]:
    if not (run.parent / HANDOVER).is_file():
        return ()
    notes = Handover(run.parent).notes(run.name)
    return tuple(Remark(_time(note.t_ns), note.by, note.text, note.read_by) for note in notes)


def _time(t_ns: int) -> str:
    return datetime.fromtimestamp(t_ns // 1_000_000_000, UTC).strftime("%Y-%m-%d %H:%M UTC")
