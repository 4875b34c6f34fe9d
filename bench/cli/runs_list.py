"""``bench runs list``."""

from pathlib import Path

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
    parent: ParentOption = Path("runs"),
    plan: PlanFilter = "",
    dut: DutFilter = "",
    verdict: VerdictFilter = "",
    since: SinceFilter = "",
    json: JsonOption = False,
) -> int:
    """All runs of a folder, the latest first; a broken one says what is wrong with it."""
    wanted = filter_of(plan, dut, verdict, since)
    catalogue = opened(parent, json)
    from bench.service.run_queries import list_runs

    return tell(list_runs(catalogue, wanted), json)
