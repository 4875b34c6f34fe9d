"""What a rig says about its power analyzer; plain values, so that any loader can make them. One description for all
makers: each driver writes it in its instrument's words and reads it back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from drivers.session import Expected


@dataclass(frozen=True, slots=True)
class Element:
    """A wiring unit measured in common ranges: one input (DC, field, 12 V) or three (the phases).

    Ranges are r.m.s. values on the primary side; ``ct_ratio`` is primary over secondary.
    """

    name: str  # the channel prefix: dc, ac, field, aux
    numbers: tuple[int, ...]
    voltage_ranges_v: tuple[float, ...]
    current_ranges_a: tuple[float, ...]
    ct_ratio: float = 1.0
    wiring: str = "1P2W"
    coupling: str = "dc"


@dataclass(frozen=True, slots=True)
class MotorInput:
    """A torque flange with frequency output and its speed pulses on one motor input.

    The signs turn the readings, in the driver, so that torque is positive when the DUT drives the shaft forward: an
    analyzer's own scaling takes positive factors only (IM WT3001E-17EN p.6-82, 6-83).
    """

    name: str  # the channel prefix: flange_l
    number: int
    nominal_nm: float
    torque_sign: int = 1
    speed_sign: int = 1
    centre_hz: float = 60_000.0
    span_hz: float = 30_000.0
    pulses: int = 1024
    clockwise_hz: float = 0.0
    counterclockwise_hz: float = 0.0
    """Sensitivity for each direction from the certificate; 0: the nominal span."""
    speed_max_rpm: float = 20_000.0


@dataclass(frozen=True, slots=True)
class Item:
    """One value that is read: a channel, and what is measured on which inputs (``P`` on several: their sum).

    Functions: UDC, IDC, URMS, IRMS, P, FU, FI (frequency by voltage or current); TORQUE, SPEED, PM of a motor input;
    ETA of an efficiency.
    """

    channel: str
    function: str
    numbers: tuple[int, ...] = ()


ELEMENTS: tuple[Element, ...] = (
    Element("dc", (1,), (100.0, 300.0, 600.0, 1000.0), (5.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0), 1000.0),
    Element(
        "ac", (2, 3, 4), (60.0, 150.0, 300.0, 600.0), (20.0, 50.0, 100.0, 200.0, 500.0, 1000.0), 1000.0, "3V3A", "ac"
    ),
    Element("field", (5,), (15.0, 60.0, 150.0, 300.0, 600.0), (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)),
    Element("aux", (6,), (15.0, 30.0), (1.0, 2.0, 5.0, 10.0, 30.0)),
)
"""Wiring of the demonstration rig (assumed)."""

FLANGES_E_AXLE = (MotorInput("flange_l", 1, 3000.0), MotorInput("flange_r", 2, 3000.0))


@dataclass(frozen=True, slots=True)
class AnalyzerSettings:
    """Everything that ``set_up`` writes and reads back.

    ``sync_source`` is common to all elements and motor inputs; ``frequency_filter_hz`` (0: off) lies in its path only,
    the line filter is off so that the whole power is measured, and so is averaging. ``lowest_hz``: the lowest frequency
    of the phases that shall be measured (0: not known); an update must hold one period of it. ``efficiencies``: ratios
    that the instrument computes itself, in its own words (``PM,P1``), for items ``ETA``.
    """

    elements: Sequence[Element] = ELEMENTS
    motors: Sequence[MotorInput] = FLANGES_E_AXLE
    update_ms: int = 50
    latency_ms: float = 2.0
    timeout_ms: int = 500
    expected: Expected = field(default_factory=Expected)
    sync_source: str = "I2"
    frequency_filter_hz: float = 0.0
    lowest_hz: float = 0.0
    number_format: Literal["float", "ascii"] = "float"
    efficiencies: Sequence[str] = ()
    range_margin: float = 1.15  # predicted value times this must fit the range
    items: Sequence[Item] = ()  # empty: the standard table
    initial_ranges: Mapping[str, float] = field(default_factory=dict)  # empty: the widest

    def element(self, channel: str) -> Element | None:
        """The element that ``dc.current`` and the like belong to."""
        return next((element for element in self.elements if element.name == channel.partition(".")[0]), None)


def ranged_channels(elements: Sequence[Element]) -> tuple[str, ...]:
    """What has ranges: ``dc.voltage``, ``dc.current``, ``ac.voltage`` ..."""
    return tuple(f"{element.name}.{quantity}" for element in elements for quantity in ("voltage", "current"))


def standard_items(settings: AnalyzerSettings) -> tuple[Item, ...]:
    """The values that serve the bench's channels."""
    items: list[Item] = []
    for element in settings.elements:
        items += _element_items(element, settings.sync_source)
    for motor in settings.motors:
        for quantity, function in (("torque", "TORQUE"), ("speed", "SPEED"), ("power", "PM")):
            items.append(Item(f"{motor.name}.{quantity}", function, (motor.number,)))
    return tuple(items)


def _element_items(element: Element, sync_source: str) -> list[Item]:
    first = element.numbers[:1]
    power = Item(f"{element.name}.power", "P", element.numbers)
    if element.name == "aux":
        return [power]
    kind = "RMS" if element.coupling == "ac" else "DC"
    found = [
        Item(f"{element.name}.voltage", f"U{kind}", first),
        Item(f"{element.name}.current", f"I{kind}", first),
        power,
    ]
    if element.coupling == "ac":  # by the signal that synchronises: the voltages are switched
        found.append(Item(f"{element.name}.frequency", "FU" if sync_source.startswith("U") else "FI", first))
    return found


def settings_of_rig(rig: Mapping[str, Any]) -> AnalyzerSettings:
    """From a rig file as plain mappings: the section ``analyzer`` and the flanges wired to it."""
    section = rig["analyzer"]
    return AnalyzerSettings(
        elements=tuple(_element_of(name, element) for name, element in section["elements"].items()),
        motors=tuple(
            _motor_of(name, flange) for name, flange in rig["flanges"].items() if flange["kind"] == "analyzer"
        ),
        update_ms=round(section["update"] * 1e3),
        latency_ms=section["latency"] * 1e3,
        timeout_ms=round(section["timeout"] * 1e3),
        expected=Expected.of_rig(section),
        sync_source=section["sync"],
        frequency_filter_hz=section["frequency_filter"] or 0.0,
        lowest_hz=section["lowest_frequency"] or 0.0,
    )


def _element_of(name: str, element: Mapping[str, Any]) -> Element:
    return Element(
        name,
        tuple(element["inputs"]),
        tuple(element["voltage_ranges"]),
        tuple(element["current_ranges"]),
        ct_ratio=element["sensor"]["ratio"] if element["sensor"] else 1.0,
        wiring=element["wiring"],
        coupling=element["coupling"],
    )


def _motor_of(name: str, flange: Mapping[str, Any]) -> MotorInput:
    factors = flange["k_factor"] or {"clockwise": 0.0, "counterclockwise": 0.0}
    return MotorInput(
        name,
        flange["motor_input"],
        flange["nominal_torque"],
        torque_sign=flange["sign"],
        speed_sign=flange["speed_sign"],
        centre_hz=flange["frequency_centre"],
        span_hz=flange["frequency_span"],
        pulses=flange["pulses_per_rev"],
        clockwise_hz=factors["clockwise"],
        counterclockwise_hz=factors["counterclockwise"],
    )
