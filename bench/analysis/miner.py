"""Damage as a sum of used-up shares (Palmgren-Miner: M. A. Miner, J. Appl. Mech. 12 (1945) A159-A164,
doi:10.1115/1.4009458), with a Woehler curve of straight lines in double logarithmic coordinates.

The mean of a cycle is not judged: torque in a transmission swings about zero or from zero, and its curve is one for
the ratio that was tested.
"""

import math
from dataclasses import dataclass

import numpy as np

from bench.analysis.rainflow import Cycles, Floats


@dataclass(frozen=True, slots=True)
class SnCurve:
    """``knee_cycles`` cycles of the range ``knee_range`` are endured; N = knee_cycles (knee_range/range)^slope.

    ``below``: the slope for smaller ranges. ``None``: 2 slope - 1 (E. Haibach, LBF TM 50/70, 1970; FKM guideline);
    ``math.inf``: they do no harm (Miner's own rule). ``basis``: ``measured``, or ``assumed`` as long as nobody has.
    """

    knee_range: float
    knee_cycles: float
    slope: float
    below: float | None = None
    basis: str = "assumed"

    def endured(self, ranges: Floats) -> Floats:
        """How many cycles of each range are endured; infinite for what does no harm."""
        below = 2.0 * self.slope - 1.0 if self.below is None else self.below
        with np.errstate(over="ignore", divide="ignore"):  # infinite is an answer
            shares = self.knee_range / ranges
            found: Floats = self.knee_cycles * shares ** np.where(shares <= 1.0, self.slope, below)
        return found

    def damage(self, cycles: Cycles) -> float:
        """The share of the life that ``cycles`` use up; 1 is the end of it."""
        return math.fsum((cycles.counts / self.endured(cycles.ranges)).tolist())
