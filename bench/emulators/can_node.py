"""What every emulated CAN node has: its own image, its own tables from its own database, and a send schedule.

A node is a full peer: it checks and protects frames with the same compiled codec, but from the database *it* was built
with. If the bench uses another one, they misunderstand each other, as they would in reality.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from bench.base.by_reference import by_reference
from bench.base.compiled import compiled
from bench.base.records import FRAME, IMAGE
from bench.canbus.buses import Wire
from bench.canbus.codec import lookup, receive, transmit
from bench.canbus.database import Database
from bench.canbus.tables import CanTables, build_tables, make_rx_state, make_tx_state
from bench.canbus.wire import offer

NEVER_NS = 1 << 60
"""When a message that is not cyclic is due, until it is asked for."""


@by_reference
class CanNode(NamedTuple):
    """Tables and state of one node; ``number`` is its place on the wire (0 is the core)."""

    number: int
    receives: CanTables
    transmits: CanTables
    rx_state: np.ndarray
    tx_state: np.ndarray
    due_ns: np.ndarray
    image: np.ndarray
    frame: np.ndarray


def make_node(
    number: int,
    bus: int,
    database: Database,
    heard: Sequence[str],
    sent: Sequence[str],
    places: Mapping[tuple[str, str], int],
    size: int,
) -> CanNode:
    """A node that hears and sends these messages; ``places`` puts (message, signal) into its image of ``size``."""

    def bind(message: str, signal: str) -> int:
        return places.get((message, signal), -1)

    receives = build_tables([(database, bus, name) for name in heard], bind)
    transmits = build_tables([(database, bus, name) for name in sent], bind)
    # spread the first sending times so that the frames of one node do not all meet at once
    due_ns = np.arange(len(sent), dtype=np.int64) * 1_000_000
    due_ns[transmits.messages["period_ns"] == 0] = NEVER_NS
    return CanNode(
        number,
        receives,
        transmits,
        make_rx_state(receives),
        make_tx_state(transmits),
        due_ns,
        np.zeros(size, IMAGE),
        np.zeros(1, FRAME),
    )


@compiled
def hear(node: CanNode, frame: Any, t_ns: int) -> bool:
    """Take in one frame from the wire; whether it was meant for this node and good."""
    index = lookup(node.receives, frame.bus, frame.id)
    if index < 0:
        return False
    return receive(node.receives, node.rx_state, node.image, index, frame.data, frame.length, frame.t_ns, t_ns) == 0


@compiled
def send_due(node: CanNode, wire: Wire, t_ns: int) -> None:
    """Offer every frame that is due to the wire."""
    for index in range(node.due_ns.shape[0]):
        if t_ns >= node.due_ns[index]:
            period_ns = node.transmits.messages[index].period_ns
            node.due_ns[index] += period_ns if period_ns > 0 else NEVER_NS
            frame = node.frame[0]
            if transmit(node.transmits, node.tx_state, node.image, index, frame) == 0:
                frame.sender = node.number
                frame.t_ns = t_ns
                offer(wire, frame, t_ns)
