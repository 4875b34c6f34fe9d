"""The driving cycles that come with the bench (``bench/cycles``, with their licences), and traces of a plan's own."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.config.suggest import suggestion

_FOLDER = Path(__file__).resolve().parents[1] / "cycles"

Phases = tuple[tuple[str, int, int], ...]

_PHASES: Mapping[str, Phases] = {
    "wltc_3b": (("low", 0, 589), ("medium", 589, 1022), ("high", 1022, 1477), ("extra_high", 1477, 1800)),
    "ftp_75": (("cold_transient", 0, 505), ("stabilised", 505, 1369), ("hot_transient", 1369, 1874)),
    "us06": (("whole", 0, 600),),
    "hwfet": (("whole", 0, 765),),
    "cadc_urban": (("whole", 0, 993),),
    "cadc_road": (("whole", 0, 1081),),
    "cadc_motorway_130": (("whole", 0, 1067),),
    "cadc_motorway_150": (("whole", 0, 1067),),
}
"""By cycle: name, first and last second of each phase. WLTC: UN GTR 15, annex 1 (unverified); FTP-75: 40 CFR 86,
appendix I (unverified)."""

CYCLES = tuple(_PHASES)
"""Their names."""


@dataclass(frozen=True, slots=True, eq=False)
class DriveCycle:
    """Vehicle speed in km/h at 0, 1, 2, ... s, linear between; ``phases``: (name, first second, last second), without
    gaps. It begins and ends at standstill."""

    name: str
    speed_kmh: NDArray[np.float64]
    phases: Phases

    @property
    def seconds(self) -> int:
        """Its duration."""
        return len(self.speed_kmh) - 1


@cache
def shipped_cycle(name: str) -> DriveCycle:
    """The cycle ``name`` of ``CYCLES``. Raises ``ValueError`` that suggests the nearest name."""
    if name not in _PHASES:
        raise ValueError(f"no driving cycle has the name {name!r}; {suggestion(name, CYCLES)}")
    with (_FOLDER / f"{name}.csv").open(encoding="ascii", newline="") as file:
        speeds = [float(row["speed_kmh"]) for row in csv.DictReader(file)]
    return DriveCycle(name, np.array(speeds), _PHASES[name])


def trace_cycle(points: Sequence[tuple[float, float]]) -> DriveCycle:
    """The cycle through ``points`` (s, km/h), whole seconds that rise from 0 on. Raises ``ValueError`` where they make
    none."""
    times, speeds = zip(*points, strict=True)
    if times[0] != 0.0 or any(t != int(t) for t in times) or any(b <= a for a, b in pairwise(times)):
        raise ValueError("the times of a trace are whole seconds that begin at 0 s and rise; correct them")
    if speeds[0] != 0.0 or speeds[-1] != 0.0 or min(speeds) < 0.0:
        raise ValueError("a trace begins and ends at 0 km/h and goes forward; correct its speeds")
    last = int(times[-1])
    return DriveCycle("trace", np.interp(np.arange(last + 1), times, speeds), (("whole", 0, last),))
