"""The static check of a plan against its DUT and rig: all that would be refused, before anything is energised."""

from collections.abc import Iterator, Mapping
from itertools import combinations

from bench.base.errors import Problem
from bench.config.located import Located
from bench.config.plan import Plan
from bench.config.plan_nodes import Parallel, Step, When
from bench.config.yaml_tree import Path
from bench.sequence.arm.diagnosis import complaints
from bench.sequence.context import Context
from bench.sequence.step import StepKind
from bench.sequence.tree.actuators import commanded, contested

Found = Iterator[tuple[Path, str]]


def check_plan(plan: Located[Plan], kinds: Mapping[str, StepKind], context: Context) -> list[Problem]:
    """All problems of the plan and its steps, each with its place in the file; empty when the plan may run."""
    asked = complaints(context.examination, plan.value.identity, plan.value.clear_dtcs)
    return plan.problems([*asked, *_suspending(plan.value, context), *_of_nodes(plan.value, kinds, context)])


def _of_nodes(plan: Plan, kinds: Mapping[str, StepKind], context: Context) -> Found:
    for path, node in plan.nodes():
        match node:
            case Step():
                for finding in kinds[node.kind].check(node.parameters, context):
                    yield (*path, node.kind, *finding.path), finding.message
            case Parallel():
                yield from _fights((*path, node.kind, "branches"), node, kinds)
            case When():
                for name in sorted(node.condition.channels):
                    if absent := context.known.absent(name):
                        yield (*path, node.kind, "condition"), absent


def _fights(path: Path, node: Parallel, kinds: Mapping[str, StepKind]) -> Found:
    """Branches that would command the same, or need the meter both."""
    needs = [commanded(branch, kinds) for branch in node.branches]
    for (one, its), (other, others) in combinations(enumerate(needs, 1), 2):
        if fought := contested(its, others):
            told = f"branch {other} needs what branch {one} needs ({', '.join(sorted(fought))})"
            yield (*path, other - 1), f"{told}; put both into one branch, one after the other"


def _suspending(plan: Plan, context: Context) -> Iterator[tuple[tuple[str, ...], str]]:
    """The channels of ``suspend_when`` are there."""
    for name in ("condition", "clear") if plan.suspend_when else ():
        for text in context.known.complaints(dict.fromkeys(getattr(plan.suspend_when, name).channels, 0.0)):
            yield ("suspend_when", name), text
