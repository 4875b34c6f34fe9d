"""``bench can dump``."""

from typing import Annotated

import typer

from bench.cli import exits
from bench.cli.operator import OPERATOR
from bench.cli.options import DutOption, JsonOption
from bench.cli.terminal import note, say, say_json


def command(
    rig: Annotated[str, typer.Option("--rig", help="Rig whose buses are watched: a path or a name.")] = "e_axle_demo",
    dut: DutOption = None,
    emulated: Annotated[bool, typer.Option("--emulated", help="Watch what 'bench emulate' started instead.")] = False,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="MESSAGE", help="Only this message (repeatable).")
    ] = None,
    count: Annotated[int, typer.Option("--count", min=0, help="End after so many frames; 0: never.")] = 0,
    seconds: Annotated[float, typer.Option("--seconds", min=0, help="End after this time; 0: never.")] = 0.0,
    json: JsonOption = False,
) -> int:
    """Show the decoded frames of a rig's CAN buses as they come; end with Ctrl-C. It only listens."""
    from bench.service.can_dump import Seen, watch

    def tell(seen: Seen) -> None:
        say_json(seen.as_data()) if json else say(seen.line())

    OPERATOR.hold()
    total = watch(rig, dut, emulated, tuple(only or ()), tell, lambda: OPERATOR.asked, count, seconds)
    note(f"{total.frames} frames, {total.unknown} of an unknown id, {total.errors} error frames")
    return exits.PASSED
