"""The buses of a modelled wire: who is on them, what waits there, and what is to go wrong."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.base.by_reference import by_reference
from bench.base.compiled import compiled
from bench.base.noise import noise_state
from bench.base.records import WIRE_BUS_OFF
from bench.canbus.controllers import NODE, RECOVERY_SEQUENCES
from bench.canbus.faults import BABBLE, FAULT

Table = NDArray[Any]
Order = NDArray[np.int64]

BUS = np.dtype(
    [
        ("bitrate", "i8"),  # bit/s
        ("data_bitrate", "i8"),  # of CAN FD frames with a bit rate switch
        ("begin_ns", "i8"),  # of the frame in flight
        ("free_ns", "i8"),  # end of the last intermission
        ("end_ns", "i8"),  # end of the frame in flight, NEVER_NS on an idle bus
        ("busy_ns", "i8"),  # all time occupied by frames so far, intermission included: the load is busy_ns / t_ns
        ("frames", "i8"),
        ("refused", "i8"),  # offers to a full queue, or by a node that is bus-off
        ("lost", "i8"),  # frames taken away by faults, or forgotten at bus-off
        ("error_frames", "i8"),
        ("window_ns", "i8"),  # the load's window began here ...
        ("window_busy_ns", "i8"),  # ... with this much occupied
        ("first", "i4"),  # its places of ``order`` are first to first + capacity
        ("capacity", "i4"),
        ("waiting", "i4"),  # places of ``order`` in use, the frame in flight among them
        ("slot", "i4"),  # of the frame in flight
        ("first_node", "i4"),  # its nodes are first_node to first_node + nodes
        ("nodes", "i4"),
        ("listeners", "i4"),  # nodes that are there and not bus-off
        ("off_nodes", "i4"),
        ("faults", "i4"),  # rows of the fault script that concern this bus
        ("babbles", "i4"),
        ("load_permille", "u2"),  # of the last whole window
        ("number", "u1"),  # its place among the buses
        ("outcome", "u1"),  # of the frame in flight: SENT, DISTURBED, NOT_ACKNOWLEDGED
        ("troubled", "u1"),  # 1: some error counter is not 0
        ("news", "u1"),  # 1: a counter or state has changed; the reader of the news sets it to 0
    ],
    align=True,
)

SENT, DISTURBED, NOT_ACKNOWLEDGED = range(3)
"""What becomes of a frame in flight."""

NODES = 8
"""Controllers on a bus, unless told otherwise; the last one babbles when a fault wants it."""

FAULTS_MAX = 32
FLAG_BITS = 6
"""Of one error flag."""

NEVER_NS = np.iinfo(np.int64).max
LOAD_WINDOW_NS = 100_000_000
_SECOND_NS = 1_000_000_000

QUEUED = np.dtype(
    [
        ("t_ns", "i8"),  # from when on it takes part in arbitration
        ("key", "i8"),  # arbitration_key
        ("id", "u4"),
        ("bus", "u1"),
        ("length", "u1"),
        ("sender", "u1"),
        ("flags", "u1"),
        ("copy", "u1"),  # sent a second time by a fault
        ("data", "u1", (64,)),
    ],
    align=True,
)
"""A FRAME that waits for its turn."""


@by_reference
class Wire(NamedTuple):
    """All buses. Each has ``capacity`` places of its own in ``slots`` and ``order``, one bus after the other.

    ``order`` lists places in ``slots``: first the frames that wait, as they were offered, then the free ones.
    """

    buses: Table
    nodes: Table
    slots: Table
    order: Order
    faults: Table


def make_wire(
    bitrates: Sequence[int],
    capacity: int = 256,
    *,
    data_bitrate: int = 2_000_000,
    members: Sequence[Sequence[int]] | None = None,
    nodes: int = NODES,
) -> Wire:
    """Idle buses 0, 1, ... with these bit rates (bit/s), each with room for ``capacity`` waiting frames.

    ``members``: for each bus the numbers of the nodes that are on it; without, all ``nodes`` are on every bus.
    """
    if not bitrates or min(bitrates) <= 0 or capacity < 1 or data_bitrate <= 0:
        raise ValueError(f"bit rates {list(bitrates)}, {data_bitrate} and capacity {capacity} must be positive")
    buses, controllers = np.zeros(len(bitrates), BUS), np.zeros(len(bitrates) * nodes, NODE)
    buses["bitrate"], buses["end_ns"], buses["capacity"] = bitrates, NEVER_NS, capacity
    buses["data_bitrate"], buses["slot"], buses["nodes"] = data_bitrate, -1, nodes
    buses["number"] = np.arange(len(bitrates))
    buses["first"] = np.arange(len(bitrates)) * capacity
    buses["first_node"] = np.arange(len(bitrates)) * nodes
    controllers["room"], controllers["off_ns"], controllers["back_ns"] = capacity, -1, -1
    places = len(bitrates) * capacity
    wire = Wire(buses, controllers, np.zeros(places, QUEUED), np.arange(places), np.zeros(FAULTS_MAX, FAULT))
    for bus in range(len(bitrates)):
        for node in range(nodes) if members is None else members[bus]:
            attach(wire, bus, node)
    return wire


def attach(wire: Wire, bus: int, node: int, *, fifo: bool = False, manual: bool = False) -> None:
    """Put a controller with fresh counters on a bus. ``fifo``: it sends in the order of offering, not by identifier;
    ``manual``: it stays bus-off until ``restart``."""
    own = _node(wire, bus, node)
    if own["present"]:
        detach(wire, bus, node)
    own["tec"] = own["rec"] = own["state"] = own["restart"] = own["suspend_ns"] = own["lost"] = 0
    own["off_ns"] = own["back_ns"] = -1
    own["present"], own["fifo"], own["manual"] = 1, fifo, manual
    wire.buses["listeners"][bus] += 1
    wire.buses["news"][bus] = 1


def detach(wire: Wire, bus: int, node: int) -> None:
    """Take a controller off a bus; what it had queued, and does not fly yet, is forgotten.

    A frame in flight that nobody is left to acknowledge ends in an error frame, unless its sender is the one who left.
    (Its acknowledge slot is taken to lie ahead: who leaves in the last eight bits has, on iron, acknowledged.)
    """
    own, row = _node(wire, bus, node), wire.buses[bus]
    if not own["present"]:
        return
    off = own["state"] == WIRE_BUS_OFF
    row["off_nodes"] -= off
    row["listeners"] -= not off
    own["present"] = 0
    row["news"] = 1
    empty(wire, bus, node)
    if row["slot"] >= 0 and row["outcome"] == SENT:
        _lose_acknowledge(wire, row, int(wire.slots["sender"][row["slot"]]))


def _lose_acknowledge(wire: Wire, row: Any, sender: int) -> None:
    """If the frame in flight has no listener any more: an error flag, and the error delimiter where the frame's own
    delimiter and end would have been."""
    if row["listeners"] > wire.nodes["present"][row["first_node"] + sender]:
        return
    row["outcome"] = NOT_ACKNOWLEDGED
    for name in ("end_ns", "free_ns", "busy_ns"):
        row[name] += FLAG_BITS * _SECOND_NS // row["bitrate"]


def empty(wire: Wire, bus: int, node: int) -> None:
    """Forget what a controller has queued; a frame that flies already is tried to its end."""
    own, row = _node(wire, bus, node), wire.buses[bus]
    waiting = wire.order[row["first"] : row["first"] + row["waiting"]]
    going = (wire.slots["sender"][waiting] == node) & (waiting != row["slot"])
    left = np.concatenate([waiting[~going], waiting[going]])
    wire.order[row["first"] : row["first"] + row["waiting"]] = left
    row["waiting"] -= int(going.sum())
    own["waiting"] -= int(going.sum())


def restart(wire: Wire, bus: int, node: int, t_ns: int) -> None:
    """Let a bus-off controller begin to count recessive bits at ``t_ns``."""
    own = _node(wire, bus, node)
    if own["state"] == WIRE_BUS_OFF and not own["restart"]:
        own["sequences"], own["counted_ns"], own["restart"] = RECOVERY_SEQUENCES, t_ns, 1


def _node(wire: Wire, bus: int, node: int) -> Any:
    row = wire.buses[bus]
    if not 0 <= node < row["nodes"]:
        raise ValueError(f"bus {bus} has nodes 0 to {row['nodes'] - 1}, no {node}")
    return wire.nodes[row["first_node"] + node]


def add_fault(
    wire: Wire,
    bus: int,
    frame_id: int,
    kind: int,
    start_ns: int,
    end_ns: int = int(NEVER_NS),
    argument: int = 0,
    *,
    share: float = 0.0,
    delay_ns: int = 0,
    seed: int = 0,
) -> None:
    """Put a fault (``bench.canbus.faults``) in the first free row. Raises ``ValueError`` when all are taken.

    ``share``: of the frames that it strikes, drawn from ``seed``.
    """
    free = np.flatnonzero(wire.faults["active"] == 0)
    if not len(free):
        raise ValueError(f"a wire has room for {len(wire.faults)} faults; script fewer")
    row = np.zeros((), FAULT)
    row["active"], row["bus"], row["id"], row["kind"] = 1, bus, frame_id, kind
    row["start_ns"], row["end_ns"], row["argument"] = start_ns, end_ns, argument
    row["share"], row["delay_ns"] = round(share * 1000), delay_ns
    row["random"] = noise_state(seed, f"wire fault {free[0]}")
    wire.faults[free[0]] = row
    wire.buses["faults"][bus] += 1
    if kind == BABBLE:
        wire.buses["babbles"][bus] += 1
        attach(wire, bus, int(wire.buses["nodes"][bus]) - 1)


def bus_load(wire: Wire, bus: int, t_ns: int) -> float:
    """Share of the time from 0 to ``t_ns`` in which the bus was occupied, 0 to 1."""
    return float(wire.buses["busy_ns"][bus] / t_ns) if t_ns > 0 else 0.0


@compiled
def roll_load(bus: Any, t_ns: int) -> bool:
    """At the end of a window: its load, and a new window. Whether one ended."""
    elapsed_ns = t_ns - bus.window_ns
    if elapsed_ns < LOAD_WINDOW_NS:
        return False
    busy_ns = bus.busy_ns - max(bus.free_ns - t_ns, 0)  # a frame counts as a whole from its beginning
    bus.load_permille = min(max(1000 * (busy_ns - bus.window_busy_ns) // elapsed_ns, 0), 1000)
    bus.window_ns, bus.window_busy_ns = t_ns, busy_ns
    return True


@compiled
def report(bus: Any, node: Any, t_ns: int, told: Any) -> None:
    """What the controller ``node`` on ``bus`` knows, into the WIRE_STATE record ``told``."""
    told.t_ns, told.state, told.tec, told.rec = t_ns, node.state, node.tec, node.rec
    told.error_frames, told.lost, told.load_permille = bus.error_frames, node.lost, bus.load_permille
