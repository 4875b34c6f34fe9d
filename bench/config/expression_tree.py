"""What an expression is made of. Numbers are values in the unit of their node; ``None``: nobody knows.

A value that is not known makes unknown whatever depends upon it: ``x > 8`` is then neither true nor false, and ``not``
of it neither. Only where the other side decides alone is the whole known (``false and ?`` is false), after Kleene.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bench.base.units import Unit

Values: TypeAlias = Mapping[str, float | None]
EQUAL_WITHIN = 0.25
"""States, flags and counters are whole numbers; within +-0.25 is equal."""

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: abs(a - b) <= EQUAL_WITHIN,
    "!=": lambda a, b: abs(a - b) > EQUAL_WITHIN,
}


@dataclass(frozen=True, slots=True)
class Literal:
    """A number that stands in the text, or a parameter of the plan."""

    figure: float
    unit: Unit

    def value(self, values: Values) -> float | None:
        """Itself."""
        return self.figure


@dataclass(frozen=True, slots=True)
class OfChannel:
    """What a channel has now."""

    channel: str
    unit: Unit

    def value(self, values: Values) -> float | None:
        """Its reading, if that is good."""
        return values.get(self.channel)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``left operator right``, times ``factor`` into ``unit``."""

    operator: str
    left: "Number"
    right: "Number"
    unit: Unit
    factor: float = 1.0

    def value(self, values: Values) -> float | None:
        """``None`` too for a division by zero, and what overflows."""
        left, right = self.left.value(values), self.right.value(values)
        if left is None or right is None or (self.operator == "/" and right == 0.0):
            return None
        match self.operator:
            case "+":
                found = left + right
            case "-":
                found = left - right
            case "*":
                found = left * right * self.factor
            case _:
                found = left / right * self.factor
        return found if math.isfinite(found) else None


@dataclass(frozen=True, slots=True)
class Chosen:
    """``abs``, ``min`` or ``max`` of its arguments."""

    function: str
    arguments: tuple["Number", ...]
    unit: Unit

    def value(self, values: Values) -> float | None:
        """``None`` if one argument is unknown."""
        found = [argument.value(values) for argument in self.arguments]
        known = [value for value in found if value is not None]
        if len(known) < len(found):
            return None
        return abs(known[0]) if self.function == "abs" else (min if self.function == "min" else max)(known)


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left operator right`` of one unit."""

    operator: str
    left: "Number"
    right: "Number"

    def value(self, values: Values) -> bool | None:
        """``None`` if one side is unknown."""
        left, right = self.left.value(values), self.right.value(values)
        return None if left is None or right is None else _COMPARE[self.operator](left, right)


@dataclass(frozen=True, slots=True)
class Joined:
    """Parts joined by ``and`` or ``or``."""

    operator: str
    parts: tuple["Truth", ...]

    def value(self, values: Values) -> bool | None:
        """One false part decides an ``and``, one true part an ``or``, whatever is unknown beside it."""
        found = [part.value(values) for part in self.parts]
        decisive = self.operator == "or"
        if decisive in found:
            return decisive
        return None if None in found else not decisive


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of ``part``."""

    part: "Truth"

    def value(self, values: Values) -> bool | None:
        """``None`` if ``part`` is unknown."""
        found = self.part.value(values)
        return None if found is None else not found


Number: TypeAlias = Literal | OfChannel | Arithmetic | Chosen
Truth: TypeAlias = Comparison | Joined | Not
Node: TypeAlias = Number | Truth


def unit_of(node: Node) -> Unit | None:
    """The unit of a number; ``None``: a truth."""
    return None if isinstance(node, Comparison | Joined | Not) else node.unit


def channels_of(node: Node) -> frozenset[str]:
    """All channels whose readings it needs."""
    match node:
        case OfChannel():
            return frozenset({node.channel})
        case Arithmetic() | Comparison():
            return channels_of(node.left) | channels_of(node.right)
        case Chosen():
            return frozenset().union(*map(channels_of, node.arguments))
        case Joined():
            return frozenset().union(*map(channels_of, node.parts))
        case Not():
            return channels_of(node.part)
    return frozenset()
