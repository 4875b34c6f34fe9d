"""Measuring one point, in either zone, and judging it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.analysis.window import mean_std
from bench.config.grid import OperatingPoint
from bench.config.quantity import Span
from bench.schedule.requests import Operation, Record, Window
from bench.sequence.channels import analyzer_channels
from bench.sequence.context import Context
from bench.sequence.point.map_parameters import MapParameters, WindowParameters
from bench.sequence.point.measuring import WindowSpec, duration_s, faults, measure
from bench.sequence.point.record import empty_record, point_record
from bench.sequence.point.settle import Criteria, settle
from bench.sequence.point.short_time import recover
from bench.sequence.repeating import repeated
from bench.sequence.travel.drive import ramp_torque
from bench.sequence.travel.position import Rates
from bench.sequence.travel.transfer import go
from bench.sequence.verdict import ACCEPTED, FLAGGED

_DERATE_STATE = 4.0
_TORQUE_SHARE = 0.05
_WINDOWS = {"winding": "dut.winding_temp", "oil": "dut.oil_temp", "coolant_in": "coolant.temp_in"}


@dataclass(frozen=True, slots=True)
class Task:
    """What to measure and how; ``label`` says in the journal which point or reference it is."""

    speed_rpm: float
    torque_nm: float
    criteria: Criteria
    seconds: float
    updates: int
    rates: Rates
    label: Mapping[str, Any]
    windows: Mapping[str, Span]


@dataclass(frozen=True, slots=True)
class Measured:
    """The columns of a record and the reasons to flag it (none: accepted)."""

    columns: dict[str, Any]
    reasons: tuple[str, ...]
    derated: bool

    @property
    def verdict(self) -> str:
        """``accepted`` or ``flagged``."""
        return FLAGGED if self.reasons else ACCEPTED


def rates_of(parameters: MapParameters) -> Rates:
    """The plan's rates."""
    return Rates(parameters.ramp.speed, parameters.ramp.torque)


def continuous_criteria(parameters: MapParameters) -> Criteria:
    """Settling at thermal equilibrium."""
    wanted = parameters.settle
    return Criteria(wanted.torque, wanted.speed, wanted.temperature, wanted.window, wanted.timeout)


def short_time_criteria(parameters: MapParameters) -> Criteria:
    """Settling of torque and speed only: such a point never settles thermally."""
    wanted = parameters.settle
    window_s = parameters.short_time.settle if parameters.short_time else wanted.window
    return Criteria(wanted.torque, wanted.speed, 0.0, window_s, window_s + 5.0)


def windows_of(windows: WindowParameters) -> dict[str, Span]:
    """Temperature windows by channel."""
    spans = {channel: getattr(windows, key) for key, channel in _WINDOWS.items()}
    return {channel: span for channel, span in spans.items() if span is not None}


def task_of(context: Context, parameters: MapParameters, point: OperatingPoint, label: Mapping[str, Any]) -> Task:
    """The task of one point of the map."""
    short = point.zone == "short_time" and parameters.short_time is not None
    spec = parameters.measure
    least_s = parameters.short_time.measure if short and parameters.short_time else spec.at_least
    return Task(
        speed_rpm=point.speed_rpm,
        torque_nm=point.torque_nm,
        criteria=short_time_criteria(parameters) if short else continuous_criteria(parameters),
        seconds=duration_s(context, point.speed_rpm, WindowSpec(spec.revolutions, spec.updates, least_s)),
        updates=spec.updates,
        rates=rates_of(parameters),
        label=label,
        windows=windows_of(parameters.windows),
    )


def _outside(window: Window, windows: Mapping[str, Span]) -> list[str]:
    found = []
    for channel, span in windows.items():
        values = window.values.get(channel, ())
        if len(values) == 0:
            found.append(f"{channel} had no good value")
            continue
        low, high = float(np.min(values)), float(np.max(values))
        if not (span.low <= low and high <= span.high):
            found.append(f"{channel} {low:.1f}..{high:.1f} outside {span.low:g}..{span.high:g} degC")
    return found


def derated(window: Window) -> bool:
    """Whether the inverter limited the torque at any moment of the window, or said nothing about it."""
    flags, states = window.values.get("dut.derating", ()), window.values.get("dut.state", ())
    limited = bool(np.any(np.abs(np.asarray(states) - _DERATE_STATE) < 0.5))
    return limited or len(flags) == 0 or float(np.max(flags)) > 0.5


def _torque_missed(window: Window, task: Task) -> list[str]:
    estimates = window.values.get("dut.torque_est", ())
    mean_nm = mean_std(estimates)[0]
    band_nm = max(2.0 * task.criteria.torque_nm, _TORQUE_SHARE * abs(task.torque_nm))
    if abs(mean_nm - task.torque_nm) <= band_nm:
        return []
    return [f"torque not reached: {mean_nm:.1f} instead of {task.torque_nm:.1f} Nm +- {band_nm:.1f} Nm"]


def judge(
    context: Context, task: Task, window: Window, ranges: Mapping[str, float], problems: Sequence[str]
) -> Measured:
    """Columns and verdict of what was measured; a derated window carries no efficiency."""
    lost = faults(window, analyzer_channels(context), task.updates)
    limited = derated(window)
    reasons = [*problems, *(["the inverter derated"] if limited else []), *_torque_missed(window, task)]
    reasons += _outside(window, task.windows)
    if lost:
        return Measured(empty_record(context, window, task.speed_rpm, task.torque_nm), (*reasons, *lost), limited)
    columns, odd = point_record(context, window, task.speed_rpm, task.torque_nm, ranges, usable=not limited)
    return Measured(columns, (*reasons, *odd), limited)


def perform(context: Context, task: Task) -> Operation[Measured]:
    """Go there, settle, measure, judge."""
    ranges, problem = yield from go(context, task.speed_rpm, task.torque_nm, task.rates)
    problems = [problem] if problem else []
    settled = yield from settle(context, task.speed_rpm, task.torque_nm, task.criteria, task.label)
    if settled.reason:
        problems.append(settled.reason)
    window = yield from measure(context, task.seconds, task.updates)
    return judge(context, task, window, ranges, problems)


def measure_point(
    context: Context, parameters: MapParameters, point: OperatingPoint, number: int
) -> Operation[Measured]:
    """One point of a map, journaled as ``point``; counted in the tally."""
    label = {"point": number, "fraction": point.fraction, "zone": point.zone}
    task = task_of(context, parameters, point, label)
    where = {"speed_rpm": point.speed_rpm, "torque_nm": point.torque_nm}
    yield Record("point_started", {**label, **where, "of": context.tally.planned})

    def attempt() -> Operation[tuple[list[str], Measured]]:
        before: list[str] = []
        if point.zone == "short_time" and parameters.short_time is not None:
            before = yield from recover(context, parameters.short_time, task.rates, label)
        return before, (yield from perform(context, task))

    before, measured = yield from repeated(attempt, label)
    if point.zone == "short_time" and parameters.short_time is not None:
        # off the high torque at once: its time is limited, whatever comes next
        yield from ramp_torque(context, parameters.short_time.recover_torque, task.rates)
    result = Measured(measured.columns, (*before, *measured.reasons), measured.derated)
    record = {**label, "verdict": result.verdict, "reason": "; ".join(result.reasons), **result.columns}
    yield Record("point", record)
    context.tally.add(result.verdict)
    return result
