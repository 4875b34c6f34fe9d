"""One repetition at full torque, judged from what was collected; and what several of them say together."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.analysis.peak import highest_mean, spread
from bench.analysis.window import mean_std
from bench.schedule.requests import Window
from bench.sequence.context import Context
from bench.sequence.point.point import derated
from bench.sequence.point.shaft_power import ShaftPower, after
from bench.sequence.verdict import FAILED, PASSED

_PEAK_S = 2.0
_SUSTAINED_S = (8.0, 10.0)


@dataclass(frozen=True, slots=True)
class Repetition:
    """What one repetition has told: powers in W at the half-shafts; ``reason``: why it cannot count."""

    number: int
    peak_w: float
    sustained_w: float
    u_w: float
    reason: str


def judged(
    context: Context, window: Window, start_ns: int, problems: Sequence[str], which: tuple[int, float]
) -> tuple[Repetition, dict[str, Any]]:
    """One repetition (``which``: its number and motor speed) from what was collected since ``start_ns``."""
    number, speed_rpm = which
    first, last = (after(start_ns, at_s) for at_s in _SUSTAINED_S)
    power = ShaftPower.of(context, window).between(start_ns, last)
    late, count = power.between(first, last), round(_PEAK_S / context.bench.update_s)
    lost = power.lost(context, _SUSTAINED_S[1]) or late.lost(context, _SUSTAINED_S[1] - _SUSTAINED_S[0])
    reason = "; ".join([*problems, *([lost] if lost else [])])
    found = Repetition(
        number,
        highest_mean(power.out_w, count),
        mean_std(late.out_w)[0],
        late.expanded_w(context, speed_rpm),
        reason,
    )
    figures = {
        "peak_w": found.peak_w,
        "sustained_w": found.sustained_w,
        "dc_peak_w": highest_mean(power.dc_w, count),
        "dc_sustained_w": mean_std(late.dc_w)[0],
        "dc_voltage_v": mean_std(window.values.get("dc.voltage", ()))[0],
        "winding_start_degc": _end(window, "dut.winding_temp", 0),
        "winding_end_degc": _end(window, "dut.winding_temp", -1),
    }
    told = {"start_ns": start_ns, "end_ns": last, "derated": derated(window), **_plain(figures)}
    return found, {**told, "verdict": FAILED if reason else PASSED, "reason": reason}


def disagreement(counting: Sequence[Repetition], band_percent: float) -> str:
    """Why these repetitions are no result; \"\" if they are."""
    useless = [f"repetition {one.number}: {one.reason}" for one in counting if one.reason]
    if useless:
        return "; ".join(useless)
    for name in ("peak", "sustained"):
        share = 100.0 * spread([getattr(one, f"{name}_w") for one in counting])
        if not share <= band_percent:
            text = f"{name} power lies up to {share:.1f} % from its mean, {band_percent:g} % are allowed"
            return f"{text}; lower winding_start, so that all repetitions begin alike"
    return ""


def result(counting: Sequence[Repetition], band_percent: float) -> dict[str, Any]:
    """Means over the repetitions that count, with U(k=2): flanges, and the scatter of the repetitions."""
    reason = disagreement(counting, band_percent)
    figures: dict[str, float] = {}
    for name in ("peak", "sustained"):
        values = [getattr(one, f"{name}_w") for one in counting]
        mean, std = mean_std(values)
        systematic = float(np.max([one.u_w for one in counting]))
        figures[f"{name}_w"] = mean
        figures[f"u_{name}_w"] = math.hypot(systematic, 2.0 * std / math.sqrt(len(counting)))
        figures[f"{name}_spread_percent"] = 100.0 * spread(values)
    told = _plain(figures)
    counted = f"{counting[0].number} to {counting[-1].number}"
    return {"counting": counted, **told, "verdict": FAILED if reason else PASSED, "reason": reason}


def _end(window: Window, channel: str, place: int) -> float:
    values = window.values.get(channel, ())
    return float(values[place]) if len(values) else math.nan


def _plain(figures: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in figures.items()}
