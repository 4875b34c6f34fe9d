"""The gate: every set-point passes here, whoever asks. What does not fit is refused with a reason, never clipped."""

import math
from typing import Any

from bench.base.compiled import compiled
from bench.base.quality import GOOD
from bench.core.envelope import allowed
from bench.core.tables import (
    NO_STOP,
    NONE,
    REFUSED_ENVELOPE,
    REFUSED_NOT_ARMED,
    REFUSED_NOT_FINITE,
    REFUSED_RANGE,
    REFUSED_SPEED_UNKNOWN,
    REFUSED_STOPPING,
    REFUSED_UNKNOWN,
)

PASSED = 0


@compiled
def judge_setpoint(
    setpoints: Any,
    states: Any,
    envelopes: Any,
    points: Any,
    image: Any,
    core: Any,
    index: int,
    target: float,
    rate: float,
) -> int:
    """0, or the reason why set-point ``index`` may not go to ``target``."""
    if index >= setpoints.shape[0]:
        return REFUSED_UNKNOWN
    setpoint = setpoints[index]
    if core.stop_class != NO_STOP:
        return REFUSED_STOPPING
    if not (core.armed or setpoint.always):
        return REFUSED_NOT_ARMED
    if not math.isfinite(target) or math.isnan(rate):
        return REFUSED_NOT_FINITE
    if not (setpoint.low <= target <= setpoint.high):
        return REFUSED_RANGE
    if setpoint.envelope != NONE and target != 0.0:
        return _judge_torque(setpoints, states, envelopes, points, image, int(setpoint.envelope), target)
    if setpoint.speed_of != NONE:
        return _judge_speed(states, envelopes[setpoint.speed_of], points, setpoint.speed_factor * target)
    return PASSED


@compiled
def _judge_torque(
    setpoints: Any, states: Any, envelopes: Any, points: Any, image: Any, index: int, torque_nm: float
) -> int:
    """At the actual speed and at every commanded one."""
    envelope = envelopes[index]
    actual = image[envelope.actual_channel]
    if actual.quality != GOOD:
        return REFUSED_SPEED_UNKNOWN
    low, high = allowed(envelope, points, envelope.actual_factor * actual.value)
    if not (low <= torque_nm <= high):
        return REFUSED_ENVELOPE
    for i in range(setpoints.shape[0]):
        setpoint = setpoints[i]
        if setpoint.speed_of == index:
            low, high = allowed(envelope, points, setpoint.speed_factor * states[i].target)
            if not (low <= torque_nm <= high):
                return REFUSED_ENVELOPE
    return PASSED


@compiled
def _judge_speed(states: Any, envelope: Any, points: Any, speed_rpm: float) -> int:
    """The torque now commanded must be allowed at the new speed."""
    torque_nm = states[envelope.torque_setpoint].target
    low, high = allowed(envelope, points, speed_rpm)
    return PASSED if low <= torque_nm <= high else REFUSED_ENVELOPE
