"""One run in the virtual world, from its folder to its seal."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.assembly import Blueprint, digest_of, virtual
from bench.base.time import seconds
from bench.io.clock import MonotonicClock
from bench.report.write import write_report
from bench.schedule.faults import Fault
from bench.sequence.sequencer import run_plan
from bench.sequence.verdict import RunVerdict
from bench.service.driving import Watch, drive, recorder_of
from bench.service.run_folder import Labels, make_folder, make_manifest, write_results


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
) -> RunResult:
    """Run the plan of ``blueprint``; everything it leaves behind is in the result's folder, which ``began`` is told."""
    clock = MonotonicClock()
    began_ns = clock.now_ns()
    storage = make_folder(parent, blueprint, labels)
    began(storage.folder)
    manifest = make_manifest(storage, blueprint, labels)
    recorder = recorder_of(storage, blueprint, labels)
    made = virtual(blueprint, recorder, labels.seed, faults)
    inputs = blueprint.inputs
    job = made.bench.start(run_plan(inputs.plan.value, inputs.kinds, blueprint.context))
    reached_ns = drive(made, job, watch)
    made.collect(reached_ns)
    recorder.close(reached_ns, *digest_of(made.state.counters))
    storage.write("truth.parquet", made.world.truth.to_parquet())
    write_results(storage, manifest)
    write_report(storage, manifest.content)
    manifest.seal(verdict=job.result.verdict if job.result else "internal error")
    wall_s = seconds(clock.now_ns() - began_ns)
    return RunResult(storage.folder, job.result, seconds(reached_ns), wall_s, job.error)
