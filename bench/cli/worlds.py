"""From the name of a world to what runs a plan in it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bench.base.errors import InputError, Problem
from bench.cli.options import WorldName

if TYPE_CHECKING:
    from bench.cli.watcher import Watcher
    from bench.service.preparation import Prepared
    from bench.service.run_folder import Labels
    from bench.service.virtual_run import RunResult

Runner = Callable[["Prepared", Path, "Labels", "Watcher"], "RunResult"]


def run_in(world: WorldName) -> Runner:
    """The runner of a world. Raises ``InputError`` naming what is missing where there is none."""
    return {WorldName.VIRTUAL: _virtual, WorldName.LOOPBACK: _loopback, WorldName.HARDWARE: _hardware}[world]


def _virtual(prepared: "Prepared", out: Path, labels: "Labels", watcher: "Watcher") -> "RunResult":
    from bench.service.virtual_run import run_virtual

    return run_virtual(
        prepared.blueprint,
        out,
        labels,
        prepared.faults,
        lambda made: watcher.look(made.bench.scheduler.t_ns),
        watcher.began,
    )


def _loopback(prepared: "Prepared", out: Path, labels: "Labels", watcher: "Watcher") -> "RunResult":
    from bench.service.loopback_run import run_loopback

    return run_loopback(prepared.blueprint, out, labels, prepared.faults, watcher.look, watcher.began)


def _hardware(prepared: "Prepared", _out: Path, _labels: "Labels", _watcher: "Watcher") -> "RunResult":
    rig = prepared.blueprint.inputs.rig.value
    from bench.cli.machine import can_channels

    present = can_channels()
    parts = ["the composition of real instruments and adapters, which comes with a later version"]
    for bus in rig.can.values():
        if (bus.interface, bus.channel) not in present:
            parts.append(f"CAN channel {bus.channel} of interface {bus.interface} ({bus.role})")
    raise _missing("hardware", parts)


def _missing(world: str, parts: list[str]) -> InputError:
    return InputError([Problem(f"--world {world}", 0, 0, f"missing: {part}") for part in parts])
