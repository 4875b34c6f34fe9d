"""A fixed operating point, measured again and again with settling between, so that the unit's drift shows."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from bench.analysis.cusum import BASELINE_MIN
from bench.base.time import ns
from bench.config.file_model import FileModel
from bench.config.quantity import Kelvin, Percent, SpeedRpm, TorqueNm
from bench.schedule.requests import Condition, Operation, Record, Until
from bench.sequence.context import Context
from bench.sequence.electrical_check import period_texts
from bench.sequence.point.charts import EVENT, TEMPERATURES, Chart, Key
from bench.sequence.point.map_parameters import MeasureParameters, SettleParameters, WindowParameters
from bench.sequence.point.point import Measured, perform
from bench.sequence.point.record import column
from bench.sequence.point.steady import steady_task
from bench.sequence.repeating import repeated
from bench.sequence.step import Finding, Path
from bench.sequence.steps.efficiency_map import place_findings
from bench.sequence.travel.position import Rates
from bench.sequence.travel.transfer import go

_SHARE = 0.5
"""A reference point carries at least this much of the continuous torque: below, its efficiency is uncertain."""


class CheckParameters(FileModel):
    """The reference point at the motor shaft and when it is steady; ``name`` tells the drift charts of a run apart."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = "reference"
    speed: Annotated[SpeedRpm, Field(gt=0)]
    torque: TorqueNm
    settle: SettleParameters
    measure: MeasureParameters
    windows: WindowParameters = WindowParameters()
    near: Annotated[Kelvin, Field(gt=0)] = 3.0
    """So near must winding, rotor and oil come to their means of the baseline before a check settles (+-)."""
    baseline: Annotated[int, Field(ge=BASELINE_MIN, le=1000)] = 20
    """Checks that the others are held against; with 40 of them 0.1 pp is found within five checks in 81 % of cases."""
    repeatability: Annotated[Percent, Field(gt=0)] = 0.05
    """Expected standard deviation of one check, percentage points; a baseline that scatters more fails the step."""
    tolerated: Annotated[Percent, Field(ge=0)] = 0.0
    """A drift up to this is told, and fails nothing; percentage points."""


def chart_of(context: Context, parameters: CheckParameters) -> Chart:
    """The run's chart of this reference point."""
    of = parameters
    return context.charts.of(Key(of.name, of.speed, of.torque, of.baseline, of.repeatability))


def check_findings(parameters: CheckParameters, context: Context, path: Path = ()) -> list[Finding]:
    """Envelopes, updates, and enough load."""
    names = ("speed", "torque")
    found = place_findings(context, parameters.speed, parameters.torque, path, names)
    found += [Finding((*path, "speed"), text) for text in period_texts(context, parameters.speed)]
    continuous = context.dut.continuous_torque_nm(parameters.speed)
    if found:
        return found
    if abs(parameters.torque) > continuous:
        text = f"{parameters.torque:g} Nm cannot be held for good at {parameters.speed:g} rpm"
        found.append(Finding((*path, "torque"), f"{text} (continuous torque {continuous:.0f} Nm); lower it"))
    elif abs(parameters.torque) < _SHARE * continuous:
        text = f"{parameters.torque:g} Nm is less than half of the continuous torque ({continuous:.0f} Nm)"
        remedy = "its efficiency is too uncertain for a drift chart; raise it"
        found.append(Finding((*path, "torque"), f"{text} at {parameters.speed:g} rpm: {remedy}"))
    return found


def missing(context: Context, parameters: CheckParameters) -> int:
    """How many checks the baseline still lacks."""
    return max(0, parameters.baseline - len(chart_of(context, parameters).cusum.values))


def measure_check(context: Context, parameters: CheckParameters, label: Mapping[str, Any]) -> Operation[None]:
    """Go there, come near the temperatures of the baseline, settle, measure; journaled as ``reference_check``."""
    chart = chart_of(context, parameters)
    own = {**label, "name": parameters.name, "check": chart.checks + 1}
    task = steady_task(context, parameters, (parameters.speed, parameters.torque), Rates(), own)
    task = replace(task, criteria=replace(task.criteria, temperatures=tuple(TEMPERATURES.values())))

    def attempt() -> Operation[tuple[str, Measured]]:
        cold = yield from _come_near(context, parameters, chart.usual_degc())
        return cold, (yield from perform(context, task))

    cold, measured = yield from repeated(attempt, own)
    reason = "; ".join(filter(None, (cold, *measured.reasons)))
    degc = {f"{name}_degc": measured.columns.get(f"{column(channel)}_mean") for name, channel in TEMPERATURES.items()}
    told = {**own, "verdict": "flagged" if reason else measured.verdict, "reason": reason, **degc}
    chart.note({**measured.columns, **told})
    yield Record(EVENT, {**measured.columns, **told, **chart.columns(parameters.tolerated)})


def _come_near(context: Context, parameters: CheckParameters, usual_degc: Mapping[str, float]) -> Operation[str]:
    """At the operating point, until the temperatures are those of the baseline; \"\" or what did not come near."""
    _, problem = yield from go(context, parameters.speed, parameters.torque, Rates())
    if problem or not usual_degc:
        return problem
    wanted = tuple(Condition("within", TEMPERATURES[name], degc, parameters.near) for name, degc in usual_degc.items())
    if (yield Until(wanted, ns(parameters.settle.timeout))):
        return ""
    asked = ", ".join(f"{name} {degc:.1f}" for name, degc in usual_degc.items())
    return f"not near the baseline's temperatures (degC: {asked}) within {parameters.settle.timeout:g} s"
