"""Sign-aware efficiency in four quadrants.

Convention: electrical power is positive into the unit, mechanical power positive out of it, so that
loss = electrical - mechanical in every quadrant and is never negative. The efficiency is a ratio of means over one
window, never a mean of ratios; it is ``None`` where it is not defined.
"""

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """Which way the power goes through a component."""

    MOTORING = "motoring"
    REGENERATING = "regenerating"
    BOTH_FEED = "both sides feed the losses"  # small speed or torque: report the loss only
    STANDSTILL = "no power out"  # stall or drag: report the loss only
    IMPOSSIBLE = "power out without power in"  # a sign, the wiring or the time alignment is wrong


@dataclass(frozen=True, slots=True)
class Balance:
    """Power balance of one component: mean powers in W, loss in W, efficiency 0..1 or ``None``."""

    electrical_w: float
    mechanical_w: float
    direction: Direction
    efficiency: float | None

    @property
    def loss_w(self) -> float:
        """What stays in the component, W."""
        return self.electrical_w - self.mechanical_w


def direction(electrical_w: float, mechanical_w: float) -> Direction:
    """Classify one component; near zero the components of a drive unit differ."""
    if mechanical_w == 0.0:
        return Direction.STANDSTILL
    if mechanical_w > 0.0:
        return Direction.MOTORING if electrical_w > 0.0 else Direction.IMPOSSIBLE
    return Direction.REGENERATING if electrical_w < 0.0 else Direction.BOTH_FEED


def balance(electrical_w: float, mechanical_w: float) -> Balance:
    """Balance of a component between its electrical (source) side and its mechanical (load) side.

    For the power electronics the "mechanical" side is the motor's electrical input, for the motor its shaft.
    """
    way = direction(electrical_w, mechanical_w)
    efficiency = None
    if way is Direction.MOTORING:
        efficiency = mechanical_w / electrical_w
    elif way is Direction.REGENERATING:
        efficiency = electrical_w / mechanical_w
    return Balance(electrical_w, mechanical_w, way, efficiency)


def quadrant(speed_rpm: float, torque_nm: float) -> int:
    """1 forward motoring, 2 reverse braking (T > 0, n < 0), 3 reverse motoring, 4 forward braking; 0 on an axis."""
    if speed_rpm == 0.0 or torque_nm == 0.0:
        return 0
    if torque_nm > 0.0:
        return 1 if speed_rpm > 0.0 else 2
    return 3 if speed_rpm < 0.0 else 4


def product(efficiencies: list[float | None]) -> float | None:
    """Efficiency of a chain; only meaningful if all its links point the same way (else losses add, not these)."""
    result = 1.0
    for efficiency in efficiencies:
        if efficiency is None:
            return None
        result *= efficiency
    return result
