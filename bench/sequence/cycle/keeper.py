"""From what was collected on the way to the books of a drive cycle."""

from collections.abc import Iterator, Mapping

import numpy as np

from bench.analysis.cycle_energy import Energy, energies, integral, lost_s, weights_s
from bench.analysis.road_load import energy_demand_wh
from bench.analysis.tracking import error, follow
from bench.analysis.uncertainty import RAD_S_PER_RPM
from bench.analysis.window import Floats, Times
from bench.base.time import NS_PER_S
from bench.schedule.requests import Window
from bench.sequence.context import Context
from bench.sequence.cycle.book import Book
from bench.sequence.cycle.course import Course

_TORQUE, _DERATING = "dut.torque_est", "dut.derating"
_TEMPERATURES = ("dut.winding_temp", "dut.rotor_temp", "dut.junction_temp", "dut.oil_temp")
_FREQUENCY, _AUX = "ac.frequency", "aux.power"
_HOURS = 1.0 / 3600.0

Span = tuple[int, int]
"""Begin and end, run time in ns."""


def electrical_sides(context: Context) -> tuple[str, ...]:
    """Which electrical powers are measured."""
    return ("dc", *(["ac"] if context.phases_measured else []), *(["field"] if context.field_measured else []))


def channels_of(context: Context) -> tuple[str, ...]:
    """What has to be collected."""
    names = [f"{side}.power" for side in electrical_sides(context)]
    names += [_FREQUENCY] if context.phases_measured else []
    names += [_AUX] if "aux" in context.roles.elements else []
    names += [f"{flange}.{what}" for flange in context.roles.flanges for what in ("torque", "speed")]
    return (*names, _TORQUE, _DERATING, *_TEMPERATURES)


class Keeper:
    """Keeps the books of one repetition that began at ``start_ns``. ``ranges``: the analyzer's, all the time."""

    def __init__(self, context: Context, course: Course, ranges: Mapping[str, float], start_ns: int) -> None:
        self._context = context
        self._course = course
        self._ranges = ranges
        self._start_ns = start_ns

    def time_ns(self, second: int) -> int:
        """Run time of a second of the cycle."""
        return self._start_ns + second * NS_PER_S

    def book(self, window: Window, first: int, last: int) -> Book:
        """The book of the seconds ``first`` to ``last`` of the cycle."""
        span, course = (self.time_ns(first), self.time_ns(last)), self._course
        seen = _Seen(window, span)
        flange_ns, torques, speeds = self._flanges(seen)
        weights = weights_s(flange_ns, *span)
        speed_kmh = self._speed_kmh(speeds)
        torque_ns, torque_nm = seen.of(_TORQUE)
        return Book(
            seconds=float(last - first),
            distance_km=integral(speed_kmh, weights) * _HOURS,
            demand_wh=energy_demand_wh(course.vehicle, course.cycle.speed_kmh[first : last + 1]),
            energies={**self._electrical(seen), "shaft": self._shaft(torques, speeds, weights)},
            aux_wh=seen.integral(_AUX) * _HOURS if _AUX in window.values else 0.0,
            speed=follow(self._t_s(flange_ns), speed_kmh, course.cycle.speed_kmh, weights),
            torque=error(self._t_s(torque_ns), torque_nm, course.torque_nm, weights_s(torque_ns, *span)),
            limited_s=int(course.limited[first:last].sum()),
            derated_s=seen.integral(_DERATING),
            lost_s=max(lost_s(t_ns, *span) for t_ns in self._needed(seen)),
            hottest_degc=seen.highest(_TEMPERATURES),
        )

    def trace(self, window: Window, first: int, last: int) -> dict[str, list[float]]:
        """The stretch second by second, for drawing: speed wanted and measured, torque, DC power."""
        seen = _Seen(window, (self.time_ns(first), self.time_ns(last)))
        flange_ns, _, speeds = self._flanges(seen)
        dc_ns, dc_w = seen.of("dc.power")
        seconds = np.arange(first, last + 1, dtype=np.float64)
        found = {"wanted_kmh": self._course.cycle.speed_kmh[first : last + 1].round(2).tolist()}
        curves = {
            "speed_kmh": (flange_ns, self._speed_kmh(speeds)),
            "torque_nm": seen.of(_TORQUE),
            "dc_kw": (dc_ns, dc_w * 1e-3),
        }
        for name, (t_ns, values) in curves.items():
            if len(t_ns):
                found[name] = np.interp(seconds, self._t_s(t_ns), values).round(2).tolist()
        return found

    def _needed(self, seen: "_Seen") -> Iterator[Times]:
        """The times of everything that a book cannot do without."""
        for channel in (*(f"{side}.power" for side in electrical_sides(self._context)), _TORQUE, _DERATING):
            yield seen.of(channel)[0]
        for flange in self._context.roles.flanges:
            yield seen.flange(flange)[0]

    def _t_s(self, t_ns: Times) -> Floats:
        return np.asarray((t_ns - self._start_ns) * 1e-9, np.float64)

    def _flanges(self, seen: "_Seen") -> tuple[Times, dict[str, Floats], dict[str, Floats]]:
        """Torques and speeds of all flanges at the times of the first; those on CAN tell at times of their own."""
        flanges = self._context.roles.flanges
        at_ns = seen.flange(flanges[0])[0]
        torques, speeds = {}, {}
        for name in flanges:
            own_ns, torque, speed = seen.flange(name)
            torques[name], speeds[name] = _at(at_ns, own_ns, torque), _at(at_ns, own_ns, speed)
        return at_ns, torques, speeds

    def _speed_kmh(self, speeds: Mapping[str, Floats]) -> Floats:
        motor_rpm = np.mean(list(speeds.values()), axis=0) * self._context.bench.shaft_ratio
        return np.asarray(motor_rpm / self._course.vehicle.rpm_per_kmh, np.float64)

    def _shaft(
        self, torques: Mapping[str, Floats], speeds: Mapping[str, Floats], weights: Floats
    ) -> tuple[Energy, Energy]:
        powers = {name: torque * speeds[name] * RAD_S_PER_RPM for name, torque in torques.items()}
        return energies(self._context.budget, powers, speeds, weights)

    def _electrical(self, seen: "_Seen") -> dict[str, tuple[Energy, Energy]]:
        # limits of the phases that grow with frequency: those at the highest one of the stretch hold for all of it
        highest_hz = seen.highest((_FREQUENCY,)).get(_FREQUENCY, 0.0)
        budget = self._context.budget.with_ranges(self._ranges, highest_hz)
        found = {}
        for side in electrical_sides(self._context):
            t_ns, power_w = seen.of(f"{side}.power")
            found[side] = energies(budget, {side: power_w}, {}, weights_s(t_ns, *seen.span))
        return found


class _Seen:
    """The values of a window inside ``span``."""

    def __init__(self, window: Window, span: Span) -> None:
        self._window = window
        self.span = span

    def of(self, channel: str) -> tuple[Times, Floats]:
        t_ns, values = self._window.t_ns.get(channel, _NO_TIMES), self._window.values.get(channel, _NO_VALUES)
        first, last = np.searchsorted(t_ns, self.span)
        return t_ns[first:last], values[first:last]

    def flange(self, name: str) -> tuple[Times, Floats, Floats]:
        """Times, torques and speeds of one flange: values of the same update."""
        (torque_ns, torque), (speed_ns, speed) = (self.of(f"{name}.{what}") for what in ("torque", "speed"))
        if np.array_equal(torque_ns, speed_ns):
            return torque_ns, torque, speed
        at_ns, of_torque, of_speed = np.intersect1d(torque_ns, speed_ns, assume_unique=True, return_indices=True)
        return at_ns, torque[of_torque], speed[of_speed]

    def integral(self, channel: str) -> float:
        t_ns, values = self.of(channel)
        return integral(values, weights_s(t_ns, *self.span))

    def highest(self, channels: tuple[str, ...]) -> dict[str, float]:
        found = {channel: self.of(channel)[1] for channel in channels}
        return {channel: float(np.max(values)) for channel, values in found.items() if len(values)}


def _at(at_ns: Times, t_ns: Times, values: Floats) -> Floats:
    """``values`` at other times, linear between."""
    if np.array_equal(at_ns, t_ns) or not len(t_ns):
        return values if len(t_ns) else np.zeros(len(at_ns))
    return np.interp(at_ns, t_ns, values)


_NO_TIMES, _NO_VALUES = np.zeros(0, np.int64), np.zeros(0)
