"""Questions to a link (``Ask``), answered at its next turn. One reader; bounded."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from bench.base.errors import LinkError

CAPACITY = 16


class Question(NamedTuple):
    """What is asked, and who is told: ``done(answer)`` or ``failed(error)`` is called exactly once."""

    what: str
    arguments: Mapping[str, Any]
    done: Callable[[Mapping[str, Any]], None]
    failed: Callable[[BaseException], None]


class Mailbox:
    """The runtime puts, the link takes."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: deque[Question] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, question: Question) -> None:
        """Leave a question; when the box is full it fails at once."""
        if len(self._waiting) >= CAPACITY:
            question.failed(LinkError(f"{CAPACITY} questions are waiting already; {question.what!r} was not accepted"))
            return
        self._waiting.append(question)

    def take(self) -> Question | None:
        """The oldest question, or ``None``."""
        return self._waiting.popleft() if self._waiting else None
