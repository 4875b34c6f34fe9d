"""``bench run PLAN``."""

import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.base.time import VIRTUAL_EPOCH_S
from bench.cli import exits
from bench.cli.operator import OPERATOR
from bench.cli.options import (
    SEED_MAX,
    DutOption,
    InboxMode,
    JsonOption,
    PlanArgument,
    RigOption,
    WorldName,
    start_of,
)
from bench.cli.terminal import say_json
from bench.cli.warming import prepare_compiled_code

if TYPE_CHECKING:
    from bench.service.virtual_run import RunResult


def command(
    plan: PlanArgument,
    rig: RigOption = None,
    dut: DutOption = None,
    world: Annotated[
        WorldName, typer.Option(help="Where: in virtual time, over real edges, on a bench.")
    ] = WorldName.VIRTUAL,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Parent of the run folder.")] = Path("runs"),
    seed: Annotated[int, typer.Option(min=0, max=SEED_MAX, help="Of noise and instrument errors.")] = 1,
    start: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="ISO time of run time zero; UTC without a zone. [2026-01-01T00:00:00Z; hardware: now]"
        ),
    ] = None,
    inbox: Annotated[
        InboxMode, typer.Option(help="Keep all that came into the core, or a rolling digest.")
    ] = InboxMode.DIGEST,
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="LINE", help="What goes wrong, e.g. analyzer.silence@300s+2s (repeatable)."),
    ] = None,
    override_calibration: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Run on a bench although this calibration has expired (repeatable)."),
    ] = None,
    json: JsonOption = False,
) -> int:
    """Run a test plan and write a run folder with journal, samples, table of points and report."""
    start_s = start_of(start, int(time.time()) if world is WorldName.HARDWARE else VIRTUAL_EPOCH_S)
    from bench.cli.watcher import Watcher
    from bench.cli.worlds import run_in, with_calibrations
    from bench.service.preparation import prepare
    from bench.service.run_folder import Labels

    wall = world is not WorldName.VIRTUAL
    full, when_read = wall or inbox is InboxMode.FULL, lambda: prepare_compiled_code(json)
    faults = tuple(fault or ())
    prepared = prepare(plan, rig, dut, faults, heartbeats=wall, log_full=full, when_read=when_read)
    prepared = with_calibrations(world, prepared, tuple(override_calibration or ()))
    watcher = Watcher(quiet=json)
    runner = run_in(world)
    OPERATOR.hold()
    try:
        result = runner(prepared, out, Labels(str(world), seed, start_s), watcher)
    finally:
        watcher.close()
    return _end(result, json)


def _end(result: "RunResult", json: bool) -> int:
    """Tell how it ended; the exit code."""
    code = _code(result)
    if result.error is not None and "--debug" in sys.argv:
        traceback.print_exception(result.error)
    if json:
        say_json(_for_machines(result, code))
    else:
        from bench.cli.ending import tell_ending

        tell_ending(result, code)
    return code


def _code(result: "RunResult") -> int:
    if result.verdict is None or result.error is not None:
        return exits.INTERNAL
    if OPERATOR.asked:
        return exits.ABORTED
    return result.verdict.exit_code


def _for_machines(result: "RunResult", code: int) -> dict[str, Any]:
    verdict = result.verdict
    return {
        "run": str(result.folder),
        "verdict": verdict.verdict if verdict else "failed",
        "outcome": verdict.outcome if verdict else "internal error",
        "reasons": list(verdict.reasons) if verdict else [f"internal error: {result.error!r}"],
        "points": verdict.points if verdict else 0,
        "accepted": verdict.accepted if verdict else 0,
        "flagged": verdict.flagged if verdict else 0,
        "planned": verdict.planned if verdict else 0,
        "virtual_s": round(result.virtual_s, 3),
        "wall_s": round(result.wall_s, 3),
        "exit": code,
    }
