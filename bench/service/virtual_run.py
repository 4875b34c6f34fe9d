"""One run in the virtual world, from its folder to its seal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

from bench.assembly import Blueprint, Virtual, digest_of, virtual
from bench.base.time import seconds
from bench.emulators.spoilt_disk import disk_of
from bench.io.clock import MonotonicClock
from bench.io.disk import DiskStorage
from bench.record.closing import write_results
from bench.record.later import AtOnce
from bench.record.manifest import Manifest
from bench.record.storage import StorageError
from bench.report.write import write_report
from bench.schedule.faults import Fault
from bench.sequence.pause.pauses import Scripted
from bench.sequence.progress import BEGINNING, Progress
from bench.sequence.sequencer import run_plan
from bench.sequence.verdict import RunVerdict
from bench.service.driving import Watch, drive, recorder_of
from bench.service.foresight import foresee
from bench.service.pausing import pausable
from bench.service.run_folder import Labels, make_folder, make_manifest

_NO_FILES: Mapping[str, bytes] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended."""

    folder: Path
    verdict: RunVerdict | None
    virtual_s: float
    wall_s: float
    error: BaseException | None = None


def run_virtual(
    blueprint: Blueprint,
    parent: Path,
    labels: Labels,
    faults: tuple[Fault, ...] = (),
    watch: Watch = lambda _bench: False,
    began: Callable[[Path], None] = lambda _folder: None,
    on_frames: Callable[[NDArray[Any]], None] | None = None,
    progress: Progress = BEGINNING,
    answers: tuple[str, ...] = (),
    script: Sequence[Scripted] = (),
) -> RunResult:
    """Run the plan of ``blueprint``; everything it leaves behind is in the result's folder, which ``began`` is told.

    ``on_frames`` watches the buses (``bench.io.tap``), and virtual time waits for it. ``progress``: of the run that
    this one goes on from; ``answers``: given to its prompts; ``script``: its pauses.

    Whatever goes wrong on the way is the result's ``error``: the folder is closed and sealed all the same.
    """
    clock = MonotonicClock()
    began_ns = clock.now_ns()
    storage = make_folder(parent, blueprint, labels)
    began(storage.folder)
    manifest = make_manifest(storage, blueprint, labels, progress.run)
    benches: list[Virtual] = []
    disk = disk_of(storage, faults, lambda: benches[0].bench.scheduler.t_ns if benches else 0)
    # where the disk fails at an instant of virtual time, no thread may write at another
    recorder = recorder_of(disk, blueprint, labels, None if disk is storage else AtOnce())
    made = virtual(blueprint, recorder, labels.seed, faults, on_frames)
    benches.append(made)
    made.bench.answers.extend(answers)
    inputs = blueprint.inputs
    foreseen = foresee(blueprint, progress)
    sequence = run_plan(inputs.plan.value, inputs.kinds, blueprint.context, progress, foreseen)
    job = made.bench.start(pausable(made.desk, inputs.plan.value, sequence, script))
    failure: Exception | None = None
    try:
        drive(made, job, watch, lambda: recorder.trouble)
    except Exception as error:  # of our own, outside the sequence
        failure = error
    reached_ns = made.bench.scheduler.t_ns
    made.collect(reached_ns)
    recorder.close(reached_ns, *digest_of(made.state.counters))
    unclosed = close(storage, manifest, job.result, {"truth.parquet": made.world.truth.to_parquet()})
    wall_s = seconds(clock.now_ns() - began_ns)
    unrecorded = StorageError(recorder.trouble) if recorder.lost else None
    first = failure or job.error or unrecorded or unclosed
    return RunResult(storage.folder, job.result, seconds(reached_ns), wall_s, first)


def close(
    storage: DiskStorage,
    manifest: Manifest,
    verdict: RunVerdict | None,
    more: Mapping[str, bytes] = MappingProxyType({}),
) -> Exception | None:
    """Tables, ``more`` files, report and seal; an error on the way to the seal, which comes in any case, unless the
    disk refuses that too."""
    failure: Exception | None = None
    try:
        for name, data in more.items():
            storage.write(name, data)
        write_results(storage, manifest)
        write_report(storage, manifest.content)
    except Exception as error:
        failure = error
    try:
        manifest.seal(verdict=verdict.verdict if verdict else "internal error")
    except StorageError as error:
        failure = failure or error
    return failure
