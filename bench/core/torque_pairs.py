"""Torque at the flanges against the inverter's estimate, on the motor's side (F-16).

A flange tells a mean of what has been, and tells it late; an estimate comes with each frame. So what the flanges tell
is held against all estimates of a window that reaches back as far, from the lowest to the highest. Whether an estimate
knows of the rotor's inertia and of the losses behind it is not known either: the flanges may show what is left when
these take nothing, all that they can, or anything between.
"""

import math
from typing import Any

import numpy as np

from bench.base.compiled import compiled
from bench.base.quality import GOOD
from bench.core.tables import NONE, TORQUE_SPANS

_RAD_S_PER_RPM = math.pi / 30.0
_STILL_RPM = 30.0


@compiled
def compare_torques(pairs: Any, memories: Any, image: Any, t_ns: int) -> None:
    """What is between the two beyond the window, as a share of what may be; anew with each answer of the flanges."""
    for i in range(pairs.shape[0]):
        pair, memory = pairs[i], memories[i]
        estimate, speed, first = image[pair.estimate], image[pair.speed], image[pair.flange_1]
        second = image[pair.flange_1 if pair.flange_2 == NONE else pair.flange_2]
        quality = max(max(estimate.quality, speed.quality), max(first.quality, second.quality))
        target = image[pair.channel]
        if estimate.quality == GOOD and speed.quality == GOOD:
            _remember(pair, memory, estimate.value, speed.value, t_ns)
        arrived_ns = min(first.arrived_ns, second.arrived_ns)
        if quality != GOOD:
            target.quality = quality
        elif arrived_ns != memory.arrived_ns or target.quality != GOOD:
            memory.arrived_ns = arrived_ns
            shown_nm = first.value if pair.flange_2 == NONE else first.value + second.value
            target.value = _apart(pair, memory, shown_nm / pair.ratio, speed.value, t_ns)
            target.quality, target.t_ns, target.arrived_ns = GOOD, first.t_ns, arrived_ns


@compiled
def _remember(pair: Any, memory: Any, torque_nm: float, speed_rpm: float, t_ns: int) -> None:
    """The estimate into the span of now."""
    number = t_ns // pair.span_ns
    place = number % TORQUE_SPANS
    if memory.number[place] != number:
        memory.number[place], memory.since_ns[place], memory.speed_rpm[place] = number, t_ns, speed_rpm
        memory.low_nm[place] = memory.high_nm[place] = torque_nm
    else:
        memory.low_nm[place] = min(memory.low_nm[place], torque_nm)
        memory.high_nm[place] = max(memory.high_nm[place], torque_nm)


@compiled
def _apart(pair: Any, memory: Any, shown_nm: float, speed_rpm: float, t_ns: int) -> float:
    now = t_ns // pair.span_ns
    low, high, oldest = np.inf, -np.inf, now
    for place in range(TORQUE_SPANS):
        if memory.number[place] > now - TORQUE_SPANS:
            low, high = min(low, memory.low_nm[place]), max(high, memory.high_nm[place])
            oldest = min(oldest, memory.number[place])
    allowed = max(pair.band_nm, pair.share * max(abs(low), abs(high)))
    place = oldest % TORQUE_SPANS
    passed_s = max(t_ns - memory.since_ns[place], 1) * 1e-9
    inertia_nm = pair.inertia_kg_m2 * (speed_rpm - memory.speed_rpm[place]) * _RAD_S_PER_RPM / passed_s
    loss_nm = pair.drag_nm + pair.mesh_loss * max(abs(low), abs(high))
    low -= max(inertia_nm, 0.0) + (loss_nm if speed_rpm > -_STILL_RPM else 0.0)
    high += max(-inertia_nm, 0.0) + (loss_nm if speed_rpm < _STILL_RPM else 0.0)
    if low <= shown_nm <= high:
        return 0.0
    return float((shown_nm - high if shown_nm > high else shown_nm - low) / allowed)
