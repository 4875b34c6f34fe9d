"""One case: one fault in one state under one seed, a virtual run in memory, and the judgement of who looked on."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from bench.assembly import Blueprint, Drawing, draw, load_inputs, virtual
from bench.base.time import NS_PER_MS, NS_PER_S, VIRTUAL_EPOCH_S
from bench.campaign.acts import ACTS, Scene
from bench.campaign.cell import Cell, cell_of
from bench.campaign.fault import Fault, Required
from bench.campaign.observer import Observer
from bench.campaign.signs import Signs, places
from bench.campaign.states import STATES, State, instant_ns
from bench.campaign.torque_frames import TorqueFrames
from bench.campaign.truth_of_plant import Eye
from bench.config.search import find
from bench.core.causes import Cause, cause_text
from bench.core.program import Program
from bench.emulators.faulty_disk import FaultyStorage
from bench.record.journal import JournalRecord, read_journal
from bench.record.recorder import JOURNAL
from bench.schedule.faults import parse_fault
from bench.sequence.sequencer import run_plan
from bench.service.driving import drive, recorder_of
from bench.service.run_folder import Labels

_RIG = "e_axle_demo"
_SOONER = {
    "pump: {value: 2 s,": "pump: {value: 200 ms,",
    "rate: 100 V/s": "rate: 1000 V/s",
    "hold: 2 s": "hold: 100 ms",
    "speed_rate: 150 rpm/s": "speed_rate: 200 rpm/s",
    "cooling_after: 5 s": "cooling_after: 200 ms",
}
"""What the rig of a campaign does sooner than the demo rig: nothing that a fault is judged by."""
_ORDERLY = (Cause.END_OF_PLAN, Cause.ARMING_FAILED, Cause.STEP_FAILED)
"""What the sequence asks for by itself: data that are not good may be a reason."""
_ACT, _UNCONFIRMED = "!", "unconfirmed"
_AFTER_NS = 300 * NS_PER_MS
"""So long the plant is looked at after the run."""


Altered = Callable[[Drawing], Program]


@dataclass(frozen=True, slots=True)
class Case:
    """What is tried."""

    fault: str
    state: str
    seed: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it; ``why`` tells what was not as required."""

    fault: str
    state: str
    seed: int
    applies: bool
    detection_expected: bool
    detected: bool
    safe: bool
    in_time: bool
    reaction_ms: float | None
    budget_ms: float | None
    why: str = ""

    @property
    def met(self) -> bool:
        """Whether all is as required; a case that does not apply has nothing to meet."""
        return not self.applies or (self.safe and self.in_time and (self.detected or not self.detection_expected))


@dataclass(frozen=True, slots=True)
class _Ended:
    """A run that has ended: its journal, and who looked on."""

    journal: list[JournalRecord]
    observer: Observer
    signs: Signs
    frames: TorqueFrames
    verdict: str

    def first(self, event: str) -> JournalRecord | None:
        """The first record of ``event``."""
        return next((record for record in self.journal if record.event == event), None)


def judge(fault: Fault, state: State, seed: int, altered: Altered | None = None) -> Outcome:
    """Run ``fault`` in ``state`` under ``seed`` and judge it. Deterministic: the same three give the same outcome.

    ``altered``: makes another program of the core for the run with the fault.
    """
    cell = cell_of(fault, state)
    if not cell.applies or not fault.ways:
        return _untried(fault, state, seed, cell)
    fault_ns = instant_ns(_span_ns(state.name, seed), seed, f"{fault.id} {state.name}")
    way = fault.ways[seed % len(fault.ways)]
    ended = _run(state, seed, way, fault_ns, altered)
    return _judged(fault, state, seed, cell, ended, fault_ns)


def judge_pair(first: Fault, second: Fault, state: State, seed: int) -> Outcome:
    """Two faults at instants of their own in the same state: whatever they do to each other, all must end safe."""
    name, span_ns = f"{first.id}+{second.id}", _span_ns(state.name, seed)
    both = (first, second)
    times_ns = sorted(instant_ns(span_ns, seed, f"{name} {place}") for place in range(2))
    ways = [fault.ways[seed % len(fault.ways)] for fault in both]
    lines = tuple(
        line if line.startswith(_ACT) else line.replace("{}", _at(t_ns))
        for way, t_ns in zip(ways, times_ns, strict=True)
        for line in way
    )
    ended = _run(state, seed, lines, times_ns[0])
    loose = replace(first, required=Required.CONTROLLED, discharges=all(fault.discharges for fault in both))
    unsafe = _unsafe(loose, ended)
    return Outcome(name, state.name, seed, True, False, bool(ended.journal), not unsafe, True, None, None, unsafe)


def _untried(fault: Fault, state: State, seed: int, cell: Cell) -> Outcome:
    told = (fault.id, state.name, seed, cell.applies, cell.detection_expected)
    return Outcome(*told, False, False, False, None, fault.budget_ms or None, fault.open or cell.reason)


def _judged(fault: Fault, state: State, seed: int, cell: Cell, ended: _Ended, fault_ns: int) -> Outcome:
    observer, detected_ns = ended.observer, _detected_ns(fault, ended, fault_ns)
    there = state.there(observer.at_fault())
    why = [] if there else [f"the bench was not in {state.name}: {observer.at_fault()}"]
    unsafe = _unsafe(fault, ended)
    if unsafe:
        why.append(unsafe)
    reaction_ns = _reaction_ns(fault, state, ended, detected_ns)
    begun_ns = fault_ns if fault.appears is None else observer.first_ns(fault.appears) or fault_ns
    reaction_ms = None if reaction_ns is None else round(max(reaction_ns - begun_ns, 0) / NS_PER_MS, 3)
    in_time = _in_time(fault, cell, reaction_ms)
    if not in_time:
        why.append("no reaction" if reaction_ms is None else f"after {reaction_ms:.1f} ms")
    if cell.detection_expected and detected_ns is None:
        told = [cause_text(code).happened for code in _stops(ended.journal)]
        why.append(f"not detected: {', '.join(told) or 'no stop'}")
    return Outcome(
        fault.id, state.name, seed, True, cell.detection_expected, detected_ns is not None, there and not unsafe,
        in_time, reaction_ms, fault.budget_ms or None, "; ".join(why),
    )  # fmt: skip


def _stops(journal: Sequence[JournalRecord]) -> list[int]:
    """The causes of all stops, in order."""
    return [int(record.data["cause"]) for record in journal if record.event == "core_stop"]


def _detected_ns(fault: Fault, ended: _Ended, fault_ns: int) -> int | None:
    """When the bench first noticed what it must notice."""
    seen = [ended.signs.seen_ns[sign] for sign in fault.signs if sign in ended.signs.seen_ns]
    for record in ended.journal:
        names = record.event == "core_stop" and record.data["cause"] in fault.causes
        names = names or (record.event == "stop_requested" and record.data["code"] in fault.causes)
        names = names or (_UNCONFIRMED in fault.signs and record.event == "core_safe" and not record.data["confirmed"])
        if record.t_ns >= fault_ns and (names or record.event in fault.signs):
            seen.append(record.t_ns)
    return min(seen, default=None)


def _reaction_ns(fault: Fault, state: State, ended: _Ended, detected_ns: int | None) -> int | None:
    """When the first safe command was on the wire or at a device. Where there is no torque it has been there all the
    time; then what counts is when the core began to act."""
    if (state.stopping or state.unarmed) and not fault.only:
        return ended.observer.at_fault().t_ns
    if state.torque and fault.required in (Required.CONTROLLED, Required.CHAIN, Required.FREEZE):
        yields = (ended.frames.yields_ns, ended.observer.torque_yields_ns())
        return min((t_ns for t_ns in yields if t_ns is not None), default=None)
    return detected_ns


def _in_time(fault: Fault, cell: Cell, reaction_ms: float | None) -> bool:
    if not cell.detection_expected or not fault.budget_ms:
        return True
    return reaction_ms is not None and reaction_ms <= fault.budget_ms + fault.appears_ms


def _unsafe(fault: Fault, ended: _Ended) -> str:
    """What was not as required at the end or on the way, or nothing."""
    stopped = ended.first("core_safe")
    if stopped is None and ended.first("core_armed") is None:
        return "" if ended.observer.never_energised() else "voltage without arming"
    told = stopped is not None and not stopped.data["confirmed"]
    safe_ns = None if stopped is None else stopped.t_ns
    unrest = ended.observer.unrest(safe_ns, charged=told and not fault.discharges)
    if unrest:
        return unrest
    needless = [stop for stop in _stops(ended.journal) if stop not in (*fault.causes, *_ORDERLY)]
    if fault.required is Required.DATA and needless:
        return f"stopped for more than data: {cause_text(needless[0]).happened}"
    passes = fault.required is Required.NO_EFFECT
    return f"the run {ended.verdict}" if passes and ended.verdict != "passed" else ""


# --- runs ------------------------------------------------------------------------------------------------------------


@cache
def _blueprint(state: str) -> Blueprint:
    """One for each state in each process."""
    with tempfile.TemporaryDirectory() as folder:
        plan, rig = Path(folder, "plan.yaml"), Path(folder, "rig.yaml")
        text = find("rig", _RIG).read_text(encoding="utf-8")
        for shipped, sooner in _SOONER.items():
            text = text.replace(shipped, sooner)
        rig.write_text(text, encoding="utf-8")
        plan.write_text(STATES[state].plan, encoding="utf-8")
        return draw(load_inputs(str(plan), str(rig)))


@cache
def _span_ns(state: str, seed: int) -> tuple[int, int]:
    """When a run without a fault is in ``state``."""
    return STATES[state].span_ns(_run(STATES[state], seed, (), NS_PER_S).journal)


def _run(state: State, seed: int, way: Sequence[str], fault_ns: int, altered: Altered | None = None) -> _Ended:
    """The state's plan with the fault, from arming to the end of the stop and a little longer, in memory."""
    blueprint, disk = _blueprint(state.name), FaultyStorage()
    if altered is not None:
        blueprint = replace(blueprint, program=altered(blueprint))
    recorder = recorder_of(disk, blueprint, Labels("virtual", seed, VIRTUAL_EPOCH_S))
    script = tuple(parse_fault(line.replace("{}", _at(fault_ns))) for line in way if not line.startswith(_ACT))
    frames = TorqueFrames(blueprint.inputs.databases["dut"], fault_ns)
    made = virtual(blueprint, recorder, seed, script, frames.on_frames)
    signs = Signs(made, places(blueprint.channels.index), {fault.place for fault in script}, fault_ns)
    observer = Observer(Eye(made.world.bench.plant), made.bench.scheduler, fault_ns, signs.look)
    inputs = blueprint.inputs
    job = made.bench.start(run_plan(inputs.plan.value, inputs.kinds, blueprint.context))
    for line in way:
        if line.startswith(_ACT):
            act, scene = ACTS[line.removeprefix(_ACT)], Scene(made, blueprint.design, job, disk)
            made.bench.scheduler.call(fault_ns, partial(act, scene))
    reached_ns = drive(made, job, trouble=lambda: recorder.trouble)
    end_ns = reached_ns + _AFTER_NS
    while reached_ns < end_ns:
        reached_ns = made.bench.advance()
    recorder.close(reached_ns, 0, 0)
    verdict = "internal error" if job.result is None else str(job.result.verdict)
    return _Ended(read_journal(disk.read(JOURNAL))[0], observer, signs, frames, verdict)


def _at(t_ns: int) -> str:
    """A time as lines of a script want it."""
    return f"{t_ns / NS_PER_S:.6f}s"
