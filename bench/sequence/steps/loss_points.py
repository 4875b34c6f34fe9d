"""Step ``loss_points``: the seven points of IEC 60034-2-3, from high to low load, and the losses between them.

The pattern is a motor standard's (converter-fed machines; from general knowledge, unverified); here it carries the loss
of the whole unit, from the DC terminals to the half-shafts. The unit comes hot from a soak near its rated load. Further
points (``checks``) are measured and held against what is interpolated.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from bench.analysis.seven_points import SEVEN, coefficients, loss_w
from bench.config.file_model import FileModel
from bench.config.grid import ListedPoint
from bench.config.quantity import Percent, SpeedRpm, TorqueNm
from bench.schedule.requests import Operation, Record
from bench.sequence.context import Context
from bench.sequence.electrical_check import analyzer_texts, period_texts, supply_texts
from bench.sequence.point.map_parameters import MeasureParameters, SettleParameters, WindowParameters
from bench.sequence.point.steady import Places, Row, measure_steady, steady_s, steady_task
from bench.sequence.step import Finding
from bench.sequence.steps.efficiency_map import place_findings
from bench.sequence.travel.position import Rates
from bench.sequence.verdict import ACCEPTED, FAILED, PASSED, StepVerdict


class LossPointsParameters(FileModel):
    """Rated speed and torque at the motor shaft, and when a point is steady."""

    rated_speed: Annotated[SpeedRpm, Field(gt=0)]
    rated_torque: Annotated[TorqueNm, Field(gt=0)]
    settle: SettleParameters
    measure: MeasureParameters
    windows: WindowParameters = WindowParameters()
    checks: Annotated[tuple[ListedPoint, ...], Field(max_length=50)] = ()
    """Further points, at which the interpolated loss is held against the measured one."""
    deviation: Annotated[Percent, Field(gt=0)] | None = None
    """How far they may lie apart, of the measured loss; without it they are only told."""


class LossPoints:
    """The step kind ``loss_points``."""

    name = "loss_points"
    parameters = LossPointsParameters

    def check(self, parameters: LossPointsParameters, context: Context) -> list[Finding]:
        """Every point inside the envelopes and the continuous torque, and what supply and analyzer must carry."""
        found = _first_of_seven(parameters, context)
        for i, point in enumerate(parameters.checks):
            listed = _findings(context, (point.speed, point.torque))
            found += [Finding(("checks", i, *finding.path), finding.message) for finding in listed]
        if parameters.deviation is not None and not parameters.checks:
            found.append(Finding(("deviation",), "nothing is held against the interpolation; add 'checks'"))
        return found

    def points(self, parameters: LossPointsParameters, context: Context) -> int:
        """Seven, and those held against them."""
        return len(_places(parameters))

    def estimate_s(self, parameters: LossPointsParameters, context: Context) -> float:
        """Travel, settling and measuring, seconds."""
        return steady_s(context, parameters, _places(parameters), Rates())

    def run(self, parameters: LossPointsParameters, context: Context) -> Operation[StepVerdict]:
        """Journals each ``point``, then the coefficients (``loss_points``) and each ``loss_check``."""
        first, done = context.tally.points, context.taken.points()
        rows: list[Row] = []
        for number, place in enumerate(_places(parameters), first + 1):
            if (taken := done.get(number)) is not None:
                context.tally.add(taken["verdict"])
                rows.append(taken)
                continue
            label = {"point": number, "fraction": _fraction(context, place), "zone": "continuous"}
            task = steady_task(context, parameters, place, Rates(), label)
            rows.append((yield from measure_steady(context, task)))
        seven, checks = rows[: len(SEVEN)], rows[len(SEVEN) :]
        told = interpolation(parameters, seven)
        yield Record("loss_points", told)
        reasons = [told["reason"]] if told["reason"] else []
        for row in checks if not reasons else ():
            held = held_against(parameters, told, row)
            yield Record("loss_check", held)
            reasons += [held["reason"]] if held["reason"] else []
        return StepVerdict(FAILED if reasons else PASSED, tuple(reasons))


def _seven(parameters: LossPointsParameters) -> Places:
    return [(speed * parameters.rated_speed, torque * parameters.rated_torque) for speed, torque in SEVEN]


def _first_of_seven(parameters: LossPointsParameters, context: Context) -> list[Finding]:
    """Of points that follow from two figures, the first that cannot be is enough."""
    for speed_rpm, torque_nm in _seven(parameters):
        for finding in _findings(context, (speed_rpm, torque_nm)):
            place = "rated_speed" if finding.path == ("speed",) else "rated_torque"
            return [Finding((place,), f"at {speed_rpm:g} rpm and {torque_nm:g} Nm: {finding.message}")]
    return []


def _places(parameters: LossPointsParameters) -> Places:
    return [*_seven(parameters), *((point.speed, point.torque) for point in parameters.checks)]


def _fraction(context: Context, place: tuple[float, float]) -> float:
    speed_rpm, torque_nm = place
    dut = context.dut
    return torque_nm / (dut.torque_max_nm(speed_rpm) if torque_nm >= 0.0 else -dut.torque_min_nm(speed_rpm))


def _findings(context: Context, place: tuple[float, float]) -> list[Finding]:
    """At one point; paths are ``speed`` and ``torque``."""
    speed_rpm, torque_nm = place
    found = place_findings(context, speed_rpm, torque_nm, (), ("speed", "torque"))
    found += [Finding(("speed",), text) for text in period_texts(context, speed_rpm)]
    continuous = context.dut.continuous_torque_nm(speed_rpm)
    if abs(torque_nm) > continuous and not found:
        text = f"{torque_nm:g} Nm cannot be held for good at {speed_rpm:g} rpm (continuous torque {continuous:.0f} Nm)"
        found.append(Finding(("torque",), f"{text}; lower it"))
    if not found:
        texts = (*supply_texts(context, [place], "it", "lower it"), *analyzer_texts(context, [place], "lower it"))
        found += [Finding(("torque",), text) for text in texts]
    return found


def interpolation(parameters: LossPointsParameters, seven: Sequence[Row]) -> dict[str, Any]:
    """The coefficients in W, blank where one of the seven has no loss that counts."""
    useless = [
        f"point {row['point']}: {row['reason'] or 'no loss'}"
        for row in seven
        if row["verdict"] != ACCEPTED or row["loss_w"] is None
    ]
    found: Sequence[float | None] = (None,) * len(SEVEN)
    if not useless:
        found = coefficients([row["loss_w"] for row in seven])
    rated = {"rated_speed_rpm": parameters.rated_speed, "rated_torque_nm": parameters.rated_torque}
    names = {f"c{i}_w": value for i, value in enumerate(found, 1)}
    reason = f"no interpolation without all seven points: {'; '.join(useless)}" if useless else ""
    return {**rated, **names, "verdict": FAILED if useless else PASSED, "reason": reason}


def held_against(parameters: LossPointsParameters, told: Row, row: Row) -> dict[str, Any]:
    """A measured point beside what the coefficients say there."""
    found = [told[f"c{i}_w"] for i in range(1, len(SEVEN) + 1)]
    speed, torque = row["speed_rpm"] / parameters.rated_speed, abs(row["torque_nm"]) / parameters.rated_torque
    interpolated_w, measured_w = loss_w(found, speed, torque), row["loss_w"]
    apart, reason = None, "" if row["verdict"] == ACCEPTED else f"point {row['point']}: {row['reason']}"
    if measured_w is not None:
        apart = 100.0 * (interpolated_w / measured_w - 1.0)
        if parameters.deviation is not None and abs(apart) > parameters.deviation and not reason:
            where = f"{row['speed_rpm']:g} rpm, {row['torque_nm']:g} Nm"
            reason = (
                f"the interpolated loss at {where} is off by {apart:+.1f} %, {parameters.deviation:g} % are allowed"
            )
    told_of = {key: row[key] for key in ("point", "speed_rpm", "torque_nm", "loss_w", "u_loss_w")}
    judged = {"verdict": FAILED if reason else PASSED, "reason": reason}
    return {**told_of, "interpolated_w": interpolated_w, "apart_percent": apart, **judged}
