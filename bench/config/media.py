"""Coolant and oil of a rig file."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from bench.config.file_model import FileModel, Finding
from bench.config.quantity import DegC, DegCSpan, KelvinRate, LitrePerMin, LitrePerMinSpan


class Circuit(FileModel):
    """One conditioned circuit: set-points at arming, and what it can do."""

    temperature: DegC
    flow: LitrePerMin
    temperatures: DegCSpan
    flows: LitrePerMinSpan
    rate_max: Annotated[KelvinRate, Field(gt=0)]
    flow_min: Annotated[LitrePerMin, Field(ge=0)]
    """Below it the run stops (F-25)."""

    def rules(self) -> Iterator[Finding]:
        if self.temperature not in self.temperatures:
            low, high = self.temperatures
            yield ("temperature",), f"lies outside 'temperatures' {low:g}..{high:g} degC; correct one of them"
        if self.flow not in self.flows:
            yield ("flow",), f"lies outside 'flows' {self.flows.low:g}..{self.flows.high:g} l/min; correct one of them"
        if self.flow_min >= self.flow:
            yield ("flow_min",), "must lie below 'flow', or the bench could never arm; lower it"


class Conditioner(FileModel):
    """Coolant and oil."""

    coolant: Circuit
    oil: Circuit
