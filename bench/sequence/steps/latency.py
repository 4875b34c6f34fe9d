"""Step ``latency``: measure how late the analyzer's values come, against the speed that the inverter tells on CAN.

The rig file says how long after the end of its interval the analyzer's values arrive; their time stamps rest on it. On
speed ramps up and down a wrong figure shows as a difference between two speeds that are the same shaft's.
"""

import math
from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import Field

from bench.analysis.latency import Ramp, lag_s
from bench.analysis.window import aligned, common_times
from bench.base.time import NS_PER_MS
from bench.config.file_model import FileModel
from bench.config.quantity import Seconds, SpeedRate, SpeedRpm
from bench.schedule.requests import Collect, Collected, Now, Operation, Record, Sleep, Window
from bench.sequence.context import Context
from bench.sequence.step import Finding
from bench.sequence.steps.efficiency_map import place_findings
from bench.sequence.travel.drive import ramp_speed, travel_s
from bench.sequence.travel.position import Rates
from bench.sequence.travel.transfer import go
from bench.sequence.verdict import FAILED, StepVerdict

_TRUE = "dut.speed"
_WAIT_NS = 500 * NS_PER_MS
"""After a ramp: the last values are still under way, and a lag is looked for on both sides of each."""
_UPDATES_MIN = 20


class LatencyParameters(FileModel):
    """Ramps between two speeds at zero torque, and how far off the rig file may be."""

    low: Annotated[SpeedRpm, Field(gt=0)]
    high: Annotated[SpeedRpm, Field(gt=0)]
    rate: Annotated[SpeedRate, Field(gt=0)]
    repeat: Annotated[int, Field(ge=1, le=100)] = 3
    """Each a ramp up and a ramp down; the median counts."""
    tolerance: Annotated[Seconds, Field(gt=0)] = 0.005


def judged_channels(context: Context) -> tuple[str, ...]:
    """What the analyzer tells of the speed: flanges wired to it, else the frequency of the phases."""
    flanges = tuple(f"{flange}.speed" for flange in context.roles.flanges if flange not in context.roles.on_can)
    return flanges or (("ac.frequency",) if context.phases_measured else ())


class Latency:
    """The step kind ``latency``."""

    name = "latency"
    parameters = LatencyParameters

    def check(self, parameters: LatencyParameters, context: Context) -> list[Finding]:
        """Both speeds lie inside the envelopes, the ramps are long enough, and the analyzer sees the speed."""
        found = place_findings(context, parameters.high, 0.0, (), ("high", "high"))
        if parameters.low >= parameters.high:
            found.append(Finding(("low",), f"must be below high ({parameters.high:g} rpm); lower it"))
        if parameters.rate > context.bench.speed_rate_max_rpm_s:
            text = (
                f"{parameters.rate:g} rpm/s is more than the rig allows ({context.bench.speed_rate_max_rpm_s:g} rpm/s)"
            )
            found.append(Finding(("rate",), f"{text}; lower it"))
        seconds, least = _ramp_s(parameters), _UPDATES_MIN * context.bench.update_s
        if 0.0 < seconds < least:
            text = f"a ramp of {seconds:.3g} s holds less than {_UPDATES_MIN} updates of the analyzer"
            found.append(
                Finding(("rate",), f"{text}; lower it to {(parameters.high - parameters.low) / least:.4g} rpm/s")
            )
        if context.bench.absorbing:
            found.append(Finding((), "brakes cannot turn the unit, and a ramp needs that; measure it on another bench"))
        if not judged_channels(context):
            found.append(
                Finding((), "nothing that the analyzer measures on this bench follows the speed; leave it out")
            )
        return found

    def points(self, parameters: LatencyParameters, context: Context) -> int:
        """None."""
        return 0

    def estimate_s(self, parameters: LatencyParameters, context: Context) -> float:
        """Travel and ramps, seconds."""
        here = (context.position.speed_rpm, context.position.torque_nm)
        once_s = 2.0 * (_ramp_s(parameters) + 2e-9 * _WAIT_NS)
        return travel_s(here, (parameters.low, 0.0), Rates()) + parameters.repeat * once_s

    def run(self, parameters: LatencyParameters, context: Context) -> Operation[StepVerdict]:
        """Ramp, judge; journaled as ``latency`` with what the rig file says and what was found."""
        _, problem = yield from go(context, parameters.low, 0.0, Rates())
        lags: list[float] = []
        for _ in range(parameters.repeat):
            up, failed_up = yield from _ramp(context, parameters.high, parameters.rate)
            down, failed_down = yield from _ramp(context, parameters.low, parameters.rate)
            problem = problem or failed_up or failed_down
            lags.append(lag_s((up, down), context.bench.update_s))
        found_s, of_rig_s = context.bench.latency_s + float(np.median(lags)), context.bench.latency_s
        good = math.isfinite(found_s)
        told = {"of_rig_s": of_rig_s, "found_s": found_s if good else None, "tolerance_s": parameters.tolerance}
        yield Record("latency", {**told, "lags_s": [lag if math.isfinite(lag) else None for lag in lags]})
        reasons = [problem] if problem else []
        if not good:
            reasons.append("the ramps show no latency: too few values of the analyzer or the inverter were good")
        elif abs(found_s - of_rig_s) > parameters.tolerance:
            text = f"the analyzer's latency is {found_s * 1e3:.1f} ms, not {of_rig_s * 1e3:g} ms"
            reasons.append(f"{text}; write {found_s * 1e3:.0f} ms into the rig file (analyzer.latency)")
        return StepVerdict(FAILED if reasons else "passed", tuple(reasons))


def _ramp_s(parameters: LatencyParameters) -> float:
    return float((parameters.high - parameters.low) / parameters.rate)


def _ramp(context: Context, speed_rpm: float, rate_rpm_s: float) -> Operation[tuple[Ramp, str]]:
    """Collect on one ramp of the speed; and what went wrong."""
    judged = judged_channels(context)
    yield Collect((_TRUE, *judged))
    problem = yield from ramp_speed(context, speed_rpm, Rates(speed_rpm_s=rate_rpm_s))
    yield Sleep(_WAIT_NS)
    window: Window = yield Collected((yield Now()), last=True)
    return _of_window(context, window, judged), problem


def _of_window(context: Context, window: Window, judged: Sequence[str]) -> Ramp:
    """The ramp in the unit of the judged channels; all of them are values of the same updates."""
    true_rpm, values = window.values[_TRUE], aligned(window.t_ns, window.values, judged)
    mean = np.mean(list(values.values()), axis=0)
    return Ramp(window.t_ns[_TRUE], true_rpm * _factor(context, judged[0]), common_times(window.t_ns, judged), mean)


def _factor(context: Context, channel: str) -> float:
    """What of the channel belongs to one revolution a minute of the motor."""
    thousand_rpm = 1000.0
    if channel == "ac.frequency":
        return context.dut.electrical_hz(thousand_rpm) / thousand_rpm
    return context.flange_speed_rpm(thousand_rpm) / thousand_rpm
