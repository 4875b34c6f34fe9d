"""Warm idle: where a suspended bench waits, and its way there and back."""

from typing import NamedTuple

from bench.base.time import ns
from bench.schedule.requests import Condition, Operation, Ramp, Request, Segment, Until

_TORQUE = "dut.torque_cmd"
_SPEED = ".speed_cmd"
_IDLE_RPM = 100.0
"""At the dynos: shafts turn, bearings and oil stay wet, and nothing gets hot. Where they stood still, they stay so."""
_TORQUE_RATE, _SPEED_RATE = 200.0, 100.0
_MARGIN_S = 30.0


class Place(NamedTuple):
    """Set-points in force: torque at the motor in Nm, speeds of the dynos by channel, rpm."""

    torque_nm: float
    speeds_rpm: tuple[tuple[str, float], ...]


class Idling:
    """Knows where the sequence has sent the bench, from what it has asked for."""

    def __init__(self) -> None:
        self._torque_nm = 0.0
        self._speeds_rpm: dict[str, float] = {}

    @property
    def here(self) -> Place:
        """Set-points in force, or on their way."""
        return Place(self._torque_nm, tuple(self._speeds_rpm.items()))

    def note(self, request: Request) -> None:
        """What the sequence asks for."""
        for ramp in request.ramps if isinstance(request, Segment) else (request,):
            if not isinstance(ramp, Ramp):
                continue
            if ramp.channel == _TORQUE:
                self._torque_nm = ramp.target
            elif ramp.channel.endswith(_SPEED):
                self._speeds_rpm[ramp.channel] = ramp.target

    def told(self) -> dict[str, float]:
        """For the journal."""
        return {"torque_nm": self._torque_nm, **{f"{name}_rpm": rpm for name, rpm in self._speeds_rpm.items()}}

    def go_to_idle(self) -> Operation[None]:
        """Torque away, then the shafts slow down."""
        here = self.here
        yield from _move([(_TORQUE, 0.0, _TORQUE_RATE)], abs(here.torque_nm) / _TORQUE_RATE)
        slow = [(name, min(rpm, _IDLE_RPM), _SPEED_RATE) for name, rpm in here.speeds_rpm]
        yield from _move(slow, max((rpm for _, rpm in here.speeds_rpm), default=0.0) / _SPEED_RATE)

    def go(self, there: Place) -> Operation[None]:
        """Back: the shafts first, then the torque."""
        fast = [(name, rpm, _SPEED_RATE) for name, rpm in there.speeds_rpm]
        yield from _move(fast, max((rpm for _, rpm in there.speeds_rpm), default=0.0) / _SPEED_RATE)
        yield from _move([(_TORQUE, there.torque_nm, _TORQUE_RATE)], abs(there.torque_nm) / _TORQUE_RATE)


def _move(targets: list[tuple[str, float, float]], longest_s: float) -> Operation[None]:
    """Several set-points at once; whatever has not arrived in time is judged by the step that is done again."""
    for channel, target, rate in targets:
        yield Ramp(channel, target, rate)
    if targets:
        done = tuple(Condition("done", channel) for channel, _, _ in targets)
        yield Until(done, ns(longest_s + _MARGIN_S))
