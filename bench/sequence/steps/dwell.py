"""Step ``dwell``: hold an operating point for a time."""

from typing import Annotated

from pydantic import Field

from bench.base.time import ns
from bench.config.file_model import FileModel
from bench.config.quantity import Seconds, SpeedRpm, TorqueNm
from bench.schedule.requests import Operation, Sleep
from bench.sequence.context import Context
from bench.sequence.electrical_check import carried_texts
from bench.sequence.step import Finding
from bench.sequence.steps.efficiency_map import place_findings
from bench.sequence.travel.drive import travel_s
from bench.sequence.travel.position import Rates
from bench.sequence.travel.transfer import go
from bench.sequence.verdict import FAILED, StepVerdict


class DwellParameters(FileModel):
    """The point at the motor shaft and how long to hold it."""

    speed: Annotated[SpeedRpm, Field(ge=0)]
    torque: TorqueNm
    time: Annotated[Seconds, Field(gt=0)]


class Dwell:
    """The step kind ``dwell``."""

    name = "dwell"
    parameters = DwellParameters

    def check(self, parameters: DwellParameters, context: Context) -> list[Finding]:
        """The point lies inside the envelopes, and supply and analyzer can carry it."""
        found = place_findings(context, parameters.speed, parameters.torque, (), ("speed", "torque"))
        place = [(parameters.speed, parameters.torque)]
        return found or [Finding(("torque",), text) for text in carried_texts(context, place, "ask for less torque")]

    def points(self, parameters: DwellParameters, context: Context) -> int:
        """None."""
        return 0

    def estimate_s(self, parameters: DwellParameters, context: Context) -> float:
        """Travel and hold, seconds."""
        here = (context.position.speed_rpm, context.position.torque_nm)
        return travel_s(here, (parameters.speed, parameters.torque), Rates()) + parameters.time

    def run(self, parameters: DwellParameters, context: Context) -> Operation[StepVerdict]:
        """Go there, hold."""
        _, problem = yield from go(context, parameters.speed, parameters.torque, Rates())
        if problem:
            return StepVerdict(FAILED, (problem,))
        yield Sleep(ns(parameters.time))
        return StepVerdict()
