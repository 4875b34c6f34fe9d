"""The K factor of a torque flange by direction.

An analyzer scales a motor input by one line through two points, so that one sensitivity holds for both directions. A
certificate has two. The analyzer is set to the nominal span, and what it shows is corrected here, torque and the power
that it has made of it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from drivers.power_analyzers.settings import MotorInput


class KFactors:
    """The corrections of all flanges that have some."""

    def __init__(self, rows: Sequence[tuple[int, int, int, float, float]]) -> None:
        self._rows = tuple(rows)

    @classmethod
    def of(cls, motors: Sequence[MotorInput], channels: Sequence[str]) -> "KFactors | None":
        """Those of ``motors``, ``channels`` telling where each value stands; ``None`` where there is nothing to do."""
        place = {name: i for i, name in enumerate(channels)}
        rows = [
            (place[f"{m.name}.torque"], place[f"{m.name}.power"], m.torque_sign, m.span_hz / one, m.span_hz / other)
            for m in motors
            if (one := m.clockwise_hz) and (other := m.counterclockwise_hz)
        ]
        return cls(rows) if rows else None

    def correct(self, values: NDArray[np.float64]) -> None:
        """Correct ``values`` in place; what is not a number stays so."""
        for torque, power, sign, clockwise, counterclockwise in self._rows:
            factor = clockwise if values[torque] * sign >= 0.0 else counterclockwise
            values[torque] *= factor
            values[power] *= factor
