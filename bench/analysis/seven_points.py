"""Losses at seven points of speed and torque, and between them.

The points are those of IEC 60034-2-3 (converter-fed machines; from general knowledge, unverified). Its formula was not
at hand; assumed is a loss of seven terms, in shares n and T of rated speed and torque, that the seven points determine:
P = c1 + c2 n + c3 n² + c4 T + c5 T² + c6 n T² + c7 n² T²: friction and iron over the speed, copper and converter over
the torque, and what of the copper loss grows with the frequency.
"""

from collections.abc import Sequence

import numpy as np

SEVEN = ((0.9, 1.0), (0.5, 1.0), (0.25, 1.0), (0.9, 0.5), (0.5, 0.5), (0.5, 0.25), (0.25, 0.25))
"""Shares of rated speed and torque, from high to low load."""


def _terms(speed: float, torque: float) -> list[float]:
    n, t = speed, torque
    return [1.0, n, n * n, t, t * t, n * t * t, n * n * t * t]


def coefficients(losses_w: Sequence[float]) -> tuple[float, ...]:
    """c1 to c7 in W, from the losses at ``SEVEN``, in its order."""
    found = np.linalg.solve(np.array([_terms(*point) for point in SEVEN]), np.asarray(losses_w, float))
    return tuple(float(value) for value in found)


def loss_w(found: Sequence[float], speed: float, torque: float) -> float:
    """The loss at shares of rated speed and torque, W."""
    return float(np.dot(found, _terms(speed, torque)))
