"""Text on its way to a terminal. What files and devices say is stripped of everything a terminal would obey."""

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS and their like
    r"|\x9b[0-?]*[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-~]?"
)
# control characters, and those that turn the reading direction
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: object) -> str:
    """``text`` without escape sequences and control characters (newline and tab stay)."""
    return _CONTROL.sub("", _SEQUENCE.sub("", str(text)))


def say(text: object = "") -> None:
    """One line to standard output."""
    _write(sys.stdout, clean(text))


def note(text: object) -> None:
    """One line to standard error: what is for the user's eyes only."""
    _write(sys.stderr, clean(text))


def say_json(data: Mapping[str, Any] | Sequence[Any]) -> None:
    """One object, or one array, to standard output, for machines."""
    _write(sys.stdout, json.dumps(data, ensure_ascii=True, allow_nan=False))


def _write(stream: TextIO, text: str) -> None:
    """A reader that has gone away changes nothing about the result."""
    try:
        print(text, file=stream, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except UnicodeEncodeError:
        print(text.encode("ascii", "replace").decode(), file=stream, flush=True)
