"""How late values are stamped, from ramps: two channels of the same quantity, of which one tells its time truly."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bench.analysis.window import Floats, Times

SEARCH_S = 0.25
"""A lag is looked for up to so much, both ways."""
_STEP_S = 0.001
_LEAST = 10
_CLEAR = 4.0


class Ramp(NamedTuple):
    """One ramp: times in ns and values of the channel that tells its time truly, and of the one that is judged."""

    true_ns: Times
    true: Floats
    judged_ns: Times
    judged: Floats


def lag_s(ramps: Sequence[Ramp], interval_s: float) -> float:
    """How much older the judged values are than their times say, seconds; NaN where that cannot be seen.

    Judged values are means over ``interval_s`` around their times, so they are compared with such means of the true
    channel, whatever the shape of the ramp: the lag is the one with the least scatter of the differences (least
    squares; a parabola through the three best). An offset between the channels falls out on ramps of both directions.
    """
    lags_s = np.arange(-SEARCH_S, SEARCH_S + _STEP_S / 2, _STEP_S)
    rows = [_differences(ramp, interval_s, lags_s) for ramp in ramps]
    if not rows or min(row.shape[1] for row in rows) < _LEAST:
        return math.nan
    scatter = np.var(np.concatenate(rows, axis=1), axis=1)
    best = int(np.argmin(scatter))
    if best in (0, len(lags_s) - 1) or min(scatter[0], scatter[-1]) < _CLEAR * scatter[best] + 1e-12:
        return math.nan
    before, here, after = scatter[best - 1 : best + 2]
    bend = before - 2.0 * here + after
    return float(lags_s[best] + (0.5 * _STEP_S * (before - after) / bend if bend > 0.0 else 0.0))


def _differences(ramp: Ramp, interval_s: float, lags_s: Floats) -> Floats:
    """judged - true, a row for each lag, a column for each value that can be compared at every lag."""
    if len(ramp.true_ns) < 2:
        return np.zeros((len(lags_s), 0))
    start_ns = int(ramp.true_ns[0])
    true_s, at_s = (ramp.true_ns - start_ns) * 1e-9, (ramp.judged_ns - start_ns) * 1e-9
    margin_s = SEARCH_S + interval_s / 2.0
    inside = (at_s >= margin_s) & (at_s <= true_s[-1] - margin_s)
    steps = np.diff(true_s) * (ramp.true[1:] + ramp.true[:-1]) / 2.0
    summed = np.concatenate([[0.0], np.cumsum(steps)])
    middle_s = at_s[inside] - lags_s[:, np.newaxis]
    above, below = (np.interp(middle_s + half, true_s, summed) for half in (interval_s / 2.0, -interval_s / 2.0))
    return np.asarray(ramp.judged[inside] - (above - below) / interval_s, np.float64)
