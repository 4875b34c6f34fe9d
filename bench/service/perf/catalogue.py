"""One KPI over ten thousand runs, from the catalogue, and the look for new runs among as many folders."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa

from bench.record.manifest import NAME
from bench.record.recorder import JOURNAL
from bench.service.catalogue import Catalogue
from bench.service.perf.row import PerfRow
from bench.service.run_queries import Filter, kpi, sql

GOAL_S = 0.2
_RUNS, _POINTS, _COLUMNS, _ROUNDS = 10_000, 30, 120, 5
"""As an efficiency map with a quick grid leaves them."""


def measure(rounds: int = _ROUNDS, runs: int = _RUNS) -> Iterator[PerfRow]:
    """Seconds, medians of ``rounds``."""
    with tempfile.TemporaryDirectory() as folder:
        parent = Path(folder)
        catalogue = Catalogue(parent)
        _fill(catalogue, runs)
        words = f"of {_POINTS} points over {runs} runs"
        query = "SELECT avg(eta_edu) FROM points WHERE speed_rpm > 3000"
        questions: dict[str, Callable[[], object]] = {
            f"one KPI {words}, by run": lambda: kpi(catalogue, "eta_edu", Filter()),
            f"its mean {words}, in SQL": lambda: sql(catalogue, query),
        }
        for what, ask in questions.items():
            yield PerfRow(what, _median_s(ask, rounds), "s", goal=GOAL_S, at_most=True)
        _make_folders(parent, runs)
        catalogue.note_all()
        yield PerfRow(f"the look for new runs among {runs}", _median_s(lambda: Catalogue(parent).update(), rounds), "s")


def _median_s(work: Callable[[], object], rounds: int) -> float:
    times_s = []
    for _ in range(rounds):
        began_s = time.perf_counter()
        work()
        times_s.append(time.perf_counter() - began_s)
    return median(times_s)


def _fill(catalogue: Catalogue, runs: int) -> None:
    """Synthetic runs in four parts, made one."""
    random = np.random.default_rng(1)
    for names in np.array_split(np.array([_name(n) for n in range(runs)]), 4):
        catalogue.add_part({"runs": _runs(names), "points": _points(names, random)})
    catalogue.compact()


def _name(number: int) -> str:
    return f"20260101T000000Z_map_{number:05}"


def _runs(names: Any) -> Any:
    count = len(names)
    texts = {"plan": "map", "dut": "unit", "rig": "rig", "world": "virtual", "verdict": "passed", "problem": ""}
    columns = {name: pa.array([text] * count) for name, text in texts.items()}
    return pa.table({"run": pa.array(names), "start_s": pa.array(np.arange(count)), **columns})


def _points(names: Any, random: np.random.Generator) -> Any:
    count = len(names) * _POINTS
    values = {f"channel_{n}": pa.array(random.normal(0.0, 1.0, count)) for n in range(_COLUMNS)}
    speeds, eta = random.uniform(0.0, 12_000.0, count), random.uniform(0.8, 0.97, count)
    return pa.table({"run": pa.array(np.repeat(names, _POINTS)), "speed_rpm": speeds, "eta_edu": eta, **values})


def _make_folders(parent: Path, runs: int) -> None:
    for number in range(runs):
        folder = parent / _name(number)
        folder.mkdir()
        (folder / NAME).touch()
        (folder / JOURNAL).touch()
