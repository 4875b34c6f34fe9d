"""The periphery's node on the second CAN channel: it carries what the rig has on CAN, and nothing else."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from bench.base.by_reference import by_reference
from bench.base.compiled import compiled
from bench.canbus.database import Database
from bench.config.rig import Rig
from bench.emulators.can_node import CanNode, make_node
from bench.emulators.periphery import COMMANDED, CONTACTOR_CMD, INSULATION, TOLD, Periphery

_IO, _CONDITIONER = ("BENCH_IO_CMD", "IO_STATUS"), ("BENCH_CONDITIONER_CMD", "COND_COOLANT", "COND_OIL")
_COMMAND = "_CMD"


@by_reference
class BenchIo(NamedTuple):
    """The node, and for each command the place of its frame among those heard (-1: it comes by another way)."""

    node: CanNode
    heard_by: np.ndarray


def make_bench_io(rig: Rig, database: Database) -> BenchIo:
    """The node of ``rig``, with ``database`` in which signals name their channels."""
    carried = [*(_IO if rig.bench_io.kind == "can" else ()), *(_CONDITIONER if rig.conditioner.kind == "can" else ())]
    heard = [name for name in carried if name.endswith(_COMMAND)]
    sent = [name for name in carried if not name.endswith(_COMMAND)]
    sent += [m.name for m in database.messages if any(signal.channel == TOLD[INSULATION] for signal in m.signals)]
    places = dict(_places(database, [*heard, *sent]))
    node = make_node(2, 1, database, heard, sent, places, len(COMMANDED) + len(TOLD))
    heard_by = np.full(len(COMMANDED), -1, np.int64)
    for (message, _signal), place in places.items():
        if message in heard:
            heard_by[place] = heard.index(message)
    return BenchIo(node, heard_by)


def _places(database: Database, messages: Iterable[str]) -> Iterable[tuple[tuple[str, str], int]]:
    """Each signal's place in the node's image: commands first, then what is told."""
    vector = {name: place for place, name in enumerate((*COMMANDED, *TOLD))}
    for message in messages:
        for signal in database.message(message).signals:
            if signal.channel in vector:
                yield (message, signal.name), vector[signal.channel]


@compiled
def take_commands(io: BenchIo, periphery: Periphery) -> None:
    """What was heard goes to the periphery."""
    for place in range(io.heard_by.shape[0]):
        message = io.heard_by[place]
        if message >= 0 and io.node.rx_state[message].ok != 0:
            periphery.commands[place] = io.node.image[place].value
            if place == CONTACTOR_CMD:
                periphery.state[0].heard = 1


@compiled
def fill_frames(io: BenchIo, periphery: Periphery) -> None:
    """What the periphery tells goes into the frames."""
    image, told, first = io.node.image, periphery.told, periphery.commands.shape[0]
    for place in range(told.shape[0]):
        image[first + place].value = told[place]
