"""What the commands about all runs share."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.base.errors import InputError, Problem
from bench.cli.terminal import note, say, say_json

if TYPE_CHECKING:
    from bench.service.catalogue import Catalogue
    from bench.service.run_queries import Filter, Rows

ParentOption = Annotated[Path, typer.Option("--in", metavar="DIR", help="Folder that holds the run folders.")]
PlanFilter = Annotated[str, typer.Option("--plan", help="Only runs of this plan.")]
DutFilter = Annotated[str, typer.Option("--dut", help="Only runs of this DUT.")]
VerdictFilter = Annotated[str, typer.Option("--verdict", help="Only runs with this verdict: passed, failed, open, ...")]
SinceFilter = Annotated[str, typer.Option("--since", metavar="TIME", help="Only runs from this ISO time on; UTC.")]


def opened(parent: Path, json: bool) -> "Catalogue":
    """The catalogue of ``parent``, up to date."""
    from bench.service.catalogue import Catalogue

    catalogue = Catalogue(parent)
    count = catalogue.update()
    if count and not json:
        note(f"{count} runs were read anew")
    return catalogue


def filter_of(plan: str, dut: str, verdict: str, since: str) -> "Filter":
    """What is wanted. Raises ``InputError`` for a time that is none."""
    from bench.service.run_queries import Filter

    return Filter(plan, dut, verdict, _unix(since) if since else None)


def _unix(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        told = f"{text!r} is no time; write it like 2026-01-31 or 2026-01-31T08:00:00Z"
        raise InputError([Problem("--since", 0, 0, told)]) from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def tell(rows: "Rows", json: bool) -> int:
    """As a table, or one object with ``columns`` and ``rows``."""
    names, found = rows
    if json:
        say_json({"columns": names, "rows": [[_plain(value) for value in row] for row in found], "exit": 0})
        return 0
    cells = [list(map(_shown, row)) for row in found]
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    for row in [names, *cells]:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    note(f"{len(found)} rows")
    return 0


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else " ".join(str(value).split())


def _plain(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, float) and value - value != 0.0:  # infinite, or not a number
        return None
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
