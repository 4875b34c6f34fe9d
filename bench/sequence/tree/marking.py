"""Says in every record of a step where in the tree of the plan the step stands."""

from typing import Any, TypeVar

from bench.schedule.requests import Operation, Record
from bench.sequence.tree.place import Place

T = TypeVar("T")


def marked(operation: Operation[T], place: Place) -> Operation[T]:
    """``operation``, with ``step`` in what it journals. A step of a flat plan needs none: its records follow its own
    ``step_started``, while branches of a ``parallel`` tell theirs in turn."""
    if isinstance(place, int):
        return (yield from operation)
    answer: Any = None
    error: BaseException | None = None
    while True:
        try:
            request = operation.send(answer) if error is None else operation.throw(error)
        except StopIteration as end:
            result: T = end.value
            return result
        if isinstance(request, Record):
            request = Record(request.event, {"step": place, **request.data})
        answer, error = None, None
        try:
            answer = yield request
        except GeneratorExit:
            operation.close()
            raise
        except Exception as thrown:
            error = thrown
