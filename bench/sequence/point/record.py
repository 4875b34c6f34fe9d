"""The record of one point: everything the table of points and the report need, as plain values."""

import math
from collections.abc import Mapping
from typing import Any

from bench.analysis.efficiency import quadrant
from bench.analysis.uncertainty import U_BLANK
from bench.analysis.window import mean_std
from bench.schedule.requests import Window
from bench.sequence.context import Context
from bench.sequence.point.powers import Component, components

EFFICIENCIES = ("pe", "motor_transmission", "edu")


def column(channel: str) -> str:
    """A channel's name as the name of a column."""
    return channel.replace(".", "_")


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def statistics(window: Window) -> dict[str, float | None]:
    """Mean and standard deviation of every channel; none where nothing good arrived."""
    found: dict[str, float | None] = {}
    for channel, values in window.values.items():
        mean, std = mean_std(values)
        found[f"{column(channel)}_mean"], found[f"{column(channel)}_std"] = _plain(mean), _plain(std)
    return found


def efficiencies(found: Mapping[str, Component], usable: bool) -> dict[str, float | None]:
    """Columns ``eta_*`` and ``u_eta_*``; blank where undefined, not accessible, too uncertain, or not ``usable``."""
    columns: dict[str, float | None] = {}
    for name in EFFICIENCIES:
        part = found.get(name)
        eta = part.balance.efficiency if part else None
        u_eta = part.u_efficiency if part else None
        known = usable and eta is not None and u_eta is not None and u_eta <= U_BLANK
        columns[f"eta_{name}"] = eta if known else None
        columns[f"u_eta_{name}"] = u_eta if known else None
    return columns


def losses(found: Mapping[str, Component]) -> dict[str, float | str | None]:
    """Losses and their uncertainties in W, the output power, the way of the power, and the ripple in pp."""
    edu = found["edu"]
    columns: dict[str, float | str | None] = {
        "loss_w": edu.balance.loss_w,
        "u_loss_w": edu.u_loss_w,
        "p_out_w": edu.balance.mechanical_w,
        "direction": str(edu.balance.direction),
        "ripple_pp": _plain(100.0 * edu.ripple),
    }
    for name, short in (("pe", "pe"), ("motor_transmission", "mt")):
        part = found.get(name)
        columns[f"loss_{short}_w"] = part.balance.loss_w if part else None
    return columns


def implausible(found: Mapping[str, Component]) -> list[str]:
    """Losses that are negative beyond their uncertainty, or power out without power in: signs, wiring, alignment."""
    return [
        f"loss of {name} is {part.balance.loss_w:.0f} W, below zero by more than its uncertainty {part.u_loss_w:.0f} W"
        for name, part in found.items()
        if part.balance.loss_w < -part.u_loss_w
    ]


def unknown(found: Mapping[str, Component]) -> list[str]:
    """Powers that no two instruments told at the same time: such a point carries nothing, and must say so."""
    return [
        f"power of {name} is unknown: no update in which all its instruments were good"
        for name, part in found.items()
        if not (math.isfinite(part.balance.loss_w) and math.isfinite(part.u_loss_w))
    ]


def window_columns(window: Window, speed_rpm: float, torque_nm: float) -> dict[str, Any]:
    """Time, set-points and quadrant."""
    return {
        "speed_rpm": speed_rpm,
        "torque_nm": torque_nm,
        "quadrant": quadrant(speed_rpm, torque_nm),
        "start_ns": window.start_ns,
        "end_ns": window.end_ns,
        "updates": len(window.values.get("dc.power", ())),
    }


def range_columns(context: Context, ranges: Mapping[str, float]) -> dict[str, float | None]:
    """The ranges in force, ``range_dc_v``, ``range_dc_a`` and so on; blank for what was not fixed."""
    budget = context.budget.with_ranges(ranges)
    columns: dict[str, float | None] = {}
    for name in ("dc", "ac", "field"):
        element = budget.elements.get(name)
        columns[f"range_{name}_v"] = element.voltage_range_v if element else None
        columns[f"range_{name}_a"] = element.current_range_a if element else None
    return columns


def empty_record(context: Context, window: Window, speed_rpm: float, torque_nm: float) -> dict[str, Any]:
    """The record of a point whose window cannot be used: statistics only."""
    blank: dict[str, Any] = efficiencies({}, usable=False)
    names = ("loss_w", "u_loss_w", "p_out_w", "direction", "ripple_pp", "loss_pe_w", "loss_mt_w")
    return {
        **window_columns(window, speed_rpm, torque_nm),
        **blank,
        **dict.fromkeys(names),
        "u_basis": context.budget.basis,
        **statistics(window),
    }


def point_record(
    context: Context, window: Window, speed_rpm: float, torque_nm: float, ranges: Mapping[str, float], usable: bool
) -> tuple[dict[str, Any], list[str]]:
    """Columns of a point, and what is implausible or unknown. Without ``usable`` it carries no efficiency."""
    found = components(context, window, ranges)
    columns = {
        **window_columns(window, speed_rpm, torque_nm),
        **efficiencies(found, usable),
        "u_basis": context.budget.basis,
        **losses(found),
        **range_columns(context, ranges),
        **statistics(window),
    }
    return columns, [*implausible(found), *unknown(found)]
