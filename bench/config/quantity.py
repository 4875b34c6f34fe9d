"""Pydantic types for quantities: text with a unit in the file, a float in the bench's unit in the program.

>>> from pydantic import TypeAdapter
>>> TypeAdapter(SpeedRpm).validate_python("3 krpm")
3000.0
>>> TypeAdapter(DegCSpan).validate_python("20..140 °C")
Span(low=20.0, high=140.0)

A file may give the source of a number: ``{value: 400 Nm, source: "data sheet"}``. Python code gives plain floats.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from bench.base.units import Unit, UnitError, parse, spellings
from bench.config.file_model import in_file

_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"


QUANTITY = "quantity"
"""Marks the schema of a quantity, so that it stands in a file once (``bench.config.json_schema``)."""


class Span(NamedTuple):
    """A closed range, ``low`` <= ``high``."""

    low: float
    high: float

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int | float) and self.low <= value <= self.high


def quantity(text: object, unit: Unit) -> float:
    """``text`` in ``unit``; the error names what was expected. A bare number is one only where no unit is needed."""
    if isinstance(text, dict):
        text = _without_source(text)
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise _wrong(f"{_short(text)} is no quantity", unit)
    try:
        return parse(str(text), unit)
    except UnitError as error:
        message = str(error).split("; expected")[0].split("; write")[0]
        raise _wrong(message, unit) from None


def span(text: object, unit: Unit) -> Span:
    """``"20..140 °C"`` in ``unit``."""
    low, dots, high = text.partition("..") if isinstance(text, str) else ("", "", "")
    if not dots:
        raise _wrong(f"{_short(text)} is no range; write '<low>..<high> <unit>'", unit)
    value = quantity(high, unit)
    tail = high.strip().lstrip("+-0123456789.eE").strip()
    start = low if low.strip()[-1:].isalpha() or "°" in low else f"{low} {tail}"
    result = Span(quantity(start.strip(), unit), value)
    if result.low > result.high:
        raise _wrong(f"the range {text!r} is empty; write the smaller number first", unit)
    return result


@dataclass(frozen=True, slots=True)
class Quantity:
    """Annotation: a float, written as text with a unit of the kind of ``unit``."""

    unit: Unit

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_before_validator_function(self._parse, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return written(self.unit)

    def _parse(self, value: Any, info: core_schema.ValidationInfo) -> Any:
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        return value if plain and not in_file(info) else quantity(value, self.unit)


@dataclass(frozen=True, slots=True)
class QuantitySpan:
    """Annotation: a ``Span``, written as ``"20..140 °C"``."""

    unit: Unit

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, Span) else span(value, self.unit)
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "pattern": r"\.\.", "description": f"such as '20..140 {spellings(self.unit)[0]}'"}


def written(unit: Unit) -> JsonSchemaValue:
    """What a file may hold for a quantity of ``unit``, as JSON Schema."""
    units = "|".join(re.sub(r"([.*+?()/|^$\\[\]{}])", r"\\\1", text) for text in spellings(unit))
    text = {"type": "string", "pattern": rf"^\s*{_NUMBER}\s*(?:{units})\s*$"}
    plain = {"type": ["number", "string"]} if unit is Unit.ONE else text
    keys = {"value": plain, "source": {"type": "string"}}
    sourced = {"type": "object", "properties": keys, "required": [*keys], "additionalProperties": False}
    return {QUANTITY: unit.name.lower(), "anyOf": [plain, sourced], "description": f"in {expected(unit)}"}


def expected(unit: Unit) -> str:
    """How a quantity of ``unit`` is written, for messages."""
    return ", ".join(spellings(unit)) if unit is not Unit.ONE else "a plain number"


def _without_source(mapping: dict[Any, Any]) -> object:
    if set(mapping) != {"value", "source"} or not str(mapping["source"] or "").strip():
        text = "a quantity with its source is written {value: <number and unit>, source: <where it comes from>}"
        raise PydanticCustomError("quantity", "{text}", {"text": text})
    return mapping["value"]


def _wrong(message: str, unit: Unit) -> PydanticCustomError:
    return PydanticCustomError("quantity", "{text}", {"text": f"{message}; expected {expected(unit)}"})


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


Number = Annotated[float, Quantity(Unit.ONE)]
Percent = Annotated[float, Quantity(Unit.PERCENT)]
TorqueNm = Annotated[float, Quantity(Unit.NM)]
SpeedRpm = Annotated[float, Quantity(Unit.RPM)]
Volts = Annotated[float, Quantity(Unit.VOLT)]
Amperes = Annotated[float, Quantity(Unit.AMPERE)]
Watts = Annotated[float, Quantity(Unit.WATT)]
DegC = Annotated[float, Quantity(Unit.DEGC)]
Kelvin = Annotated[float, Quantity(Unit.KELVIN)]
LitrePerMin = Annotated[float, Quantity(Unit.LITRE_PER_MIN)]
Seconds = Annotated[float, Quantity(Unit.SECOND)]
Hertz = Annotated[float, Quantity(Unit.HERTZ)]
Ohms = Annotated[float, Quantity(Unit.OHM)]
TorqueRate = Annotated[float, Quantity(Unit.NM_PER_S)]
SpeedRate = Annotated[float, Quantity(Unit.RPM_PER_S)]
VoltRate = Annotated[float, Quantity(Unit.VOLT_PER_S)]
KelvinRate = Annotated[float, Quantity(Unit.KELVIN_PER_S)]
Kilograms = Annotated[float, Quantity(Unit.KILOGRAM)]
Metres = Annotated[float, Quantity(Unit.METRE)]
SquareMetres = Annotated[float, Quantity(Unit.SQUARE_METRE)]
Newtons = Annotated[float, Quantity(Unit.NEWTON)]
SpeedKmh = Annotated[float, Quantity(Unit.KM_PER_H)]
LinearDrag = Annotated[float, Quantity(Unit.NEWTON_H_PER_KM)]
SquareDrag = Annotated[float, Quantity(Unit.NEWTON_H2_PER_KM2)]

DegCSpan = Annotated[Span, QuantitySpan(Unit.DEGC)]
LitrePerMinSpan = Annotated[Span, QuantitySpan(Unit.LITRE_PER_MIN)]
KmhSpan = Annotated[Span, QuantitySpan(Unit.KM_PER_H)]
