"""``bench recover RUN``."""

from json import loads
from pathlib import Path

from bench.cli import exits
from bench.cli.folder import open_run
from bench.cli.options import JsonOption, RunArgument
from bench.cli.terminal import clean, note, say, say_json


def command(run: RunArgument, json: JsonOption = False) -> int:
    """Close the folder of a run that was killed: finalise its samples, tables, report and seal; tell what was lost."""
    folder = Path(run)
    storage = open_run(folder)
    from bench.service.resumption import recovered

    closed = recovered(folder, lambda: note(f"{folder} is still being brought to its end; waiting for that"))
    told = loads(storage.read("manifest.json")).get("recovered", {})
    if json:
        say_json({"run": str(folder), "closed": closed, **told})
    else:
        for words in told.get("words", ()):
            say(f"lost: {clean(words)}")
        say(f"{folder} is closed; 'bench resume' goes on from it" if closed else f"{folder} was closed already")
    return exits.PASSED
