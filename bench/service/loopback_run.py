"""One run in the loopback world: wall time, all processes of a real bench, the instruments emulated behind real edges.

This process is the service. Core, links and recorder are children, as on a bench; one more child is the other side:
emulated instruments on TCP ports, emulated inverter and bench I/O on benchwire buses.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.assembly import Blueprint
from bench.base.time import NS_PER_MS, NS_PER_S, seconds
from bench.io.berth import Berth, Memory
from bench.io.clock import MonotonicClock
from bench.io.disk import DiskStorage
from bench.io.processes import Crew
from bench.io.wall_service import WallService
from bench.record.manifest import Manifest
from bench.report.write import write_report
from bench.schedule.faults import Fault
from bench.sequence.desk import Desk
from bench.sequence.sequencer import run_plan
from bench.sequence.verdict import RunVerdict
from bench.service.driving import properties_of
from bench.service.run_folder import Labels, make_folder, make_manifest, start_ns, write_results
from bench.service.virtual_run import RunResult

WallWatch = Callable[[int], bool]
"""Called a few times a second with the run time in ns; returns ``True`` when the operator wants the run to stop."""

_CHILDREN = ("emulators", "core", "recorder", "links")
_READY_NS = 180 * NS_PER_S  # the first start compiles
_ANSWER_NS = 20 * NS_PER_MS
_LOOK_S = 0.05


def run_loopback(
    blueprint: Blueprint,
    parent: Path,
    labels: Labels,
    faults: tuple[Fault, ...] = (),
    watch: WallWatch = lambda _t_ns: False,
    began: Callable[[Path], None] = lambda _folder: None,
) -> RunResult:
    """Run the plan of ``blueprint``, which must be drawn with ``heartbeats`` and ``log_full``.

    Everything the run leaves behind is in the result's folder, which ``began`` is told. ``watch`` is called from a
    thread of its own: a slow terminal must not hold up the sequence.
    """
    storage = make_folder(parent, blueprint, labels)
    began(storage.folder)
    manifest = make_manifest(storage, blueprint, labels)
    berth = Berth.new()
    onlooker = _Onlooker(watch, berth.clock)
    try:
        verdict, error = _drive(blueprint, storage, berth, labels, faults, onlooker)
        reached_ns = berth.clock.now_ns()
    finally:
        onlooker.close()
        berth.remove()
    _close(storage, manifest, verdict)
    wall_s = seconds(berth.clock.now_ns())
    return RunResult(storage.folder, verdict, seconds(reached_ns), wall_s, error)


def _drive(
    blueprint: Blueprint,
    storage: DiskStorage,
    berth: Berth,
    labels: Labels,
    faults: tuple[Fault, ...],
    onlooker: "_Onlooker",
) -> tuple[RunVerdict | None, BaseException | None]:
    """From the first process to the last; the verdict, or what kept the run from having one."""
    memory, crew = berth.create(blueprint.program), Crew(berth.folder)
    verdict: RunVerdict | None = None
    failure: BaseException | None = None
    try:
        service = start(blueprint, storage, berth, memory, crew, labels, faults, onlooker)
        inputs = blueprint.inputs
        verdict = service.run("sequence", run_plan(inputs.plan.value, inputs.kinds, blueprint.context))
    except Exception as error:  # the run has ended, its folder is closed all the same
        failure = error
        if words := crew.last_words():
            failure.add_note(words)
    finally:
        crew.finish()
    return verdict, failure


def start(
    blueprint: Blueprint, storage: DiskStorage, berth: Berth, memory: Memory, crew: Crew, labels: Labels,
    faults: tuple[Fault, ...], onlooker: "_Onlooker",
) -> WallService:  # fmt: skip
    """Start every process and wait until all are ready. Raises ``ProcessError``."""
    told = _told(blueprint, storage, berth, labels, faults)
    children = {name: crew.spawn(name, f"bench.assembly:{name}_main", told) for name in _CHILDREN}
    ports: Mapping[str, int] = children["emulators"].wait_ready(_READY_NS)["ports"]
    children["links"].control.send({"resources": {part: resource(port) for part, port in ports.items()}})
    for name in ("core", "recorder", "links"):
        children[name].wait_ready(_READY_NS)
    desk = Desk(blueprint.design, memory.state, memory.rings.inbox_sequence, _ANSWER_NS)
    links, recorder = children["links"].control, children["recorder"].control
    return WallService(
        desk, memory.rings.events, links, recorder, memory.status, berth.clock, crew.failure, onlooker.turn(desk.abort)
    )


def resource(port: int) -> str:
    """The VISA resource of an emulated instrument."""
    return f"TCPIP::127.0.0.1::{port}::SOCKET"


def _told(
    blueprint: Blueprint, storage: DiskStorage, berth: Berth, labels: Labels, faults: tuple[Fault, ...]
) -> dict[str, Any]:
    """What every child is told. It stands in the private folder only, never in the run's."""
    return {
        **berth.arguments(),
        "run": str(storage.folder.resolve()),
        "inputs": str((storage.folder / "inputs").resolve()),
        "program": blueprint.program_hash,
        "seed": labels.seed,
        "start_ns": start_ns(labels),
        "properties": properties_of(blueprint),
        "faults": [asdict(fault) for fault in faults],
        "ports": {},
    }


def _close(storage: DiskStorage, manifest: Manifest, verdict: RunVerdict | None) -> None:
    """Tables, report and seal, from what the recorder has left."""
    if "journal.jsonl" in storage.names():
        write_results(storage, manifest)
        write_report(storage, manifest.content)
    manifest.seal(verdict=verdict.verdict if verdict else "internal error")


class _Onlooker:
    """Looks at the run from a thread of its own."""

    def __init__(self, watch: WallWatch, clock: MonotonicClock) -> None:
        self._watch = watch
        self._clock = clock
        self._asked = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._look, name="onlooker", daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._closing.wait(_LOOK_S):
            self._asked = self._watch(self._clock.now_ns()) or self._asked

    def turn(self, abort: Callable[[], None]) -> Callable[[int], None]:
        """What the service calls at its turns: hands the operator's wish on, once."""
        told = False

        def on_turn(_t_ns: int) -> None:
            nonlocal told
            if self._asked and not told:
                told = True
                abort()

        return on_turn

    def close(self) -> None:
        """Look no more."""
        self._closing.set()
        self._thread.join(1.0)
