"""``bench resume RUN``."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.folder import open_run
from bench.cli.options import CompactOption, JsonOption, RunArgument, WarmOption, WorldName
from bench.cli.running import carry_out
from bench.cli.terminal import note
from bench.cli.warming import prepare_compiled_code

if TYPE_CHECKING:
    from bench.service.preparation import Prepared
    from bench.service.resumption import Ended


def command(
    run: RunArgument,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Parent of the new run folder. [that of RUN]")
    ] = None,
    fault: Annotated[
        list[str] | None, typer.Option(metavar="LINE", help="What goes wrong this time (repeatable), as for bench run.")
    ] = None,
    override_calibration: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Run on a bench although this calibration has expired (repeatable)."),
    ] = None,
    unattended: Annotated[
        bool, typer.Option("--unattended", help="Nobody stays: refused unless the rig's presence policy allows it.")
    ] = False,
    warm: WarmOption = False,
    compact: CompactOption = None,
    json: JsonOption = False,
) -> int:
    """Go on with a run that was killed, stopped or aborted: arm from rest, then do what is not finished."""
    folder = Path(run)
    open_run(folder)
    from bench.cli.worlds import with_calibrations
    from bench.service.resumption import ended
    from bench.service.run_folder import Labels
    from bench.service.warmth import said_warm

    left = ended(folder, lambda: _wait_usefully(folder))
    world = WorldName(left.world)
    prepared = _prepared(left, world, tuple(fault or ()), json)
    prepared = with_calibrations(world, prepared, tuple(override_calibration or ()))
    prepared = said_warm(prepared) if warm else prepared
    if unattended:
        from bench.service.presence import require_allowed

        require_allowed(prepared, time.localtime(), resuming=True)
    if not json:
        note(f"taking over {left.progress.points} points of {left.progress.run}")
    start_s = int(time.time()) if world is WorldName.HARDWARE else left.start_s
    labels = Labels(left.world, left.seed, start_s)
    return carry_out(prepared, world, out or folder.resolve().parent, labels, json, left.progress, compact)


def _wait_usefully(folder: Path) -> None:
    """Say so, and have all in memory that the next run needs, since it should begin soon then."""
    note(f"{folder} is still being brought to its end; waiting for that")
    import bench.service.preparation
    import bench.service.wall_run  # noqa: F401


def _prepared(left: "Ended", world: WorldName, faults: tuple[str, ...], json: bool) -> "Prepared":
    """The same bench from the same inputs; whether all that came in was kept is a part of the core's program."""
    from bench.service.preparation import prepare

    wall = world is not WorldName.VIRTUAL
    for full in (True,) if wall else (False, True):
        when_read = lambda: prepare_compiled_code(json)  # noqa: E731
        prepared = prepare(*left.inputs(), faults, heartbeats=wall, log_full=full, when_read=when_read)
        if prepared.blueprint.program_hash == left.program:
            break
    left.require_same(prepared)
    return prepared
