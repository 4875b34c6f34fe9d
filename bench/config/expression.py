"""Expressions over channels, quantities and parameters of the plan: ``coolant.temp_out - coolant.temp_in > 8 K``.

>>> hot = expression("coolant.temp_out - coolant.temp_in > 8 K and dut.state == 3")
>>> sorted(hot.channels)
['coolant.temp_in', 'coolant.temp_out', 'dut.state']
>>> hot.of_values({"coolant.temp_in": 65.0, "coolant.temp_out": 75.0, "dut.state": 3.0})
True

Three values: a reading that is not good (stale, not a number, over range, ..) neither satisfies a condition nor clears
one; whatever depends on it is ``None``. Units are checked before anything runs (``bench.config.dimensions``).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from bench.base.reading import Reading
from bench.base.units import Unit, UnitError, parse_any
from bench.config.dimensions import called
from bench.config.expression_parser import Figure, parse_tree
from bench.config.expression_tokens import ExpressionError
from bench.config.expression_tree import Node, Values, channels_of, unit_of

PARAMETERS = "parameters"
"""The key in the context of validation under which plan parameters stand, by name, each a ``Figure``."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression. ``unit``: of its number; ``None``: it is a truth."""

    text: str
    tree: Node = field(repr=False)

    @property
    def unit(self) -> Unit | None:
        """What its value is in; ``None`` for true or false."""
        return unit_of(self.tree)

    @property
    def channels(self) -> frozenset[str]:
        """What must be read for it."""
        return channels_of(self.tree)

    def evaluate(self, readings: Mapping[str, Reading]) -> float | bool | None:
        """Its value with these readings by channel; ``None``: nobody knows, since one is missing or not good."""
        return self.of_values({name: r.value if r.good else None for name, r in readings.items()})

    def of_values(self, values: Values) -> float | bool | None:
        """As ``evaluate``, of plain numbers by channel in the channels' units."""
        return self.tree.value({name: v for name, v in values.items() if v is not None and math.isfinite(v)})

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(_of_file)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string"}


def expression(text: str, parameters: Mapping[str, Figure] | None = None) -> Expression:
    """The expression in ``text``. Raises ``ExpressionError`` with the column and a remedy."""
    return Expression(text, parse_tree(text, parameters or {}))


def figure(text: object) -> Figure:
    """A parameter as it stands in a plan (``3000 rpm``, ``5``): value and unit. Raises ``ExpressionError``."""
    try:
        return parse_any(str(text))
    except UnitError as error:
        raise ExpressionError(0, str(error)) from None


@dataclass(frozen=True, slots=True)
class Gives:
    """Annotation of an ``Expression``: what it must give, a number in ``of`` or (``None``) true or false."""

    of: Unit | None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, found: Expression) -> Expression:
        if found.unit is not self.of:
            raise _error(f"is {_kind(found.unit)}, and {_kind(self.of)} is expected; {self._remedy(found)}")
        return found

    def _remedy(self, found: Expression) -> str:
        if self.of is None:
            return "compare it, as in 'coolant.temp_out > 60 °C'"
        return "leave the comparison out" if found.unit is None else "correct its units"


ConditionText = Annotated[Expression, Gives(None)]
"""A text in a file that is true, false, or unknown at any time."""


def _kind(unit: Unit | None) -> str:
    return "true or false" if unit is None else called(unit) if unit is Unit.ONE else f"a quantity in {unit.value}"


def _of_file(value: Any, info: core_schema.ValidationInfo) -> Expression:
    if isinstance(value, Expression):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _error("is no expression; write a text such as 'coolant.temp_out > 60 °C'")
    try:
        return expression(str(value), (info.context or {}).get(PARAMETERS))
    except ExpressionError as error:
        raise _error(str(error)) from None


def _error(message: str) -> PydanticCustomError:
    return PydanticCustomError("expression", "{text}", {"text": message})
