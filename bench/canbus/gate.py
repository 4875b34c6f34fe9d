"""The gate in front of the parser: what would make it hang or run out of memory is refused before."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bench.base.errors import Problem
from bench.canbus.message import LENGTH_MAX

INDEPENDENT = "VECTOR__INDEPENDENT_SIG_MSG"
"""The message in which Vector's tools keep signals without a message."""

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_OPENING = re.compile(r"^[ \t]*(?:BO_[ \t]+(\d+)[ \t]+(\w+)|(SG_)[ \t])", re.MULTILINE)
_MESSAGE = re.compile(r"^[ \t]*BO_\s+(\d+)\s+(\w+)\s*:\s*(\d+)\s", re.MULTILINE)
_SIGNAL = re.compile(r"^[ \t]*SG_\s+(\w+)[^:\n]*:\s*(\d+)\|(\d+)@", re.MULTILINE)


def bare(text: str) -> str:
    """``text`` with empty strings instead of all strings, line by line: a comment may look like a message."""
    return _TEXT.sub(lambda match: '""' + "\n" * match[0].count("\n"), text)


def _place(text: str, index: int) -> tuple[int, int]:
    """Line and column of ``index``, both from 1."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def outside_bounds(text: str, name: str) -> Iterable[Problem]:
    """What would make the parser hang: it is refused before parsing."""
    for match in _MESSAGE.finditer(text):
        if match[2] != INDEPENDENT and (len(match[3]) > 3 or int(match[3]) > LENGTH_MAX):
            told = f"message {match[2]} has {match[3]} bytes; CAN FD carries at most {LENGTH_MAX}"
            yield Problem(name, *_place(text, match.start(3)), told)
    for match in _SIGNAL.finditer(text):
        if len(match[3]) > 3 or int(match[3]) > 8 * LENGTH_MAX or len(match[2]) > 4:
            told = f"signal {match[1]} at bit {match[2]} with {match[3]} bits fits no CAN frame"
            yield Problem(name, *_place(text, match.start(2)), told)


@dataclass(slots=True)
class Opening:
    """Where a message begins in the file, and how many signals follow."""

    line: int
    signals: int


def openings(text: str) -> dict[tuple[int, str], Opening]:
    """All messages the file begins, by id and name: the parser leaves out what it does not understand at the end."""
    found: dict[tuple[int, str], Opening] = {}
    last = Opening(0, 0)
    for match in _OPENING.finditer(text):
        if match[3]:
            last.signals += 1
        else:
            last = found[int(match[1]), match[2]] = Opening(_place(text, match.start(1))[0], 0)
    return found
