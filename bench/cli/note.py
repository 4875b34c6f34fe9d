"""``bench note RUN``."""

import getpass
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bench.cli import exits
from bench.cli.folder import open_run
from bench.cli.options import JsonOption, RunArgument
from bench.cli.terminal import clean, say, say_json


def command(
    run: RunArgument,
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="The note. Without it: show all notes.")] = None,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="Who writes or has read. [the user]")] = None,
    acknowledge: Annotated[bool, typer.Option("--acknowledge", help="All notes of the run have been read.")] = False,
    json: JsonOption = False,
) -> int:
    """Tell who comes next something about a run, or say that it was read. It stands beside the run, not in it."""
    from bench.service.handover import Handover

    folder = Path(run).resolve()
    open_run(folder)
    handover, name = Handover(folder.parent), by or getpass.getuser()
    if text is not None:
        handover.write(folder.name, text, name, time.time_ns())
    if acknowledge:
        handover.acknowledge(folder.name, name, time.time_ns())
    notes = handover.notes(folder.name)
    if json:
        rows = [{"time": _time(n.t_ns), "by": n.by, "text": clean(n.text), "read_by": list(n.read_by)} for n in notes]
        say_json({"run": run, "notes": rows, "exit": exits.PASSED})
        return exits.PASSED
    for note in notes:
        read = f"read by {', '.join(note.read_by)}" if note.read_by else "not read yet"
        say(f"{_time(note.t_ns)} {note.by}: {note.text} ({read})")
    if not notes:
        say("no notes")
    return exits.PASSED


def _time(t_ns: int) -> str:
    return datetime.fromtimestamp(t_ns // 1_000_000_000, UTC).strftime("%Y-%m-%d %H:%M UTC")
