"""``bench truth RUN`` and ``bench truth --plan PLAN --seeds N``."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from bench.base.errors import InputError, Problem
from bench.cli import exits
from bench.cli.folder import open_run
from bench.cli.options import DutOption, JsonOption, RigOption
from bench.cli.terminal import say, say_json
from bench.cli.warming import prepare_compiled_code


def command(
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="Folder of a run in the virtual world.")] = None,
    plan: Annotated[
        str | None, typer.Option(help="Instead of a run: run this plan with fresh instrument errors.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, max=100_000, help="How often.")] = 20,
    rig: RigOption = None,
    dut: DutOption = None,
    json: JsonOption = False,
) -> int:
    """Compare points with the plant's hidden truth: do the stated uncertainties hold? 1 when they do not."""
    if (run is None) == (plan is None):
        raise InputError([Problem("bench truth", 0, 0, "give either a run folder, or --plan PLAN with --seeds N")])
    if plan is not None:
        prepare_compiled_code(json)
        from bench.service.truth import truth_over_seeds

        over = truth_over_seeds(plan, seeds, rig=rig, dut=dut)
        code = exits.PASSED if over.met else exits.FAILED
        _tell({**asdict(over), "met": over.met, "exit": code}, json, f"{over.plan}, {seeds} seeds")
        return code
    from bench.service.truth import truth_of_run

    folder = Path(str(run))
    open_run(folder)
    found = truth_of_run(folder)
    _tell({**asdict(found), "exit": exits.PASSED}, json, f"{found.run}, {found.points} points")
    return exits.PASSED


def _tell(data: dict[str, Any], as_json: bool, title: str) -> None:
    if as_json:
        say_json(data)
        return
    say(title)
    say(f"{'efficiency':20} {'values':>7} {'mean error':>11} {'p95 |error|':>12} {'inside U':>9} {'p95 |error|/U':>14}")
    rows = [*data["efficiencies"], *([data["all"]] if "all" in data else [])]
    for row in rows:
        say(
            f"{row['efficiency']:20} {row['count']:7d} {row['mean_error_pp']:8.4f} pp {row['p95_error_pp']:9.4f} pp "
            f"{row['inside']:9.1%} {row['ratio_p95']:14.2f}"
        )
    if data.get("failed"):
        say(f"seeds whose run did not pass: {', '.join(map(str, data['failed']))}")
    if "met" in data:
        say("the uncertainties hold" if data["met"] else "the uncertainties do not hold")
