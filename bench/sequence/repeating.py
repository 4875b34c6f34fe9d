"""What a freeze has come into is done again from its beginning: set-points went to rest meanwhile (torque to zero)."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from bench.schedule.outcomes import Held
from bench.schedule.requests import Operation, Record

T = TypeVar("T")

_TRIES = 3


def repeated(attempt: Callable[[], Operation[T]], label: Mapping[str, Any]) -> Operation[T]:
    """The result of ``attempt``, made again after each freeze that came into it; journaled as ``repeated`` with
    ``label``. Raises ``Held`` when the third try was disturbed too: the run then ends in the controlled stop."""
    for _ in range(_TRIES - 1):
        try:
            return (yield from attempt())
        except Held as held:
            yield Record("repeated", {**label, "reason": str(held)})
    return (yield from attempt())
