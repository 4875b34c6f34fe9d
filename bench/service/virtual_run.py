"""One run in the virtual world, from its folder to its seal."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.assembly import Blueprint, Virtual, digest_of, virtual
from bench.base.time import seconds
from bench.io.clock import MonotonicClock
from bench.io.disk import DiskStorage
from bench.record.recorder import Recorder
from bench.report.write import write_report
from bench.schedule.faults import Fault
from bench.service.run_folder import Labels, make_folder, make_manifest, start_ns, write_results
from bench.sequence.sequencer import run_plan
from bench.sequence.verdict import RunVerdict

Watch = Callable[[Virtual], bool]
"""Called often while the run goes on; returns ``True`` when the operator wants it to stop."""


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
) -> RunResult:
    """Run the plan of ``blueprint``; everything it leaves behind is in the result's folder."""
    clock = MonotonicClock()
    began_ns = clock.now_ns()
    storage = make_folder(parent, blueprint, labels)
    manifest = make_manifest(storage, blueprint, labels)
    recorder = _recorder(storage, blueprint, labels)
    made = virtual(blueprint, recorder, labels.seed, faults)
    inputs = blueprint.inputs
    job = made.bench.start(run_plan(inputs.plan.value, inputs.kinds, blueprint.context))
    reached_ns = _drive(made, job, watch)
    made.collect(reached_ns)
    recorder.close(reached_ns, *digest_of(made.state.counters))
    storage.write("truth.parquet", made.world.truth.to_parquet())
    write_results(storage, manifest)
    write_report(storage, manifest.content)
    manifest.seal(verdict=job.result.verdict if job.result else "internal error")
    wall_s = seconds(clock.now_ns() - began_ns)
    return RunResult(storage.folder, job.result, seconds(reached_ns), wall_s, job.error)


def _recorder(storage: DiskStorage, blueprint: Blueprint, labels: Labels) -> Recorder:
    inputs = blueprint.inputs
    return Recorder(
        storage,
        blueprint.names(),
        blueprint.groups(),
        start_ns=start_ns(labels),
        program=blueprint.program_hash,
        full_inbox=blueprint.design.log_full,
        properties={"plan": inputs.plan.value.plan, "dut": inputs.dut.value.name, "rig": inputs.rig.value.rig},
    )


def _drive(made: Virtual, job: Any, watch: Watch) -> int:
    """Run until the sequence has ended."""
    reached_ns, aborted = 0, False
    while not job.done:
        reached_ns = made.bench.advance()
        if not aborted and watch(made):
            aborted = True
            made.desk.abort()
    return reached_ns
