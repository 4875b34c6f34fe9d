"""Criteria of steadiness as a plan states them, what the core is asked for them, and the evidence.

Names and meanings are those of CyFlex (Cybermetrix, engine test cells: @STABILITY_SPECS). TIME_DELAY: a time has
passed. VARIANCE: maximum minus minimum over the window (a range, no statistical variance). CURRENT_DEVIATION: the
present value is near a reference. DEVIATION: all values of the window are. STANDARD_DEVIATION: over the window.
K_VARIANCE: standard deviation over mean, satisfied below a least mean, where it would say nothing. A window that is not
full satisfies nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationInfo, field_validator

from bench.analysis.window import mean_std
from bench.base.time import ns
from bench.base.units import Unit
from bench.config.channels import channel_value, find_channel
from bench.config.file_model import FileModel, in_file
from bench.config.file_model import Finding as FileFinding
from bench.config.limits import ChannelName
from bench.config.quantity import Seconds, quantity
from bench.schedule.requests import Condition, Window
from bench.sequence.channels import PACE
from bench.sequence.context import Context

Kind = Literal[
    "time_delay", "variance", "current_deviation", "deviation", "standard_deviation", "coefficient_of_variation"
]
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "time_delay": ("time",),
    "variance": ("channel", "tolerance", "window"),
    "current_deviation": ("channel", "reference", "tolerance"),
    "deviation": ("channel", "reference", "tolerance", "window"),
    "standard_deviation": ("channel", "tolerance", "window"),
    "coefficient_of_variation": ("channel", "tolerance", "window", "min_reference"),
}
_ALL = ("channel", "reference", "tolerance", "min_reference", "window", "time")


class Criterion(FileModel):
    """One criterion; which of its fields it takes depends on its kind."""

    kind: Kind
    channel: ChannelName | None = None
    reference: float | None = None
    """In the unit of the channel: what the values must be near to."""
    tolerance: Annotated[float, Field(gt=0)] | None = None
    """In the unit of the channel (K for temperatures); of a coefficient of variation in percent."""
    min_reference: Annotated[float, Field(gt=0)] | None = None
    """In the unit of the channel: below this mean a coefficient of variation says nothing and is satisfied."""
    window: Annotated[Seconds, Field(gt=0, le=3600)] | None = None
    time: Annotated[Seconds, Field(gt=0, le=86_400)] | None = None

    @field_validator("reference", "tolerance", "min_reference", mode="before")
    @classmethod
    def _in_unit(cls, value: Any, info: ValidationInfo) -> Any:
        channel = info.data.get("channel")
        if value is None or channel is None or (isinstance(value, int | float) and not in_file(info)):
            return 1.0 if channel is None and isinstance(value, str) else value  # its own problem is told already
        if info.field_name == "tolerance" and info.data.get("kind") == "coefficient_of_variation":
            return quantity(value, Unit.PERCENT)
        return channel_value(channel, value, difference=info.field_name == "tolerance")

    def rules(self) -> Iterator[FileFinding]:
        needs = _NEEDS[self.kind]
        for name in _ALL:
            given = getattr(self, name) is not None
            if name in needs and not given:
                yield (), f"{self.kind} needs {name!r}; add it"
            elif given and name not in needs:
                yield (name,), f"{self.kind} takes {', '.join(needs)}; take {name!r} out"
        channel = find_channel(self.channel) if self.channel else None
        if self.kind == "coefficient_of_variation" and channel is not None and channel.unit is Unit.DEGC:
            yield ("channel",), "a share of a temperature in degC means nothing; ask for standard_deviation or variance"

    @property
    def span_s(self) -> float:
        """Its window, or the time that it waits."""
        return self.window or self.time or 0.0

    def condition(self) -> Condition:
        """What the core is asked to wait for."""
        channel, reference = self.channel or PACE, self.reference or 0.0
        tolerance, window_ns = self.tolerance or 0.0, ns(self.span_s)
        match self.kind:
            case "time_delay":
                return Condition("elapsed", channel, 0.0, 0.0, window_ns)
            case "variance":
                return Condition("range", channel, 0.0, tolerance, window_ns)
            case "current_deviation":
                return Condition("within", channel, reference, tolerance)
            case "deviation":
                return Condition("deviation", channel, reference, tolerance, window_ns)
            case "standard_deviation":
                return Condition("std", channel, 0.0, tolerance, window_ns)
            case "coefficient_of_variation":
                return Condition("variation", channel, self.min_reference or 0.0, tolerance / 100.0, window_ns)

    def complaint(self, context: Context) -> str:
        """Why this bench cannot judge it; \"\" if it can."""
        if self.channel is None:
            return ""
        return next(context.known.complaints({self.channel: self.window or 0.0}), "")

    def evidence(self, seen: Window, end_ns: int) -> dict[str, Any]:
        """The criterion, and the values of its window that ended at ``end_ns``, as plain values."""
        asked = self.model_dump(exclude_none=True)
        if self.channel is None:
            return asked
        unit = find_channel(self.channel)
        times, values = seen.t_ns.get(self.channel, np.zeros(0)), seen.values.get(self.channel, np.zeros(0))
        inside = values[times >= end_ns - ns(self.window)] if self.window else values[-1:]
        mean, std = mean_std(inside)
        found: dict[str, float] = {"values": len(inside)}
        if len(inside):
            bounds = {"min": float(np.min(inside)), "max": float(np.max(inside)), "last": float(inside[-1])}
            found = {**found, **bounds, "mean": mean, "std": std}
        return {**asked, "unit": unit.unit.value if unit else "", **found}

    def shown(self) -> str:
        """The criterion in words."""
        if self.channel is None:
            return f"time_delay {self.time:g} s"
        channel = find_channel(self.channel)
        unit = "" if channel is None or channel.unit is Unit.ONE else channel.unit.value
        near = f" about {self.reference:g} {unit}" if self.reference is not None else ""
        within = "%" if self.kind == "coefficient_of_variation" else "K" if unit == Unit.DEGC.value else unit
        over = f" over {self.window:g} s" if self.window else ""
        return f"{self.kind} of {self.channel}{near} within {self.tolerance:g} {within}".rstrip() + over
