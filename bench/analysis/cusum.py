"""Drift of a repeated measurement: a two-sided cumulative sum (E. S. Page, Biometrika 41 (1954) 100-115,
doi:10.1093/biomet/41.1-2.100).

The first checks are the baseline: their mean is what all others are held against, and their scatter is the
repeatability of the bench. The baseline itself is uncertain, and that decides how narrow the chart may be: for each
length of it there is one chart with less than one false alarm in 1000 checks (the mean over all baselines, begun anew
after each alarm). How surely a shift of two repeatabilities is then found within five checks was simulated
(``tests/analysis/test_cusum.py`` does it again): 65 % with 10, 75 % with 20, 81 % with 40 checks of baseline.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from bench.analysis.window import mean_std


class Chart(NamedTuple):
    """For a baseline of so many checks: allowance ``k`` and limit ``h``, both in repeatabilities."""

    baseline: int
    k: float
    h: float


CHARTS = (Chart(10, 1.2, 3.35), Chart(20, 1.05, 3.45), Chart(40, 1.0, 3.3))
BASELINE_MIN = CHARTS[0].baseline
_SIGMAS = 2.6
"""A sample's scatter that is beyond this many of its own standard errors does not come from the repeatability that was
expected (one-sided, about 0.5 %)."""


def chart_for(baseline: int) -> Chart:
    """The chart of the longest baseline that is not longer. ``ValueError`` below ``BASELINE_MIN``."""
    fitting = [chart for chart in CHARTS if chart.baseline <= baseline]
    if not fitting:
        raise ValueError(f"a baseline takes {BASELINE_MIN} checks at least, not {baseline}")
    return fitting[-1]


class Verdict(NamedTuple):
    """After a check: distance from the baseline's mean, the two sums in repeatabilities, and the number (from 1, the
    baseline included) of the check at which drift was found, 0 if never. ``shift_pp``: by how much, estimated over the
    checks since the sum began to rise."""

    apart_pp: float
    up: float
    down: float
    found_at: int
    shift_pp: float


@dataclass(slots=True)
class Cusum:
    """Checks of an efficiency (0..1) in order. ``repeatability_pp``: expected standard deviation of one check."""

    baseline: int
    repeatability_pp: float
    values: list[float] = field(default_factory=list)
    _up: float = 0.0
    _down: float = 0.0
    _up_from: int = 0
    _down_from: int = 0
    _found_at: int = 0
    _shift_pp: float = 0.0

    def __post_init__(self) -> None:
        chart_for(self.baseline)

    def take(self, efficiencies: Iterable[float]) -> Verdict:
        """The next checks; how it looks after the last of them."""
        for efficiency in efficiencies:
            self.values.append(efficiency)
            if len(self.values) > self.baseline:
                self._judge(self._apart_pp())
        return Verdict(self._apart_pp(), self._up, self._down, self._found_at, self._shift_pp)

    @property
    def ready(self) -> bool:
        """Whether the baseline is there."""
        return len(self.values) >= self.baseline

    @property
    def reference(self) -> float:
        """The mean of the baseline, as far as it has come (0..1)."""
        return mean_std(self.values[: self.baseline])[0]

    @property
    def measured_pp(self) -> float:
        """The repeatability that the baseline shows, percentage points."""
        return 100.0 * mean_std(self.values[: self.baseline])[1]

    @property
    def scattered(self) -> bool:
        """Whether the baseline scatters more than the expected repeatability explains: then the chart is worth nothing.

        s^2 (n - 1)/sigma^2 is chi-square distributed; its cube root about normally (Wilson and Hilferty 1931).
        """
        free = self.baseline - 1
        if not self.ready:
            return False
        share = (self.measured_pp / self.repeatability_pp) ** 2
        step = 2.0 / (9.0 * free)
        return bool(share ** (1.0 / 3.0) > 1.0 - step + _SIGMAS * math.sqrt(step))

    def _apart_pp(self) -> float:
        return 100.0 * (self.values[-1] - self.reference) if self.values else 0.0

    def _judge(self, apart_pp: float) -> None:
        chart, z = chart_for(self.baseline), apart_pp / self.repeatability_pp
        number = len(self.values)
        self._up_from = self._up_from if self._up > 0.0 else number
        self._down_from = self._down_from if self._down > 0.0 else number
        self._up = max(0.0, self._up + z - chart.k)
        self._down = max(0.0, self._down - z - chart.k)
        if self._found_at == 0 and max(self._up, self._down) > chart.h:
            self._found_at = number
        if self._found_at:
            since = self._up_from if self._up >= self._down else self._down_from
            self._shift_pp = 100.0 * (mean_std(self.values[since - 1 :])[0] - self.reference)
