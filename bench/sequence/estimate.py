"""How long a plan will take, and how many points it makes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bench.config.plan import Plan
from bench.sequence.context import Context
from bench.sequence.step import StepKind
from bench.sequence.travel.position import Position
from bench.sequence.tree.forecast import Forecast

_ARMING_S = 25.0
_STOP_S = 30.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds in all and by entry of the plan (its cleanup last, if it has any), and points in all."""

    total_s: float
    steps_s: tuple[float, ...]
    points: int


def estimate(plan: Plan, kinds: Mapping[str, StepKind], context: Context) -> Estimate:
    """Arming, steps and stop; the context's own position is left alone."""
    forecast = Forecast(kinds, replace(context, position=Position()))
    parts = [forecast.of_node(node) for node in (*plan.steps, *plan.cleanup)]
    seconds = tuple(part.seconds for part in parts)
    warm_up_s = 0.0 if context.bench.said_warm else context.bench.warm_up_s
    return Estimate(warm_up_s + _ARMING_S + sum(seconds) + _STOP_S, seconds, sum(part.points for part in parts))
