"""The power at the half-shafts (in layout ``motor``: at the motor shaft) over the time, and how well it is known."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from bench.analysis.uncertainty import RAD_S_PER_RPM, Ratio, contributions, expanded_loss_w
from bench.analysis.window import Floats, Times
from bench.base.time import ns
from bench.schedule.requests import Window
from bench.sequence.context import Context
from bench.sequence.point.powers import timed_powers

_LOST_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class ShaftPower:
    """Update by update of the analyzer: middle of the interval, power at the flanges and at the DC terminals in W."""

    t_ns: Times
    flanges_w: Mapping[str, Floats]
    dc_w: Floats

    @classmethod
    def of(cls, context: Context, window: Window) -> Self:
        """From what was collected; only updates that all instruments have told."""
        t_ns, series = timed_powers(context, window)
        return cls(t_ns, {flange: series[flange] for flange in context.roles.flanges}, series["dc"])

    @classmethod
    def together(cls, parts: Iterable[Self]) -> Self:
        """Parts that follow each other, as one."""
        found = list(parts)
        flanges = {name: np.concatenate([part.flanges_w[name] for part in found]) for name in found[0].flanges_w}
        return cls(
            np.concatenate([part.t_ns for part in found]), flanges, np.concatenate([part.dc_w for part in found])
        )

    @property
    def out_w(self) -> Floats:
        """Of all flanges together."""
        total: Floats = np.sum(list(self.flanges_w.values()), axis=0)
        return total

    def between(self, start_ns: int, end_ns: int) -> "ShaftPower":
        """What lies in [start, end)."""
        first, last = np.searchsorted(self.t_ns, (start_ns, end_ns))
        flanges = {name: values[first:last] for name, values in self.flanges_w.items()}
        return ShaftPower(self.t_ns[first:last], flanges, self.dc_w[first:last])

    def lost(self, context: Context, seconds: float) -> str:
        """Why this is too little for so many seconds; \"\" if it is not."""
        expected = seconds / context.bench.update_s
        if len(self.t_ns) >= (1.0 - _LOST_SHARE) * expected - 1.0:
            return ""
        return f"only {len(self.t_ns)} of {expected:.0f} updates told all powers"

    def expanded_w(self, context: Context, motor_rpm: float) -> float:
        """U(k=2) of the mean power at the flanges, W: the systematic errors of the flanges."""
        if not len(self.t_ns):
            return math.nan
        means = {name: float(np.mean(values)) for name, values in self.flanges_w.items()}
        speeds = dict.fromkeys(means, context.flange_speed_rpm(motor_rpm))
        return expanded_loss_w(Ratio((), tuple(means)), contributions(context.budget, means, speeds))


def of_columns(context: Context, columns: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """The power at the flanges of a point's columns and its U(k=2), W; none where the point has none."""
    power_w = columns.get("p_out_w")
    if power_w is None or not math.isfinite(power_w):
        return None, None
    speeds = {flange: float(columns[f"{flange}_speed_mean"]) for flange in context.roles.flanges}
    means = {flange: columns[f"{flange}_torque_mean"] * rpm * RAD_S_PER_RPM for flange, rpm in speeds.items()}
    return power_w, expanded_loss_w(Ratio((), tuple(means)), contributions(context.budget, means, speeds))


def after(start_ns: int, seconds: float) -> int:
    """So many seconds later, ns."""
    return start_ns + ns(seconds)
