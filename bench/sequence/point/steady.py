"""Points outside of a map that are measured as those of its continuous zone: go there, settle, measure, journal."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from bench.schedule.requests import Operation, Record
from bench.sequence.context import Context
from bench.sequence.point.map_parameters import MeasureParameters, SettleParameters, WindowParameters
from bench.sequence.point.measuring import WindowSpec, duration_s
from bench.sequence.point.point import Measured, Task, perform, windows_of
from bench.sequence.point.settle import Criteria
from bench.sequence.repeating import repeated
from bench.sequence.travel.drive import travel_s
from bench.sequence.travel.position import Rates

Row = Mapping[str, Any]
Places = list[tuple[float, float]]
"""Motor speed in rpm and torque in Nm."""
_SETTLING_FACTOR = 3.1
"""A point settles thermally after about this many windows (measured in the virtual world)."""


class Steady(Protocol):
    """What a step's parameters must have."""

    @property
    def settle(self) -> SettleParameters: ...

    @property
    def measure(self) -> MeasureParameters: ...

    @property
    def windows(self) -> WindowParameters: ...


def steady_task(context: Context, parameters: Steady, place: tuple[float, float], rates: Rates, label: Row) -> Task:
    """One of them as a task."""
    wanted, spec = parameters.settle, parameters.measure
    return Task(
        speed_rpm=place[0],
        torque_nm=place[1],
        criteria=Criteria(wanted.torque, wanted.speed, wanted.temperature, wanted.window, wanted.timeout),
        seconds=duration_s(context, place[0], WindowSpec(spec.revolutions, spec.updates, spec.at_least)),
        updates=spec.updates,
        rates=rates,
        label=label,
        windows=windows_of(parameters.windows),
    )


def steady_s(context: Context, parameters: Steady, places: Places, rates: Rates) -> float:
    """How long they take, from where the bench is, seconds."""
    total, here = 0.0, (context.position.speed_rpm, context.position.torque_nm)
    for place in places:
        task = steady_task(context, parameters, place, rates, {})
        total += travel_s(here, place, rates) + _SETTLING_FACTOR * task.criteria.window_s + task.seconds
        here = place
    return total


def measure_steady(context: Context, task: Task, more: Callable[[Measured], Row] = lambda _: {}) -> Operation[Row]:
    """Measure one, journaled as ``point`` with ``more`` beside the columns of all points; counted in the tally."""
    where = {"speed_rpm": task.speed_rpm, "torque_nm": task.torque_nm}
    yield Record("point_started", {**task.label, **where, "of": context.tally.planned})
    measured = yield from repeated(lambda: perform(context, task), task.label)
    judged = {"verdict": measured.verdict, "reason": "; ".join(measured.reasons)}
    row = {**task.label, **judged, **measured.columns, **more(measured)}
    yield Record("point", row)
    context.tally.add(measured.verdict)
    return row
