"""Does the truth lie inside the stated uncertainty? Statistics of known errors over points and seeds."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

PP = 100.0
INSIDE_MIN = 0.93
"""At k=2 about 95 % of all values lie inside U; the goal leaves room for the chance of some hundred draws."""
RATIO_MIN, RATIO_MAX = 0.7, 1.05
"""Where the 95th percentile of |error|/U has to lie: lower, and U is inflated; higher, and it is too small."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """One measured efficiency against its truth: which one, ``error`` = measured - true and U(k=2), both absolute."""

    efficiency: str
    error: float
    u: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """What ``count`` deviations of one efficiency say. Errors in pp; ``inside`` 0..1; ``ratio_p95`` of |error|/U."""

    efficiency: str
    count: int
    mean_error_pp: float
    p95_error_pp: float
    inside: float
    ratio_p95: float

    @property
    def true(self) -> bool:
        """Whether the uncertainty holds and is not inflated."""
        return self.inside >= INSIDE_MIN and RATIO_MIN <= self.ratio_p95 <= RATIO_MAX


def coverage(name: str, deviations: Iterable[Deviation]) -> Coverage:
    """Statistics of all ``deviations`` together. Raises ``ValueError`` if there is none."""
    rows = np.array([(one.error, one.u) for one in deviations]).reshape(-1, 2)
    if not len(rows):
        raise ValueError(f"{name}: no point has both an efficiency and a truth")
    error, u = rows[:, 0], rows[:, 1]
    size = np.abs(error)
    return Coverage(
        name,
        len(rows),
        PP * float(np.mean(error)),
        PP * float(np.percentile(size, 95)),
        float(np.mean(size <= u)),
        float(np.percentile(size / u, 95)),
    )


def by_efficiency(deviations: Iterable[Deviation]) -> tuple[Coverage, ...]:
    """One ``Coverage`` for each efficiency that occurs, in order of appearance."""
    groups: dict[str, list[Deviation]] = {}
    for one in deviations:
        groups.setdefault(one.efficiency, []).append(one)
    return tuple(coverage(name, group) for name, group in groups.items())
