"""What becomes of units when quantities are added, multiplied and compared.

Temperatures in degC are points of a scale: their difference is in K, and only a difference can be added to one.
Products and quotients stay inside the closed set of units (``V * A`` is W), or are refused.
"""

import math

from bench.base.units import Unit


class DimensionError(ValueError):
    """Two quantities do not go together so; the text names both units and the remedy."""


# a * b = factor * (value in the product's unit)
_PRODUCTS: dict[tuple[Unit, Unit], tuple[Unit, float]] = {
    (Unit.VOLT, Unit.AMPERE): (Unit.WATT, 1.0),
    (Unit.NM, Unit.RPM): (Unit.WATT, math.pi / 30.0),
    (Unit.OHM, Unit.AMPERE): (Unit.VOLT, 1.0),
    (Unit.NEWTON, Unit.METRE): (Unit.NM, 1.0),
    (Unit.WATT, Unit.SECOND): (Unit.WATT_HOUR, 1.0 / 3600.0),
    (Unit.NM_PER_S, Unit.SECOND): (Unit.NM, 1.0),
    (Unit.RPM_PER_S, Unit.SECOND): (Unit.RPM, 1.0),
    (Unit.VOLT_PER_S, Unit.SECOND): (Unit.VOLT, 1.0),
    (Unit.KELVIN_PER_S, Unit.SECOND): (Unit.KELVIN, 1.0),
}
_BY_PAIR = {**_PRODUCTS, **{(b, a): product for (a, b), product in _PRODUCTS.items()}}


def called(unit: Unit) -> str:
    """The unit in a message."""
    return "a plain number" if unit is Unit.ONE else unit.value


def of_sum(left: Unit, right: Unit) -> Unit:
    """The unit of ``left + right``."""
    temperatures = (left, right).count(Unit.DEGC)
    if temperatures == 2:
        raise DimensionError("two temperatures in degC cannot be added; add a difference in K")
    if temperatures and Unit.KELVIN in (left, right):
        return Unit.DEGC
    return _same(left, right, "added")


def of_difference(left: Unit, right: Unit) -> Unit:
    """The unit of ``left - right``."""
    match left, right:
        case Unit.DEGC, Unit.DEGC:
            return Unit.KELVIN
        case Unit.DEGC, Unit.KELVIN:
            return Unit.DEGC
    return _same(left, right, "subtracted")


def of_product(left: Unit, right: Unit) -> tuple[Unit, float]:
    """The unit of ``left * right``, and the factor to it."""
    _no_scale(left, right, "multiplied")
    if Unit.ONE in (left, right):
        return (right if left is Unit.ONE else left), 1.0
    found = _BY_PAIR.get((left, right))
    if found is None:
        raise DimensionError(
            f"the product of {left.value} and {right.value} has no unit of the bench; compare otherwise"
        )
    return found


def of_quotient(left: Unit, right: Unit) -> tuple[Unit, float]:
    """The unit of ``left / right``, and the factor to it; a quotient of equal units is a plain number."""
    _no_scale(left, right, "divided")
    if left is right:
        return Unit.ONE, 1.0
    if right is Unit.ONE:
        return left, 1.0
    for (a, b), (product, factor) in _BY_PAIR.items():
        if b is right and product is left:
            return a, 1.0 / factor
    raise DimensionError(f"{called(left)} over {right.value} has no unit of the bench; compare otherwise")


def of_negative(unit: Unit) -> Unit:
    """The unit of ``-x`` and ``abs(x)``."""
    _no_scale(unit, unit, "negated")
    return unit


def of_choice(left: Unit, right: Unit) -> Unit:
    """The unit of two quantities that are compared."""
    if left is not right and {left, right} == {Unit.DEGC, Unit.KELVIN}:
        raise DimensionError(
            "a temperature in degC cannot be compared with a difference in K; write °C, or subtract one"
        )
    return _same(left, right, "compared")


def _same(left: Unit, right: Unit, verb: str) -> Unit:
    if left is not right:
        text = f"{called(left)} and {called(right)} cannot be {verb}"
        bare = Unit.ONE in (left, right)
        raise DimensionError(f"{text}; {'write the unit behind the number' if bare else 'use quantities of one unit'}")
    return left


def _no_scale(left: Unit, right: Unit, verb: str) -> None:
    if Unit.DEGC in (left, right):
        raise DimensionError(
            f"a temperature in degC cannot be {verb}; subtract another temperature first, which gives K"
        )
