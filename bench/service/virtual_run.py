"""One run in the virtual world, from its folder to its seal."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from bench.assembly import Blueprint, digest_of, virtual
from bench.base.time import seconds
from bench.io.clock import MonotonicClock
from bench.io.disk import DiskStorage
from bench.record.closing import write_results
from bench.record.manifest import Manifest
from bench.report.write import write_report
from bench.schedule.faults import Fault
from bench.sequence.progress import BEGINNING, Progress
from bench.sequence.sequencer import run_plan
from bench.sequence.verdict import RunVerdict
from bench.service.driving import Watch, drive, recorder_of
from bench.service.run_folder import Labels, make_folder, make_manifest


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
) -> RunResult:
    """Run the plan of ``blueprint``; everything it leaves behind is in the result's folder, which ``began`` is told.

    ``on_frames`` watches the buses (``bench.io.tap``), and virtual time waits for it. ``progress``: of the run that
    this one goes on from.

    Whatever goes wrong on the way is the result's ``error``: the folder is closed and sealed all the same.
    """
    clock = MonotonicClock()
    began_ns = clock.now_ns()
    storage = make_folder(parent, blueprint, labels)
    began(storage.folder)
    manifest = make_manifest(storage, blueprint, labels, progress.run)
    recorder = recorder_of(storage, blueprint, labels)
    made = virtual(blueprint, recorder, labels.seed, faults, on_frames)
    inputs = blueprint.inputs
    job = made.bench.start(run_plan(inputs.plan.value, inputs.kinds, blueprint.context, progress))
    failure: Exception | None = None
    try:
        drive(made, job, watch)
    except Exception as error:  # of our own, outside the sequence
        failure = error
    reached_ns = made.bench.scheduler.t_ns
    made.collect(reached_ns)
    recorder.close(reached_ns, *digest_of(made.state.counters))
    storage.write("truth.parquet", made.world.truth.to_parquet())
    unclosed = close(storage, manifest, job.result)
    wall_s = seconds(clock.now_ns() - began_ns)
    return RunResult(storage.folder, job.result, seconds(reached_ns), wall_s, failure or job.error or unclosed)


def close(storage: DiskStorage, manifest: Manifest, verdict: RunVerdict | None) -> Exception | None:
    """Tables, report and seal; an error on the way to the seal, which comes in any case."""
    failure: Exception | None = None
    try:
        write_results(storage, manifest)
        write_report(storage, manifest.content)
    except Exception as error:
        failure = error
    manifest.seal(verdict=verdict.verdict if verdict else "internal error")
    return failure
