"""The contract of a step kind: parameters, a check and an estimate before anything is energised, and the run itself.

A new kind is one file with one class and one line in the entry-point group ``bench.steps`` (or in the registry).
"""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel

from bench.schedule.requests import Operation
from bench.sequence.context import Context
from bench.sequence.verdict import StepVerdict

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake in a step's parameters: where (``("speeds", "to")``), what, and how to repair it."""

    path: Path
    message: str


SPEED, TORQUE, METER, EVERYTHING = "speed", "torque", "meter", "everything"
"""What steps command: the operating point at the motor shaft, the window in which values are kept (there is one), all
there is; besides these the channels of set-points."""


@runtime_checkable
class StepKind(Protocol):
    """One kind of step.

    A class attribute ``prepares = True`` says that it brings the bench into a state: a run that goes on after a break
    does it again before the next open step. All others are not repeated once they have finished; one that was under way
    begins anew, or goes on after what ``context.taken`` has.

    A class attribute ``here = True`` says that it works where the steps before it have left the bench.

    An attribute ``commands`` names what it needs for itself alone: a tuple, or a function of the parameters that
    returns one (``commands_of``). A kind without it is taken to need everything.
    """

    @property
    def name(self) -> str:
        """Its key in a plan."""

    @property
    def parameters(self) -> type[BaseModel]:
        """The model of its parameters."""

    def check(self, parameters: Any, context: Context) -> list[Finding]:
        """Everything that would be refused, found before the start; nothing is energised."""

    def estimate_s(self, parameters: Any, context: Context) -> float:
        """How long it will take, seconds."""

    def points(self, parameters: Any, context: Context) -> int:
        """How many points it will add to the table."""

    def run(self, parameters: Any, context: Context) -> Operation[StepVerdict]:
        """Do it. ``Stopped`` may be thrown into it at any request; the stop itself is none of its business."""


def commands_of(kind: StepKind, parameters: Any) -> tuple[str, ...]:
    """What a step needs for itself alone: two steps that share an entry, or of which one needs everything and the other
    anything at all, must not run at the same time."""
    found = getattr(kind, "commands", (EVERYTHING,))
    return tuple(found(parameters) if callable(found) else found)
