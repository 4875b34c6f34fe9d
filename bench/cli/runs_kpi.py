"""``bench runs kpi NAME``."""

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.options import JsonOption
from bench.cli.runs_options import (
    DutFilter,
    ParentOption,
    PlanFilter,
    SinceFilter,
    VerdictFilter,
    filter_of,
    opened,
    tell,
)


def command(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A column of points, cycles or runs, or EVENT.NUMBER of a result.")
    ],
    parent: ParentOption = Path("runs"),
    plan: PlanFilter = "",
    dut: DutFilter = "",
    verdict: VerdictFilter = "",
    since: SinceFilter = "",
    json: JsonOption = False,
) -> int:
    """One figure over all runs: how often, mean, least and largest in each."""
    wanted = filter_of(plan, dut, verdict, since)
    catalogue = opened(parent, json)
    from bench.service.run_queries import kpi

    return tell(kpi(catalogue, name, wanted), json)
