"""Step ``zero_check``: what the torque flanges read at standstill without torque.

Every efficiency rests upon the zero of the flanges: the uncertainty takes for granted that it lies within the limits of
the rig file. Dynos hold zero speed, the inverter gives no torque; what a flange then reads is its zero, and what
friction of the unit holds back.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from bench.analysis.uncertainty import SQRT3
from bench.analysis.window import mean_std
from bench.base.time import ns
from bench.config.file_model import FileModel
from bench.config.quantity import Seconds, TorqueNm
from bench.schedule.requests import Measure, Operation, Record, Sleep, Window
from bench.sequence.channels import PACE
from bench.sequence.context import Context
from bench.sequence.point.measuring import faults
from bench.sequence.repeating import repeated
from bench.sequence.step import Finding
from bench.sequence.steps.efficiency_map import place_findings
from bench.sequence.travel.drive import travel_s
from bench.sequence.travel.position import Rates
from bench.sequence.travel.transfer import go
from bench.sequence.verdict import FAILED, PASSED, StepVerdict
from bench.sequence.waiting import wait, within

ZERO = "zero_check"
_UPDATES = 10
_STANDSTILL_RPM, _STANDING_S, _STANDSTILL_S = 2.0, 1.0, 20.0
_CALM_S = 1.0
"""Until the shafts have swung out."""
_EXTRA_S = 5.0
_ESTIMATE = "dut.torque_est"


class ZeroCheckParameters(FileModel):
    """How far off their zero the flanges may be, and how long they are read."""

    limit: Annotated[TorqueNm, Field(gt=0)] | None = None
    """At the flange. Without it: three standard uncertainties of each flange's zero, after the rig file's figures."""
    time: Annotated[Seconds, Field(gt=0, le=600)] = 5.0


class ZeroCheck:
    """The step kind ``zero_check``. What it has found may have changed while the bench was at rest: a run that goes on
    does it again."""

    name = "zero_check"
    parameters = ZeroCheckParameters
    prepares = True

    def check(self, parameters: ZeroCheckParameters, context: Context) -> list[Finding]:
        """The dynos can hold standstill, and the window holds enough updates."""
        if context.bench.absorbing:
            text = "brakes hold nothing at standstill, and nobody knows what a flange there carries"
            return [Finding((), f"{text}; zero the flanges by hand and leave the step out")]
        found = place_findings(context, 0.0, 0.0, (), ("limit", "limit"))
        least_s = _UPDATES * context.bench.update_s
        if parameters.time < least_s:
            text = f"{parameters.time:g} s hold less than {_UPDATES} updates of the analyzer"
            found.append(Finding(("time",), f"{text}; raise it to {least_s:g} s"))
        return found

    def points(self, parameters: ZeroCheckParameters, context: Context) -> int:
        """None."""
        return 0

    def estimate_s(self, parameters: ZeroCheckParameters, context: Context) -> float:
        """To standstill, and the window, seconds."""
        here = (context.position.speed_rpm, context.position.torque_nm)
        return travel_s(here, (0.0, 0.0), Rates()) + _STANDING_S + _CALM_S + parameters.time

    def run(self, parameters: ZeroCheckParameters, context: Context) -> Operation[StepVerdict]:
        """Stand still, read, judge; journaled as ``zero_check`` for each flange."""
        window, problem = yield from repeated(lambda: _stand(context, parameters.time), {"step": self.name})
        reasons = [problem] if problem else []
        for flange in context.roles.flanges:
            told = judged(context, flange, window, parameters.limit)
            yield Record(ZERO, told)
            reasons += [told["reason"]] if told["reason"] else []
        return StepVerdict(FAILED if reasons else PASSED, tuple(reasons))


def _stand(context: Context, seconds: float) -> Operation[tuple[Window, str]]:
    """To standstill without torque, and one window there; "" or why it does not stand."""
    _, problem = yield from go(context, 0.0, 0.0, Rates())
    standing = tuple(within(f"{dyno}.speed", 0.0, _STANDSTILL_RPM, _STANDING_S) for dyno in context.roles.dynos)
    problem = problem or (yield from wait(standing, _STANDSTILL_S, "the dynos do not hold standstill"))
    yield Sleep(ns(_CALM_S))
    channels = (PACE, _ESTIMATE, *(f"{flange}.torque" for flange in context.roles.flanges))
    window: Window = yield Measure(channels, ns(seconds), _UPDATES, PACE, ns(seconds + _EXTRA_S))
    return window, problem


def _three_u_nm(context: Context, flange: str) -> float:
    """Of a rectangular limit: more than any of its errors together can make."""
    return 3.0 * context.budget.flanges[flange].zero_nm / SQRT3


def judged(context: Context, flange: str, window: Window, limit_nm: float | None) -> dict[str, Any]:
    """Mean and scatter of one flange, its limit and the verdict, as plain values."""
    channel = f"{flange}.torque"
    lost = faults(window, (channel,), _UPDATES)
    zero_nm, std_nm = mean_std(window.values.get(channel, ()))
    allowed_nm = _three_u_nm(context, flange) if limit_nm is None else limit_nm
    reason = "; ".join(lost)
    if not lost and not abs(zero_nm) <= allowed_nm:
        text = f"{flange} reads {zero_nm:+.2f} Nm at standstill without torque, {allowed_nm:.2f} Nm are allowed"
        reason = f"{text}; zero it while its shaft is free, then start again"
    known: Mapping[str, float | None] = {"zero_nm": zero_nm, "std_nm": std_nm}
    figures = dict.fromkeys(known) if lost else known
    estimate = window.values.get(_ESTIMATE, ())
    return {
        "flange": flange,
        **figures,
        "limit_nm": allowed_nm,
        "torque_est_nm": mean_std(estimate)[0] if len(estimate) else None,
        "start_ns": window.start_ns,
        "end_ns": window.end_ns,
        "verdict": FAILED if reason else PASSED,
        "reason": reason,
    }
