"""The uncertainty budget that a rig file describes.

Several independent limits of one kind (linearity and zero drift, both in Nm) are taken together as one rectangular
limit of the same variance, sqrt(sum of squares). An emulated instrument draws its errors from these very limits.
"""

import math

from bench.analysis.uncertainty import Band, Budget, Element, Flange
from bench.base.wiring import WIRINGS
from bench.config.analyzer import Accuracy
from bench.config.analyzer import Element as RigElement
from bench.config.flange import Flange as RigFlange
from bench.config.rig import Rig

_PERCENT = 0.01


def element_of(element: RigElement) -> Element:
    """Accuracy of power of one element group; the current sensor's own limits are added where it has any."""
    sensor = element.sensor.accuracy if element.sensor else None
    base, *above = bands_of(element.power, sensor)
    wiring = WIRINGS[element.wiring]
    return Element(
        of_reading=base.of_reading,
        of_range=base.of_range,
        voltage_range_v=element.voltage_ranges[-1],
        current_range_a=element.current_ranges[-1],
        shares=wiring.shares[: wiring.summed],
        above=tuple(above),
    )


def bands_of(power: Accuracy, sensor: Accuracy | None) -> list[Band]:
    """Power and sensor together, as fractions; a new band wherever one of both tables has one."""
    tables = [power] if sensor is None else [power, sensor]
    starts = sorted({0.0, *(band.starts for table in tables for band in table.above)})
    found = []
    for start_hz in starts:
        rows = [table.at(start_hz) for table in tables]
        of_reading, of_range = (math.hypot(*(getattr(row, key) for row in rows)) for key in ("reading", "range"))
        found.append(Band(start_hz, of_reading * _PERCENT, of_range * _PERCENT))
    return found


def flange_of(flange: RigFlange) -> Flange:
    """Limits of a flange: sensitivity is shared by all flanges (r = 1), the rest is its own."""
    tens = flange.temperature_band / 10.0
    own = math.hypot(flange.repeatability, flange.tkc * tens) * _PERCENT
    of_nominal = math.hypot(flange.linearity, flange.tk0 * tens) * _PERCENT * flange.nominal_torque
    return Flange(flange.sensitivity * _PERCENT, own, math.hypot(flange.zero, of_nominal), flange.speed * _PERCENT)


def budget_of(rig: Rig) -> Budget:
    """Everything of the rig that takes part in an efficiency; ``assumed`` as soon as one figure is."""
    elements: dict[str, Element] = {
        str(name): element_of(e) for name, e in rig.analyzer.elements.items() if name in ("dc", "ac", "field")
    }
    flanges = {name: flange_of(flange) for name, flange in rig.flanges.items()}
    bases = [e.basis for e in rig.analyzer.elements.values()] + [f.basis for f in rig.flanges.values()]
    return Budget(elements, flanges, "certificate" if set(bases) == {"certificate"} else "assumed")
