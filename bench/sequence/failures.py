"""Why the sequence gives up: a part of the plan has failed; what follows is a rule of the plan, or the end."""

from dataclasses import dataclass, field

from bench.base.errors import BenchError, DeviceError, LinkError
from bench.config.plan_nodes import Node
from bench.core.causes import Cause
from bench.schedule.outcomes import BranchEnded, DeadlinePassed, Held, SetpointRefused, Stopped
from bench.schedule.requests import Alarm, StopReport
from bench.sequence.tree.place import Place

FINISHED, STOPPED, ABORTED = "finished", "stopped", "aborted"


class SequenceFailed(BenchError):
    """The sequence cannot go on. ``cause_code`` is a code of ``bench.core.causes``."""

    def __init__(self, cause_code: int, reasons: tuple[str, ...]) -> None:
        self.cause_code = cause_code
        self.reasons = reasons
        super().__init__("; ".join(reasons))


@dataclass(eq=False)
class Failed(Exception):
    """A node of the plan has failed.

    ``at_work``: the bench still is; else it has stopped (``stopped``), or must be, for ``cause``. ``alarm``: of the
    node above whose deadline has passed. ``final``: no rule above counts. ``owed``: cleanup that waits for the end of
    the stop, with its place. ``report``: of the stop, if it has ended. ``error``: of our own.
    """

    reasons: tuple[str, ...]
    outcome: str = FINISHED
    cause: int = Cause.END_OF_PLAN
    at_work: bool = False
    stopped: Stopped | None = None
    alarm: Alarm | None = None
    final: bool = False
    error: Exception | None = None
    report: StopReport | None = None
    owed: list[tuple[Place, Node]] = field(default_factory=list)


def failure_of(error: Exception) -> Failed:
    """What an exception means for the plan."""
    match error:
        case Failed():
            return error
        case Stopped():
            outcome = ABORTED if error.operator else STOPPED
            return Failed((str(error),), outcome, error.code, stopped=error)
        case SequenceFailed():
            # a failed sign check is a verdict on the bench's wiring; a failed arming is a fault that ended the run
            outcome = FINISHED if error.cause_code == Cause.SIGN_CHECK else STOPPED
            return Failed(error.reasons, outcome, error.cause_code)
        case DeadlinePassed():
            return Failed((str(error),), STOPPED, Cause.STEP_DEADLINE, alarm=error.alarm)
        case BranchEnded():
            return Failed((), at_work=True, final=True)
        case Held() | SetpointRefused() | LinkError() | DeviceError():
            return Failed((str(error),), STOPPED, Cause.STEP_FAILED)
    return Failed((f"internal error: {error!r}",), STOPPED, Cause.STEP_FAILED, error=error)
