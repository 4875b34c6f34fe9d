"""How an emulated analyzer is connected to the plant: the physical truth, which a wrong set-up does not change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.base.wiring import WIRINGS

Measured = Callable[[], tuple[NDArray[np.float64], int]]
"""The latest latched mean of the plant's outputs, flat in the order of ``OUTPUTS``, and when it was latched."""


@dataclass(frozen=True, slots=True)
class ElementWiring:
    """Inputs that measure one place. The fields are names of ``plant.records.OUTPUTS``.

    With several inputs the power field is the sum of all. An empty voltage field means ``voltage_v``; an empty current
    field means power over voltage. The voltage field is that of a phase; ``wiring`` says what the inputs see of it.
    """

    name: str
    numbers: tuple[int, ...]
    voltage_field: str
    current_field: str
    power_field: str
    ct_ratio: float = 1.0
    ct_polarity: int = 1
    voltage_v: float = 12.0
    frequency_field: str = ""
    wiring: str = ""
    """A name of ``WIRINGS``; without one each input has an equal share of the power, and the voltage of a phase."""

    @property
    def line(self) -> float:
        """The voltage at an input over the voltage field."""
        return WIRINGS[self.wiring].voltage_ratio if self.wiring else 1.0

    def share(self, number: int) -> float:
        """Of the power, at an input."""
        if not self.wiring:
            return 1.0 / len(self.numbers)
        return WIRINGS[self.wiring].shares[self.numbers.index(number)]


@dataclass(frozen=True, slots=True)
class FlangeWiring:
    """A torque flange on a motor input. ``sign`` -1: it is mounted from the other side.

    ``clockwise_hz`` and ``counterclockwise_hz``: what nominal torque of each direction really changes (0: ``span_hz``).
    ``zero_nm``: how far its zero has moved, beyond the errors that are drawn.
    """

    name: str
    number: int
    torque_field: str
    speed_field: str
    nominal_nm: float
    sign: int = 1
    speed_sign: int = 1
    centre_hz: float = 60_000.0
    span_hz: float = 30_000.0
    pulses: int = 1024
    clockwise_hz: float = 0.0
    counterclockwise_hz: float = 0.0
    zero_nm: float = 0.0


@dataclass(frozen=True, slots=True)
class AnalyzerWiring:
    """All of one analyzer."""

    elements: Sequence[ElementWiring]
    flanges: Sequence[FlangeWiring]
    overload: float = 1.4  # of the range: where a value becomes over-range (assumed)
    flange_overload: float = 1.2  # of nominal
