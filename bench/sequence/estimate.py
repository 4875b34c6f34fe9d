"""How long a plan will take, and how many points it makes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bench.config.plan import Plan
from bench.sequence.context import Context
from bench.sequence.position import Position
from bench.sequence.step import StepKind

_ARMING_S = 25.0
_STOP_S = 30.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds in all and by step, and points in all."""

    total_s: float
    steps_s: tuple[float, ...]
    points: int


def estimate(plan: Plan, kinds: Mapping[str, StepKind], context: Context) -> Estimate:
    """Arming, steps and stop; the context's own position is left alone."""
    fresh = replace(context, position=Position())
    steps = tuple(kinds[step.kind].estimate_s(step.parameters, fresh) for step in plan.steps)
    points = sum(kinds[step.kind].points(step.parameters, fresh) for step in plan.steps)
    return Estimate(_ARMING_S + sum(steps) + _STOP_S, steps, points)
