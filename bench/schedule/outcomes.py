"""How a request can end other than with an answer: exceptions that the runtime throws into a job.

They are the job's side of the matter only: the core has already acted when they arrive.
"""

from bench.base.errors import BenchError
from bench.schedule.requests import Alarm


class Stopped(BenchError):
    """The core has stopped the bench (``EV_STOP``); the stop ladder is running by itself.

    Thrown once for each stop, at the job's pending or next request. Afterwards the job may still ``Read``, ``Record``,
    ``Sleep``, ask ``Now`` and wait with ``UntilSafe``, to clean up; set-points are refused by the core.
    """

    def __init__(self, code: int, cause: str, remedy: str = "", stop_class: int = 1, operator: bool = False) -> None:
        self.code = code
        self.cause = cause
        self.remedy = remedy
        self.stop_class = stop_class
        self.operator = operator
        super().__init__(f"{cause}; {remedy}" if remedy else cause)


class Held(BenchError):
    """The core held every set-point for a while (a freeze) and has let them go on. The answer to a ``Measure`` that was
    disturbed by it, or asked for before an ``Until`` has found the bench steady again."""

    def __init__(self, cause: str, held_s: float, *, wanted: bool = False) -> None:
        self.cause = cause
        self.held_s = held_s
        self.wanted = wanted
        """Somebody has paused the plan; nothing is wrong, however often it happens."""
        super().__init__(f"the set-points were held for {held_s:.2f} s: {cause}")


class SetpointRefused(BenchError):
    """The core refused a set-point (``EV_REFUSED``): outside its range or the envelope, or not armed."""

    def __init__(self, channel: str, target: float, reason: str) -> None:
        self.channel = channel
        self.target = target
        self.reason = reason
        super().__init__(f"set-point {channel} = {target:g} was refused by the core: {reason}")


class DeadlinePassed(BenchError):
    """An ``Alarm`` rings: what was to end by then has not. ``alarm`` is the request that had set it."""

    def __init__(self, alarm: Alarm) -> None:
        self.alarm = alarm
        super().__init__(alarm.what)


class BranchEnded(BenchError):
    """Another branch of the same ``Together`` has ended with an error; this one ends too."""

    def __init__(self) -> None:
        super().__init__("ended because a branch beside it has failed")
