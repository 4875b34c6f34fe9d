"""The static check of a plan against its DUT and rig: all that would be refused, before anything is energised."""

from collections.abc import Iterator, Mapping

from bench.base.errors import Problem
from bench.config.located import Located
from bench.config.plan import Plan
from bench.sequence.context import Context
from bench.sequence.diagnosis import complaints
from bench.sequence.step import StepKind


def check_plan(plan: Located[Plan], kinds: Mapping[str, StepKind], context: Context) -> list[Problem]:
    """All problems of the plan and its steps, each with its place in the file; empty when the plan may run."""
    asked = complaints(context.examination, plan.value.identity, plan.value.clear_dtcs)
    found = [plan.problem(path, message) for path, message in (*asked, *_suspending(plan.value, context))]
    return found + [
        plan.problem((*path, *finding.path), finding.message)
        for path, step in plan.value.paths()
        for finding in kinds[step.kind].check(step.parameters, context)
    ]


def _suspending(plan: Plan, context: Context) -> Iterator[tuple[tuple[str, ...], str]]:
    """The channels of ``suspend_when`` are there."""
    for name in ("condition", "clear") if plan.suspend_when else ():
        for text in context.known.complaints(dict.fromkeys(getattr(plan.suspend_when, name).channels, 0.0)):
            yield ("suspend_when", name), text
