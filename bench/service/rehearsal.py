"""A plan run on its rig's virtual twin, without a folder: what it will come to, and how near to its limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.assembly import Blueprint, digest_of, virtual
from bench.base.time import seconds
from bench.io.clock import MonotonicClock
from bench.record.journal import JournalRecord, read_journal
from bench.record.recorder import JOURNAL, Recorder
from bench.record.weightless import WeightlessStorage
from bench.schedule.faults import Fault
from bench.sequence.sequencer import run_plan
from bench.sequence.verdict import RunVerdict
from bench.service.driving import Watch, drive, properties_of
from bench.service.margins import Margin, Margins
from bench.service.pausing import pausable
from bench.service.run_folder import Labels, start_ns


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What the plan came to in the virtual world. ``stored_bytes`` by file; ``told``: what was said to the operator."""

    verdict: RunVerdict
    duration_s: float
    wall_s: float
    margins: tuple[Margin, ...]
    hottest_degc: Mapping[str, float]
    taken_wh: float
    given_wh: float
    stored_bytes: Mapping[str, int]
    told: tuple[str, ...]
    flagged: tuple[str, ...]


class _Watched(Recorder):
    """A recorder whose samples are looked at."""

    margins: Margins

    def samples(self, group: int, t_ns: NDArray[np.int64], values: NDArray[Any], quality: NDArray[np.uint8]) -> None:
        """Rows of one sample group."""
        self.margins.take(group, t_ns, values, quality)
        super().samples(group, t_ns, values, quality)


def rehearse(
    blueprint: Blueprint, labels: Labels, faults: tuple[Fault, ...] = (), watch: Watch = lambda _bench: False
) -> Rehearsal:
    """Run it. Raises what an ordinary run would tell as its own error."""
    clock, storage = MonotonicClock(), WeightlessStorage()
    began_ns = clock.now_ns()
    recorder = _Watched(
        storage, blueprint.names(), blueprint.groups(), start_ns=start_ns(labels), program=blueprint.program_hash,
        full_inbox=blueprint.design.log_full, properties=properties_of(blueprint),
    )  # fmt: skip
    made = virtual(blueprint, recorder, labels.seed, faults)
    margins = recorder.margins = Margins(blueprint.design, lambda: int(made.state.core["modes"][0]))
    inputs = blueprint.inputs
    sequence = run_plan(inputs.plan.value, inputs.kinds, blueprint.context)
    job = made.bench.start(pausable(made.desk, inputs.plan.value, sequence))
    reached_ns = drive(made, job, watch)
    if job.error is not None:
        raise job.error
    made.collect(reached_ns)
    recorder.close(reached_ns, *digest_of(made.state.counters))
    records, _ = read_journal(storage.read(JOURNAL))
    return Rehearsal(
        verdict=job.result,
        duration_s=seconds(reached_ns),
        wall_s=seconds(clock.now_ns() - began_ns),
        margins=tuple(margins.nearest()),
        hottest_degc=dict(sorted(margins.hottest_degc.items())),
        taken_wh=margins.taken_wh,
        given_wh=margins.given_wh,
        stored_bytes={name: file.size for name, file in storage.files.items()},
        told=tuple(str(r.data.get("text", "")) for r in records if r.event in ("prompt", "prompted", "notify")),
        flagged=tuple(_flagged(records)),
    )


def _flagged(records: list[JournalRecord]) -> list[str]:
    points = [record.data for record in records if record.event == "point" and record.data.get("verdict") == "flagged"]
    return [f"point {data['point']}: {data.get('reason', '')}" for data in points]
