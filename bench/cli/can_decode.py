"""``bench can decode LOG --dbc FILE``."""

import enum
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.options import JsonOption
from bench.cli.terminal import note, say, say_json


class TableFormat(enum.StrEnum):
    """What is written."""

    PARQUET = "parquet"
    CSV = "csv"


def command(
    log: Annotated[Path, typer.Argument(metavar="LOG", help="A log: .blf, .asc, .trc, or candump's .log.")],
    dbc: Annotated[Path, typer.Option("--dbc", metavar="FILE", help="The CAN database.")],
    out: Annotated[TableFormat, typer.Option("--out", help="Kind of the tables.")] = TableFormat.PARQUET,
    into: Annotated[
        Path | None, typer.Option("--into", metavar="DIR", help="A new folder for them. [LOG's name + _decoded]")
    ] = None,
    bus: Annotated[int | None, typer.Option("--bus", min=0, max=255, help="Only this channel of the log.")] = None,
    json: JsonOption = False,
) -> int:
    """Decode a whole CAN log to one table for each message; say what gave no value."""
    from bench.io.foreign_database import load_database
    from bench.service.can_decode import decode_log

    folder = into or Path(f"{log.stem}_decoded")
    done = decode_log(log, load_database(dbc), out.value, folder, bus)
    if json:
        say_json(
            {
                "folder": str(folder),
                "files": [path.name for path in done.files],
                "rows": dict(done.rows),
                "error_frames": done.error_frames,
                "remote_frames": done.remote_frames,
                "findings": done.words(),
                "exit": 0,
            }
        )
        return 0
    for path in done.files:
        say(f"{path}: {done.rows[path.stem]} rows")
    if done.error_frames or done.remote_frames:
        note(f"{done.error_frames} error frames, {done.remote_frames} remote frames")
    for line in done.words():
        note(line)
    return 0
