"""``bench runs sql QUERY``."""

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.options import JsonOption
from bench.cli.runs_options import ParentOption, opened, tell


def command(
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="One SELECT (DuckDB) over the tables runs, points, cycles, results.")
    ],
    parent: ParentOption = Path("runs"),
    json: JsonOption = False,
) -> int:
    """Ask the catalogue in SQL; it is only read, and so is nothing else."""
    catalogue = opened(parent, json)
    from bench.service.run_queries import sql

    return tell(sql(catalogue, query), json)
