"""``bench verify RUN``."""

from pathlib import Path

from bench.cli import exits
from bench.cli.folder import open_run
from bench.cli.options import JsonOption, RunArgument
from bench.cli.terminal import clean, say, say_json


def command(run: RunArgument, json: JsonOption = False) -> int:
    """Check every hash, chain and checksum of a run: 0 untouched, 1 changed."""
    from bench.record.verify import verify

    problems = [clean(problem) for problem in verify(open_run(Path(run)))]
    code = exits.FAILED if problems else exits.PASSED
    if json:
        say_json({"run": run, "untouched": not problems, "problems": problems, "exit": code})
        return code
    for problem in problems:
        say(problem)
    say(f"{run}: {'changed' if problems else 'untouched'}")
    return code
