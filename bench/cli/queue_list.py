"""``bench queue list``."""

from dataclasses import asdict

from bench.cli import exits
from bench.cli.options import JsonOption
from bench.cli.queue_options import DEFAULT, QueueOption
from bench.cli.terminal import say, say_json


def command(queue: QueueOption = DEFAULT, json: JsonOption = False) -> int:
    """Show all orders in order, how they ended, and whether the queue is held."""
    from bench.service.queue.work_queue import WorkQueue

    state = WorkQueue(queue).state()
    if json:
        entries = [{**asdict(entry), "order": asdict(entry.order)} for entry in state.entries]
        say_json({"exit": exits.PASSED, "held": state.held, "entries": entries})
        return exits.PASSED
    for entry in state.entries:
        settings = "".join(f" {setting}" for setting in entry.order.settings)
        tries = f", attempt {entry.attempts}" if entry.attempts > 1 else ""
        where = f" {entry.run}" if entry.run else ""
        told = f": {entry.told}" if entry.told else ""
        what = f"{entry.order.plan}{settings} ({entry.order.world}{tries})"
        say(f"{entry.number:>4} {entry.status:<8} {what}{where}{told}")
    if not state.entries:
        say("nothing was ordered")
    if state.held:
        say(f"held: {state.held}; 'bench queue release' lets it go on")
    return exits.PASSED
