"""What a rig asks of its power analyzer and the analyzer does not have: inputs, ranges, update intervals."""

from collections.abc import Iterable, Iterator

from bench.base.errors import Problem
from bench.config.analyzer import Element
from bench.config.located import Located
from bench.config.rig import Rig
from drivers.power_analyzers.nameplates import NAMEPLATES, Nameplate

_SAME = 1e-3


def analyzer_problems(rig: Located[Rig]) -> Iterator[Problem]:
    """All of them, each at its place in the rig file; a driver from another package is not judged."""
    analyzer = rig.value.analyzer
    plate = NAMEPLATES.get(analyzer.driver)
    if plate is None:
        return
    if round(analyzer.update * 1e3) not in plate.updates_ms:
        told = f"{plate.name} updates every {_listed(plate.updates_ms)} ms; choose one of these"
        yield rig.problem(("analyzer", "update"), told)
    if analyzer.frequency_filter is not None and not plate.frequency_filter:
        told = f"the filter for the synchronisation of a {plate.name} is not known here; leave it out"
        yield rig.problem(("analyzer", "frequency_filter"), told)
    for part, element in analyzer.elements.items():
        yield from _element(rig, part, element, plate)
    for name, flange in rig.value.analyzer_flanges.items():
        if flange.motor_input > plate.motors:
            told = f"{plate.name} has {plate.motors} motor input(s); correct it, or bring the flange by CAN"
            yield rig.problem(("flanges", name, "motor_input"), told)
        if flange.pulses_per_rev > plate.pulses_max:
            told = f"{plate.name} counts {plate.pulses_max} pulses a revolution at most; correct it"
            yield rig.problem(("flanges", name, "pulses_per_rev"), told)


def _element(rig: Located[Rig], name: str, element: Element, plate: Nameplate) -> Iterator[Problem]:
    path = ("analyzer", "elements", name)
    if element.wiring not in plate.wirings:
        told = (
            f"{plate.name} cannot sum the powers of inputs wired {element.wiring}; choose of {_listed(plate.wirings)}"
        )
        yield rig.problem((*path, "wiring"), told)
    for place, number in enumerate(element.inputs):
        if number > plate.elements:
            told = f"{plate.name} has {plate.elements} inputs; correct it, or leave {name!r} out"
            yield rig.problem((*path, "inputs", place), told)
    ratio = element.sensor.ratio if element.sensor else 1.0
    amperes = [current / ratio for current in element.current_ranges]
    for key, values, steps in (
        ("voltage_ranges", element.voltage_ranges, plate.voltage_ranges_v),
        ("current_ranges", amperes, plate.current_ranges_a),
    ):
        for place, value in enumerate(values):
            if not any(abs(value - step) <= _SAME * step for step in steps):
                told = f"{plate.name} has no range of {value:.6g} at its input (times the sensor's ratio in this file)"
                yield rig.problem((*path, key, place), f"{told}; it has {_listed(steps)}")


def _listed(values: Iterable[float | str]) -> str:
    return ", ".join(value if isinstance(value, str) else f"{value:g}" for value in values)
