"""The emulated bench in one compiled loop: core, wire, inverter, bench I/O and plant, millisecond by millisecond.

Everything here is real but the iron: frames cross the modelled wire, and the core is the same compiled ``cycle`` as on
the bench. The loop runs until ``until_ns`` or until the core has something to tell, so Python is entered only for
instruments and decisions.
"""

from typing import Any, NamedTuple

import numpy as np

from bench.base.compiled import compiled
from bench.base.records import FRAME_IN
from bench.base.ring import READ, WRITTEN, Ring, commit, slot
from bench.canbus.buses import Wire
from bench.canbus.wire import advance, offer
from bench.core.cycle import cycle
from bench.core.program import Program
from bench.core.rings import Rings
from bench.core.state import State
from bench.emulators import bench_io, can_node, ecu
from bench.emulators.bench_io import BenchIo
from bench.emulators.ecu import Ecu
from bench.emulators.sensors import Sensors, sense
from bench.plant.plant import Plant, step

MS = 1_000_000


class EmulatedBench(NamedTuple):
    """The other side of every wire."""

    wire: Wire
    delivered: np.ndarray  # FRAME, as many as can end within a millisecond
    ecu: Ecu
    io: BenchIo
    plant: Plant
    sensors: Sensors
    outputs: np.ndarray  # the plant's outputs as one flat vector (a view)


@compiled
def nodes_hear(bench: EmulatedBench, frame: Any, t_ns: int) -> None:
    """Let every emulated node but its sender take in a frame that has ended on the wire."""
    if frame.sender != bench.ecu.node.number:
        can_node.hear(bench.ecu.node, frame, t_ns)
    if frame.sender != bench.io.node.number:
        can_node.hear(bench.io.node, frame, t_ns)


@compiled
def deliver(bench: EmulatedBench, inbox: Ring, t_ns: int) -> None:
    """Hand every frame that has ended on the wire to all but its sender."""
    count = advance(bench.wire, t_ns, bench.delivered)
    for index in range(count):
        frame = bench.delivered[index]
        if frame.sender != 0:
            place = slot(inbox)
            if place >= 0:
                record = inbox.records[place]
                record.kind = FRAME_IN
                record.t_ns = frame.t_ns
                record.id = frame.id
                record.bus = frame.bus
                record.length = frame.length
                record.value = 0.0
                record.extra = 0.0
                record.quality = 0
                to, data = record.data, frame.data
                for i in range(64):
                    to[i] = data[i]
                commit(inbox)
        nodes_hear(bench, frame, t_ns)


@compiled
def put_on_wire(bench: EmulatedBench, frames_out: Ring, t_ns: int) -> None:
    """Offer all that the core has sent."""
    capacity = frames_out.records.shape[0]
    while frames_out.header[READ] < frames_out.header[WRITTEN]:
        frame = frames_out.records[frames_out.header[READ] % capacity]
        frame.sender = 0
        offer(bench.wire, frame, t_ns)
        frames_out.header[READ] += 1


@compiled
def live(bench: EmulatedBench, t_ns: int) -> None:
    """One millisecond of inverter, bench I/O, plant and sensors, up to ``t_ns``; what they have to say is ready."""
    inputs, outputs = bench.plant.inputs[0], bench.plant.outputs[0]
    ecu.control(bench.ecu, inputs, outputs, t_ns)
    bench_io.act(bench.io, inputs, t_ns, MS)
    step(bench.plant, MS)
    if t_ns % (10 * MS) == 0:
        ecu.tell(bench.ecu, outputs)
        bench_io.tell(bench.io, outputs)
    sense(bench.sensors, bench.outputs, t_ns)


@compiled
def speak(bench: EmulatedBench, t_ns: int) -> None:
    """Every node sends what is due."""
    can_node.send_due(bench.ecu.node, bench.wire, t_ns)
    can_node.send_due(bench.io.node, bench.wire, t_ns)


@compiled
def run(program: Program, state: State, rings: Rings, bench: EmulatedBench, t_ns: int, until_ns: int) -> int:
    """Run whole cycles from ``t_ns`` (already done) up to ``until_ns``, or until the core has woken somebody.

    Answer: the time of the last cycle. The core judges at the start of a millisecond, the plant lives through it.
    """
    while t_ns < until_ns:
        t_ns += MS
        deliver(bench, rings.inbox_can, t_ns)
        bits = cycle(program, state, rings, t_ns)
        put_on_wire(bench, rings.frames_out, t_ns)
        live(bench, t_ns)
        speak(bench, t_ns)
        if bits != 0:
            break
    return t_ns
