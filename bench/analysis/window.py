"""What a measuring window says: means, scatter, and the residual ripple of an efficiency."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Times = NDArray[np.int64]


def mean_std(values: Floats | Sequence[float]) -> tuple[float, float]:
    """Mean and sample standard deviation (0 for a single value, NaN for none)."""
    if len(values) == 0:
        return math.nan, math.nan
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def common_times(t_ns: Mapping[str, Times], names: Sequence[str]) -> Times:
    """The times that all of ``names`` have; those of each rise."""
    common = np.asarray(t_ns[names[0]], np.int64)
    for name in names[1:]:
        others = np.asarray(t_ns[name], np.int64)
        if not np.array_equal(common, others):
            common = np.intersect1d(common, others, assume_unique=True)
    return common


def aligned(t_ns: Mapping[str, Times], values: Mapping[str, Floats], names: Sequence[str]) -> dict[str, Floats]:
    """The values of ``names`` at those times only that all of them have: one row is one update of the instrument."""
    common = common_times(t_ns, names)
    found = {}
    for name in names:
        times = np.asarray(t_ns[name], np.int64)
        order = np.searchsorted(times, common)
        found[name] = np.asarray(values[name], np.float64)[order]
    return found


def paced(t_ns: Times, values: Floats, at_ns: Times) -> Floats:
    """Means of a faster series over the updates of a slower one, whose middles are ``at_ns``; NaN where none falls in.

    The length of an update is the least distance of two middles, so that a gap between them enlarges nothing.
    """
    if len(at_ns) < 2:
        return np.full(len(at_ns), math.nan)
    half_ns = int(np.min(np.diff(at_ns))) // 2
    first = np.searchsorted(t_ns, at_ns - half_ns, side="right")
    last = np.searchsorted(t_ns, at_ns + half_ns, side="right")
    total = np.concatenate(([0.0], np.cumsum(values)))
    with np.errstate(invalid="ignore"):
        means: Floats = (total[last] - total[first]) / (last - first)
    return means


def ripple(numerator: Floats, denominator: Floats) -> tuple[float, float]:
    """Residual ripple of a ratio of means: (standard deviation of one update, standard uncertainty of the mean).

    Linearised about the ratio of means (Taylor, not the mean of ratios): r_i = (n_i - eta d_i) / mean(d). Successive
    updates of a drifting or filtered signal are not independent: their lag-one correlation, where positive, enlarges
    the uncertainty of the mean by sqrt((1 + rho)/(1 - rho)).
    """
    count = len(numerator)
    if count < 3:
        return math.nan, math.nan
    mean_d = float(np.mean(denominator))
    rest = (numerator - float(np.mean(numerator)) / mean_d * denominator) / mean_d
    spread = float(np.std(rest, ddof=1))
    if spread == 0.0:
        return 0.0, 0.0
    rho = float(np.mean(rest[1:] * rest[:-1]) / np.mean(rest * rest))
    # The estimate itself scatters by 1/sqrt(count): only what exceeds that is believed.
    rho = max(0.0, min(0.9, rho - 1.0 / math.sqrt(count)))
    return spread, spread * math.sqrt((1.0 + rho) / (1.0 - rho) / count)
