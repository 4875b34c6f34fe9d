"""Drift of the reference point over a run, in percentage points of efficiency."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drift:
    """``now_pp``: last minus first reference; ``largest_pp``: the largest distance of any reference from the first."""

    now_pp: float
    largest_pp: float
    within: bool


def drift(efficiencies: Sequence[float], limit_pp: float) -> Drift:
    """Judge the references so far (0..1 each) against ``limit_pp``. No or one reference has no drift."""
    if len(efficiencies) < 2:
        return Drift(0.0, 0.0, True)
    distances = [100.0 * (efficiency - efficiencies[0]) for efficiency in efficiencies]
    largest = max(distances, key=abs)
    return Drift(distances[-1], largest, abs(largest) <= limit_pp)
