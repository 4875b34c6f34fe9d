"""One measuring window: long enough in output revolutions and in synchronised instrument updates."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.base.time import ns
from bench.schedule.requests import Measure, Operation, Window
from bench.sequence.channels import PACE, analyzer_channels, measured_channels
from bench.sequence.context import Context

_EXTRA_S = 5.0
_TRIES = 2
SHORT_TIME_MAX_S = 10.0
"""A point above the continuous torque is measured 3 to 10 s."""


@dataclass(frozen=True, slots=True)
class WindowSpec:
    """At least so many output revolutions, synchronised updates and seconds."""

    revolutions: float
    updates: int
    at_least_s: float


def duration_s(context: Context, speed_rpm: float, spec: WindowSpec) -> float:
    """Length of the window at a motor speed: the output shaft's revolutions decide at low speed."""
    output_rpm = abs(context.flange_speed_rpm(speed_rpm))
    turning_s = spec.revolutions * 60.0 / output_rpm if output_rpm > 0.0 else 0.0
    return max(spec.at_least_s, turning_s)


def measure(context: Context, seconds: float, updates: int) -> Operation[Window]:
    """One window of everything a point keeps; repeated once if the analyzer skipped or lost values."""
    channels = measured_channels(context)
    for _ in range(_TRIES):
        window: Window = yield Measure(channels, ns(seconds), updates, PACE, ns(seconds + _EXTRA_S))
        if not faults(window, analyzer_channels(context), updates):
            break
    return window


def faults(window: Window, channels: Sequence[str], updates: int) -> list[str]:
    """Why the window must not be used: updates that are missing or were not good."""
    found = []
    for channel in channels:
        count, bad = len(window.values.get(channel, ())), window.bad.get(channel, 0)
        if bad:
            found.append(f"{channel} had {bad} values that were not good")
        if count < updates:
            found.append(f"{channel} had {count} of {updates} updates")
    return found
