"""Waiting for the bench, with a reason when it does not come."""

from bench.base.time import ns
from bench.schedule.requests import Condition, Operation, Read, Until

FLAG_TOLERANCE = 0.25
"""States and flags are whole numbers; within +-0.25 is equal."""


def equal(channel: str, value: float, hold_s: float = 0.0) -> Condition:
    """A state or flag has ``value`` (and holds it for ``hold_s``)."""
    return Condition("within", channel, value, FLAG_TOLERANCE, ns(hold_s))


def within(channel: str, value: float, tolerance: float, hold_s: float = 0.0) -> Condition:
    """A quantity is inside ``value`` +- ``tolerance`` and stays there for ``hold_s``."""
    return Condition("within", channel, value, tolerance, ns(hold_s))


def describe(condition: Condition) -> str:
    """The condition in words, for reasons and the journal."""
    c = condition
    span = f" for {c.window_ns / 1e9:g} s" if c.window_ns else ""
    match c.kind:
        case "above" | "below":
            return f"{c.channel} {c.kind} {c.reference:g}{span}"
        case "within" | "deviation":
            return f"{c.channel} inside {c.reference:g} +- {c.tolerance:g}{span}"
        case "done":
            return f"{c.channel} has arrived"
        case "elapsed":
            return f"{c.window_ns / 1e9:g} s have passed"
        case "variation":
            return f"standard deviation over mean of {c.channel} below {c.tolerance:g}{span}"
        case _:
            return f"{c.kind} of {c.channel} below {c.tolerance:g}{span}"


def wait(conditions: tuple[Condition, ...], timeout_s: float, what: str) -> Operation[str]:
    """Wait until all hold; ``""``, or the reason with what was there instead."""
    if (yield Until(conditions, ns(timeout_s))):
        return ""
    channels = tuple(dict.fromkeys(condition.channel for condition in conditions))
    readings = yield Read(channels)
    seen = ", ".join(
        f"{reading.channel} = {reading.value:g}" if reading.good else f"{reading.channel} is {reading.quality.name}"
        for reading in readings
    )
    wanted = ", ".join(describe(condition) for condition in conditions)
    return f"{what}: not within {timeout_s:g} s ({wanted}); there is {seen}"
