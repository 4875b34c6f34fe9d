"""A CAN database: cantools parses, a gate in front bounds it, and what comes out are plain frozen records.

Usable are messages of at most 64 bytes whose signals fit, do not overlap and have finite, non-zero factors.
Everything else is a finding with file, line and remedy; a message with a finding cannot be asked for.
"""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

from bench.base.errors import InputError, Problem
from bench.canbus.gate import bare, openings, outside_bounds
from bench.canbus.message import EXTENDED, Message, Signal
from bench.canbus.parse import sorted_out

__all__ = ["EXTENDED", "Database", "Message", "Signal", "read_text"]

SIZE_MAX = 8_000_000
"""Bytes of a database file; the largest public car databases have 2 MB."""


class Database:
    """The usable messages of one DBC file, by name and by id, and the findings about the rest."""

    def __init__(self, name: str, messages: Iterable[Message], findings: Iterable[str]) -> None:
        self.name = name
        self.messages = tuple(messages)
        self.findings = tuple(findings)
        self._by_name = {message.name: message for message in self.messages}
        self._by_id = {message.id: message for message in self.messages}

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read ``path``. Raises ``InputError`` when the file cannot be read or used at all."""
        try:
            with Path(path).open("rb") as file:
                content = file.read(SIZE_MAX + 1)
        except OSError as error:
            raise InputError([Problem(str(path), 0, 0, f"cannot be read: {error.strerror}")]) from None
        return cls.from_text(_decoded(content), str(path))

    @classmethod
    def from_text(cls, text: str, name: str) -> Self:
        """Parse DBC ``text``; ``name`` is the file's name in messages. Raises ``InputError``."""
        if len(text) > SIZE_MAX:
            raise InputError([Problem(name, 0, 0, f"is larger than {SIZE_MAX} bytes; is it a DBC file?")])
        shell = bare(text)
        if problems := list(outside_bounds(shell, name)):
            raise InputError(problems)
        import cantools  # brings python-can and asammdf, half a second: only for those who read a file

        logging.getLogger("cantools").setLevel(logging.ERROR)  # it warns of what the gate reports with its place
        try:
            parsed: Any = cantools.database.load_string(text, database_format="dbc", strict=False, sort_signals=None)
        except Exception as error:  # cantools raises many types for a broken file (measured)
            message = f"is no usable DBC file: {' '.join(str(error).split()) or type(error).__name__}"
            raise InputError([Problem(name, 0, 0, message)]) from None
        good, findings = sorted_out(parsed, openings(shell), name)
        if not good:
            raise InputError([Problem(name, 0, 0, "has no usable message; " + " ".join(findings[:3]))])
        return cls(name, good, findings)

    def message(self, name: str) -> Message:
        """The message ``name``. Raises ``InputError`` that says why it is missing."""
        found = self._by_name.get(name)
        if found is None:
            told = [finding for finding in self.findings if f" {name} " in finding]
            why = told[0] if told else f"it has {', '.join(sorted(self._by_name)[:12])}"
            raise InputError([Problem(self.name, 0, 0, f"has no usable message {name!r}: {why}")])
        return found

    def by_id(self, frame_id: int) -> Message:
        """The message with ``frame_id`` (bit 31: extended). Raises ``KeyError``."""
        return self._by_id[frame_id]


def read_text(path: Path) -> str:
    """The text of a database file, decoded as ``Database.load`` does."""
    return _decoded(path.read_bytes())


def _decoded(content: bytes) -> str:
    """UTF-8, or else what Vector's tools write."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
