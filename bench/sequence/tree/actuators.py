"""Who may command at the same time: two branches of a ``parallel`` must not fight over one actuator or the meter, and a
bench that has stopped obeys nobody."""

from collections.abc import Iterable, Mapping

from bench.config.plan_nodes import Node, Nodes, Step
from bench.sequence.step import EVERYTHING, METER, StepKind, commands_of
from bench.sequence.tree.place import steps_of


def commanded(nodes: Nodes, kinds: Mapping[str, StepKind]) -> frozenset[str]:
    """What the steps at and below these nodes need for themselves alone."""
    steps = (step for node in nodes for _, step in steps_of(node, ""))
    return frozenset(name for step in steps for name in _of(step, kinds))


def contested(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """What both need; everything is needed by whoever says so."""
    if EVERYTHING in one | other:
        return one | other if one and other else frozenset()
    return one & other


def needs_armed(node: Node, kinds: Mapping[str, StepKind]) -> bool:
    """Whether any step at or below a node commands more than the meter."""
    return bool(commanded((node,), kinds) - {METER})


def _of(step: Step, kinds: Mapping[str, StepKind]) -> Iterable[str]:
    return commands_of(kinds[step.kind], step.parameters)
