"""Four hundred hours of durability in one run: its last hours take no more time and memory than its first.

Cycles of acceleration and deceleration in virtual time, a reference point each hour, everything recorded; older files
of samples are removed on the way. Time is that of the processor: another user of the machine disturbs it less.
"""

import gc
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from bench.assembly import Virtual, draw, load_inputs
from bench.base.time import NS_PER_S, VIRTUAL_EPOCH_S
from bench.record.sample_files import sample_names
from bench.service.perf.row import PerfRow
from bench.service.proofs.proof import Figures, Proof
from bench.service.run_folder import Labels
from bench.service.virtual_run import run_virtual

SHORT = 1
"""The number of a case of a few minutes instead of hours."""
_FLAT = 1.05
_MEAN_OF = 10
_PLAN = """
plan: long
title: Hundreds of hours
dut: gen5_bev
rig: e_axle_demo
allowance: 0 %
steps:
  - endurance:
      accel_decel: {{low: 2000 rpm, high: 2300 rpm, torque: 60 Nm, hold: 200 ms}}
      time: {seconds} s
      torque_rate: 500 Nm/s
      speed_rate: 1000 rpm/s
      band: {{torque: 20 Nm, speed: 60 rpm}}
      checks:
        - every: {stretch} s
          reference_point:
            speed: 4000 rpm
            torque: 150 Nm
            settle: {{torque: 2 Nm, speed: 5 rpm, temperature: 5 K, window: 5 s, timeout: 300 s}}
            measure: {{revolutions: 10, updates: 10, at_least: 1 s}}
            near: 200 K
            tolerated: 20 pp
            repeatability: 1 pp
            baseline: 10
"""


class _Size(NamedTuple):
    """So many stretches of so many seconds of virtual time; the first and the last of them are held against each other,
    without the very first: it soaks and compiles."""

    stretches: int
    seconds: int
    mean_of: int


_SIZES = (_Size(400, 3600, _MEAN_OF), _Size(6, 60, 2))


@dataclass(slots=True)
class _Meter:
    """Watches a run: processor time and memory at the end of each stretch."""

    seconds: int
    folder: Path | None = None
    spent_s: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)

    def began(self, folder: Path) -> None:
        """The run has a folder."""
        self.folder = folder

    def look(self, made: Virtual) -> bool:
        """Called often."""
        if made.bench.scheduler.t_ns >= len(self.spent_s) * self.seconds * NS_PER_S:
            gc.collect()
            self.spent_s.append(time.process_time())
            self.memory_mb.append(int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6)
            self._tidy()
        return False

    def _tidy(self) -> None:
        assert self.folder is not None
        for name in sample_names([path.name for path in self.folder.iterdir()])[:-1]:
            (self.folder / name).unlink()

    def figures(self, mean_of: int) -> Figures:
        """Of the first stretches (but one) and of the last."""
        each_s = [b - a for a, b in zip(self.spent_s, self.spent_s[1:], strict=False)]
        first, last = slice(1, 1 + mean_of), slice(-mean_of, None)
        return {
            "stretches": len(each_s),
            "first_s": sum(each_s[first]) / mean_of,
            "last_s": sum(each_s[last]) / mean_of,
            "first_mb": sum(self.memory_mb[1:][first]) / mean_of,
            "last_mb": sum(self.memory_mb[1:][last]) / mean_of,
        }


def run(case: int) -> Figures:
    """One run."""
    size = _SIZES[case]
    meter, begin_s = _Meter(size.seconds), time.monotonic()
    with tempfile.TemporaryDirectory() as parent:
        plan = Path(parent) / "long.yaml"
        plan.write_text(_PLAN.format(seconds=size.stretches * size.seconds, stretch=size.seconds), encoding="utf-8")
        blueprint = draw(load_inputs(str(plan), None, None))
        labels = Labels("virtual", 1, VIRTUAL_EPOCH_S)
        result = run_virtual(blueprint, Path(parent), labels, watch=meter.look, began=meter.began)
    passed = result.error is None and result.verdict is not None and result.verdict.verdict == "passed"
    hours = {"virtual_h": result.virtual_s / 3600.0, "wall_h": (time.monotonic() - begin_s) / 3600.0}
    return {**meter.figures(size.mean_of), **hours, "not_passed": not passed}


def judge(sums: Figures) -> Sequence[PerfRow]:
    """Flat within 5 %."""
    if not sums:
        return []
    time_ratio, memory_ratio = sums["last_s"] / sums["first_s"], sums["last_mb"] / sums["first_mb"]
    speed = sums["virtual_h"] / sums["wall_h"]
    return [
        PerfRow("virtual time of the run, over wall time", sums["virtual_h"], "h", sums["wall_h"], speed),
        PerfRow("processor time of a stretch at the end, over one at the beginning", sums["last_s"], "s",
                sums["first_s"], time_ratio, _FLAT, at_most=True),
        PerfRow("memory at the end, over that at the beginning", sums["last_mb"], "MB", sums["first_mb"], memory_ratio,
                _FLAT, at_most=True),
        PerfRow("runs that did not pass", float(sums["not_passed"]), "1", goal=0.0, at_most=True),
    ]  # fmt: skip


ENDURANCE = Proof("endurance", "400 hours in one run, flat in time and memory", 1, (SHORT,), run, judge)
