"""A book as a row of the table of cycles, and what is wrong with it."""

import math
from typing import Any

from bench.analysis.tracking import LONGEST_S, OCCASIONS
from bench.analysis.uncertainty import SQRT3
from bench.sequence.context import Context
from bench.sequence.cycle.book import Book

_LOST_S = 1.0
"""More than this without values, and the energies say nothing for sure."""
_NAMES = {"dc": ("in", "out"), "ac": ("in", "out"), "field": ("in", "out"), "shaft": ("driving", "braking")}
"""By side, how its energies towards the half-shafts and back are called; ``dc_out`` is what was regenerated."""


def consumption(context: Context, book: Book, auxiliary_w: float) -> tuple[float, float] | None:
    """(kWh per 100 km from the source, U(k=2)), ``auxiliary_w`` included; none where nothing was driven."""
    if book.distance_km <= 0.0:
        return None
    net, per_100_km = book.net("dc"), 1e-3 * 100.0 / book.distance_km
    taken = (net.wh + auxiliary_w * book.seconds / 3600.0) * per_100_km
    gains = [context.budget.flanges[name].speed_gain for name in context.roles.flanges]
    u_distance = 2.0 * math.hypot(*gains) / len(gains) / SQRT3
    return taken, math.hypot(net.u_wh * per_100_km, taken * u_distance)


def reasons(book: Book, torque_error_nm: float, *, limited: bool) -> list[str]:
    """Why a repetition does not pass. ``limited``: the plan allows the unit to give less torque than wanted."""
    found = []
    speed, torque = book.speed, book.torque
    if speed.longest_s > LONGEST_S or speed.occasions > OCCASIONS:
        seen = f"{speed.occasions} times, for {speed.longest_s:.2f} s at most"
        found.append(f"speed outside the driving tolerance {seen}; {OCCASIONS} times of {LONGEST_S:g} s are allowed")
    if not torque.rms <= torque_error_nm:
        found.append(f"torque off by {torque.rms:.2f} Nm (root mean square); {torque_error_nm:g} Nm are allowed")
    if book.derated_s > 0.0 and not limited:
        found.append(f"the inverter derated for {book.derated_s:.2f} s")
    if book.lost_s > _LOST_S:
        found.append(f"{book.lost_s:.1f} s without values")
    if book.loss.wh < -book.loss.u_wh:
        found.append(f"loss of the unit is {book.loss.wh:.1f} Wh, below zero by more than {book.loss.u_wh:.1f} Wh")
    return found


def row(context: Context, book: Book, auxiliary_w: float) -> dict[str, Any]:
    """Plain values: energies in Wh, each with its U(k=2); blank where too much time has no values."""
    measured = {"distance_km": book.distance_km, **_energies(context, book, auxiliary_w)}
    found: dict[str, Any] = {"duration_s": book.seconds}
    found |= dict.fromkeys(measured) if book.lost_s > _LOST_S else measured
    found |= {"demand_wh": book.demand_wh[0], "braking_demand_wh": -book.demand_wh[1], "u_basis": context.budget.basis}
    found |= {
        "speed_rms_kmh": _plain(book.speed.rms),
        "speed_largest_kmh": _plain(book.speed.largest),
        "outside_share": book.speed.outside_s / book.seconds,
        "outside_occasions": book.speed.occasions,
        "outside_longest_s": book.speed.longest_s,
        "torque_rms_nm": _plain(book.torque.rms),
        "torque_largest_nm": _plain(book.torque.largest),
    }
    found |= {"limited_s": book.limited_s, "derated_s": book.derated_s, "lost_s": book.lost_s}
    return found | {_column(channel): value for channel, value in book.hottest_degc.items()}


def _energies(context: Context, book: Book, auxiliary_w: float) -> dict[str, Any]:
    taken, u_taken = consumption(context, book, auxiliary_w) or (None, None)
    found: dict[str, Any] = {"consumption_kwh_100km": taken, "u_consumption_kwh_100km": u_taken}
    for side, (positive, negative) in book.energies.items():
        towards, back = _NAMES[side]
        for name, energy in ((towards, positive), (back, -negative), ("net", book.net(side))):
            found[f"{side}_{name}_wh"], found[f"u_{side}_{name}_wh"] = energy.wh, energy.u_wh
    return {**found, "loss_wh": book.loss.wh, "u_loss_wh": book.loss.u_wh, "aux_wh": book.aux_wh}


def _column(channel: str) -> str:
    """``dut.winding_temp`` becomes ``winding_max_degc``."""
    return f"{channel.partition('.')[2].removesuffix('_temp')}_max_degc"


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
