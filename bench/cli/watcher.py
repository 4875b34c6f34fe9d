"""Looks at a run from outside: reads its journal a few times a second, shows progress, knows whether to stop.

It costs the run next to nothing: between two looks, one reading of the clock.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bench.cli.operator import OPERATOR
from bench.cli.screen import Lines, Live, Nothing, Screen
from bench.cli.story import Story
from bench.cli.tail import Tail

if TYPE_CHECKING:
    from bench.io.terminal_answers import TerminalAnswers
    from bench.sequence.pause.pauses import Wish

_LOOK_S = 0.25


class Watcher:
    """One run's onlooker. Made when the run begins."""

    def __init__(self, quiet: bool = False) -> None:
        """``quiet``: show nothing unless there is a terminal to show it on."""
        self._screen: Screen = Live() if sys.stderr.isatty() else Nothing() if quiet else Lines()
        self._story = Story()
        self._tail: Tail | None = None
        self._began_s = self._next_s = time.monotonic()
        self._told = False
        self._terminal: TerminalAnswers | None = None
        self._listens_s = 0.0

    def began(self, folder: Path) -> None:
        """The run has a folder now."""
        self._tail = Tail(folder / "journal.jsonl")

    def look(self, t_ns: int) -> bool:
        """Called often, with the run time reached; ``True`` when the operator wants the run to stop."""
        now_s = time.monotonic()
        if now_s >= self._next_s:
            self._show(t_ns, now_s - self._began_s)
            self._next_s = time.monotonic() + _LOOK_S
        return OPERATOR.asked

    def wish(self) -> "Wish | None":
        """What the operator has typed to pause the run or to let it go on: h, s, r. For runs in virtual time: in wall
        time the service itself reads the terminal."""
        if time.monotonic() < self._listens_s:
            return None
        self._listens_s = time.monotonic() + _LOOK_S
        if self._terminal is None:
            from bench.io.terminal_answers import TerminalAnswers

            self._terminal = TerminalAnswers()
        from bench.sequence.pause.pauses import typed

        return typed(self._terminal.take() or "")

    def close(self) -> None:
        """Give the terminal back."""
        self._guarded(self._screen.close)
        if self._tail is not None:
            self._tail.close()

    def _show(self, t_ns: int, wall_s: float) -> None:
        for record in self._tail.news() if self._tail else ():
            self._story.take(*record)
        if OPERATOR.asked and not self._told:
            self._told = True
            self._story.tell("stopping in the order of the stop ladder; please wait")
        self._guarded(lambda: self._screen.update(self._story, t_ns, wall_s))
        self._story.news.clear()

    def _guarded(self, action: Callable[[], None]) -> None:
        """A terminal that has gone away must not disturb the run."""
        try:
            action()
        except OSError:
            self._screen = Nothing()
