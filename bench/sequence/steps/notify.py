"""Step ``notify``: tell people something; the journal has it, and whoever sends messages reads it there."""

from typing import Literal

from bench.config.file_model import FileModel
from bench.config.names import Line
from bench.schedule.requests import Operation, Record
from bench.sequence.context import Context
from bench.sequence.step import Finding
from bench.sequence.verdict import StepVerdict

EVENT = "notification"


class NotifyParameters(FileModel):
    """A message; the plan does not wait for anybody to read it."""

    title: Line
    text: Line = "from the plan"
    priority: Literal["low", "normal", "high"] = "normal"


class Notify:
    """The step kind ``notify``."""

    name = "notify"
    parameters = NotifyParameters
    commands = ()

    def check(self, parameters: NotifyParameters, context: Context) -> list[Finding]:
        """Nothing can be wrong with it."""
        return []

    def points(self, parameters: NotifyParameters, context: Context) -> int:
        """None."""
        return 0

    def estimate_s(self, parameters: NotifyParameters, context: Context) -> float:
        """None."""
        return 0.0

    def run(self, parameters: NotifyParameters, context: Context) -> Operation[StepVerdict]:
        """Journaled as ``notification``."""
        yield Record(EVENT, parameters.model_dump())
        return StepVerdict()
