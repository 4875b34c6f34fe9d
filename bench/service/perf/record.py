"""The stream of samples against asammdf's ``extend``, block by block in the same run; and its memory over a day."""

import gc
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.time import NS_PER_S
from bench.io.disk import DiskStorage
from bench.record.mf4_blocks import Column, Group
from bench.record.sample_files import SampleFiles
from bench.record.samples import SampleWriter
from bench.service.perf.row import PerfRow

GOAL, GOAL_P99_MS, GOAL_MEMORY_MB = 3.0, 0.2, 5.0
CHANNELS, ROWS = 60, 100
_BLOCKS, _ROUNDS = 1000, 7
_DAY_S, _WARM_S, _HZ = 24 * 3600, 3600, 10
"""A day at the rate of a bench at work that measures slowly; an hour warms everything up."""


def measure(blocks: int = _BLOCKS, rounds: int = _ROUNDS, day_s: int = _DAY_S) -> Iterator[PerfRow]:
    """Samples a second (median of ``rounds``), the 99th percentile of a block (of the best round: the rest is the
    machine's), and what a virtual day costs in memory."""
    ours, theirs, p99_ms = [], [], []
    for _ in range(rounds):
        times_s = _ours(blocks)
        ours.append(float(times_s.sum()))
        p99_ms.append(1e3 * float(np.percentile(times_s, 99)))
        if find_spec("asammdf"):
            theirs.append(float(_theirs(blocks).sum()))
    yield _rate(blocks, ours, theirs)
    yield PerfRow("99 % of the blocks are written within", min(p99_ms), "ms", goal=GOAL_P99_MS, at_most=True)
    if sys.platform == "linux":
        grown_mb = _day(day_s)
        words = f"memory after {day_s / 3600:g} virtual hours of {CHANNELS} channels, more than after the first hour"
        yield PerfRow(words, grown_mb, "MB", goal=GOAL_MEMORY_MB, at_most=True)


def _rate(blocks: int, ours: list[float], theirs: list[float]) -> PerfRow:
    samples = blocks * ROWS * (CHANNELS + 1)
    what = f"MF4 stream, {CHANNELS} channels, blocks of {ROWS} rows, samples/s"
    if not theirs:
        missing = f"{what}; no control: asammdf is not installed (extra 'perf')"
        return PerfRow(missing, samples / median(ours), "1/s")
    ratio = median(control / own for control, own in zip(theirs, ours, strict=True))
    return PerfRow(
        f"{what}; control: asammdf extend", samples / median(ours), "1/s", samples / median(theirs), ratio, GOAL
    )


def _block(number: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """As in recording.md, section 1: a third quantised, a third constant for a while, a third noise."""
    t_ns = (np.arange(ROWS) + number * ROWS) * (NS_PER_S // 100)
    noise = np.random.default_rng(number).normal(0.0, 100.0, (ROWS, CHANNELS))
    noise[:, :20] = np.round(noise[:, :20], 1)
    noise[:, 20:40] = number % 17
    return t_ns, noise


def _timed(write: Callable[[int], None], numbers: range) -> NDArray[np.float64]:
    times_s = np.empty(len(numbers))
    for place, number in enumerate(numbers):
        began_s = time.perf_counter()
        write(number)
        times_s[place] = time.perf_counter() - began_s
    return times_s


def _ours(blocks: int) -> NDArray[np.float64]:
    group = Group("perf", tuple(Column(f"perf.c{n}", "V") for n in range(CHANNELS)))
    good, made = np.ones((ROWS, CHANNELS), bool), [_block(n) for n in range(blocks)]
    with tempfile.TemporaryDirectory() as folder:
        writer = SampleWriter(SampleFiles(DiskStorage(Path(folder)), [group], start_ns=0, properties={}))

        def write(number: int) -> None:
            writer.add(0, *made[number], good)
            writer.flush()

        times_s = _timed(write, range(blocks))
        writer.finalise()
    return times_s


def _theirs(blocks: int) -> NDArray[np.float64]:
    from asammdf import MDF, Signal

    made = [_block(n) for n in range(blocks)]
    t_ns, values = made[0]
    signals = [Signal(values[:, n], t_ns / NS_PER_S, unit="V", name=f"perf.c{n}") for n in range(CHANNELS)]
    with MDF(version="4.10") as mdf:
        mdf.append(signals, common_timebase=True)

        def write(number: int) -> None:
            t_ns, values = made[number]
            columns: list[Any] = [(t_ns / NS_PER_S, None)]
            mdf.extend(0, columns + [(values[:, n], None) for n in range(CHANNELS)])

        return _timed(write, range(1, blocks))


def _day(day_s: int) -> float:
    """Megabytes that the memory of this process has grown by."""
    group = Group("perf", tuple(Column(f"perf.c{n}", "V", "i2", 0.01) for n in range(CHANNELS)))
    good, (_, values) = np.ones((ROWS, CHANNELS), bool), _block(0)
    steps = (np.arange(ROWS) + 1) * (NS_PER_S // _HZ)
    warm_mb = 0.0
    with tempfile.TemporaryDirectory() as folder:
        files = SampleFiles(DiskStorage(Path(folder)), [group], start_ns=0, properties={})
        writer = SampleWriter(files)
        for at_s in range(0, day_s, ROWS // _HZ):
            if not warm_mb and at_s >= min(_WARM_S, day_s // 2):
                warm_mb = _memory_mb()
            writer.add(0, at_s * NS_PER_S + steps, values / 100.0, good)
            if at_s % 60 == 0:
                writer.flush()
                files.marks()
        grown_mb = _memory_mb() - warm_mb
        writer.finalise()
    return grown_mb


def _memory_mb() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6
