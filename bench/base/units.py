"""The closed set of units. Values inside the bench are always in a ``Unit``; text is converted once, here.

>>> parse("3 krpm", Unit.RPM)
3000.0
>>> parse("45 °C", Unit.DEGC)
45.0
>>> parse("2 min", Unit.SECOND)
120.0
"""

import math
import re
from enum import StrEnum


class Unit(StrEnum):
    """The units a channel may have."""

    ONE = "1"
    PERCENT = "%"
    NM = "Nm"
    RPM = "rpm"
    VOLT = "V"
    AMPERE = "A"
    WATT = "W"
    DEGC = "degC"
    KELVIN = "K"
    BAR = "bar"
    LITRE_PER_MIN = "l/min"
    SECOND = "s"
    HERTZ = "Hz"
    OHM = "ohm"
    NM_PER_S = "Nm/s"
    RPM_PER_S = "rpm/s"
    VOLT_PER_S = "V/s"
    KELVIN_PER_S = "K/s"
    WATT_HOUR = "Wh"
    KILOGRAM = "kg"
    METRE = "m"
    SQUARE_METRE = "m²"
    NEWTON = "N"
    KM_PER_H = "km/h"
    NEWTON_H_PER_KM = "N/(km/h)"
    NEWTON_H2_PER_KM2 = "N/(km/h)²"


_RAD_S_TO_RPM = 30.0 / math.pi

# spelling -> (unit, factor, offset): value_in_unit = number * factor + offset
_SPELLINGS: dict[str, tuple[Unit, float, float]] = {
    **{unit.value: (unit, 1.0, 0.0) for unit in Unit},
    "": (Unit.ONE, 1.0, 0.0),
    "pp": (Unit.PERCENT, 1.0, 0.0),
    "N m": (Unit.NM, 1.0, 0.0),
    "kNm": (Unit.NM, 1e3, 0.0),
    "mNm": (Unit.NM, 1e-3, 0.0),
    "1/min": (Unit.RPM, 1.0, 0.0),
    "krpm": (Unit.RPM, 1e3, 0.0),
    "rad/s": (Unit.RPM, _RAD_S_TO_RPM, 0.0),
    "mV": (Unit.VOLT, 1e-3, 0.0),
    "kV": (Unit.VOLT, 1e3, 0.0),
    "mA": (Unit.AMPERE, 1e-3, 0.0),
    "kA": (Unit.AMPERE, 1e3, 0.0),
    "kW": (Unit.WATT, 1e3, 0.0),
    "MW": (Unit.WATT, 1e6, 0.0),
    "°C": (Unit.DEGC, 1.0, 0.0),
    "C": (Unit.DEGC, 1.0, 0.0),
    "mbar": (Unit.BAR, 1e-3, 0.0),
    "kPa": (Unit.BAR, 1e-2, 0.0),
    "L/min": (Unit.LITRE_PER_MIN, 1.0, 0.0),
    "ms": (Unit.SECOND, 1e-3, 0.0),
    "min": (Unit.SECOND, 60.0, 0.0),
    "h": (Unit.SECOND, 3600.0, 0.0),
    "kHz": (Unit.HERTZ, 1e3, 0.0),
    "mohm": (Unit.OHM, 1e-3, 0.0),
    "kohm": (Unit.OHM, 1e3, 0.0),
    "Mohm": (Unit.OHM, 1e6, 0.0),
    "kNm/s": (Unit.NM_PER_S, 1e3, 0.0),
    "rpm/min": (Unit.RPM_PER_S, 1.0 / 60.0, 0.0),
    "K/min": (Unit.KELVIN_PER_S, 1.0 / 60.0, 0.0),
    "kWh": (Unit.WATT_HOUR, 1e3, 0.0),
    "kN": (Unit.NEWTON, 1e3, 0.0),
    "t": (Unit.KILOGRAM, 1e3, 0.0),
    "mm": (Unit.METRE, 1e-3, 0.0),
    "m2": (Unit.SQUARE_METRE, 1.0, 0.0),
    "m/s": (Unit.KM_PER_H, 3.6, 0.0),
    "mph": (Unit.KM_PER_H, 1.609344, 0.0),
    "N/(km/h)2": (Unit.NEWTON_H2_PER_KM2, 1.0, 0.0),
}

_QUANTITY = re.compile(r"\s*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s*(.*?)\s*", re.ASCII)


SPELLINGS: tuple[str, ...] = tuple(spelling for spelling in _SPELLINGS if spelling not in ("", "1"))
"""Every way to write a unit behind a number."""


class UnitError(ValueError):
    """A text is no quantity, or not one of the unit asked for."""


def spellings(unit: Unit) -> list[str]:
    """Every way to write ``unit`` in a file, the usual one first."""
    return [text for text, (of, _, _) in _SPELLINGS.items() if of is unit and text]


def parse(text: str, unit: Unit) -> float:
    """The number in ``text`` (``"3000 rpm"``), converted to ``unit``.

    Raises ``UnitError`` naming what was expected. Only finite ASCII numbers count; ``4_0`` does not.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise UnitError(f"{text!r} is no quantity; write a number and a unit, such as '10 {unit.value}'")
    found = _SPELLINGS.get(match[2])
    if found is None:
        raise UnitError(f"unit {match[2]!r} is not known; expected {', '.join(spellings(unit))}")
    if found[0] is not unit:
        raise UnitError(
            f"{text!r} has no unit" if not match[2] else f"{match[2]!r} is no unit of this quantity"
        ) from None
    return _converted(text, match[1], found)


def parse_any(text: str) -> tuple[float, Unit]:
    """The number in ``text`` with whatever unit it has, as value and ``Unit``. Raises ``UnitError``.

    >>> parse_any("3 krpm")
    (3000.0, <Unit.RPM: 'rpm'>)
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise UnitError(f"{text!r} is no quantity; write a number and a unit, such as '10 s'")
    found = _SPELLINGS.get(match[2])
    if found is None:
        raise UnitError(f"unit {match[2]!r} is not known")
    return _converted(text, match[1], found), found[0]


def _converted(text: str, number: str, scale: tuple[Unit, float, float]) -> float:
    value = float(number) * scale[1] + scale[2]
    if not math.isfinite(value):
        raise UnitError(f"{text!r} is not finite")
    return value
