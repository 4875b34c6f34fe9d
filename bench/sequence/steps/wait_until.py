"""Step ``wait_until``: an expression over channels is true, for a time."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from bench.config.expression import ConditionText
from bench.config.file_model import FileModel
from bench.config.file_model import Finding as FileFinding
from bench.config.quantity import Seconds
from bench.schedule.requests import Now, Operation, Read, Record
from bench.sequence.context import Context
from bench.sequence.expected import LOOK_NS, await_expression, by_core
from bench.sequence.policy import Policy, verdict_of
from bench.sequence.step import Finding
from bench.sequence.verdict import StepVerdict


class WaitUntilParameters(FileModel):
    """The condition, for how long it must hold, and what becomes of the step when it does not in time."""

    condition: ConditionText
    """An [expression](expressions.md), such as `coolant.temp_out - coolant.temp_in > 8 K`."""
    hold: Annotated[Seconds, Field(ge=0, le=86_400)] = 0.0
    """Without a break; a reading that is not good is one."""
    timeout: Annotated[Seconds, Field(gt=0, le=604_800)]
    on_timeout: Policy = "fail"
    """`fail`; `flag`: go on, and flag what is measured before the next `settle`; `go_on`."""

    def rules(self) -> Iterator[FileFinding]:
        if self.timeout <= self.hold:
            yield ("timeout",), f"must exceed the hold of {self.hold:g} s, or it could never come true; raise it"
        if not self.condition.channels:
            yield ("condition",), "looks at no channel and never changes; name one such as coolant.temp_out"


class WaitUntil:
    """The step kind ``wait_until``."""

    name = "wait_until"
    parameters = WaitUntilParameters
    here = True
    commands = ()

    def check(self, parameters: WaitUntilParameters, context: Context) -> list[Finding]:
        """The channels are there, and the hold sees more than one value of each."""
        known, channels = context.known, parameters.condition.channels
        found = [Finding(("condition",), text) for text in known.complaints(dict.fromkeys(channels, 0.0))]
        if not found and parameters.hold > 0.0:
            seconds = dict.fromkeys(channels, parameters.hold)
            found = [Finding(("hold",), text) for text in known.complaints(seconds, values=1)]
            if not found and parameters.hold < LOOK_NS / 1e9 and not by_core(parameters.condition, parameters.hold):
                text = f"{parameters.hold:g} s are too short: such a condition is looked at every {LOOK_NS / 1e9:g} s"
                found = [Finding(("hold",), f"{text}; raise it")]
        return found

    def points(self, parameters: WaitUntilParameters, context: Context) -> int:
        """None."""
        return 0

    def estimate_s(self, parameters: WaitUntilParameters, context: Context) -> float:
        """A guess: a third of the time-out, at least the hold, seconds."""
        return max(parameters.hold, parameters.timeout / 3.0)

    def run(self, parameters: WaitUntilParameters, context: Context) -> Operation[StepVerdict]:
        """Wait; journaled as ``waited`` with what the channels had at the end."""
        start_ns: int = yield Now()
        came = yield from await_expression(parameters.condition, parameters.hold, parameters.timeout)
        end_ns: int = yield Now()
        readings = yield Read(tuple(sorted(parameters.condition.channels)))
        seen = {reading.channel: reading.value if reading.good else None for reading in readings}
        reason = "" if came else _reason(parameters, seen)
        told = {"condition": parameters.condition.text, "hold_s": parameters.hold, "satisfied": came, "reason": reason}
        yield Record("waited", {"start_ns": start_ns, "end_ns": end_ns, **told, "values": seen})
        if parameters.on_timeout == "flag" and reason:
            context.position.doubt = reason
        return verdict_of(reason, parameters.on_timeout)


def _reason(parameters: WaitUntilParameters, seen: dict[str, float | None]) -> str:
    there = ", ".join(f"{name} {'is not good' if v is None else f'= {v:g}'}" for name, v in seen.items())
    held = f" for {parameters.hold:g} s" if parameters.hold else ""
    return f"{parameters.condition.text}: not true{held} within {parameters.timeout:g} s; there is {there}"
