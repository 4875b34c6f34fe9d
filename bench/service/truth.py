"""Points against the plant's hidden truth, of one run or over many seeds: are the stated uncertainties true?

Within one run the points share their systematic errors, so one run proves little; ``truth_over_seeds`` draws fresh
instrument errors for each seed.
"""

import io
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench.analysis.coverage import Coverage, Deviation, by_efficiency, coverage
from bench.analysis.efficiency import balance
from bench.assembly import Blueprint, digest_of, draw, load_inputs, virtual
from bench.base.errors import InputError, Problem
from bench.base.time import VIRTUAL_EPOCH_S
from bench.emulators.truth import NAME, QUANTITIES
from bench.io.disk import DiskStorage
from bench.record.journal import read_journal
from bench.record.points import points_table
from bench.record.recorder import JOURNAL
from bench.record.storage import MemoryStorage
from bench.sequence.sequencer import run_plan
from bench.service.driving import drive, recorder_of
from bench.service.run_folder import Labels

_SIDES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "pe": (("p_dc_w",), ("p_ac_w", "p_f_w")),
    "motor_transmission": (("p_ac_w", "p_f_w"), ("p_out_l_w", "p_out_r_w")),
    "edu": (("p_dc_w",), ("p_out_l_w", "p_out_r_w")),
}
"""What each efficiency truly is: electrical and mechanical side, names of the truth's columns (sum of each side)."""

Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class RunTruth:
    """One run: each efficiency over its points."""

    run: str
    points: int
    efficiencies: tuple[Coverage, ...]


@dataclass(frozen=True, slots=True)
class SeedsTruth:
    """Many runs with fresh instrument errors: each efficiency over all (seed, point) pairs, and all of them together.

    ``failed`` lists seeds whose run did not pass; they carry no pairs. ``met``: all pairs together reach the goals.
    """

    plan: str
    seeds: int
    failed: tuple[int, ...]
    efficiencies: tuple[Coverage, ...]
    all: Coverage

    @property
    def met(self) -> bool:
        """Whether the uncertainty holds over all pairs and every run passed.

        The points of a seed share its errors, so 200 seeds leave one efficiency alone a scatter of about 0.015 in its
        share and 0.06 in its ratio; over all of them together it is half of that.
        """
        return not self.failed and self.all.true


def truth_of_run(folder: Path) -> RunTruth:
    """Compare the points of a virtual run with its truth. Raises ``InputError`` if the folder holds none."""
    storage = DiskStorage(folder)
    names = storage.names() if folder.is_dir() else ()
    missing = [name for name in (JOURNAL, NAME) if name not in names]
    if missing:
        text = f"{' and '.join(missing)} missing; only a run in an emulated world has a truth"
        raise InputError([Problem(folder.name, 0, 0, text)])
    rows = points_table(read_journal(storage.read(JOURNAL))[0])
    found = by_efficiency(deviations(rows, _columns(storage.read(NAME))))
    return RunTruth(folder.name, len(rows), found)


def deviations(rows: Iterable[Mapping[str, Any]], truth: Columns) -> list[Deviation]:
    """Every efficiency in the table of points against the truth in the same window."""
    found = []
    for row in rows:
        inside = (truth["t_ns"] >= row["start_ns"]) & (truth["t_ns"] <= row["end_ns"])
        for name, (electrical, mechanical) in _SIDES.items():
            eta, u_eta = row.get(f"eta_{name}"), row.get(f"u_eta_{name}")
            true = _efficiency(truth, inside, electrical, mechanical)
            if eta is not None and u_eta is not None and true is not None:
                found.append(Deviation(name, eta - true, u_eta))
    return found


def _efficiency(
    truth: Columns, inside: NDArray[np.bool_], electrical: Sequence[str], mechanical: Sequence[str]
) -> float | None:
    if not inside.any():
        return None
    sides = [sum(float(np.mean(truth[name][inside])) for name in names) for names in (electrical, mechanical)]
    return balance(sides[0], sides[1]).efficiency


def _columns(parquet: bytes) -> dict[str, NDArray[Any]]:
    # no read_table: the threads it starts abort one process in twenty at its end, on a loaded machine (pyarrow 26)
    file = pq.ParquetFile(io.BytesIO(parquet), pre_buffer=False)
    table = file.read(columns=["t_ns", *QUANTITIES], use_threads=False)
    return {name: table[name].to_numpy() for name in table.column_names}


def truth_over_seeds(
    plan: str, seeds: int, first: int = 1, rig: str | None = None, dut: str | None = None, workers: int | None = None
) -> SeedsTruth:
    """Run ``plan`` once for each of ``seeds`` seeds from ``first`` on, in ``workers`` processes (all cores).

    Raises ``InputError`` for files that cannot be used, or if not a single pair was measured.
    """
    blueprint = draw(load_inputs(plan, rig, dut))  # here first: mistakes are told once, and compiled code is stored
    numbers = range(first, first + seeds)
    workers = min(workers or os.cpu_count() or 1, seeds)
    if workers > 1:
        context = get_context("spawn")
        with ProcessPoolExecutor(workers, context, _prepare, (plan, rig, dut)) as pool:
            runs = list(pool.map(_prepared_run, numbers, chunksize=5))
    else:
        runs = [deviations_of_seed(blueprint, seed) for seed in numbers]
    failed = tuple(seed for seed, found in zip(numbers, runs, strict=True) if not found)
    every = [one for found in runs for one in found]
    if not every:
        raise InputError([Problem(plan, 0, 0, "no seed gave a point with an efficiency; see `bench run` on this plan")])
    return SeedsTruth(blueprint.inputs.plan.value.plan, seeds, failed, by_efficiency(every), coverage("all", every))


def deviations_of_seed(blueprint: Blueprint, seed: int) -> list[Deviation]:
    """One run in memory, without a report; empty if it did not pass."""
    labels = Labels("virtual", seed, VIRTUAL_EPOCH_S)
    storage = MemoryStorage()
    recorder = recorder_of(storage, blueprint, labels)
    made = virtual(blueprint, recorder, seed)
    inputs = blueprint.inputs
    job = made.bench.start(run_plan(inputs.plan.value, inputs.kinds, blueprint.context))
    reached_ns = drive(made, job)
    if job.error is not None:
        raise job.error
    recorder.close(reached_ns, *digest_of(made.state.counters))
    if job.result.verdict != "passed":
        return []
    rows = points_table(read_journal(storage.read(JOURNAL))[0])
    return deviations(rows, _columns(made.world.truth.to_parquet()))


_blueprints: list[Blueprint] = []
"""The one blueprint of a worker process, drawn when it starts."""


def _prepare(plan: str, rig: str | None, dut: str | None) -> None:
    _blueprints.append(draw(load_inputs(plan, rig, dut)))


def _prepared_run(seed: int) -> list[Deviation]:
    return deviations_of_seed(_blueprints[0], seed)
