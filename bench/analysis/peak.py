"""What repeated runs at full torque say: the highest mean over some seconds, and how alike the runs are."""

import math
from collections.abc import Sequence

import numpy as np

from bench.analysis.window import Floats


def highest_mean(values: Floats, count: int) -> float:
    """The highest mean of ``count`` values in a row; NaN with fewer."""
    if count < 1 or len(values) < count:
        return math.nan
    total = np.concatenate(([0.0], np.cumsum(values)))
    return float(np.max(total[count:] - total[:-count])) / count


def spread(values: Sequence[float]) -> float:
    """The largest distance of a value from the mean of all, as a share of the mean; NaN where there is none."""
    mean = float(np.mean(values)) if len(values) else math.nan
    if not math.isfinite(mean) or mean == 0.0:
        return math.nan
    return float(np.max(np.abs(np.asarray(values) / mean - 1.0)))
