"""What a freeze or a pause has come into is done again from its beginning: the bench was elsewhere meanwhile."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from bench.schedule.outcomes import Held
from bench.schedule.requests import Operation, Record

T = TypeVar("T")

_TRIES = 3


def repeated(attempt: Callable[[], Operation[T]], label: Mapping[str, Any]) -> Operation[T]:
    """The result of ``attempt``, made again after each freeze that came into it; journaled as ``repeated`` with
    ``label``. Raises ``Held`` when the third try was disturbed too: the run then ends in the controlled stop. A pause
    that somebody wants is no disturbance."""
    disturbed = 0
    while True:
        try:
            return (yield from attempt())
        except Held as held:
            disturbed += not held.wanted
            if disturbed == _TRIES:
                raise
            yield Record("repeated", {**label, "reason": str(held)})
