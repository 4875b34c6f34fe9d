"""The static check of a drive cycle: each second against unit and dynos, its extremes against supply and analyzer."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bench.sequence.context import Context
from bench.sequence.cycle.course import Course, course_of
from bench.sequence.cycle.parameters import DriveCycleParameters
from bench.sequence.electrical_check import analyzer_texts, supply_texts
from bench.sequence.held import ONLY_ABSORB
from bench.sequence.step import Finding

_LIGHTER = "choose a lighter vehicle"
_HEATED_S = 600.0
"""From then on a unit is about as warm as its load makes it."""


def cycle_findings(parameters: DriveCycleParameters, context: Context) -> list[Finding]:
    """Everything that would be refused on the way."""
    if context.bench.absorbing:
        text = f"a cycle stands still and brakes, and {ONLY_ABSORB}; take a rig with drives"
        return [Finding((parameters.place,), text)]
    if context.bench.layout == "motor" and parameters.vehicle.ratio is None:
        text = "the unit stands on this bench without its transmission; give the vehicle's 'ratio'"
        return [Finding(("vehicle",), text)]
    course = course_of(parameters, context)
    place = (parameters.place,)
    found = [*_speeds(course, context), *_rates(course, context)]
    if parameters.beyond == "refuse":
        found += _envelope(course)
    found += _dynos(course, context)
    if parameters.repetitions * course.cycle.seconds > _HEATED_S:
        found += _heat(course, context)
    if not found:
        found += supply_texts(context, course.ends[:2], "the cycle", _LIGHTER)
        found += analyzer_texts(context, course.ends, _LIGHTER)
    return [Finding(place, text) for text in found]


def _speeds(course: Course, context: Context) -> Iterator[str]:
    limits = (
        (context.dut.speed_max_rpm, 1.0, "the DUT's {:g} rpm"),
        (context.bench.dyno_speed_max_rpm, context.bench.shaft_ratio, "the dyno's {:g} rpm at the flange"),
    )
    for most, ratio, words in limits:
        beyond = course.speed_rpm / ratio > most
        if beyond.any():
            second, top = int(np.argmax(course.speed_rpm)), course.cycle.speed_kmh.max()
            needs = f"{top:g} km/h at {second} s is {course.speed_rpm[second] / ratio:.0f} rpm"
            yield f"{needs}, beyond {words.format(most)}; choose a slower cycle, a larger tyre or a smaller ratio"


def _envelope(course: Course) -> Iterator[str]:
    limited = course.limited
    if limited.any():
        low, high, wanted = course.low_nm, course.high_nm, course.wanted.torque_nm
        second = int(np.argmax(np.maximum(wanted - high, low - wanted)))
        bounds = f"{low[second]:.1f}..{high[second]:.1f} Nm at {course.speed_rpm[second]:.0f} rpm"
        count = int(limited.sum())
        others = f"; so it is at {count} of {len(limited)} seconds" if count > 1 else ""
        text = f"{wanted[second]:.1f} Nm at {second} s lies outside the DUT's envelope {bounds}{others}"
        yield f"{text}; choose a lighter vehicle, less regeneration, or 'beyond: limit'"


def _rates(course: Course, context: Context) -> Iterator[str]:
    bench = context.bench
    shaft = bench.shaft_ratio
    limits = (
        (course.speed_rpm, bench.speed_rate_max_rpm_s, "rpm/s at the motor", "rpm/s"),
        (course.speed_rpm / shaft, bench.dyno_speed_rate_rpm_s, "rpm/s at the flange", "rpm/s"),
        (course.torque_nm, bench.torque_rate_max_nm_s, "Nm/s at the motor", "Nm/s"),
    )
    for values, most, words, unit in limits:
        rates = np.abs(np.diff(values))
        if rates.max() > most:
            second = int(np.argmax(rates))
            asked = f"{rates[second]:.0f} {words} after {second} s"
            yield f"{asked}; the rig allows {most:g} {unit}: choose a gentler cycle"


def _dynos(course: Course, context: Context) -> Iterator[str]:
    bench, dynos = context.bench, len(context.roles.dynos)
    limits = (
        (course.torque_nm * bench.shaft_ratio / dynos, bench.dyno_torque_max_nm, 1.0, "Nm"),
        (course.power_w / dynos, bench.dyno_power_max_w, 1e-3, "kW"),
    )
    for values, most, factor, unit in limits:
        second = int(np.argmax(np.abs(values)))
        if abs(values[second]) > most:
            asked = f"{factor * values[second]:.0f} {unit} at each dyno at {second} s"
            yield f"{asked}; a dyno holds {factor * most:g} {unit} at most: choose a lighter vehicle"


def _heat(course: Course, context: Context) -> Iterator[str]:
    """Winding heat goes with the square of the torque: its mean over the cycle must be one that the unit can hold."""
    share = _load_share(course, context)
    if share > 1.0:
        text = f"the torque is {100 * share:.0f} % of the continuous torque, root mean square over the cycle"
        yield f"{text}; the unit would derate: choose a lighter vehicle or a slower cycle"


def _load_share(course: Course, context: Context) -> float:
    grid = np.linspace(0.0, context.dut.speed_max_rpm, 200)
    continuous = np.interp(course.speed_rpm, grid, [context.dut.continuous_torque_nm(speed) for speed in grid.tolist()])
    shares: NDArray[np.float64] = course.torque_nm / np.maximum(continuous, 1e-9)
    return float(np.sqrt(np.mean(shares * shares)))
