"""``bench queue hold`` and ``bench queue release``."""

from typing import Annotated

import typer

from bench.cli import exits
from bench.cli.options import JsonOption
from bench.cli.queue_options import DEFAULT, QueueOption
from bench.cli.terminal import say, say_json


def hold(
    reason: Annotated[str, typer.Argument(metavar="REASON", help="Why, for who finds it so.")] = "by the operator",
    queue: QueueOption = DEFAULT,
    json: JsonOption = False,
) -> int:
    """Begin no more runs; the one that goes on comes to its end."""
    from bench.service.queue.work_queue import WorkQueue

    WorkQueue(queue).hold(reason, "the operator")
    _tell(json, "the queue is held")
    return exits.PASSED


def release(queue: QueueOption = DEFAULT, json: JsonOption = False) -> int:
    """Let a queue that is held go on, after somebody has looked."""
    from bench.service.queue.work_queue import WorkQueue

    _tell(json, "the queue goes on" if WorkQueue(queue).release() else "the queue was not held")
    return exits.PASSED


def _tell(json: bool, text: str) -> None:
    if json:
        say_json({"exit": exits.PASSED, "told": text})
    else:
        say(text)
