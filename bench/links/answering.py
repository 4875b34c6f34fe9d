"""The link to the drive unit itself: it answers questions only, and moves nothing.

Nothing here can endanger a run: a unit that does not answer fails the question that was asked, and no reading, limit or
set-point depends on it.
"""

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from bench.base.errors import DeviceError, LinkError
from bench.base.time import NS_PER_MS
from bench.config.dut import Dut
from bench.links.mailbox import Mailbox, Question
from bench.links.parameters import ParameterReading
from bench.schedule.requests import Operation, Sleep

PART = "dut"
"""The part of ``Ask``."""

_IDLE = Sleep(20 * NS_PER_MS)


class Answering(Protocol):
    """A way to ask the unit."""

    def answer(self, what: str, arguments: Mapping[str, Any]) -> Operation[Mapping[str, Any]]:
        """The answer to a question with its arguments. Raises ``LinkError`` and ``DeviceError``."""


def answering(dut: Dut, parameters: Collection[int]) -> Answering | None:
    """How this unit is asked; ``parameters``: addresses that must be read back. None: there is nothing to ask."""
    if dut.diagnostics is not None:
        from bench.links.diagnosis import Diagnosis  # the UDS codecs: only for who can be asked

        return Diagnosis(dut.diagnostics)
    return ParameterReading(PART, parameters) if parameters else None


def serve(unit: Answering, mailbox: Mailbox) -> Operation[None]:
    """Answer what waits in ``mailbox``, then end."""
    while (question := mailbox.take()) is not None:
        yield from _serve(unit, question)


def _serve(unit: Answering, question: Question) -> Operation[None]:
    try:
        answer = yield from unit.answer(question.what, question.arguments)
    except (LinkError, DeviceError) as error:
        question.failed(error)
    except Exception as error:  # our own mistake here must not take the other links with it
        question.failed(DeviceError(f"{PART}: internal error while it was asked: {error!r}"))
    else:
        question.done(answer)


def link(unit: Answering, mailbox: Mailbox) -> Operation[None]:
    """The job of a process of its own time: it never ends by itself."""
    while True:
        yield from serve(unit, mailbox)
        yield _IDLE
