"""Set-points move to their targets at their rates; the image is where links and frames find them."""

import math
from typing import Any

from bench.base.compiled import compiled
from bench.base.quality import GOOD
from bench.base.records import EV_LIMITED
from bench.base.ring import Ring
from bench.core.envelope import allowed
from bench.core.tables import NONE
from bench.core.tell import tell


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
def move(program: Any, state: Any, events: Ring, t_ns: int, elapsed_s: float) -> None:
    """One cycle's worth of every trajectory, into the image."""
    for i in range(program.setpoints.shape[0]):
        setpoint, moving = program.setpoints[i], state.setpoints[i]
        if moving.moving and elapsed_s > 0.0:
            _step(moving, moving.rate * elapsed_s)
        if setpoint.envelope != NONE or setpoint.derate != 1.0:
            _confine(program, state, events, i, t_ns)
        record = state.image[setpoint.channel]
        record.value, record.t_ns, record.arrived_ns, record.quality = moving.value, t_ns, t_ns, GOOD


@compiled
def _step(moving: Any, step: float) -> None:
    distance = moving.target - moving.value
    if abs(distance) <= step:
        moving.value, moving.moving = moving.target, 0
    else:
        moving.value += math.copysign(step, distance)


@compiled
def _confine(program: Any, state: Any, events: Ring, index: int, t_ns: int) -> None:
    """Keep a value inside the envelope at the actual speed and inside its derated range, and say so once.

    It happens when the speed moves under a held torque or a DERATE limit is violated, never at the gate.
    """
    setpoint, moving = program.setpoints[index], state.setpoints[index]
    low, high = setpoint.low, setpoint.high
    if state.core[0].derating:
        low, high = low * setpoint.derate, high * setpoint.derate
    if setpoint.envelope != NONE:
        envelope = program.envelopes[setpoint.envelope]
        actual = state.image[envelope.actual_channel]
        if actual.quality == GOOD and moving.value != 0.0:
            low_here, high_here = allowed(envelope, program.envelope_points, envelope.actual_factor * actual.value)
            low, high = max(low, low_here), min(high, high_here)
    asked = moving.value
    if low <= asked <= high:
        moving.limited = moving.limited and moving.value != moving.target
        return
    moving.value = low if asked < low else high
    moving.moving = 1
    if not moving.limited:
        moving.limited = 1
        tell(events, t_ns, EV_LIMITED, index, asked, moving.value)
