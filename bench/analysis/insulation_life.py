"""Thermal ageing of a winding's insulation: Arrhenius, or the rule of so many kelvin for half of the life.

IEC 60216-1 defines the temperature index (the temperature at which 20 000 h are endured) and the halving interval; IEC
60034-18-31 applies both to windings. Half the life for each 10 K: V. M. Montsinger, Trans. AIEE 49 (1930) 776-790,
doi:10.1109/T-AIEE.1930.5055572.
"""

import math
from dataclasses import dataclass

import numpy as np

from bench.analysis.rainflow import Floats

BOLTZMANN_EV_K = 8.617333262e-5
KELVIN = 273.15


@dataclass(frozen=True, slots=True)
class Insulation:
    """``life_h`` at ``index_degc``. With ``activation_ev`` after Arrhenius, else half the life for each ``halving_k``.

    The defaults are those of thermal class 180 (H) by definition of the class, and assumed for any unit.
    """

    index_degc: float = 180.0
    life_h: float = 20000.0
    halving_k: float = 10.0
    activation_ev: float | None = None

    def acceleration(self, degc: Floats) -> Floats:
        """How much faster than at the index it ages at each temperature."""
        if self.activation_ev is None:
            exponents = math.log(2.0) * (degc - self.index_degc) / self.halving_k
        else:
            inverse = 1.0 / (self.index_degc + KELVIN) - 1.0 / (degc + KELVIN)
            exponents = self.activation_ev / BOLTZMANN_EV_K * inverse
        found: Floats = np.exp(exponents)
        return found

    def damage(self, degc: Floats, seconds: Floats) -> float:
        """The share of the life that so many seconds at each temperature use up."""
        return math.fsum((self.acceleration(degc) * seconds).tolist()) / (3600.0 * self.life_h)


def activation_of(halving_k: float, at_degc: float) -> float:
    """The activation energy (eV) that has the same halving interval around a temperature."""
    at_k = at_degc + KELVIN
    return BOLTZMANN_EV_K * math.log(2.0) / halving_k * at_k * (at_k + halving_k)
