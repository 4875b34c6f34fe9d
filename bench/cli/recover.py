"""``bench recover RUN``."""

from pathlib import Path

from bench.cli import exits
from bench.cli.folder import open_run
from bench.cli.options import JsonOption, RunArgument
from bench.cli.terminal import note, say, say_json


def command(run: RunArgument, json: JsonOption = False) -> int:
    """Close the folder of a run that was killed: tables, report and seal from its journal; nothing is measured."""
    folder = Path(run)
    open_run(folder)
    from bench.service.resumption import recovered

    closed = recovered(folder, lambda: note(f"{folder} is still being brought to its end; waiting for that"))
    if json:
        say_json({"run": str(folder), "closed": closed})
    else:
        say(f"{folder} is closed; 'bench resume' goes on from it" if closed else f"{folder} was closed already")
    return exits.PASSED
