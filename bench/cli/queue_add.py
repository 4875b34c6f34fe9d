"""``bench queue add PLAN``."""

from pathlib import Path
from typing import Annotated

import typer

from bench.cli import exits
from bench.cli.options import (
    SEED_MAX,
    DutOption,
    JsonOption,
    PlanArgument,
    RigOption,
    SetOption,
    WorldName,
    settings_of,
)
from bench.cli.queue_options import DEFAULT, QueueOption
from bench.cli.terminal import say, say_json
from bench.cli.warming import prepare_compiled_code


def command(
    plan: PlanArgument,
    rig: RigOption = None,
    dut: DutOption = None,
    world: Annotated[WorldName, typer.Option(help="Where it will run.")] = WorldName.VIRTUAL,
    set_: SetOption = None,
    seed: Annotated[int, typer.Option(min=0, max=SEED_MAX, help="Of noise and instrument errors.")] = 1,
    queue: QueueOption = DEFAULT,
    json: JsonOption = False,
) -> int:
    """Check a plan and put it at the end of the queue; it is checked again before it runs."""
    from bench.service.preparation import prepare
    from bench.service.queue.state import Order
    from bench.service.queue.work_queue import WorkQueue

    prepare(plan, rig, dut, settings=settings_of(set_), when_read=lambda: prepare_compiled_code(json))
    order = Order(_lasting(plan), rig and _lasting(rig), dut and _lasting(dut), str(world), seed, tuple(set_ or ()))
    number = WorkQueue(queue).add(order)
    if json:
        say_json({"exit": exits.PASSED, "entry": number, "queue": str(queue)})
    else:
        say(f"entry {number}: {plan}; 'bench queue run' begins with the first")
    return exits.PASSED


def _lasting(name: str) -> str:
    """A path is kept whole: the queue may be run from another folder."""
    path = Path(name)
    return str(path.resolve()) if path.is_file() else name
