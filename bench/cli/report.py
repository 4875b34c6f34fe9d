"""``bench report RUN``."""

from pathlib import Path

from bench.cli.folder import open_run
from bench.cli.options import JsonOption, RunArgument
from bench.cli.terminal import say, say_json


def command(run: RunArgument, json: JsonOption = False) -> int:
    """Draw the report of a run again, and its table of points, from the journal alone."""
    from bench.service.redraw import redraw

    names = redraw(open_run(Path(run)))
    if json:
        say_json({"run": run, "written": list(names), "exit": 0})
    else:
        say("\n".join(str(Path(run) / name) for name in names))
    return 0
