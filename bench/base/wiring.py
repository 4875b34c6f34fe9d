"""How a source or a machine is connected to the inputs of a power analyzer."""

import math
from collections.abc import Mapping
from typing import NamedTuple


class Wiring(NamedTuple):
    """``shares``: of the power, at each input; ``summed``: that many inputs, the first ones, have the whole power.

    ``line``: the inputs see the voltages between lines. Two wattmeters (3P3W, 3V3A) divide the power by its factor; the
    shares are those of 0.87, lagging. What the third one of 3V3A measures is not part of the sum.
    """

    shares: tuple[float, ...]
    summed: int
    line: bool = False

    @property
    def inputs(self) -> int:
        """How many it takes."""
        return len(self.shares)

    @property
    def voltage_ratio(self) -> float:
        """The voltage at an input over the phase voltage."""
        return math.sqrt(3.0) if self.line else 1.0


_THIRD = 1.0 / 3.0

WIRINGS: Mapping[str, Wiring] = {
    "1P2W": Wiring((1.0,), 1),
    "1P3W": Wiring((0.5, 0.5), 2),
    "3P3W": Wiring((2.0 * _THIRD, _THIRD), 2, line=True),
    "3V3A": Wiring((2.0 * _THIRD, _THIRD, _THIRD), 2, line=True),
    "3P4W": Wiring((_THIRD, _THIRD, _THIRD), 3),
}
"""By the makers' common names; sums after IM WT3001E-51EN p.7-44 and PW8001 instruction manual p.214."""
