"""Set-points move to their targets at their rates; the image is where links and frames find them."""

import math
from typing import Any

from bench.base.compiled import compiled
from bench.base.quality import GOOD
from bench.base.ring import Ring
from bench.core.envelope import allowed
from bench.core.tables import NONE
from bench.core.tell import LIMITED_TOLD, tell


@compiled
def aim(moving: Any, target: float, rate: float) -> None:
    """Give a set-point's state a new target; ``rate`` per second, inf: at once."""
    moving.target, moving.rate = target, rate
    moving.moving = moving.value != target


@compiled
def hold(moving: Any) -> None:
    """Stay where it is."""
    moving.target = moving.value
    moving.moving = 0


@compiled
def move(setpoints: Any, states: Any, image: Any, t_ns: int, elapsed_s: float) -> bool:
    """One cycle's worth of every trajectory, into the image. Answer: whether any set-point was on its way."""
    moved = False
    for i in range(setpoints.shape[0]):
        moving = states[i]
        if moving.moving and elapsed_s > 0.0:
            moved = True
            step, distance = moving.rate * elapsed_s, moving.target - moving.value
            if abs(distance) <= step:
                moving.value, moving.moving = moving.target, 0
            else:
                moving.value += math.copysign(step, distance)
        record = image[setpoints[i].channel]
        record.value, record.t_ns, record.arrived_ns, record.quality = moving.value, t_ns, t_ns, GOOD
    return moved


@compiled
def confine(
    setpoints: Any, states: Any, envelopes: Any, points: Any, image: Any, derating: bool, events: Ring, t_ns: int
) -> None:
    """Keep values inside the envelope at the actual speed and inside their derated range, and say so once.

    It acts when the speed moves under a held torque or a DERATE limit is violated; the gate has refused the rest.
    """
    for i in range(setpoints.shape[0]):
        setpoint, moving = setpoints[i], states[i]
        if (setpoint.envelope == NONE and setpoint.derate == 1.0) or moving.value == 0.0:
            continue
        factor = setpoint.derate if derating else 1.0
        low, high = setpoint.low * factor, setpoint.high * factor
        if setpoint.envelope != NONE:
            envelope = envelopes[setpoint.envelope]
            actual = image[envelope.actual_channel]
            if actual.quality == GOOD:
                low_here, high_here = allowed(envelope, points, envelope.actual_factor * actual.value)
                low, high = max(low, low_here), min(high, high_here)
        asked = moving.value
        if low <= asked <= high:
            moving.limited = moving.limited and moving.moving
            continue
        moving.value = image[setpoint.channel].value = low if asked < low else high
        moving.moving = moving.value != moving.target
        if not moving.limited:
            moving.limited = 1
            tell(events, t_ns, LIMITED_TOLD, i, asked, moving.value)
