"""Step ``settle``: wait until the bench is steady by any of six criteria, all at once; the evidence is journalled."""

from typing import Annotated, Any

from pydantic import Field

from bench.base.time import ns
from bench.config.file_model import FileModel
from bench.config.quantity import Seconds
from bench.core.tables import CONDITIONS
from bench.schedule.requests import Collect, Collected, Now, Operation, Read, Record, Until, Window
from bench.sequence.context import Context
from bench.sequence.criteria import Criterion
from bench.sequence.policy import Policy, verdict_of
from bench.sequence.repeating import repeated
from bench.sequence.step import METER, Finding
from bench.sequence.verdict import StepVerdict


class SettleParameters(FileModel):
    """Criteria that must hold at once, and what becomes of the step when they do not in time."""

    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1, max_length=CONDITIONS)]
    """Kinds: `time_delay` (a time has passed), `variance` (maximum minus minimum over a window), `current_deviation`
    (the present value near a reference), `deviation` (all values of a window), `standard_deviation`,
    `coefficient_of_variation` (standard deviation over mean)."""
    timeout: Annotated[Seconds, Field(gt=0, le=86_400)]
    on_timeout: Policy = "fail"
    """`fail`; `flag`: go on, and flag what is measured before the next `settle`; `go_on`."""


class Settle:
    """The step kind ``settle``."""

    name = "settle"
    parameters = SettleParameters
    prepares = True
    here = True
    commands = (METER,)

    def check(self, parameters: SettleParameters, context: Context) -> list[Finding]:
        """The channels are there, their windows hold enough values, and the time-out leaves room for them."""
        found = []
        for i, criterion in enumerate(parameters.criteria):
            place = "channel" if criterion.channel and context.known.absent(criterion.channel) else "window"
            if text := criterion.complaint(context):
                found.append(Finding(("criteria", i, place), text))
        longest_s = max(criterion.span_s for criterion in parameters.criteria)
        if parameters.timeout <= longest_s:
            text = f"must exceed the longest window of {longest_s:g} s, or nothing could ever settle; raise it"
            found.append(Finding(("timeout",), text))
        return found

    def points(self, parameters: SettleParameters, context: Context) -> int:
        """None."""
        return 0

    def estimate_s(self, parameters: SettleParameters, context: Context) -> float:
        """A guess: half as long again as the longest window, seconds."""
        longest_s = max(criterion.span_s for criterion in parameters.criteria)
        return min(1.5 * longest_s, parameters.timeout)

    def run(self, parameters: SettleParameters, context: Context) -> Operation[StepVerdict]:
        """Wait; journaled as ``settled`` with each criterion and the values of its window."""
        reason, told = yield from repeated(lambda: _wait(parameters), {"step": self.name})
        yield Record("settled", told)
        conditions = tuple(one.condition() for one in parameters.criteria)
        context.position.settled = None if reason else (conditions, parameters.timeout)
        context.position.doubt = reason if parameters.on_timeout == "flag" else ""
        return verdict_of(reason, parameters.on_timeout)


def _wait(parameters: SettleParameters) -> Operation[tuple[str, dict[str, Any]]]:
    """The reason why it did not settle (\"\": it did), and what goes into the journal."""
    channels = tuple(dict.fromkeys(one.channel for one in parameters.criteria if one.channel is not None))
    start_ns: int = yield Now()
    if channels:
        yield Collect(channels)
    steady: bool = yield Until(tuple(one.condition() for one in parameters.criteria), ns(parameters.timeout))
    end_ns: int = yield Now()
    seen = Window(start_ns, end_ns, {}, {}, {})
    if channels:
        seen = yield Collected(end_ns, last=True)
    reason = "" if steady else (yield from _reason(parameters, channels))
    evidence = [one.evidence(seen, end_ns) for one in parameters.criteria]
    outcome = {"satisfied": bool(steady), "reason": reason, "on_timeout": parameters.on_timeout}
    return reason, {"start_ns": start_ns, "end_ns": end_ns, **outcome, "criteria": evidence}


def _reason(parameters: SettleParameters, channels: tuple[str, ...]) -> Operation[str]:
    wanted = "; ".join(one.shown() for one in parameters.criteria)
    readings = yield Read(channels)
    bad = [f"{reading.channel} is {reading.quality.name}" for reading in readings if not reading.good]
    return f"not settled within {parameters.timeout:g} s: {wanted}" + (f"; {', '.join(bad)}" if bad else "")
