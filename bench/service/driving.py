"""What every run in the virtual world needs, whether it leaves a folder behind or not."""

from collections.abc import Callable
from typing import Any

from bench.assembly import Blueprint, Virtual, make_recorder
from bench.core.causes import Cause
from bench.io.one_by_one import OneByOne
from bench.record.later import Later
from bench.record.recorder import Recorder
from bench.record.storage import Storage
from bench.service.run_folder import Labels, start_ns

Watch = Callable[[Virtual], bool]
"""Called often while the run goes on; returns ``True`` when the operator wants it to stop."""


def recorder_of(storage: Storage, blueprint: Blueprint, labels: Labels, later: Later | None = None) -> Recorder:
    """The recorder of one run, writing to ``storage``; ``later`` packs what is large (none: a thread)."""
    return make_recorder(storage, blueprint, start_ns(labels), properties_of(blueprint), later=later or OneByOne())


def properties_of(blueprint: Blueprint) -> dict[str, str]:
    """What the head of the samples' file says."""
    inputs = blueprint.inputs
    return {"plan": inputs.plan.value.plan, "dut": inputs.dut.value.name, "rig": inputs.rig.value.rig}


def drive(made: Virtual, job: Any, watch: Watch = lambda _bench: False, trouble: Callable[[], str] = lambda: "") -> int:
    """Run until the sequence has ended; the time reached, ns. The last samples are left for the owner to collect.
    ``trouble``: why nothing can be recorded any more; the bench is stopped for it."""
    reached_ns, aborted, untold = 0, False, True
    while not job.done:
        reached_ns = made.bench.advance()
        if untold and trouble():
            untold = False
            made.desk.stop(Cause.DISK_FULL)
        if not aborted and watch(made):
            aborted = True
            made.desk.stop()
    return reached_ns
