"""``bench report RUN...``."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.base.errors import InputError, Problem
from bench.base.time import clock_text, ns
from bench.cli import exits
from bench.cli.folder import open_run
from bench.cli.options import JsonOption
from bench.cli.terminal import say, say_json

if TYPE_CHECKING:
    from bench.report.night import Night

_PAGE = "night.html"


def command(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="A run; or several, a folder of runs, a queue: one page.")
    ],
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Of a folder: runs that began then or later; a time, or 12h.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where the page of several goes.")] = None,
    json: JsonOption = False,
) -> int:
    """Draw the report of a run again from its journal alone; or one page of several runs, for the morning."""
    from bench.service.nights import holds_runs

    places = [Path(run) for run in runs]
    if len(places) == 1 and since is None and out is None and not holds_runs(places[0]):
        return _redraw(runs[0], json)
    return _night(places, since, out, json)


def _redraw(run: str, json: bool) -> int:
    from bench.service.redraw import redraw

    names = redraw(open_run(Path(run)))
    if json:
        say_json({"run": run, "written": list(names), "exit": exits.PASSED})
    else:
        say("\n".join(str(Path(run) / name) for name in names))
    return exits.PASSED


def _night(places: list[Path], since: str | None, out: Path | None, json: bool) -> int:
    from bench.service.nights import is_run, not_run, runs_in, write_night

    found = runs_in(places, _since_s(since))
    page = out or (places[0] / _PAGE if not is_run(places[0]) else Path(_PAGE))
    night = write_night(found, page, tuple(not_run(places)))
    if json:
        say_json({"written": [str(page)], **night.for_machines(), "exit": exits.PASSED})
    else:
        _tell(night)
        say(f"page: {page}")
    return exits.PASSED


def _tell(night: "Night") -> None:
    from bench.report.night import RANKS

    say(f"{night.title}: {'a good night' if night.good else 'look here first'}")
    for look in night.looks:
        say(f"  [{RANKS[look.rank]}] {f'{look.run}: ' if look.run else ''}{look.text}")
    say("runs:")
    for run in night.runs:
        model = run.model
        points = f", {model.accepted} of {model.planned} points" if model.planned else ""
        more = "".join(f", {name} {text}" for name, text in (("drift", run.drift), ("damage", run.damage)) if text)
        say(f"  {run.verdict:<10} {run.folder}: {clock_text(ns(model.duration_s))} h{points}{more}")


def _since_s(text: str | None) -> float:
    """A time, or a span back from now, as Unix seconds."""
    if text is None:
        return 0.0
    from bench.base.units import Unit, UnitError, parse

    try:
        return time.time() - parse(text, Unit.SECOND)
    except UnitError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        told = f"{text!r} is no time; write one such as 2026-01-31T20:00, or a span such as 12 h"
        raise InputError([Problem("--since", 0, 0, told)]) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
