"""How long a part of a plan will take, and how many points it makes: the tree walked without running it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bench.config.plan_nodes import Node, Nodes, Parallel, Repeat, Step, When
from bench.sequence.context import Context
from bench.sequence.step import StepKind


@dataclass(frozen=True, slots=True)
class Expected:
    """Seconds and points."""

    seconds: float = 0.0
    points: int = 0

    def __add__(self, other: "Expected") -> "Expected":
        return Expected(self.seconds + other.seconds, self.points + other.points)

    def times(self, count: int) -> "Expected":
        """So often in a row."""
        return Expected(count * self.seconds, count * self.points)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected on one bench."""

    kinds: Mapping[str, StepKind]
    context: Context

    def of(self, nodes: Nodes) -> Expected:
        """Of nodes in a row."""
        return sum(map(self.of_node, nodes), Expected())

    def of_node(self, node: Node) -> Expected:
        """Of a node with its cleanup."""
        bodies = [self.of(body.nodes) for body in node.bodies()]
        match node:
            case Step():
                kind = self.kinds[node.kind]
                seconds = kind.estimate_s(node.parameters, self.context)
                return Expected(seconds, kind.points(node.parameters, self.context)) + bodies[-1]
            case Repeat():
                return bodies[0].times(self.passes(node)) + bodies[-1]
            case Parallel():
                points = sum(body.points for body in bodies)
                return Expected(max(body.seconds for body in bodies[:-1]) + bodies[-1].seconds, points)
            case When():
                then, otherwise, cleanup = bodies
                longest = max(then.seconds, otherwise.seconds)
                return Expected(longest, max(then.points, otherwise.points)) + cleanup
        return sum(bodies, Expected())

    def passes(self, node: Repeat) -> int:
        """How many passes a repeat will have; one that has begun when the time is over is finished."""
        if node.times is not None or node.for_ is None:
            return node.times or 1
        seconds = self.of(node.steps).seconds
        return max(1, math.ceil(node.for_ / seconds)) if seconds > 0.0 else 1
