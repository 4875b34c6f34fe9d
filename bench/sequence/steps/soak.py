"""Step ``soak``: bring the unit to temperature at a held operating point."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from bench.base.time import ns
from bench.config.channels import channel_value
from bench.config.file_model import FileModel, in_file
from bench.config.limits import ChannelName
from bench.config.quantity import DegC, Kelvin, LitrePerMin, Seconds, SpeedRpm, TorqueNm
from bench.schedule.requests import Condition, Now, Operation, Ramp, Record, Until
from bench.sequence.context import Context
from bench.sequence.electrical_check import carried_texts
from bench.sequence.step import Finding
from bench.sequence.steps.efficiency_map import place_findings
from bench.sequence.travel.drive import travel_s
from bench.sequence.travel.position import Rates
from bench.sequence.travel.transfer import go
from bench.sequence.verdict import FAILED, StepVerdict
from bench.sequence.waiting import describe


class Stable(FileModel):
    """A channel's max - min over a full window stays below ``range`` (in K for temperatures)."""

    channel: ChannelName
    range: Annotated[float, Field(gt=0)]
    window: Annotated[Seconds, Field(gt=0, le=3600)]

    @field_validator("range", mode="before")
    @classmethod
    def _in_unit(cls, value: Any, info: ValidationInfo) -> Any:
        if "channel" not in info.data or (isinstance(value, int | float) and not in_file(info)):
            return value
        return channel_value(info.data["channel"], value, difference=True)


class Reach(FileModel):
    """How near the media must have come to their set-points (+-)."""

    coolant: Annotated[Kelvin, Field(gt=0)]
    oil: Annotated[Kelvin, Field(gt=0)]


class SoakParameters(FileModel):
    """Media set-points, the operating point to hold, and when the soak is over."""

    coolant: DegC
    coolant_flow: Annotated[LitrePerMin, Field(gt=0)]
    oil: DegC
    oil_flow: Annotated[LitrePerMin, Field(gt=0)]
    speed: Annotated[SpeedRpm, Field(gt=0)]
    torque: TorqueNm
    stable: Stable
    reach: Reach | None = None
    timeout: Annotated[Seconds, Field(gt=0)]


def _conditions(parameters: SoakParameters) -> tuple[Condition, ...]:
    stable, reach = parameters.stable, parameters.reach
    found = [Condition("range", stable.channel, 0.0, stable.range, ns(stable.window))]
    if reach is not None:
        found.append(Condition("within", "coolant.temp_in", parameters.coolant, reach.coolant))
        found.append(Condition("within", "oil.temp", parameters.oil, reach.oil))
    return tuple(found)


_MEDIA = {
    "coolant": ("coolant.temp_cmd", "degC"),
    "coolant_flow": ("coolant.flow_cmd", "l/min"),
    "oil": ("oil.temp_cmd", "degC"),
    "oil_flow": ("oil.flow_cmd", "l/min"),
}


def _media_findings(parameters: SoakParameters, context: Context) -> Iterator[Finding]:
    """What the conditioner cannot do."""
    for key, (channel, unit) in _MEDIA.items():
        reach, asked = context.known.reach.get(channel), getattr(parameters, key)
        if reach is not None and not reach.low <= asked <= reach.high:
            told = f"{asked:g} {unit} lies outside what the conditioner can do"
            yield Finding((key,), f"{told} ({reach.low:g}..{reach.high:g} {unit}); correct it")


class Soak:
    """The step kind ``soak``."""

    name = "soak"
    parameters = SoakParameters
    prepares = True

    def check(self, parameters: SoakParameters, context: Context) -> list[Finding]:
        """The held point lies inside the envelopes and inside the continuous zone; supply, analyzer and
        conditioner can carry it; the window fits the time-out."""
        found = place_findings(context, parameters.speed, parameters.torque, (), ("speed", "torque"))
        continuous = context.dut.continuous_torque_nm(parameters.speed)
        if abs(parameters.torque) > continuous and not found:
            text = f"{parameters.torque:g} Nm cannot be held for good at {parameters.speed:g} rpm"
            found.append(Finding(("torque",), f"{text} (continuous torque {continuous:.0f} Nm); lower it"))
        found += _media_findings(parameters, context)
        if not found:
            place = [(parameters.speed, parameters.torque)]
            found += [Finding(("torque",), text) for text in carried_texts(context, place, "ask for less torque")]
        if parameters.timeout <= parameters.stable.window:
            found.append(Finding(("timeout",), f"must exceed the window of {parameters.stable.window:g} s; raise it"))
        return found

    def points(self, parameters: SoakParameters, context: Context) -> int:
        """None."""
        return 0

    def estimate_s(self, parameters: SoakParameters, context: Context) -> float:
        """A guess: a third of the time-out, at least the window."""
        here = (context.position.speed_rpm, context.position.torque_nm)
        ramp_s = travel_s(here, (parameters.speed, parameters.torque), Rates())
        return ramp_s + max(parameters.stable.window, parameters.timeout / 3.0)

    def run(self, parameters: SoakParameters, context: Context) -> Operation[StepVerdict]:
        """Set the media, go to the point, wait; journaled as ``soaked`` with what was waited for."""
        yield Ramp("coolant.temp_cmd", parameters.coolant)
        yield Ramp("coolant.flow_cmd", parameters.coolant_flow)
        yield Ramp("oil.temp_cmd", parameters.oil)
        yield Ramp("oil.flow_cmd", parameters.oil_flow)
        _, problem = yield from go(context, parameters.speed, parameters.torque, Rates())
        start_ns: int = yield Now()
        wanted = _conditions(parameters)
        done: bool = yield Until(wanted, ns(parameters.timeout))
        end_ns: int = yield Now()
        criteria = [describe(condition) for condition in wanted]
        data = {"start_ns": start_ns, "end_ns": end_ns, "satisfied": bool(done), "criteria": criteria}
        yield Record("soaked", data)
        reasons = [problem] if problem else []
        if not done:
            reasons.append(f"the soak did not end within {parameters.timeout:g} s: {'; '.join(criteria)}")
        return StepVerdict(FAILED if reasons else "passed", tuple(reasons))
