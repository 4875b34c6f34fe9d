"""The error tree, sorted by whose fault it is.

``BenchError``
 ├─ ``InputError``     a file or argument is wrong: carries every ``Problem`` found
 ├─ ``CodecError``     a frame cannot be made of these values, or no values be read from it
 ├─ ``LinkError``      the way to a device: time-out, close, poisoned session
 ├─ ``DeviceError``    the device answered, and the answer is not acceptable
 └─ ``InternalError``  our own mistake

What the core decides is no exception but a value (``StopCause``).
"""

from collections.abc import Iterable
from dataclasses import dataclass


class BenchError(Exception):
    """Base of everything this program raises on purpose."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in an input, with its place and its remedy: ``file:line:column: message``."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.message}"


class InputError(BenchError):
    """Wrong input; all problems of one pass together."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class CodecError(BenchError):
    """A frame cannot be made of these values, or no values can be read from this frame; names message and signal."""


class LinkError(BenchError):
    """The link to a device failed: no answer in time, closed, or poisoned by an earlier failure."""


class LinkTimeout(LinkError):
    """No complete answer before the deadline."""


class LinkClosed(LinkError):
    """The peer closed the connection."""


class DeviceError(BenchError):
    """The device answered something that must not be accepted (error queue, read-back, identity, grammar)."""


class InternalError(BenchError):
    """A rule of our own was broken."""
