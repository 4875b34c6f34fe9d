"""Step ``no_load_drag``: what it takes to turn the unit without torque, over the speed.

The dynos turn the unit, the inverter is on and keeps its torque at zero: the flanges tell the drag torque, and the DC
terminals what the inverter takes beside it. No public clause says how; assumed is that the inverter stays on, so that
the loss is that of a unit without load and not of one that is switched off.
"""

from typing import Annotated

from pydantic import Field

from bench.analysis.uncertainty import RAD_S_PER_RPM
from bench.config.file_model import FileModel
from bench.config.grid import Speeds
from bench.config.quantity import SpeedRate
from bench.schedule.requests import Operation
from bench.sequence.context import Context
from bench.sequence.electrical_check import period_texts
from bench.sequence.point.map_parameters import MeasureParameters, SettleParameters, WindowParameters
from bench.sequence.point.point import Measured
from bench.sequence.point.shaft_power import of_columns
from bench.sequence.point.steady import measure_steady, steady_s, steady_task
from bench.sequence.step import Finding
from bench.sequence.steps.efficiency_map import place_findings
from bench.sequence.travel.position import Rates
from bench.sequence.verdict import StepVerdict

NO_LOAD = "no_load"
"""The zone of its points."""


class NoLoadDragParameters(FileModel):
    """The speeds at the motor shaft, in the order of measuring, and when a point is steady."""

    speeds: Speeds
    rate: Annotated[SpeedRate, Field(gt=0)] = 500.0
    settle: SettleParameters
    measure: MeasureParameters
    windows: WindowParameters = WindowParameters()


class NoLoadDrag:
    """The step kind ``no_load_drag``."""

    name = "no_load_drag"
    parameters = NoLoadDragParameters

    def check(self, parameters: NoLoadDragParameters, context: Context) -> list[Finding]:
        """Something can turn the unit, at every speed, as fast as the rig allows."""
        if context.bench.absorbing:
            return [Finding((), "brakes cannot turn the unit; measure its drag on a rig with drives")]
        found = []
        for i, speed_rpm in enumerate(parameters.speeds):
            found += place_findings(context, speed_rpm, 0.0, ("speeds",), (i, i))
            found += [Finding(("speeds", i), text) for text in period_texts(context, speed_rpm)]
        most = context.bench.speed_rate_max_rpm_s
        if parameters.rate > most:
            text = f"{parameters.rate:g} rpm/s exceeds the rig's {most:g} rpm/s"
            found.append(Finding(("rate",), f"{text}; lower it"))
        return found

    def points(self, parameters: NoLoadDragParameters, context: Context) -> int:
        """One a speed."""
        return len(parameters.speeds)

    def estimate_s(self, parameters: NoLoadDragParameters, context: Context) -> float:
        """Travel, settling and measuring, seconds."""
        places = [(speed_rpm, 0.0) for speed_rpm in parameters.speeds]
        return steady_s(context, parameters, places, Rates(speed_rpm_s=parameters.rate))

    def run(self, parameters: NoLoadDragParameters, context: Context) -> Operation[StepVerdict]:
        """A point a speed, journaled as ``point`` with the drag beside the columns of all points."""
        first, done = context.tally.points, context.taken.points()
        for number, speed_rpm in enumerate(parameters.speeds, first + 1):
            if (taken := done.get(number)) is not None:
                context.tally.add(taken["verdict"])
                continue
            label = {"point": number, "fraction": 0.0, "zone": NO_LOAD}
            task = steady_task(context, parameters, (speed_rpm, 0.0), Rates(speed_rpm_s=parameters.rate), label)
            yield from measure_steady(context, task, lambda measured: drag(context, measured))
        return StepVerdict()


def drag(context: Context, measured: Measured) -> dict[str, float | None]:
    """Drag torque at the motor shaft (positive: the unit brakes) and its power, with the torque's U(k=2)."""
    out_w, u_w = of_columns(context, measured.columns)
    motor_rpm = measured.columns.get("dut_speed_mean")
    if out_w is None or u_w is None or not motor_rpm:
        return dict.fromkeys(("drag_torque_nm", "u_drag_torque_nm", "drag_w"))
    w = abs(motor_rpm) * RAD_S_PER_RPM
    return {"drag_torque_nm": -out_w / w, "u_drag_torque_nm": u_w / w, "drag_w": -out_w}
