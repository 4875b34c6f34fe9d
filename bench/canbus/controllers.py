"""The CAN controllers on a modelled bus: error counters, error states, bus-off and the way back (ISO 11898-1).

Rules modelled (Bosch CAN 2.0, chapter 8): a disturbed frame costs its sender 8 and every listener 1; an error passive
sender whom nobody acknowledges is not charged; a good frame gives back 1. Bus-off beyond 255, back after 128 times 11
recessive bits. Not modelled: disturbed error flags, and errors that only one receiver sees.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import compiled
from bench.base.records import WIRE_ACTIVE, WIRE_BUS_OFF, WIRE_PASSIVE, WIRE_WARNING

NODE = np.dtype(
    [
        ("suspend_ns", "i8"),  # error passive: no own frame before this time
        ("counted_ns", "i8"),  # recessive bits are counted up to here
        ("off_ns", "i8"),  # when it went bus-off last; -1: never
        ("back_ns", "i8"),  # when it came back last; -1: never
        ("lost", "i8"),  # frames it wanted to send and did not
        ("tec", "i4"),
        ("rec", "i4"),
        ("sequences", "i4"),  # of 11 recessive bits that bus-off still waits for
        ("waiting", "i4"),  # frames in its queue
        ("room", "i4"),  # of its queue
        ("present", "u1"),
        ("state", "u1"),  # WIRE_ACTIVE to WIRE_BUS_OFF
        ("fifo", "u1"),  # 1: sends in the order of offering; 0: lowest identifier first
        ("manual", "u1"),  # 1: stays bus-off until ``restart``
        ("restart", "u1"),  # 1: is on its way back
    ],
    align=True,
)
"""A controller on a bus; its number in the bus is ``FRAME.sender``."""

RECOVERY_SEQUENCES, SEQUENCE_BITS = 128, 11
TEC_BUS_OFF = 256
_WARNING, _PASSIVE, _REC_MAX, _PENALTY = 96, 128, 255, 8
_SECOND_NS = 1_000_000_000


@compiled
def judge(bus: Any, node: Any, t_ns: int) -> None:
    """The state that the counters ask for; bus-off at ``t_ns`` when it is new."""
    if node.state == WIRE_BUS_OFF:
        return
    highest = max(node.tec, node.rec)
    if node.tec >= TEC_BUS_OFF:
        node.state, node.off_ns, node.counted_ns = WIRE_BUS_OFF, t_ns, t_ns
        node.sequences, node.restart = RECOVERY_SEQUENCES, 1 - node.manual
        bus.listeners -= 1
        bus.off_nodes += 1
    elif highest >= _PASSIVE:
        node.state = WIRE_PASSIVE
    elif highest >= _WARNING:
        node.state = WIRE_WARNING
    else:
        node.state = WIRE_ACTIVE


@compiled
def charge(bus: Any, nodes: NDArray[Any], sender: int, acknowledge: bool, t_ns: int) -> bool:
    """An error frame at ``t_ns``; ``acknowledge``: for want of one, so that nobody else has taken part. Whether any
    counter has changed."""
    changed = False
    for number in range(bus.first_node, bus.first_node + bus.nodes):
        node = nodes[number]
        if not node.present or node.state == WIRE_BUS_OFF:
            continue
        if number == bus.first_node + sender:
            if not (acknowledge and node.state == WIRE_PASSIVE):
                node.tec += _PENALTY
                changed = True
        elif not acknowledge and node.rec < _REC_MAX:
            node.rec += 1
            changed = True
        judge(bus, node, t_ns)
    bus.troubled = 1
    return changed


@compiled
def credit(bus: Any, nodes: NDArray[Any], sender: int, t_ns: int) -> None:
    """A good frame has ended at ``t_ns``."""
    left = 0
    for number in range(bus.first_node, bus.first_node + bus.nodes):
        node = nodes[number]
        if not node.present or node.state == WIRE_BUS_OFF:
            continue
        if number == bus.first_node + sender:
            node.tec = max(node.tec - 1, 0)
        elif node.rec > _PASSIVE - 1:
            node.rec = _PASSIVE - 1  # 119 to 127 are allowed: the most careful one
        else:
            node.rec = max(node.rec - 1, 0)
        left += node.tec + node.rec
        before = node.state
        judge(bus, node, t_ns)
        bus.news |= before != node.state
    bus.troubled = left != 0


@compiled
def _back_ns(bus: Any, node: Any) -> int:
    """When the bus-off node is back if nobody sends meanwhile."""
    counted_ns = max(node.counted_ns, bus.free_ns)
    return int(counted_ns + node.sequences * SEQUENCE_BITS * _SECOND_NS // bus.bitrate)


@compiled
def recover(bus: Any, nodes: NDArray[Any], until_ns: int) -> None:
    """The bus is idle up to ``until_ns``: who has seen enough recessive bits comes back."""
    for number in range(bus.first_node, bus.first_node + bus.nodes):
        node = nodes[number]
        if node.present and node.state == WIRE_BUS_OFF and node.restart:
            back_ns = _back_ns(bus, node)
            if back_ns <= until_ns:
                node.state, node.back_ns, node.tec, node.rec, node.restart = WIRE_ACTIVE, back_ns, 0, 0, 0
                bus.off_nodes -= 1
                bus.listeners += 1
                bus.news = 1


@compiled
def count_recessive(bus: Any, nodes: NDArray[Any], start_ns: int) -> None:
    """A frame begins at ``start_ns`` and ends with 11 recessive bits of its own: bus-off nodes count on."""
    for number in range(bus.first_node, bus.first_node + bus.nodes):
        node = nodes[number]
        if node.present and node.state == WIRE_BUS_OFF and node.restart:
            idle_ns = start_ns - max(node.counted_ns, bus.free_ns)
            idle = max(idle_ns, 0) * bus.bitrate // (SEQUENCE_BITS * _SECOND_NS)
            node.sequences = max(node.sequences - idle - 1, 0)
            node.counted_ns = start_ns
