"""Going to an operating point with the analyzer's ranges always wide enough: on the way for every corner, then for the
point alone. An overloaded input would be no measurement, and a limit that cannot be judged stops the bench."""

from collections.abc import Mapping

from bench.schedule.requests import Operation
from bench.sequence.context import Context
from bench.sequence.point.ranges import fix
from bench.sequence.travel.drive import route, travel
from bench.sequence.travel.position import Rates


def go(
    context: Context, speed_rpm: float, torque_nm: float, rates: Rates
) -> Operation[tuple[Mapping[str, float], str]]:
    """Fix ranges for the way, travel, fix them for the target: (ranges in force, \"\" or why it did not arrive)."""
    here = (context.position.speed_rpm, context.position.torque_nm)
    points = route(context, speed_rpm, torque_nm)
    yield from fix(context, [here, *points])
    problem = yield from travel(context, points, rates)
    if problem:
        return {}, problem
    return (yield from fix(context, points[-1:])), ""
