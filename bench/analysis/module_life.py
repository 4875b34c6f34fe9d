"""How many temperature cycles a power module endures: LESIT and CIPS08.

Both are fits to power cycling tests of certain modules: outside of what was tested they say little, and the damage
found there is kept apart. The coefficients are examples of the literature; those of a part come from its manufacturer.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bench.analysis.rainflow import Cycles, Floats

BOLTZMANN_J_K = 1.38e-23
"""As the coefficients were published with; its later digits would change a life by 1 %."""
KELVIN = 273.15
Flags = NDArray[np.bool_]


class LifeModel(Protocol):
    """Cycles endured, and where the model was tested. Temperatures in degC, swings in K, heating times in s."""

    def endured(self, swing_k: Floats, mean_degc: Floats, heating_s: Floats) -> Floats:
        """How many cycles of each kind."""

    def tested(self, swing_k: Floats, mean_degc: Floats, heating_s: Floats) -> Flags:
        """Whether each kind lies where the model was fitted."""


@dataclass(frozen=True, slots=True)
class Lesit:
    """N = A dT^alpha exp(Q/(k T_m)), T_m the mean junction temperature in K.

    M. Held et al., "Fast power cycling test of IGBT modules in traction application", PEDS 1997,
    doi:10.1109/PEDS.1997.618742. Coefficients and range as commonly quoted (unverified).
    """

    a: float = 3.025e5
    alpha: float = -5.039
    activation_j: float = 9.891e-20
    swings_k: tuple[float, float] = (30.0, 80.0)
    means_degc: tuple[float, float] = (60.0, 100.0)

    def endured(self, swing_k: Floats, mean_degc: Floats, heating_s: Floats) -> Floats:
        """How many cycles; the heating time does not count in this model."""
        found: Floats = (
            self.a * swing_k**self.alpha * np.exp(self.activation_j / (BOLTZMANN_J_K * (mean_degc + KELVIN)))
        )
        return found

    def tested(self, swing_k: Floats, mean_degc: Floats, heating_s: Floats) -> Flags:
        """Swings of 30 to 80 K about means of 60 to 100 degC."""
        return _inside(swing_k, self.swings_k) & _inside(mean_degc, self.means_degc)


@dataclass(frozen=True, slots=True)
class Cips08:
    """N = K dT^b1 exp(b2/T_max) t_on^b3 I^b4 V^b5 D^b6: T_max in K, heating time in s, A per bond foot, V/100, um.

    R. Bayerer et al., "Model for power cycling lifetime of IGBT modules - various factors influencing lifetime", CIPS
    2008 (no DOI). Coefficients and ranges as commonly quoted (unverified); sources differ on whether the highest or
    the lowest temperature of the cycle stands in the exponent: the highest gives the shorter life. ``current_a``,
    ``voltage_v`` and ``bond_um`` are those of the module; the defaults are assumed.
    """

    current_a: float = 10.0
    voltage_v: float = 1200.0
    bond_um: float = 300.0
    k: float = 9.34e14
    b: tuple[float, float, float, float, float, float] = (-4.416, 1285.0, -0.463, -0.716, -0.761, -0.5)
    swings_k: tuple[float, float] = (45.0, 150.0)
    lowest_degc: tuple[float, float] = (20.0, 120.0)
    heating_s: tuple[float, float] = (1.0, 15.0)

    def endured(self, swing_k: Floats, mean_degc: Floats, heating_s: Floats) -> Floats:
        """How many cycles."""
        b1, b2, b3, b4, b5, b6 = self.b
        highest_k = mean_degc + 0.5 * swing_k + KELVIN
        part = self.k * self.current_a**b4 * (self.voltage_v / 100.0) ** b5 * self.bond_um**b6
        found: Floats = part * swing_k**b1 * np.exp(b2 / highest_k) * heating_s**b3
        return found

    def tested(self, swing_k: Floats, mean_degc: Floats, heating_s: Floats) -> Flags:
        """Swings of 45 to 150 K from 20 to 120 degC, heated for 1 to 15 s; the module inside 3 to 23 A, 600 to 3300 V,
        75 to 500 um."""
        module = 3.0 <= self.current_a <= 23.0 and 600.0 <= self.voltage_v <= 3300.0 and 75.0 <= self.bond_um <= 500.0
        cycles = _inside(swing_k, self.swings_k) & _inside(heating_s, self.heating_s)
        return cycles & _inside(mean_degc - 0.5 * swing_k, self.lowest_degc) & module


@dataclass(frozen=True, slots=True)
class ModuleDamage:
    """Shares of the life, and how many cycles they come from; ``outside``: by cycles for which the model was not
    tested. Small swings are among them as a rule: what they do is little, and told."""

    inside: float = 0.0
    outside: float = 0.0
    cycles_inside: float = 0.0
    cycles_outside: float = 0.0

    def __add__(self, other: "ModuleDamage") -> "ModuleDamage":
        return ModuleDamage(
            self.inside + other.inside,
            self.outside + other.outside,
            self.cycles_inside + other.cycles_inside,
            self.cycles_outside + other.cycles_outside,
        )


def module_damage(model: LifeModel, cycles: Cycles) -> ModuleDamage:
    """Of junction temperature cycles (degC, where in s). Heated for as long as its turning points lie apart."""
    moved = cycles.ranges > 0.0
    swing, mean, counts = cycles.ranges[moved], cycles.means[moved], cycles.counts[moved]
    heating = np.abs(cycles.ends - cycles.begins)[moved]
    tested = model.tested(swing, mean, heating)
    with np.errstate(divide="ignore"):
        used = counts / model.endured(swing, mean, heating)
    return ModuleDamage(
        math.fsum(used[tested].tolist()),
        math.fsum(used[~tested].tolist()),
        math.fsum(counts[tested].tolist()),
        math.fsum(counts[~tested].tolist()),
    )


def _inside(values: Floats, span: tuple[float, float]) -> Flags:
    found: Flags = (span[0] <= values) & (values <= span[1])
    return found
