"""Energies over a stretch of a run: powers integrated update by update, each direction by itself, with uncertainty.

A power's error is systematic: what its limit may do to the energy grows with the time, and that of two stretches, or of
both directions, is one and the same. So an energy carries the effect of every limit, and sums of energies add them.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.analysis.uncertainty import SQRT3, Budget, contributions

Floats = NDArray[np.float64]
Times = NDArray[np.int64]

WH_PER_J = 1.0 / 3600.0


@dataclass(frozen=True, slots=True)
class Energy:
    """``wh``, and by the name of each limit what it may add to it, Wh."""

    wh: float = 0.0
    effects_wh: Mapping[str, float] = field(default_factory=dict)

    def __add__(self, other: "Energy") -> "Energy":
        names = dict.fromkeys((*self.effects_wh, *other.effects_wh))
        mine, others = self.effects_wh, other.effects_wh
        return Energy(self.wh + other.wh, {name: mine.get(name, 0.0) + others.get(name, 0.0) for name in names})

    def __neg__(self) -> "Energy":
        return Energy(0.0 - self.wh, {name: -effect for name, effect in self.effects_wh.items()})

    def __sub__(self, other: "Energy") -> "Energy":
        return self + -other

    @property
    def u_wh(self) -> float:
        """Expanded uncertainty (k=2): rectangular limits, independent of each other."""
        return 2.0 * math.sqrt(sum((effect / SQRT3) ** 2 for effect in self.effects_wh.values()))


def weights_s(t_ns: Times, start_ns: int, end_ns: int) -> Floats:
    """The time that each value stands for, up to the middles between two values; all together end - start, s."""
    if not len(t_ns):
        return np.zeros(0)
    edges = np.concatenate(([start_ns], (t_ns[1:] + t_ns[:-1]) / 2.0, [end_ns]))
    return np.diff(edges) * 1e-9


def integral(values: Floats, weights: Floats) -> float:
    """Of ``values`` over time. Not by ``@``: how BLAS adds depends on its threads."""
    return float(np.sum(values * weights))


def lost_s(t_ns: Times, start_ns: int, end_ns: int) -> float:
    """The time that is missing between values: in gaps of more than one and a half times the usual distance, s."""
    if len(t_ns) < 2:
        return (end_ns - start_ns) * 1e-9
    gaps = np.diff(np.concatenate(([start_ns], t_ns, [end_ns])))
    usual = float(np.median(gaps))
    return float((gaps[gaps > 1.5 * usual] - usual).sum() * 1e-9)


def energies(
    budget: Budget, powers_w: Mapping[str, Floats], speeds_rpm: Mapping[str, Floats], weights: Floats
) -> tuple[Energy, Energy]:
    """(positive, negative) energy of the sum of ``powers_w``: one array a power, value by value of the same updates.

    ``speeds_rpm``: of each flange among them; ``weights``: see ``weights_s``.
    """
    total = sum(powers_w.values(), np.zeros(len(weights)))
    parts = total >= 0.0, total < 0.0
    positive, negative = (_energy(budget, powers_w, speeds_rpm, np.where(part, weights, 0.0)) for part in parts)
    return positive, negative


def _energy(
    budget: Budget, powers_w: Mapping[str, Floats], speeds_rpm: Mapping[str, Floats], weights: Floats
) -> Energy:
    seconds = float(weights.sum())
    if seconds <= 0.0:
        return Energy()
    means = {name: integral(values, weights) / seconds for name, values in powers_w.items()}
    speeds = {name: integral(values, weights) / seconds for name, values in speeds_rpm.items()}
    hours = seconds * WH_PER_J
    effects = {one.name: sum(one.effect_w.values()) * hours for one in contributions(budget, means, speeds)}
    return Energy(sum(means.values()) * hours, effects)


def total(parts: Iterable[Energy]) -> Energy:
    """The sum of energies; none: zero."""
    found = Energy()
    for part in parts:
        found = found + part
    return found
