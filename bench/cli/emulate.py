"""``bench emulate``."""

from importlib import import_module
from importlib.util import find_spec
from typing import Annotated

import typer

from bench.base.errors import InputError, Problem
from bench.cli.operator import OPERATOR
from bench.cli.options import SEED_MAX, DutOption, JsonOption
from bench.cli.terminal import say, say_json
from bench.cli.warming import announce_compilation

_EMULATION = "bench.service.emulation"


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
    if find_spec(_EMULATION) is None:
        raise InputError(
            [Problem("bench emulate", 0, 0, "missing: emulators on sockets, which come with a later version")]
        )
    emulate = import_module(_EMULATION).emulate

    def tell(places: dict[str, str]) -> None:
        """Where everything is: resource strings by part, buses by name."""
        OPERATOR.hold()
        if json:
            say_json({"places": places})
        for part, place in places.items() if not json else ():
            say(f"{part:12} {place}")

    emulate(rig, dut, seed, tell, lambda: OPERATOR.asked)
    return 0
