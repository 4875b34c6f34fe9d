"""``bench queue remove ENTRY``."""

from bench.cli import exits
from bench.cli.options import JsonOption
from bench.cli.queue_options import DEFAULT, EntryArgument, QueueOption
from bench.cli.terminal import say, say_json


def command(entry: EntryArgument, queue: QueueOption = DEFAULT, json: JsonOption = False) -> int:
    """Take an order out that has not begun."""
    from bench.service.queue.work_queue import WorkQueue

    WorkQueue(queue).remove(entry)
    if json:
        say_json({"exit": exits.PASSED, "entry": entry})
    else:
        say(f"entry {entry} is removed")
    return exits.PASSED
