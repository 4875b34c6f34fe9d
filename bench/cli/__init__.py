"""The ``bench`` command: one file a command. Heavy parts are imported inside the commands, so that help is quick."""

import atexit
import os
import sys
from contextlib import suppress
from typing import NoReturn

from bench.cli.operator import OPERATOR, Aborted


def main() -> None:
    """Entry point of the console script. Signals are in our hands before anything else is imported."""
    arguments = sys.argv[1:]
    OPERATOR.install()
    try:
        from bench.cli.guard import run_command

        code = run_command(arguments)
    except Aborted:
        print("aborted", file=sys.stderr)  # noqa: T201
        code = 4
    OPERATOR.leave()
    _leave(code)


def _leave(code: int) -> NoReturn:
    """End with exactly this code: threads of native libraries may abort a process that has done its work."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
