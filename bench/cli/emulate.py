"""``bench emulate``."""

from typing import Annotated

import typer

from bench.cli.operator import OPERATOR
from bench.cli.options import SEED_MAX, DutOption, JsonOption
from bench.cli.terminal import note, say, say_json
from bench.cli.warming import announce_compilation


def command(
    rig: Annotated[
        str, typer.Option("--rig", help="Rig whose other side is emulated: a path or a name.")
    ] = "e_axle_demo",
    dut: DutOption = None,
    seed: Annotated[int, typer.Option(min=0, max=SEED_MAX, help="Of noise and instrument errors.")] = 1,
    json: JsonOption = False,
) -> int:
    """Start the rig's emulated instruments, inverter and bench I/O; print where they are; end with Ctrl-C."""
    announce_compilation(json)
    from bench.service.emulation import emulate

    def tell(places: dict[str, str]) -> None:
        """Where everything is: resource strings by part, buses by name."""
        if json:
            say_json({"places": places})
            return
        for part, place in places.items():
            say(f"{part:14} {place}")
        note("Ctrl-C ends it")

    OPERATOR.hold()
    emulate(rig, dut, seed, tell, lambda: OPERATOR.asked, warn=note)
    return 0
