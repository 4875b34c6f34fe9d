"""The edges of the loopback world: one more process is the other side of every wire.

Emulated instruments on TCP ports, emulated inverter and bench I/O on benchwire buses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bench.assembly import buses_of
from bench.config.rig import Rig
from bench.io.berth import Berth
from bench.io.bus_place import BusPlace
from bench.io.processes import Crew
from bench.schedule.faults import Fault
from bench.service.wall_run import READY_NS, Begun, Edges


def emulated_edges(rig: Rig, faults: tuple[Fault, ...] = ()) -> Edges:
    """Everything emulated, as ``rig`` describes it, with ``faults``."""

    def buses(berth: Berth) -> Sequence[BusPlace]:
        return [berth.wire(bus.role, bus.bitrate) for bus in buses_of(rig)]

    def begin(crew: Crew, told: Mapping[str, Any]) -> Begun:
        more = {"faults": [asdict(fault) for fault in faults], "ports": {}}
        child = crew.spawn("emulators", "bench.assembly:emulators_main", {**told, **more})
        return lambda: dict(child.wait_ready(READY_NS)["resources"])

    return Edges(buses, begin, faults)
