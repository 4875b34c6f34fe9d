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
def judge_setpoint(program: Any, state: Any, index: int, target: float, rate: float) -> int:
    """0, or the reason why set-point ``index`` may not go to ``target``."""
    core = state.core[0]
    if index >= program.setpoints.shape[0]:
        return REFUSED_UNKNOWN
    setpoint = program.setpoints[index]
    if core.stop_class != NO_STOP:
        return REFUSED_STOPPING
    if not (core.armed or setpoint.always):
        return REFUSED_NOT_ARMED
    if not math.isfinite(target) or math.isnan(rate):
        return REFUSED_NOT_FINITE
    if not (setpoint.low <= target <= setpoint.high):
        return REFUSED_RANGE
    if setpoint.envelope != NONE and target != 0.0:
        return _judge_torque(program, state, setpoint.envelope, target)
    if setpoint.speed_of != NONE:
        return _judge_speed(program, state, setpoint, target)
    return PASSED


@compiled
def _judge_torque(program: Any, state: Any, index: int, torque_nm: float) -> int:
    """At the actual speed and at every commanded one."""
    envelope = program.envelopes[index]
    actual = state.image[envelope.actual_channel]
    if actual.quality != GOOD:
        return REFUSED_SPEED_UNKNOWN
    low, high = allowed(envelope, program.envelope_points, envelope.actual_factor * actual.value)
    if not (low <= torque_nm <= high):
        return REFUSED_ENVELOPE
    for i in range(program.setpoints.shape[0]):
        setpoint = program.setpoints[i]
        if setpoint.speed_of == index:
            speed_rpm = setpoint.speed_factor * state.setpoints[i].target
            low, high = allowed(envelope, program.envelope_points, speed_rpm)
            if not (low <= torque_nm <= high):
                return REFUSED_ENVELOPE
    return PASSED


@compiled
def _judge_speed(program: Any, state: Any, setpoint: Any, speed: float) -> int:
    """The torque now commanded must be allowed at the new speed."""
    envelope = program.envelopes[setpoint.speed_of]
    torque_nm = state.setpoints[envelope.torque_setpoint].target
    low, high = allowed(envelope, program.envelope_points, setpoint.speed_factor * speed)
    return PASSED if low <= torque_nm <= high else REFUSED_ENVELOPE
