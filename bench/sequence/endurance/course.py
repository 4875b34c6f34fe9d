"""The course of one endurance cycle: its stages, where torque and speed must arrive, and what it asks of the bench."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bench.sequence.endurance.parameters import EnduranceParameters

Point = tuple[float, float]
"""Motor speed in rpm and torque in Nm."""
_SHORTEST_S = 0.02


@dataclass(frozen=True, slots=True)
class Stage:
    """Both set-points move to ``point`` on straight lines within ``seconds``. ``holds``: they are there already, and
    the actual values must be (their means over the second half); ``drives``: the speed moves under this torque, which
    must be there meanwhile, and the speed must arrive by the end of the stage that follows. ``coolant_degc``: the
    stage takes until the coolant is there, ``seconds`` at most, and then holds for ``hold_s``."""

    name: str
    point: Point
    seconds: float
    holds: bool = False
    drives: bool = False
    coolant_degc: float | None = None
    hold_s: float = 0.0

    @property
    def judged(self) -> bool:
        """Whether the actual values are looked at."""
        return self.holds or self.drives


@dataclass(frozen=True, slots=True)
class Course:
    """``start``: where each cycle begins and ends."""

    kind: str
    start: Point
    stages: tuple[Stage, ...]

    @property
    def period_s(self) -> float:
        """How long a cycle takes; where the coolant decides, a guess: half of the time allowed."""
        return sum(s.seconds if s.coolant_degc is None else 0.5 * s.seconds + s.hold_s for s in self.stages)

    @property
    def corners(self) -> list[Point]:
        """Every point that it turns at."""
        return list(dict.fromkeys((self.start, *(stage.point for stage in self.stages))))

    def ways(self) -> Iterator[tuple[Stage, Point]]:
        """Each stage, and where it begins."""
        here = self.start
        for stage in self.stages:
            yield stage, here
            here = stage.point


def course_of(parameters: EnduranceParameters) -> Course:
    """The cycle of a plan."""
    kind = parameters.kind
    stages = _STAGES[kind](getattr(parameters, kind), _Pen(parameters))
    return Course(kind, stages[-1].point, tuple(stages))


class _Pen:
    """Draws stages with the plan's rates."""

    def __init__(self, parameters: EnduranceParameters) -> None:
        self._rates = parameters.speed_rate, parameters.torque_rate

    def way(self, name: str, here: Point, there: Point, drives: bool = False) -> list[Stage]:
        """From here to there, if there is a way."""
        times = (abs(b - a) / rate for a, b, rate in zip(here, there, self._rates, strict=True))
        seconds = max(times)
        return [Stage(name, there, max(seconds, _SHORTEST_S), drives=drives)] if seconds > 0.0 else []

    def held(self, name: str, here: Point, there: Point, seconds: float) -> list[Stage]:
        """From here to there, and hold it."""
        return [*self.way(f"to {name}", here, there), Stage(name, there, seconds, holds=True)]


def _accel_decel(own: Any, pen: _Pen) -> list[Stage]:
    low_up, high_up = (own.low, own.torque), (own.high, own.torque)
    high_down, low_down = (own.high, -own.torque), (own.low, -own.torque)
    return [
        *pen.way("torque on", low_down, low_up),
        *pen.way("accelerate", low_up, high_up, drives=True),
        Stage("high speed", high_up, own.hold),
        *pen.way("torque reversed", high_up, high_down),
        *pen.way("decelerate", high_down, low_down, drives=True),
        Stage("low speed", low_down, own.hold),
    ]


def _in_a_row(places: list[tuple[str, Point, float]], pen: _Pen) -> list[Stage]:
    """From place to place, each held, and round again."""
    found = []
    for (_, here, _), (name, there, seconds) in zip([places[-1], *places[:-1]], places, strict=True):
        found += pen.held(name, here, there, seconds)
    return found


def _alternating(own: Any, pen: _Pen) -> list[Stage]:
    two = (("maximum torque", own.max_torque), ("maximum speed", own.max_speed))
    return _in_a_row([(name, (place.speed, place.torque), place.time) for name, place in two], pen)


def _start_stop(own: Any, pen: _Pen) -> list[Stage]:
    rest, idle, there = (0.0, 0.0), (own.speed, 0.0), (own.speed, own.torque)
    return [
        *pen.way("start", rest, idle),
        *pen.held("run", idle, there, own.run),
        *pen.way("torque off", there, idle),
        *pen.way("stop", idle, rest),
        Stage("rest", rest, own.rest, holds=True),
    ]


def _reversal(own: Any, pen: _Pen) -> list[Stage]:
    forward, back = (own.speed, own.torque), (own.speed, -own.torque)
    return _in_a_row([("forward", forward, own.hold), ("reverse", back, own.hold)], pen)


def _thermal(own: Any, pen: _Pen) -> list[Stage]:
    there, ends = (own.speed, own.torque), own.coolant
    return [
        Stage(name, there, own.timeout, holds=True, coolant_degc=degc, hold_s=own.hold)
        for name, degc in (("cold", ends.low), ("hot", ends.high))
    ]


def _speed_torque(own: Any, pen: _Pen) -> list[Stage]:
    places = [(f"place {n}", (place.speed, place.torque), place.time) for n, place in enumerate(own.places, 1)]
    return _in_a_row(places, pen)


_STAGES: dict[str, Callable[[Any, _Pen], list[Stage]]] = {
    "accel_decel": _accel_decel,
    "alternating": _alternating,
    "start_stop": _start_stop,
    "reversal": _reversal,
    "thermal": _thermal,
    "speed_torque": _speed_torque,
}
