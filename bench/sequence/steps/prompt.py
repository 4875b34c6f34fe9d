"""Step ``prompt``: ask the operator. Nobody may be there: what happens then is the plan's to say."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from bench.base.time import ns
from bench.config.file_model import FileModel
from bench.config.file_model import Finding as FileFinding
from bench.config.names import Line
from bench.config.quantity import Seconds
from bench.schedule.requests import Answer, Operation, Record
from bench.schedule.requests import Prompt as PromptRequest
from bench.sequence.context import Context
from bench.sequence.step import Finding
from bench.sequence.verdict import FAILED, StepVerdict


class PromptParameters(FileModel):
    """A question to the operator, the answers that count, and what happens when none comes in time."""

    text: Line
    answers: Annotated[tuple[Line, ...], Field(max_length=20)] = ()
    """Those that are taken; empty: any text."""
    passes: Annotated[tuple[Line, ...], Field(max_length=20)] = ()
    """Those with which the plan goes on; empty: every one. With any other the step fails."""
    default: Line | None = None
    """The answer when nobody answers."""
    timeout: Annotated[Seconds, Field(gt=0, le=604_800)]
    on_timeout: Literal["default", "fail", "hold"] = "default"
    """`default`; `fail`: the step fails; `hold`: the bench stays where it is until somebody answers (in the virtual
    world, where nobody can, as `default`)."""

    def rules(self) -> Iterator[FileFinding]:
        if self.on_timeout == "default" and self.default is None:
            yield (), "'default' is missing: nobody may be there; add it, or write 'on_timeout: fail' or 'hold'"
        if self.on_timeout == "fail" and self.default is not None:
            yield ("default",), "is never used with 'on_timeout: fail'; take it out"
        if self.default is not None and self.answers and self.default not in self.answers:
            yield ("default",), f"{self.default!r} is none of the answers {', '.join(self.answers)}; correct it"
        for i, answer in enumerate(self.passes):
            if self.answers and answer not in self.answers:
                yield ("passes", i), f"{answer!r} is none of the answers {', '.join(self.answers)}; correct it"


class Prompt:
    """The step kind ``prompt``."""

    name = "prompt"
    parameters = PromptParameters
    commands = ()

    def check(self, parameters: PromptParameters, context: Context) -> list[Finding]:
        """Nothing on the bench can be wrong with it."""
        return []

    def points(self, parameters: PromptParameters, context: Context) -> int:
        """None."""
        return 0

    def estimate_s(self, parameters: PromptParameters, context: Context) -> float:
        """The time-out, seconds: nobody may be there."""
        return parameters.timeout

    def run(self, parameters: PromptParameters, context: Context) -> Operation[StepVerdict]:
        """Journaled as ``prompt`` before it is asked and ``prompt_answered`` after."""
        asked: dict[str, Any] = {"text": parameters.text, "answers": list(parameters.answers)}
        policy = {"timeout_s": parameters.timeout, "on_timeout": parameters.on_timeout}
        yield Record("prompt", {**asked, "default": parameters.default, **policy})
        default = None if parameters.on_timeout == "fail" else parameters.default
        holds = parameters.on_timeout == "hold"
        likely = next(iter((*parameters.passes, *filter(None, (default,)), *parameters.answers)), "")
        asking = (parameters.text, parameters.answers, default, ns(parameters.timeout), holds, likely)
        answer: Answer = yield PromptRequest(*asking)
        reason = _reason(parameters, answer)
        yield Record("prompt_answered", {"answer": answer.text, "by": answer.by, "reason": reason})
        return StepVerdict(FAILED, (reason,)) if reason else StepVerdict()


def _reason(parameters: PromptParameters, answer: Answer) -> str:
    if answer.text is None:
        return f"nobody answered within {parameters.timeout:g} s: {parameters.text}"
    if parameters.answers and answer.text not in parameters.answers:
        return f"{answer.text!r} is none of the answers {', '.join(parameters.answers)}: {parameters.text}"
    if parameters.passes and answer.text not in parameters.passes:
        return f"answered {answer.text!r}: {parameters.text}"
    return ""
