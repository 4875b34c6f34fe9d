"""``bench can lint FILE``."""

from pathlib import Path
from typing import Annotated

import typer

from bench.cli import exits
from bench.cli.options import JsonOption
from bench.cli.terminal import say, say_json


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CAN database.")],
    json: JsonOption = False,
) -> int:
    """Tell everything that is wrong with a CAN database; exit code 1 if there is something."""
    from bench.io.foreign_database import load_database

    database = load_database(file)
    findings = list(database.findings)
    counts = {
        "messages": len(database.messages),
        "signals": sum(len(message.signals) for message in database.messages),
        "cyclic": sum(message.period_ms > 0 for message in database.messages),
        "protected": sum(message.protection is not None for message in database.messages),
    }
    code = exits.FAILED if findings else exits.PASSED
    if json:
        say_json({"file": str(file), **counts, "findings": findings, "exit": code})
        return code
    for finding in findings:
        say(finding)
    words = ", ".join(f"{count} {what}" for what, count in counts.items())
    say(f"{file}: {words}; {len(findings) or 'no'} finding{'' if len(findings) == 1 else 's'}")
    return code
