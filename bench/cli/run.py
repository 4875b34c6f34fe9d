"""``bench run PLAN``."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from bench.base.time import VIRTUAL_EPOCH_S
from bench.cli.options import (
    SEED_MAX,
    CompactOption,
    DutOption,
    InboxMode,
    JsonOption,
    PlanArgument,
    RigOption,
    SetOption,
    WarmOption,
    WorldName,
    pauses_of,
    settings_of,
    start_of,
)
from bench.cli.running import carry_out
from bench.cli.warming import prepare_compiled_code


def command(
    plan: PlanArgument,
    rig: RigOption = None,
    dut: DutOption = None,
    set_: SetOption = None,
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
    unattended: Annotated[
        bool, typer.Option("--unattended", help="Nobody stays: refused unless the rig's presence policy allows it.")
    ] = False,
    warm: WarmOption = False,
    answer: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="Given to the plan's next prompt instead of asking (repeatable)."),
    ] = None,
    compact: CompactOption = None,
    pause: Annotated[
        list[str] | None,
        typer.Option(metavar="PAUSE", help="Pause at a run time, e.g. hold@300s+60s or suspend@20min (repeatable)."),
    ] = None,
    json: JsonOption = False,
) -> int:
    """Run a test plan and write a run folder with journal, samples, table of points and report."""
    start_s = start_of(start, int(time.time()) if world is WorldName.HARDWARE else VIRTUAL_EPOCH_S)
    from bench.cli.worlds import with_calibrations
    from bench.service.preparation import prepare
    from bench.service.run_folder import Labels
    from bench.service.warmth import said_warm

    wall = world is not WorldName.VIRTUAL
    full, when_read = wall or inbox is InboxMode.FULL, lambda: prepare_compiled_code(json)
    faults = tuple(fault or ())
    prepared = prepare(
        plan, rig, dut, faults, settings=settings_of(set_), heartbeats=wall, log_full=full, when_read=when_read
    )
    prepared = replace(prepared, answers=tuple(answer or ()), script=pauses_of(pause or ()))
    prepared = with_calibrations(world, prepared, tuple(override_calibration or ()))
    prepared = said_warm(prepared) if warm else prepared
    if unattended:
        from bench.service.presence import require_allowed

        require_allowed(prepared, time.localtime())
    return carry_out(prepared, world, out, Labels(str(world), seed, start_s), json, compact=compact)
