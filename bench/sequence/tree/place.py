"""Where a step stands in the tree of its plan: its name in the journal.

A step of a flat plan is its number, 0 for the first. Below a node a dot and the number come after the node's own
place, and for a pass of a ``repeat`` a stroke and the pass: ``3/17.2`` is the third step in the 17th pass of the repeat
that is the fourth entry of the plan. A pass of a sweep is a number like any other, being known before the run.
"""

import re
from collections.abc import Iterator

from bench.config.plan import Plan
from bench.config.plan_nodes import Node, Nodes, Step

Place = int | str
CLEANUP_OF_PLAN = "cleanup"
_PASS = re.compile(r"/[0-9]+")


def below(prefix: str, number: int) -> Place:
    """The place of an entry in the list that is called ``prefix`` (empty: the plan's own)."""
    return f"{prefix}.{number}" if prefix else number


def lies_below(place: Place, unit: Place) -> bool:
    """Whether ``place`` is ``unit``, or a part of it."""
    text, whole = str(place), str(unit)
    return text == whole or text.startswith((f"{whole}.", f"{whole}/"))


def pass_of(place: Place, repeat: Place) -> int:
    """In which pass of a repeat something stands; 0 where it stands elsewhere."""
    match = re.match(rf"{re.escape(str(repeat))}/([0-9]+)(?:[./]|$)", str(place))
    return int(match[1]) if match else 0


def any_pass(place: Place) -> str:
    """The place with a star for the passes of repeats: where its step stands in the plan."""
    return _PASS.sub("/*", str(place))


def steps_of(node: Node, place: Place) -> Iterator[tuple[str, Step]]:
    """Every step at and below a node, with its place for any pass."""
    if isinstance(node, Step):
        yield str(place), node
    for body in node.bodies():
        yield from _steps(body.nodes, f"{place}{body.place}")


def steps_by_place(plan: Plan) -> dict[str, Step]:
    """Every step of a plan by its place for any pass."""
    return {**dict(_steps(plan.steps, "")), **dict(_steps(plan.cleanup, CLEANUP_OF_PLAN))}


def _steps(nodes: Nodes, prefix: str) -> Iterator[tuple[str, Step]]:
    for number, node in enumerate(nodes):
        yield from steps_of(node, below(prefix, number))
