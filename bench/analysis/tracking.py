"""How well a trace was followed: the driving tolerance of the WLTP, and the error's root mean square.

UN GTR 15, annex 6, 2.6.8.3 (unverified): within ±2.0 km/h of the trace's highest and lowest value within ±1.0 s; more
than that for at most 1 s at a time and at most ten times in a cycle.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SPEED_BAND_KMH, TIME_BAND_S = 2.0, 1.0
LONGEST_S, OCCASIONS = 1.0, 10


@dataclass(frozen=True, slots=True)
class Tracking:
    """``rms`` and ``largest`` (with its sign) of measured minus wanted; how long it was outside the band in all, how
    often, and for how long at most."""

    rms: float
    largest: float
    outside_s: float = 0.0
    occasions: int = 0
    longest_s: float = 0.0


def error(t_s: Floats, values: Floats, wanted: Floats, weights_s: Floats) -> Tracking:
    """Against ``wanted`` at 0, 1, 2, ... s, linear between; ``weights_s``: the time that each value stands for."""
    if not len(values):
        return Tracking(math.nan, math.nan)
    off = values - np.interp(t_s, np.arange(len(wanted)), wanted)
    rms = math.sqrt(float(np.average(off * off, weights=weights_s)))
    return Tracking(rms, float(off[np.argmax(np.abs(off))]))


def follow(t_s: Floats, speed_kmh: Floats, wanted_kmh: Floats, weights_s: Floats) -> Tracking:
    """As ``error``, and the driving tolerance."""
    found = error(t_s, speed_kmh, wanted_kmh, weights_s)
    low, high = band(t_s, wanted_kmh)
    outside = (speed_kmh < low) | (speed_kmh > high)
    if not outside.any():
        return found
    edges = np.flatnonzero(np.diff(np.concatenate(([False], outside, [False])).astype(np.int8)))
    until_s = np.concatenate(([0.0], np.cumsum(weights_s)))
    lengths = until_s[edges[1::2]] - until_s[edges[::2]]
    return Tracking(found.rms, found.largest, float(lengths.sum()), len(lengths), float(lengths.max()))


def band(t_s: Floats, wanted_kmh: Floats) -> tuple[Floats, Floats]:
    """(lowest, highest) speed allowed at each of ``t_s``, for a trace at 1 Hz."""
    seconds = np.arange(len(wanted_kmh))
    first = np.ceil(t_s - TIME_BAND_S)
    # between these the trace is linear: its extremes within ±1 s are among them
    places = [t_s - TIME_BAND_S, t_s + TIME_BAND_S, *(np.minimum(first + i, t_s + TIME_BAND_S) for i in range(3))]
    near = np.array([np.interp(place, seconds, wanted_kmh) for place in places])
    return near.min(axis=0) - SPEED_BAND_KMH, near.max(axis=0) + SPEED_BAND_KMH
