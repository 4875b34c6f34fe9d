"""``bench export RUN --format FORMAT``."""

import enum
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.folder import open_run
from bench.cli.options import JsonOption, RunArgument
from bench.cli.terminal import note, say, say_json


class ExportFormat(enum.StrEnum):
    """What is written."""

    PARQUET = "parquet"
    CSV = "csv"
    MF4 = "mf4"
    HDF5 = "hdf5"
    BLF = "blf"
    ASC = "asc"
    BUS_MF4 = "bus_mf4"


def command(
    run: RunArgument,
    format: Annotated[
        list[ExportFormat],
        typer.Option(
            "--format",
            help="Samples: parquet, csv (a file for each group), mf4 (compressed), hdf5. CAN frames of a run with "
            "--inbox full: blf, asc, bus_mf4. Repeatable; mf4, bus_mf4 and hdf5 need the extra 'export'.",
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder for it. [RUN's name + _export]")
    ] = None,
    json: JsonOption = False,
) -> int:
    """Write the samples or the CAN frames of a run in the formats of other tools; the run is only read."""
    storage = open_run(Path(run))
    from bench.service.export.run import export

    folder = out or Path(f"{Path(run).resolve().name}_export")
    files = [path for kind in format for path in export(storage, kind.value, folder, note)]
    if json:
        say_json({"run": run, "folder": str(folder), "files": [path.name for path in files], "exit": 0})
        return 0
    for path in files:
        say(f"{path}: {path.stat().st_size} bytes")
    return 0
