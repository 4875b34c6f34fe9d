"""Waiting for an expression: by the core where it can judge it at each cycle, else by looking again and again."""

import math
from collections.abc import Iterator

from bench.base.time import NS_PER_MS, ns
from bench.config.expression import Expression
from bench.config.expression_tree import EQUAL_WITHIN, Comparison, Joined, Literal, Node, OfChannel
from bench.core.tables import CONDITIONS
from bench.schedule.requests import Condition, Now, Operation, Read, Sleep, Until

LOOK_NS = 50 * NS_PER_MS
"""How often what the core cannot judge is looked at. What comes and goes between two looks is not seen."""

_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "=="}


def by_core(expression: Expression, hold_s: float) -> tuple[Condition, ...]:
    """The expression as conditions of the core: comparisons of a channel with a number, joined by ``and``. Empty: the
    core cannot judge it."""
    try:
        found = tuple(_conditions(expression.tree, ns(hold_s)))
    except ValueError:
        return ()
    return found if len(found) <= CONDITIONS else ()


def _conditions(node: Node, hold_ns: int) -> Iterator[Condition]:
    match node:
        case Joined(operator="and"):
            for part in node.parts:
                yield from _conditions(part, hold_ns)
        case Comparison(left=OfChannel(channel=channel), right=Literal(figure=figure)):
            yield _condition(node.operator, channel, figure, hold_ns)
        case Comparison(left=Literal(figure=figure), right=OfChannel(channel=channel)):
            yield _condition(_MIRRORED.get(node.operator, ""), channel, figure, hold_ns)
        case _:
            raise ValueError("not for the core")


def _condition(operator: str, channel: str, figure: float, hold_ns: int) -> Condition:
    match operator:
        case ">":
            return Condition("above", channel, figure, 0.0, hold_ns)
        case ">=":  # above the next smaller number
            return Condition("above", channel, math.nextafter(figure, -math.inf), 0.0, hold_ns)
        case "<":
            return Condition("below", channel, figure, 0.0, hold_ns)
        case "<=":
            return Condition("below", channel, math.nextafter(figure, math.inf), 0.0, hold_ns)
        case "==":
            return Condition("within", channel, figure, EQUAL_WITHIN, hold_ns)
    raise ValueError("not for the core")


def await_expression(expression: Expression, hold_s: float, timeout_s: float) -> Operation[bool]:
    """Whether it was true for ``hold_s`` without a break before ``timeout_s`` had passed. Unknown is not true."""
    conditions = by_core(expression, hold_s)
    if conditions:
        return bool((yield Until(conditions, ns(timeout_s))))
    channels = tuple(sorted(expression.channels))
    start_ns: int = yield Now()
    since_ns = None
    while True:
        readings = yield Read(channels)
        now_ns: int = yield Now()
        if expression.evaluate({reading.channel: reading for reading in readings}) is not True:
            since_ns = None
        elif since_ns is None:
            since_ns = now_ns
        if since_ns is not None and now_ns - since_ns >= ns(hold_s):
            return True
        if now_ns - start_ns >= ns(timeout_s):
            return False
        yield Sleep(LOOK_NS)
