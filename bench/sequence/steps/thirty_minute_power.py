"""Step ``thirty_minute_power``: the power that the unit gives for thirty minutes, after UN R85 (annex 6).

What is known of the text (from general knowledge, unverified): the unit runs for 30 minutes at a speed at which its net
power is more than 90 % of the highest; the power stays within ±5 % of its value at the start; the result is the mean
over the 30 minutes. What is assumed: power is the mean over ten seconds, the start is the first of them; the unit comes
with the temperatures of the step before (a soak); the share of the highest power is told, and not asked for. A run that
leaves the band ends at once: it cannot become a result any more.
"""

import math
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from bench.config.file_model import FileModel
from bench.config.quantity import Percent, Seconds, SpeedRpm, TorqueNm
from bench.schedule.requests import Collect, Collected, Now, Operation, Record, SleepUntil, Window
from bench.sequence.channels import measured_channels
from bench.sequence.context import Context
from bench.sequence.electrical_check import analyzer_texts, supply_texts
from bench.sequence.point.point import derated
from bench.sequence.point.shaft_power import ShaftPower, after
from bench.sequence.repeating import repeated
from bench.sequence.step import Finding
from bench.sequence.steps.efficiency_map import place_findings
from bench.sequence.travel.drive import travel_s
from bench.sequence.travel.position import Rates
from bench.sequence.travel.transfer import go
from bench.sequence.verdict import FAILED, PASSED, StepVerdict

_PART_S = 10.0
_LATE_S = 0.5
"""Until the last values of a part have come."""
_HOTTEST = {
    "winding": "dut.winding_temp",
    "rotor": "dut.rotor_temp",
    "junction": "dut.junction_temp",
    "oil": "oil.temp",
}
_SPEEDS = 200


class ThirtyMinutePowerParameters(FileModel):
    """The point at the motor shaft; anything but 30 min is another power, and the report says over what."""

    speed: Annotated[SpeedRpm, Field(gt=0)]
    torque: Annotated[TorqueNm, Field(gt=0)]
    time: Annotated[Seconds, Field(ge=60, le=86400)] = 1800.0
    band: Annotated[Percent, Field(gt=0, le=100)] = 5.0
    """How far the power may move from that at the start (+-)."""


@dataclass(slots=True)
class _Course:
    """Powers and highest temperatures so far; ``means_w``: of each part, at the half-shafts."""

    parts: list[ShaftPower] = field(default_factory=list)
    means_w: list[float] = field(default_factory=list)
    hottest_degc: dict[str, float] = field(default_factory=dict)
    derated: bool = False

    def add(self, context: Context, window: Window) -> str:
        """Take one part in; why it cannot be used, or \"\"."""
        power = ShaftPower.of(context, window)
        self.parts.append(power)
        self.derated = self.derated or derated(window)
        for name, channel in _HOTTEST.items():
            values = window.values.get(channel, ())
            if len(values):
                self.hottest_degc[name] = max(float(np.max(values)), self.hottest_degc.get(name, -math.inf))
        if lost := power.lost(context, _PART_S):
            return lost
        self.means_w.append(float(np.mean(power.out_w)))
        return ""

    def moved_percent(self) -> float:
        """The largest distance of a part from the first, with its sign."""
        return max((100.0 * (mean / self.means_w[0] - 1.0) for mean in self.means_w), key=abs)


class ThirtyMinutePower:
    """The step kind ``thirty_minute_power``."""

    name = "thirty_minute_power"
    parameters = ThirtyMinutePowerParameters

    def check(self, parameters: ThirtyMinutePowerParameters, context: Context) -> list[Finding]:
        """Envelopes of unit and dynos, the continuous torque, supply and analyzer; whole parts of ten seconds."""
        speed_rpm, torque_nm = parameters.speed, parameters.torque
        found = place_findings(context, speed_rpm, torque_nm, (), ("speed", "torque"))
        continuous = context.dut.continuous_torque_nm(speed_rpm)
        if torque_nm > continuous and not found:
            text = f"{torque_nm:g} Nm cannot be held for good at {speed_rpm:g} rpm"
            found.append(Finding(("torque",), f"{text} (continuous torque {continuous:.0f} Nm); lower it"))
        if parameters.time % _PART_S:
            text = f"{parameters.time:g} s are no whole number of parts of {_PART_S:g} s"
            found.append(Finding(("time",), f"{text}; round it"))
        if not found:
            point, lower = [(speed_rpm, torque_nm)], "ask for less torque"
            texts = (*supply_texts(context, point, "the point", lower), *analyzer_texts(context, point, lower))
            found += [Finding(("torque",), text) for text in texts]
        return found

    def points(self, parameters: ThirtyMinutePowerParameters, context: Context) -> int:
        """None: its result stands in a table of its own."""
        return 0

    def estimate_s(self, parameters: ThirtyMinutePowerParameters, context: Context) -> float:
        """Travel and the time itself, seconds."""
        here = (context.position.speed_rpm, context.position.torque_nm)
        return travel_s(here, (parameters.speed, parameters.torque), Rates()) + parameters.time + _LATE_S

    def run(self, parameters: ThirtyMinutePowerParameters, context: Context) -> Operation[StepVerdict]:
        """Hold it, part by part; journaled as ``thirty_minute_power``. A freeze begins it anew."""
        told = yield from repeated(lambda: _hold(context, parameters), {"step": self.name})
        yield Record("thirty_minute_power", told)
        return StepVerdict(told["verdict"], (told["reason"],) if told["reason"] else ())


def _hold(context: Context, parameters: ThirtyMinutePowerParameters) -> Operation[dict[str, Any]]:
    _, problem = yield from go(context, parameters.speed, parameters.torque, Rates())
    yield Collect(measured_channels(context))
    start_ns: int = yield Now()
    end_ns, course, parts = start_ns, _Course(), round(parameters.time / _PART_S)
    for part in range(1, parts + 1):
        if problem:
            break
        end_ns = after(start_ns, part * _PART_S)
        yield SleepUntil(after(end_ns, _LATE_S))
        window: Window = yield Collected(end_ns)
        problem = course.add(context, window) or _beyond(course, parameters, part * _PART_S)
    yield Collected(end_ns, last=True)
    whole = {"start_ns": start_ns, "end_ns": end_ns, "asked_s": parameters.time}
    return {**whole, **_result(context, parameters, course, problem)}


def _beyond(course: _Course, parameters: ThirtyMinutePowerParameters, at_s: float) -> str:
    moved = course.moved_percent()
    if abs(moved) <= parameters.band:
        return ""
    text = f"the power has moved by {moved:+.1f} % from its start after {at_s:g} s, {parameters.band:g} % are allowed"
    derating = "the inverter derated: " if course.derated else ""
    return f"{text}; {derating}lower the torque"


def _result(context: Context, parameters: ThirtyMinutePowerParameters, course: _Course, problem: str) -> dict[str, Any]:
    """Plain values; no mean power where the time was not held to its end."""
    speed_rpm, torque_nm = parameters.speed, parameters.torque
    figures: dict[str, float | None] = dict.fromkeys(("power_w", "u_power_w", "dc_power_w", "moved_percent"))
    if course.means_w:
        figures["moved_percent"] = course.moved_percent()
    if not problem:
        power = ShaftPower.together(course.parts)
        figures["power_w"], figures["dc_power_w"] = float(np.mean(power.out_w)), float(np.mean(power.dc_w))
        figures["u_power_w"] = power.expanded_w(context, speed_rpm)
    hottest = {f"{name}_max_degc": value for name, value in course.hottest_degc.items()}
    where = {"speed_rpm": speed_rpm, "torque_nm": torque_nm, "share_of_highest": _share(context, speed_rpm)}
    verdict = {"derated": course.derated, "verdict": FAILED if problem else PASSED, "reason": problem}
    return {**where, "held_s": _PART_S * len(course.means_w), **figures, **hottest, **verdict}


def _share(context: Context, speed_rpm: float) -> float:
    """The envelope's power at this speed, of its highest."""
    dut = context.dut
    highest: float = max(
        speed * dut.torque_max_nm(speed) for speed in np.linspace(0.0, dut.speed_max_rpm, _SPEEDS).tolist()
    )
    return float(speed_rpm * dut.torque_max_nm(speed_rpm) / highest)
