"""The controlled stop, seen from the sequence: ask for it, wait until the core has walked its ladder, journal both."""

from collections.abc import Mapping
from typing import Any

from bench.base.errors import BenchError
from bench.base.time import ns
from bench.core.causes import Cause, cause_text
from bench.schedule.outcomes import Stopped
from bench.schedule.requests import Operation, Record, StopReport, UntilSafe
from bench.sequence.commands import stop as stop_command

_LADDER_S = 900.0
"""Longer than any ladder: its rungs have their own deadlines, and cooling runs on at its end."""
_INTERRUPTIONS = 20


def wait_safe() -> Operation[StopReport]:
    """Wait for the end of the ladder. A further stop (Ctrl-C again, a stronger cause) does not end the waiting."""
    for _ in range(_INTERRUPTIONS):
        try:
            report: StopReport = yield UntilSafe(ns(_LADDER_S))
            return report
        except Stopped:
            continue
    return StopReport(ended=False, confirmed=False, cause="interrupted too often")


def _tell(event: str, data: Mapping[str, Any]) -> Operation[None]:
    """Journal it, if that can still be done: a disk that refuses must not end the waiting for the stop. Whoever
    records next hears of it."""
    try:
        yield Record(event, data)
    except BenchError:
        return


def finish(cause: str) -> Operation[StopReport]:
    """Wait and journal ``stopped``."""
    report = yield from wait_safe()
    rungs = [{"rung": name, "outcome": outcome} for name, outcome in report.rungs]
    data = {"cause": cause, "ended": report.ended, "confirmed": report.confirmed, "rungs": rungs}
    yield from _tell("stopped", data)
    return report


def request_stop(cause: Cause) -> Operation[StopReport]:
    """The sequence's own controlled stop (class 1); journals ``stop_requested`` and ``stopped``.

    The stop is commanded before it is journaled: stops act first.
    """
    text = cause_text(cause)
    yield stop_command(int(cause))
    told = {"by": "sequence", "code": int(cause), "cause": text.happened, "class": 1}
    yield from _tell("stop_requested", told)
    return (yield from finish(text.happened))


def after_stop(stopped: Stopped) -> Operation[StopReport]:
    """The core has stopped by itself, or for the operator: journal it and wait."""
    by = "operator" if stopped.operator else "core"
    data = {"code": stopped.code, "cause": stopped.cause, "class": stopped.stop_class, "remedy": stopped.remedy}
    yield from _tell("stop_requested", {"by": by, **data})
    return (yield from finish(stopped.cause))


def stop_for(cause: int, stopped: Stopped | None) -> Operation[StopReport]:
    """The stop that the core has begun (``stopped``), or else our own for ``cause``."""
    if stopped is not None:
        return (yield from after_stop(stopped))
    return (yield from request_stop(Cause(cause)))
