"""The whole stack in virtual time against the wall clock: core, wire, inverter, plant, drivers and emulators through
real bytes, recorder. The report is not part of it: it is drawn once a run, not once a second."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.assembly import Virtual, digest_of, virtual
from bench.base.time import VIRTUAL_EPOCH_S, seconds
from bench.io.clock import MonotonicClock
from bench.io.disk import DiskStorage
from bench.sequence.sequencer import run_plan
from bench.service.driving import drive, recorder_of
from bench.service.perf_row import PerfRow
from bench.service.preparation import prepare
from bench.service.run_folder import Labels

_WARM_UP = "smoke"


class Load(NamedTuple):
    """A plan on a rig, and how many virtual seconds a wall second shall bring."""

    plan: str
    rig: str
    goal: float
    runs: int


MAP = Load("efficiency_map_quick", "e_axle_demo", 300.0, 3)
CYCLE = Load("wltc_energy", "e_axle_fast", 500.0, 1)
"""Dynos and flanges on CAN: 14 messages with E2E every 10 ms."""


def measure(rounds: int | None = None, loads: Sequence[Load] = (MAP, CYCLE)) -> Iterator[PerfRow]:
    """Rows for each load: virtual seconds per wall second (median of ``rounds``, after one to warm up), with and
    without the full inbox log; then what one virtual second carries."""
    for load in loads:
        _timed(Load(_WARM_UP, load.rig, 0.0, 1), log_full=False)  # everything compiled and loaded
        for words, full in (("inbox digest", False), ("full inbox log", True)):
            results = [_timed(load, log_full=full) for _ in range(rounds or load.runs)]
            ratio = median(virtual_s / wall_s for virtual_s, wall_s, _ in results)
            virtual_s, _, made = results[-1]
            what = f"{load.plan}, {words}: virtual seconds per wall second"
            yield PerfRow(what, virtual_s, "s", virtual_s / ratio, ratio, None if full else load.goal)
        yield from _rates(load.plan, made, virtual_s)


def _timed(load: Load, *, log_full: bool) -> tuple[float, float, Virtual]:
    blueprint = prepare(load.plan, load.rig, log_full=log_full).blueprint
    labels = Labels("virtual", 1, VIRTUAL_EPOCH_S)
    with tempfile.TemporaryDirectory() as folder:
        recorder = recorder_of(DiskStorage(Path(folder)), blueprint, labels)
        clock = MonotonicClock()
        made = virtual(blueprint, recorder, labels.seed)
        inputs = blueprint.inputs
        job = made.bench.start(run_plan(inputs.plan.value, inputs.kinds, blueprint.context))
        reached_ns = drive(made, job, lambda _made: False)
        made.collect(reached_ns)
        recorder.close(reached_ns, *digest_of(made.state.counters))
        return seconds(reached_ns), seconds(clock.now_ns()), made


def _rates(plan: str, made: Virtual, virtual_s: float) -> Iterator[PerfRow]:
    counters = made.state.counters
    frames = sum(int(bus["frames"]) for bus in made.world.bench.wire.buses)
    yield PerfRow(f"{plan}: cycles of the core per virtual second", float(counters["cycles"][0]) / virtual_s, "1/s")
    yield PerfRow(f"{plan}: CAN frames per virtual second, both buses", frames / virtual_s, "1/s")
    yield PerfRow(f"{plan}: records taken in per virtual second", float(counters["taken_in"][0]) / virtual_s, "1/s")
    yield PerfRow(f"{plan}: limits judged", float(len(made.program.limits)), "1")
    yield PerfRow(f"{plan}: channels", float(len(made.program.channels)), "1")
