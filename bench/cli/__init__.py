"""The ``bench`` command: one file a command. Heavy parts are imported inside the commands, so that help is quick."""

import sys

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
    raise SystemExit(code)
