"""``bench schema plan|rig|dut``."""

import enum
import json
from typing import Annotated

import typer


class FileKind(enum.StrEnum):
    """A kind of file that people write."""

    PLAN = "plan"
    RIG = "rig"
    DUT = "dut"


def command(
    kind: Annotated[FileKind, typer.Argument(metavar="KIND", help="plan, rig or dut.")],
) -> int:
    """Print the JSON Schema of a kind of file, for editors; that of plans knows the installed kinds of steps."""
    from bench.service.schemas import schemas

    typer.echo(json.dumps(schemas()[kind](), indent=1, ensure_ascii=False, sort_keys=True))
    return 0
