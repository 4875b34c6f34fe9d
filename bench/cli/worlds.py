"""From the name of a world to what runs a plan in it."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.base.errors import InputError, Problem
from bench.cli.options import WorldName

if TYPE_CHECKING:
    from bench.assembly import Virtual
    from bench.cli.watcher import Watcher
    from bench.sequence.progress import Progress
    from bench.service.preparation import Prepared
    from bench.service.run_folder import Labels
    from bench.service.virtual_run import RunResult

Runner = Callable[["Prepared", Path, "Labels", "Watcher", "Progress"], "RunResult"]


def run_in(world: WorldName) -> Runner:
    """The runner of a world."""
    return {WorldName.VIRTUAL: _virtual, WorldName.LOOPBACK: _loopback, WorldName.HARDWARE: _hardware}[world]


def with_calibrations(world: WorldName, prepared: "Prepared", overridden: Sequence[str]) -> "Prepared":
    """``prepared``, with expired calibrations refused or overridden where instruments are real."""
    from bench.service.calibration import OPTION, allowed

    if world is WorldName.HARDWARE:
        return allowed(prepared, time.strftime("%Y-%m-%d"), overridden)
    if overridden:
        told = f"emulated instruments do not expire; leave it out, or use --world {WorldName.HARDWARE}"
        raise InputError([Problem(OPTION, 0, 0, told)])
    return prepared


def _virtual(
    prepared: "Prepared", out: Path, labels: "Labels", watcher: "Watcher", progress: "Progress"
) -> "RunResult":
    from bench.service.virtual_run import run_virtual

    def look(made: "Virtual") -> bool:
        if (wish := watcher.wish()) is not None:
            made.desk.pauses.want(wish)
        return watcher.look(made.bench.scheduler.t_ns)

    return run_virtual(
        prepared.blueprint,
        out,
        labels,
        prepared.faults,
        look,
        watcher.began,
        progress=progress,
        answers=prepared.answers,
        script=prepared.script,
    )


def _loopback(
    prepared: "Prepared", out: Path, labels: "Labels", watcher: "Watcher", progress: "Progress"
) -> "RunResult":
    from bench.service.loopback_run import emulated_edges
    from bench.service.wall_run import run_in_wall_time

    edges = emulated_edges(prepared.blueprint.inputs.rig.value, prepared.faults)
    watching, asked = (watcher.look, watcher.began), (prepared.answers, prepared.script)
    return run_in_wall_time(prepared.blueprint, out, labels, edges, *watching, progress, *asked)


def _hardware(
    prepared: "Prepared", out: Path, labels: "Labels", watcher: "Watcher", progress: "Progress"
) -> "RunResult":
    from bench.service.hardware_run import real_edges
    from bench.service.wall_run import run_in_wall_time

    if prepared.faults:
        told = "only emulated parts fail on demand; leave it out, or use --world loopback"
        raise InputError([Problem("--fault", 0, 0, told)])
    if prepared.answers:
        told = "on a bench only people answer; leave it out, or use --world loopback"
        raise InputError([Problem("--answer", 0, 0, told)])
    edges = real_edges(prepared.blueprint.inputs.rig)
    watching, asked = (watcher.look, watcher.began), (prepared.answers, prepared.script)
    return run_in_wall_time(prepared.blueprint, out, labels, edges, *watching, progress, *asked)
