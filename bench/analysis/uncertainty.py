"""Uncertainty of an efficiency after the GUM (JCGM 100:2008, section 5).

Every systematic error is one *contribution*: a limit +-a, rectangular, so u = a/sqrt(3), and its effect on each of the
powers at once. An analyzer element has two (of reading, of range), a flange three (a gain that left and right share,
a gain of its own, a zero). What two powers share is then fully correlated by construction, all else is independent.
The remaining scatter of the window is a type A contribution.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from bench.analysis.efficiency import Direction, direction

RAD_S_PER_RPM = math.pi / 30.0
SQRT3 = math.sqrt(3.0)
U_BLANK = 0.02
"""Where the expanded uncertainty exceeds this (2 pp), an efficiency says nothing and is left blank."""


class Band(NamedTuple):
    """Limits that hold from a frequency on, up to the next band's."""

    from_hz: float
    of_reading: float
    of_range: float


@dataclass(frozen=True, slots=True)
class Element:
    """Accuracy of the analyzer elements that measure one power: limits as fractions of reading and of the range
    (voltage range times current range, V and A). ``shares`` of the power, one for each element that has some.
    ``above``: other limits at higher frequencies, rising."""

    of_reading: float
    of_range: float
    voltage_range_v: float
    current_range_a: float
    shares: tuple[float, ...] = (1.0,)
    above: tuple[Band, ...] = ()

    def at(self, frequency_hz: float) -> "Element":
        """With the limits that hold at this frequency."""
        for band in reversed(self.above):
            if abs(frequency_hz) >= band.from_hz:
                return replace(self, of_reading=band.of_reading, of_range=band.of_range, above=())
        return self


@dataclass(frozen=True, slots=True)
class Flange:
    """Limits of a torque flange: gains as fractions (of the torque), zero in Nm, speed gain as a fraction."""

    gain_shared: float
    gain_own: float
    zero_nm: float
    speed_gain: float = 0.0


@dataclass(frozen=True, slots=True)
class Budget:
    """Accuracy of every instrument that takes part: elements by power (``dc``, ``ac``, ``field``), flanges by part.

    ``basis`` is ``certificate``, or ``assumed`` as soon as one figure is assumed.
    """

    elements: Mapping[str, Element]
    flanges: Mapping[str, Flange]
    basis: str = "assumed"

    def with_ranges(self, ranges: Mapping[str, float], frequency_hz: float = 0.0) -> "Budget":
        """The budget with the ranges in force: ``dc.voltage`` V, ``dc.current`` A, ... (others stay as they are), at
        the electrical frequency of the phases; what is DC (any element but ``ac``) stays at its base limits."""
        elements = {
            name: replace(
                element.at(frequency_hz) if name == "ac" else element,
                voltage_range_v=ranges.get(f"{name}.voltage", element.voltage_range_v),
                current_range_a=ranges.get(f"{name}.current", element.current_range_a),
            )
            for name, element in self.elements.items()
        }
        return Budget(elements, self.flanges, self.basis)


@dataclass(frozen=True, slots=True)
class Contribution:
    """One independent error: its limit's effect on each power, in W."""

    name: str
    effect_w: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Ratio:
    """An efficiency as a ratio of sums of powers: names on the electrical and on the mechanical side."""

    electrical: tuple[str, ...]
    mechanical: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Expanded uncertainty (k=2) of an efficiency and the variances (k=1) it is made of, by contribution."""

    expanded: float
    variances: Mapping[str, float] = field(default_factory=dict)


def element_contributions(power: str, element: Element, power_w: float) -> list[Contribution]:
    """Of reading and of range, once for each of the elements that share the power."""
    rated_va = element.voltage_range_v * element.current_range_a
    return [
        contribution
        for i, share in enumerate(element.shares)
        for contribution in (
            Contribution(f"{power}.reading.{i}", {power: element.of_reading * share * power_w}),
            Contribution(f"{power}.range.{i}", {power: element.of_range * rated_va}),
        )
    ]


def flange_contributions(
    flanges: Mapping[str, Flange], powers_w: Mapping[str, float], speeds_rpm: Mapping[str, float]
) -> list[Contribution]:
    """The shared gain as one contribution over all flanges; own gain, zero and speed gain for each."""
    shared = {name: flange.gain_shared * powers_w[name] for name, flange in flanges.items()}
    found = [Contribution("flanges.gain", shared)]
    for name, flange in flanges.items():
        found.append(Contribution(f"{name}.gain", {name: flange.gain_own * powers_w[name]}))
        found.append(Contribution(f"{name}.zero", {name: flange.zero_nm * speeds_rpm[name] * RAD_S_PER_RPM}))
        found.append(Contribution(f"{name}.speed", {name: flange.speed_gain * powers_w[name]}))
    return found


def contributions(budget: Budget, powers_w: Mapping[str, float], speeds_rpm: Mapping[str, float]) -> list[Contribution]:
    """All contributions at one operating point. ``powers_w``: ``dc``, ``ac``, ``field`` and one per flange."""
    flanges = {name: flange for name, flange in budget.flanges.items() if name in powers_w}
    found = flange_contributions(flanges, powers_w, speeds_rpm)
    for name, element in budget.elements.items():
        if name in powers_w:
            found.extend(element_contributions(name, element, powers_w[name]))
    return found


def sensitivities(ratio: Ratio, powers_w: Mapping[str, float]) -> dict[str, float]:
    """d(efficiency)/d(power), 1/W, for each power of the ratio; a power on both sides gets both terms."""
    electrical = sum(powers_w[name] for name in ratio.electrical)
    mechanical = sum(powers_w[name] for name in ratio.mechanical)
    if direction(electrical, mechanical) is Direction.MOTORING:
        by_electrical, by_mechanical = -mechanical / electrical**2, 1.0 / electrical
    else:
        by_electrical, by_mechanical = 1.0 / mechanical, -electrical / mechanical**2
    found = dict.fromkeys((*ratio.electrical, *ratio.mechanical), 0.0)
    for name in ratio.electrical:
        found[name] += by_electrical
    for name in ratio.mechanical:
        found[name] += by_mechanical
    return found


def expanded(
    ratio: Ratio, powers_w: Mapping[str, float], found: Sequence[Contribution], type_a: float = 0.0
) -> Uncertainty:
    """U(k=2) of the efficiency ``ratio``; ``type_a`` is the standard uncertainty of the window's mean."""
    slope = sensitivities(ratio, powers_w)
    variances = {}
    for contribution in found:
        limit = sum(slope.get(name, 0.0) * effect for name, effect in contribution.effect_w.items())
        if limit:
            variances[contribution.name] = (limit / SQRT3) ** 2
    variances["window"] = type_a**2
    return Uncertainty(2.0 * math.sqrt(sum(variances.values())), variances)


def expanded_loss_w(ratio: Ratio, found: Sequence[Contribution]) -> float:
    """U(k=2) of the loss electrical - mechanical, W."""
    variance = 0.0
    for contribution in found:
        plus = sum(contribution.effect_w.get(name, 0.0) for name in ratio.electrical)
        minus = sum(contribution.effect_w.get(name, 0.0) for name in ratio.mechanical)
        variance += ((plus - minus) / SQRT3) ** 2
    return 2.0 * math.sqrt(variance)
