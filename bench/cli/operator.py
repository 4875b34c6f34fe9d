"""The operator's wish to stop: Ctrl-C, SIGTERM, or a terminal that goes away.

Before anything runs the wish ends the command at once. Once a run has begun (``hold``) it is only noted: the run looks
at ``asked`` and walks down its stop ladder, so that no signal ever leaves a bench half stopped.
"""

import signal
from types import FrameType

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Aborted(BaseException):
    """The operator asked to stop and nothing was running (no ``Exception``: nobody may catch it by accident)."""


class Operator:
    """Whether the operator has ``asked`` to stop, and whether a run has begun that looks at it (``held``)."""

    def __init__(self) -> None:
        self.asked = False
        self.held = False

    def install(self) -> None:
        """Take the signals."""
        for number in _SIGNALS:
            signal.signal(number, self._on_signal)

    def leave(self) -> None:
        """The command is over: a late signal must not change its exit code."""
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    def hold(self) -> None:
        """From now on the run itself looks at ``asked``. Raises ``Aborted`` when that was asked before."""
        self.held = True
        if self.asked:
            raise Aborted

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True
        if not self.held:
            raise Aborted


OPERATOR = Operator()
