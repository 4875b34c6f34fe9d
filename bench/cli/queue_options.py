"""Options of the ``bench queue`` commands."""

from pathlib import Path
from typing import Annotated

import typer

QueueOption = Annotated[Path, typer.Option("--queue", metavar="DIR", help="Folder of the queue.")]
EntryArgument = Annotated[int, typer.Argument(metavar="ENTRY", help="Its number, as 'bench queue list' shows it.")]
DEFAULT = Path("queue")
