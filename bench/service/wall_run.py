"""One run in wall time. This process is the service; core, links and recorder are its children.

Loopback and hardware differ in their ``Edges`` alone: where the wires end, and who has to be started there.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from bench.assembly import Blueprint
from bench.base.time import NS_PER_MS, NS_PER_S, seconds
from bench.io.berth import Berth, Memory
from bench.io.bus_place import BusPlace
from bench.io.clock import MonotonicClock
from bench.io.disk import DiskStorage
from bench.io.lookout import Lookout
from bench.io.processes import Crew
from bench.io.stalls import stood_still_ns
from bench.io.steady import SteadyLook
from bench.io.wall_service import WallService
from bench.schedule.faults import DISK, Fault, of_place
from bench.sequence.desk.desk import Desk
from bench.sequence.pause.pauses import Scripted
from bench.sequence.progress import BEGINNING, Progress
from bench.sequence.sequencer import run_plan
from bench.sequence.verdict import RunVerdict
from bench.service.driving import properties_of
from bench.service.foresight import foresee
from bench.service.pausing import pausable
from bench.service.run_folder import Labels, make_folder, make_manifest, start_ns
from bench.service.virtual_run import RunResult, close

WallWatch = Callable[[int], bool]
"""Called a few times a second with the run time in ns; returns ``True`` when the operator wants the run to stop."""

_CHILDREN = ("core", "recorder", "links")
READY_NS = 180 * NS_PER_S
"""Until a process is at work: the first start compiles."""
_ANSWER_NS = 20 * NS_PER_MS
_LOOK_S = 0.05


class Begun(Protocol):
    """The other side of the wires, on its way to be ready."""

    def __call__(self) -> Mapping[str, str]:
        """The VISA resource of each instrument, as soon as they can be reached. Raises ``ProcessError``."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Where the wires of a run end. ``begin`` starts the other side, if it has to be started; ``faults``: what befalls
    our own side."""

    buses: Callable[[Berth], Sequence[BusPlace]]
    begin: Callable[[Crew, Mapping[str, Any]], Begun]
    faults: tuple[Fault, ...] = ()


def run_in_wall_time(
    blueprint: Blueprint,
    parent: Path,
    labels: Labels,
    edges: Edges,
    watch: WallWatch = lambda _t_ns: False,
    began: Callable[[Path], None] = lambda _folder: None,
    progress: Progress = BEGINNING,
    answers: tuple[str, ...] = (),
    script: Sequence[Scripted] = (),
) -> RunResult:
    """Run the plan of ``blueprint``, which must be drawn with ``heartbeats`` and ``log_full``; ``progress``: of the run
    that this one goes on from; ``answers``: given to its prompts; ``script``: its pauses.

    Everything the run leaves behind is in the result's folder, which ``began`` is told. ``watch`` is called from a
    thread of its own: a slow terminal must not hold up the sequence.
    """
    storage = make_folder(parent, blueprint, labels)
    began(storage.folder)
    manifest = make_manifest(storage, blueprint, labels, progress.run)
    berth = Berth.new()
    onlooker = _Onlooker(watch, berth.clock)
    try:
        verdict, error = _drive(blueprint, storage, berth, labels, edges, onlooker, progress, answers, script)
        reached_ns = berth.clock.now_ns()
    finally:
        onlooker.close()
        berth.remove()
    unclosed = close(storage, manifest, verdict)
    wall_s = seconds(berth.clock.now_ns())
    return RunResult(storage.folder, verdict, seconds(reached_ns), wall_s, error or unclosed)


def _drive(
    blueprint: Blueprint,
    storage: DiskStorage,
    berth: Berth,
    labels: Labels,
    edges: Edges,
    onlooker: "_Onlooker",
    progress: Progress,
    answers: tuple[str, ...],
    script: Sequence[Scripted],
) -> tuple[RunVerdict | None, BaseException | None]:
    """From the first process to the last; the verdict, or what kept the run from having one."""
    foreseen = foresee(blueprint, progress)
    memory, crew = berth.create(blueprint.program, blueprint.channels), Crew(berth.folder)
    verdict: RunVerdict | None = None
    failure: BaseException | None = None
    try:
        service = start(blueprint, storage, berth, memory, crew, labels, edges, onlooker, answers)
        inputs = blueprint.inputs
        sequence = run_plan(inputs.plan.value, inputs.kinds, blueprint.context, progress, foreseen)
        verdict = service.run("sequence", pausable(service.desk, inputs.plan.value, sequence, script))
    except Exception as error:  # the run has ended, its folder is closed all the same
        failure = error
        if words := crew.last_words():
            failure.add_note(words)
    finally:
        crew.finish()
    return verdict, failure


def start(
    blueprint: Blueprint, storage: DiskStorage, berth: Berth, memory: Memory, crew: Crew, labels: Labels,
    edges: Edges, onlooker: "_Onlooker", answers: tuple[str, ...] = (),
) -> WallService:  # fmt: skip
    """Start every process and wait until all are ready. Raises ``ProcessError``."""
    told = _told(blueprint, storage, berth, labels, edges)
    other_side = edges.begin(crew, told)
    children = {name: crew.spawn(name, f"bench.assembly:{name}_main", told) for name in _CHILDREN}
    children["links"].control.send({"resources": dict(other_side())})
    for name in _CHILDREN:
        children[name].wait_ready(READY_NS)
    look, stood_still = SteadyLook(memory.status), partial(stood_still_ns, memory.status)
    desk = Desk(blueprint.design, memory.state, memory.rings.inbox_sequence, _ANSWER_NS, look, stood_still)
    links, recorder = children["links"].control, children["recorder"].control
    failure, on_turn = Lookout(crew, memory.status, berth.clock).failure, onlooker.turn(desk.stop)
    return WallService(
        desk, memory.rings.events, links, recorder, memory.status, berth.clock, failure, on_turn, answers
    )


def _told(blueprint: Blueprint, storage: DiskStorage, berth: Berth, labels: Labels, edges: Edges) -> dict[str, Any]:
    """What every child is told. It stands in the private folder only, never in the run's."""
    return {
        **berth.arguments(),
        "run": str(storage.folder.resolve()),
        "inputs": str((storage.folder / "inputs").resolve()),
        "program": blueprint.program_hash,
        "seed": labels.seed,
        "start_ns": start_ns(labels),
        "properties": properties_of(blueprint),
        "buses": [place.told() for place in edges.buses(berth)],
        "disk": [asdict(fault) for fault in of_place(edges.faults, DISK)],
    }


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
