"""Answers of an operator at the terminal where the run was started; nobody waits for them here."""

import os
import select
import sys
from collections.abc import Callable
from typing import TextIO

_BYTES = 4096


class TerminalAnswers:
    """Lines typed at ``stream``; without a terminal there are never any."""

    def __init__(self, stream: TextIO | None = None, say: Callable[[str], None] | None = None) -> None:
        self._stream = sys.stdin if stream is None else stream
        self._say = say or _say
        self._typed = b""

    @property
    def present(self) -> bool:
        """Whether somebody could type."""
        try:
            return self._stream.isatty()
        except (AttributeError, ValueError):  # no stream, or a closed one
            return False

    def ask(self, text: str, answers: tuple[str, ...]) -> None:
        """Show the question; what was typed before it is forgotten."""
        if self.present:
            self._read()
            self._typed = b""
            self.show(text, answers)

    def show(self, text: str, answers: tuple[str, ...]) -> None:
        """Show the question once more."""
        if self.present:
            choices = f" [{' / '.join(answers)}]" if answers else ""
            self._say(f"\a{text}{choices}: ")

    def take(self) -> str | None:
        """The next whole line, if one has been typed."""
        if not self.present:
            return None
        self._read()
        line, newline, rest = self._typed.partition(b"\n")
        if not newline:
            return None
        self._typed = rest
        return line.decode("utf-8", "replace").strip()

    def _read(self) -> None:
        try:
            while select.select([self._stream], [], [], 0.0)[0]:
                found = os.read(self._stream.fileno(), _BYTES)
                if not found:
                    return
                self._typed = (self._typed + found)[-_BYTES:]
        except (OSError, ValueError):  # the terminal has gone away
            self._typed = b""


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
