"""What a rig says about its power analyzer; plain values, so that any loader can make them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drivers.session import Expected


@dataclass(frozen=True, slots=True)
class Element:
    """A wiring unit measured in common ranges: one element (DC, field, 12 V) or three (the phases).

    Ranges are r.m.s. values on the primary side; ``ct_ratio`` is primary over secondary.
    """

    name: str  # the channel prefix: dc, ac, field, aux
    numbers: tuple[int, ...]
    voltage_ranges_v: tuple[float, ...]
    current_ranges_a: tuple[float, ...]
    ct_ratio: float = 1.0


@dataclass(frozen=True, slots=True)
class MotorInput:
    """A torque flange with frequency output and its speed pulses on one motor input.

    ``sign`` turns the reading so that torque is positive when the DUT drives the shaft forward.
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


@dataclass(frozen=True, slots=True)
class Item:
    """One place of the item table: a channel and what the analyzer calls it."""

    channel: str
    function: str
    element: str = ""

    @property
    def text(self) -> str:
        """As it is written and read back: ``P,SIGMA``."""
        return f"{self.function},{self.element}" if self.element else self.function


ELEMENTS: tuple[Element, ...] = (
    Element("dc", (1,), (100.0, 300.0, 600.0, 1000.0), (5.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0), 1000.0),
    Element("ac", (2, 3, 4), (60.0, 150.0, 300.0, 600.0), (20.0, 50.0, 100.0, 200.0, 500.0, 1000.0), 1000.0),
    Element("field", (5,), (15.0, 60.0, 150.0, 300.0, 600.0), (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)),
    Element("aux", (6,), (15.0, 30.0), (1.0, 2.0, 5.0, 10.0, 30.0)),
)
"""Wiring of the demonstration rig (assumed)."""

FLANGES_E_AXLE = (MotorInput("flange_l", 1, 3000.0), MotorInput("flange_r", 2, 3000.0))


@dataclass(frozen=True, slots=True)
class AnalyzerSettings:
    """Everything that ``set_up`` writes and reads back."""

    elements: Sequence[Element] = ELEMENTS
    motors: Sequence[MotorInput] = FLANGES_E_AXLE
    update_ms: int = 50
    latency_ms: float = 2.0
    timeout_ms: int = 500
    expected: Expected = field(default_factory=Expected)
    sync_source: str = "I2"
    range_margin: float = 1.15  # predicted value times this must fit the range
    items: Sequence[Item] = ()  # empty: the standard table
    initial_ranges: Mapping[str, float] = field(default_factory=dict)  # empty: the widest


def ranged_channels(elements: Sequence[Element]) -> tuple[str, ...]:
    """What has ranges: ``dc.voltage``, ``dc.current``, ``ac.voltage`` ..."""
    return tuple(f"{element.name}.{quantity}" for element in elements for quantity in ("voltage", "current"))


def standard_items(settings: AnalyzerSettings) -> tuple[Item, ...]:
    """The item table that serves the bench's channels."""
    items: list[Item] = []
    for element in settings.elements:
        items += _ELEMENT_ITEMS[element.name]
    for motor in settings.motors:
        number = str(motor.number)
        items.append(Item(f"{motor.name}.torque", "TORQUE", number))
        items.append(Item(f"{motor.name}.speed", "SPEED", number))
        items.append(Item(f"{motor.name}.power", "PM", number))
    return tuple(items)


_ELEMENT_ITEMS: Mapping[str, tuple[Item, ...]] = {
    "dc": (Item("dc.voltage", "UDC", "1"), Item("dc.current", "IDC", "1"), Item("dc.power", "P", "1")),
    "ac": (
        Item("ac.voltage", "URMS", "2"),
        Item("ac.current", "IRMS", "2"),
        Item("ac.power", "P", "SIGMA"),
        Item("ac.frequency", "FU", "2"),
    ),
    "field": (Item("field.voltage", "UDC", "5"), Item("field.current", "IDC", "5"), Item("field.power", "P", "5")),
    "aux": (Item("aux.power", "P", "6"),),
}


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
    )


def _element_of(name: str, element: Mapping[str, Any]) -> Element:
    ratio = element["sensor"]["ratio"] if element["sensor"] else 1.0
    ranges = (tuple(element["voltage_ranges"]), tuple(element["current_ranges"]))
    return Element(name, tuple(element["inputs"]), *ranges, ct_ratio=ratio)


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
