"""Step ``net_power_curve``: full torque over the speed, after UN R85 (annex 6).

What is known of the text (tolerances as quoted from CELEX 42014X1107(01); the procedure from general knowledge,
unverified): directly before, the unit gives 80 % of its highest power for three minutes; the whole curve is measured
within five minutes; the DC voltage drops by 5 % at most; measured against declared power ±2 % at the highest power and
±4 % at other points. What is assumed: the speed of the highest power is the one of ``speeds`` at which the envelope has
it; the power is the mean over ``hold`` after torque and speed are steady for a second, at the half-shafts; auxiliaries
of the unit itself are a part of it, those of a vehicle are not; a point at which the inverter derates does not count.
"""

from collections.abc import Callable, Iterator
from typing import Annotated, Any

from pydantic import Field

from bench.base.time import NS_PER_S, ns
from bench.config.file_model import FileModel
from bench.config.file_model import Finding as RuleFinding
from bench.config.grid import Speeds
from bench.config.quantity import Percent, Seconds, Watts
from bench.schedule.requests import Now, Operation, Record, Sleep
from bench.sequence.context import Context
from bench.sequence.electrical_check import analyzer_texts, period_texts, supply_texts
from bench.sequence.point.full_torque import full_torque_nm
from bench.sequence.point.point import Measured, Task
from bench.sequence.point.settle import Criteria
from bench.sequence.point.shaft_power import of_columns
from bench.sequence.point.steady import Places, Row, measure_steady
from bench.sequence.step import Finding
from bench.sequence.steps.efficiency_map import place_findings
from bench.sequence.travel.drive import travel_s
from bench.sequence.travel.position import Rates
from bench.sequence.travel.transfer import go
from bench.sequence.verdict import ACCEPTED, FAILED, PASSED, StepVerdict

NET_POWER = "net_power"
"""The zone of its points."""
_CURVE_S = 300.0
_DROP = 0.05
_AT_HIGHEST, _ELSEWHERE = 2.0, 4.0
_STEADY_S = 1.0
_UPDATES = 10
_RATES = Rates(speed_rpm_s=500.0, torque_nm_s=400.0)


class NetPowerCurveParameters(FileModel):
    """The speeds at the motor shaft, what was declared, and how the unit is warmed up before."""

    speeds: Speeds
    declared: tuple[Annotated[Watts, Field(gt=0)], ...] | None = None
    """Declared power at each of ``speeds``; without it the curve is only told."""
    hold: Annotated[Seconds, Field(ge=1, le=60)] = 4.0
    warm_share: Annotated[Percent, Field(gt=0, le=100)] = 80.0
    """Of the highest power, directly before the curve."""
    warm_time: Annotated[Seconds, Field(ge=0, le=3600)] = 180.0

    def rules(self) -> Iterator[RuleFinding]:
        if self.declared is not None and len(self.declared) != len(self.speeds):
            told = f"{len(self.declared)} powers for {len(self.speeds)} speeds"
            yield ("declared",), f"{told}; declare one for each"


class NetPowerCurve:
    """The step kind ``net_power_curve``."""

    name = "net_power_curve"
    parameters = NetPowerCurveParameters

    def check(self, parameters: NetPowerCurveParameters, context: Context) -> list[Finding]:
        """Every speed with its full torque, supply and analyzer; the whole curve in five minutes."""
        found = []
        for i, speed_rpm in enumerate(parameters.speeds):
            here = _findings(context, (speed_rpm, full_torque_nm(context, speed_rpm)))
            found += [Finding(("speeds", i), text) for text in here]
        seconds = _curve_s(parameters, context)
        if seconds > _CURVE_S:
            text = f"the curve takes about {seconds:.0f} s, {_CURVE_S:g} s are allowed (UN R85)"
            found.append(Finding(("speeds",), f"{text}; ask for fewer speeds, or a shorter 'hold'"))
        return found

    def points(self, parameters: NetPowerCurveParameters, context: Context) -> int:
        """One a speed."""
        return len(parameters.speeds)

    def estimate_s(self, parameters: NetPowerCurveParameters, context: Context) -> float:
        """Warming up and the curve, seconds."""
        here = (context.position.speed_rpm, context.position.torque_nm)
        warm = travel_s(here, _warm(parameters, context), _RATES) + parameters.warm_time
        return warm + _curve_s(parameters, context)

    def run(self, parameters: NetPowerCurveParameters, context: Context) -> Operation[StepVerdict]:
        """Warm up, measure; journaled as ``point`` for each speed and ``net_power_curve``. It is measured as a whole:
        after a break from its beginning."""
        _, problem = yield from go(context, *_warm(parameters, context), _RATES)
        yield Sleep(ns(parameters.warm_time))
        start_ns: int = yield Now()
        rows: list[Row] = []
        first = context.tally.points
        for i, place in enumerate(_places(parameters, context)):
            task = _task(context, parameters, place, first + i + 1)
            rows.append((yield from measure_steady(context, task, _more(context, parameters, i))))
        end_ns: int = yield Now()
        reasons = [problem] if problem else []
        reasons += [row["net_power_reason"] for row in rows if row["net_power_reason"]]
        told = _highest(rows)
        reasons += ["no point of the curve counts"] if told["power_w"] is None else []
        taken_s = (end_ns - start_ns) / NS_PER_S
        if taken_s > _CURVE_S:
            reasons.append(f"the curve took {taken_s:.0f} s, {_CURVE_S:g} s are allowed; ask for fewer speeds")
        verdict = FAILED if reasons else PASSED
        judged = {"curve_s": taken_s, "verdict": verdict, "reason": "; ".join(reasons)}
        yield Record("net_power_curve", {"start_ns": start_ns, "end_ns": end_ns, **told, **judged})
        return StepVerdict(verdict, tuple(reasons))


def _places(parameters: NetPowerCurveParameters, context: Context) -> Places:
    return [(speed_rpm, full_torque_nm(context, speed_rpm)) for speed_rpm in parameters.speeds]


def _warm(parameters: NetPowerCurveParameters, context: Context) -> tuple[float, float]:
    """Speed of the highest power, and its share of the torque there."""
    speed_rpm, torque_nm = max(_places(parameters, context), key=lambda place: place[0] * place[1])
    return speed_rpm, torque_nm * parameters.warm_share / 100.0


def _curve_s(parameters: NetPowerCurveParameters, context: Context) -> float:
    total, here = 0.0, _warm(parameters, context)
    for place in _places(parameters, context):
        total += travel_s(here, place, _RATES) + _STEADY_S + parameters.hold
        here = place
    return total


def _findings(context: Context, place: tuple[float, float]) -> Iterator[str]:
    problems = [finding.message for finding in place_findings(context, *place, (), ("speed", "torque"))]
    yield from problems
    if not problems:
        remedy = "leave this speed out"
        yield from (*supply_texts(context, [place], "full torque", remedy), *analyzer_texts(context, [place], remedy))
        yield from period_texts(context, place[0])


def _task(context: Context, parameters: NetPowerCurveParameters, place: tuple[float, float], number: int) -> Task:
    label = {"point": number, "fraction": 1.0, "zone": NET_POWER}
    steady = Criteria(3.0, 0.005 * place[0] + 5.0, 0.0, _STEADY_S, _STEADY_S + 5.0)
    return Task(*place, steady, parameters.hold, _UPDATES, _RATES, label, {})


def _more(context: Context, parameters: NetPowerCurveParameters, place: int) -> Callable[[Measured], Row]:
    """What stands in a point's record beside the columns of all points."""

    def more(measured: Measured) -> Row:
        power_w, u_w = of_columns(context, measured.columns)
        declared_w = parameters.declared[place] if parameters.declared else None
        off = None if declared_w is None or power_w is None else 100.0 * (power_w / declared_w - 1.0)
        reason = _reason(context, parameters, place, measured, off)
        return {"u_p_out_w": u_w, "declared_w": declared_w, "off_percent": off, "net_power_reason": reason}

    return more


def _reason(
    context: Context, parameters: NetPowerCurveParameters, place: int, measured: Measured, off: float | None
) -> str:
    """Why a point does not pass, beyond what flags it."""
    where = f"{parameters.speeds[place]:g} rpm"
    volts, nominal = measured.columns.get("dc_voltage_mean"), context.bench.supply_voltage_v
    if volts is not None and volts < (1.0 - _DROP) * nominal:
        return f"{where}: {volts:.1f} V are more than {_DROP:.0%} below {nominal:g} V; use a stronger supply"
    declared = parameters.declared or ()
    if off is None:
        return f"{where}: no power to hold against the declared one" if declared else ""
    most = _AT_HIGHEST if declared[place] == max(declared) else _ELSEWHERE
    return "" if abs(off) <= most else f"{where}: {off:+.1f} % from the declared power, {most:g} % are allowed"


def _highest(rows: list[Row]) -> dict[str, Any]:
    """The point with the highest power, of those that count."""
    known = [row for row in rows if row["verdict"] == ACCEPTED and row["p_out_w"] is not None]
    best = max(known, key=lambda row: float(row["p_out_w"]), default=None)
    names = {"speed_rpm": "speed_rpm", "torque_nm": "torque_nm", "power_w": "p_out_w", "u_power_w": "u_p_out_w"}
    return {name: best[key] if best else None for name, key in names.items()}
