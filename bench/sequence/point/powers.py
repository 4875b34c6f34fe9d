"""From a measuring window to powers, efficiencies and their uncertainties."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.analysis.efficiency import Balance, balance
from bench.analysis.uncertainty import RAD_S_PER_RPM, Budget, Ratio, contributions, expanded, expanded_loss_w
from bench.analysis.window import Floats, Times, aligned, common_times, paced, ripple
from bench.schedule.requests import Window
from bench.sequence.context import Context


@dataclass(frozen=True, slots=True)
class Component:
    """One efficiency of a point: balance of means, U(k=2) of efficiency and loss, ripple of one update (0..1)."""

    balance: Balance
    u_efficiency: float | None
    u_loss_w: float
    ripple: float


def ratios(context: Context) -> dict[str, Ratio]:
    """Which powers make up which efficiency; the 12 V supply is outside all of them."""
    flanges = context.roles.flanges
    motor_in = ("ac", "field") if context.has_field else ("ac",)
    every = {
        "pe": Ratio(("dc",), motor_in),
        "motor_transmission": Ratio(motor_in, flanges),
        "edu": Ratio(("dc",), flanges),
    }
    return {name: every[name] for name in context.efficiencies}


def power_series(context: Context, window: Window) -> dict[str, Floats]:
    """Each power update by update (``timed_powers``)."""
    return timed_powers(context, window)[1]


def timed_powers(context: Context, window: Window) -> tuple[Times, dict[str, Floats]]:
    """Middles of the updates, and each power in W; the flanges' as torque times speed of the same update.

    A flange on CAN tells more often than the analyzer: its power is averaged over each of the analyzer's updates.
    """
    faster = [flange for flange in context.roles.flanges if flange in context.roles.on_can]
    flanges = [flange for flange in context.roles.flanges if flange not in faster]
    electrical = ["dc.power"]
    if len(context.efficiencies) > 1:
        electrical += ["ac.power", "field.power"] if context.has_field else ["ac.power"]
    names = electrical + [f"{flange}.{what}" for flange in flanges for what in ("torque", "speed")]
    series = aligned(window.t_ns, window.values, names)
    found = {name.split(".")[0]: series[name] for name in electrical}
    for flange in flanges:
        found[flange] = series[f"{flange}.torque"] * series[f"{flange}.speed"] * RAD_S_PER_RPM
    at_ns = common_times(window.t_ns, names)
    if not faster:
        return at_ns, found
    for flange in faster:
        own = (f"{flange}.torque", f"{flange}.speed")
        frames = aligned(window.t_ns, window.values, own)
        watts = frames[own[0]] * frames[own[1]] * RAD_S_PER_RPM
        found[flange] = paced(common_times(window.t_ns, own), watts, at_ns)
    whole = np.all([np.isfinite(values) for values in found.values()], axis=0)
    return at_ns[whole], {name: values[whole] for name, values in found.items()}


def _sum(series: Mapping[str, Floats], names: tuple[str, ...]) -> Floats:
    total: Floats = np.sum([series[name] for name in names], axis=0)
    return total


def component(ratio: Ratio, series: Mapping[str, Floats], speeds: Mapping[str, float], budget: Budget) -> Component:
    """Balance and uncertainty of one component from the aligned series."""
    means = {name: float(np.mean(values)) for name, values in series.items()}
    electrical, mechanical = _sum(series, ratio.electrical), _sum(series, ratio.mechanical)
    found = balance(float(np.mean(electrical)), float(np.mean(mechanical)))
    parts = contributions(budget, means, speeds)
    u_loss = expanded_loss_w(ratio, parts)
    if found.efficiency is None:
        return Component(found, None, u_loss, math.nan)
    driven = found.mechanical_w > 0.0
    spread, type_a = ripple(mechanical, electrical) if driven else ripple(electrical, mechanical)
    return Component(found, expanded(ratio, means, parts, type_a).expanded, u_loss, spread)


def frequency_hz(window: Window) -> float:
    """The mean electrical frequency; zero where the phases are not measured."""
    values = window.values.get("ac.frequency", ())
    return abs(float(np.mean(values))) if len(values) else 0.0


def components(context: Context, window: Window, ranges: Mapping[str, float]) -> dict[str, Component]:
    """All components that this DUT lets us measure."""
    series = power_series(context, window)
    speeds = {flange: float(np.mean(window.values[f"{flange}.speed"])) for flange in context.roles.flanges}
    budget = context.budget.with_ranges(ranges, frequency_hz(window))
    return {name: component(ratio, series, speeds, budget) for name, ratio in ratios(context).items()}
