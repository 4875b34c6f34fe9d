"""The emulated bench in one compiled loop: core, wire, inverter, bench I/O and plant, millisecond by millisecond.

Everything here is real but the iron: frames cross the modelled wire, and the core is the same compiled ``cycle`` as on
the bench. Instruments that are only read are asked and answered here too. The loop runs until ``until_ns`` or until
somebody has something to tell, so Python is entered only for decisions and for what is not as usual.
"""

from typing import Any, NamedTuple

import numpy as np

from bench.base.by_reference import by_reference
from bench.base.compiled import compiled
from bench.base.records import FRAME_ERROR, FRAME_IN, WIRE_BUS_OFF, WIRE_IN, wire_word
from bench.base.ring import READ, WRITTEN, Ring, commit, slot
from bench.canbus.buses import Wire, report, roll_load
from bench.canbus.wire import advance, copy_frame, offer
from bench.core.cycle import cycle
from bench.core.program import Program
from bench.core.rings import Rings
from bench.core.state import State
from bench.emulators import bench_io, can_dynos, can_node, cascadia_cm, ecu, periphery
from bench.emulators.bench_io import BenchIo
from bench.emulators.breakdowns import Breakdowns, break_down, mislead
from bench.emulators.can_dynos import CanDynos
from bench.emulators.cascadia_cm import CmInverter
from bench.emulators.diagnosed import Doorway, asked, is_request, overhear
from bench.emulators.dtc_store import note
from bench.emulators.ecu import FAULT_CODE, Ecu
from bench.emulators.periphery import Periphery
from bench.emulators.polls import DUE, Polls, serve
from bench.emulators.sensors import Sensors, sense
from bench.plant.plant import Plant, step

MS = 1_000_000
TAP_FRAMES = 4096
_CORE = 0  # the core's number on every bus


@by_reference
class EmulatedBench(NamedTuple):
    """The other side of every wire."""

    wire: Wire
    delivered: np.ndarray  # FRAME, as many as can end within a millisecond
    told: np.ndarray  # WIRE_STATE, one row to write in
    tap: Ring  # FRAME records of all that was on the buses, for whoever watches; room for one: nobody does
    ecu: Ecu  # this inverter
    cascadia: CmInverter  # or that one is there; the other has no frames
    periphery: Periphery
    io: BenchIo  # as far as it is on CAN
    dynos: CanDynos
    plant: Plant
    sensors: Sensors
    outputs: np.ndarray  # the plant's outputs as one flat vector (a view)
    doorway: Doorway  # the ECU's diagnostic side
    polls: Polls  # instruments that are only read
    breakdowns: Breakdowns


@compiled
def nodes_hear(bench: EmulatedBench, frame: Any, t_ns: int) -> None:
    """Let every emulated node but its sender take in a frame that has ended on the wire."""
    if frame.flags & FRAME_ERROR:
        return
    buses, members = bench.wire.buses, bench.wire.nodes
    if is_request(bench.doorway, frame) and hears(buses, members, frame, bench.ecu.node.number):
        overhear(bench.doorway, frame)
    for node in (bench.ecu.node, bench.cascadia.node, bench.io.node, bench.dynos.node):
        if hears(buses, members, frame, node.number):
            can_node.hear(node, frame, t_ns)


@compiled
def hears(buses: np.ndarray, members: np.ndarray, frame: Any, number: int) -> bool:
    """Whether node ``number`` on the frame's bus is another one than its sender, and not bus-off."""
    bus = buses[frame.bus]
    off = bus.off_nodes != 0 and members[bus.first_node + number].state == WIRE_BUS_OFF
    return bool(frame.sender != number and not off)


@compiled
def deliver(bench: EmulatedBench, inbox: Ring, t_ns: int) -> None:
    """Hand every frame that has ended on the wire to all but its sender."""
    count = advance(bench.wire, t_ns, bench.delivered)
    for index in range(count):
        frame = bench.delivered[index]
        if bench.tap.records.shape[0] > 1:
            watch(bench.tap, frame)
        if frame.flags & FRAME_ERROR == 0 and hears(bench.wire.buses, bench.wire.nodes, frame, _CORE):
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
def watch(tap: Ring, frame: Any) -> None:
    """A copy of the frame for those who watch."""
    place = slot(tap)
    if place >= 0:
        copy_frame(tap.records[place], frame)
        commit(tap)


@compiled
def tell_core(wire: Wire, told: Any, inbox: Ring, t_ns: int) -> None:
    """What the core's own controllers say: at once when something has changed, else at the end of each load window."""
    for number in range(wire.buses.shape[0]):
        bus = wire.buses[number]
        if roll_load(bus, t_ns) or bus.news:
            bus.news = 0
            report(bus, wire.nodes[bus.first_node + _CORE], t_ns, told)
            place = slot(inbox)
            if place >= 0:
                record = inbox.records[place]
                record.kind, record.bus, record.length, record.t_ns = WIRE_IN, number, 0, t_ns
                record.quality, record.id = told.state, wire_word(told.tec, told.rec, told.load_permille)
                record.value, record.extra = float(told.error_frames), float(told.lost)
                commit(inbox)


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
    if bench.cascadia.state[0].present:
        cascadia_cm.control(bench.cascadia, inputs, outputs, t_ns)
    else:
        ecu.control(bench.ecu, inputs, outputs, t_ns)
    bench_io.take_commands(bench.io, bench.periphery)
    periphery.act(bench.periphery, inputs, t_ns, MS)
    can_dynos.act(bench.dynos, inputs, t_ns)
    break_down(bench.breakdowns, t_ns)
    step(bench.plant, MS)
    periphery.add_shunts(bench.periphery, outputs)
    mislead(bench.breakdowns, t_ns)
    if t_ns % (10 * MS) == 0:
        if bench.cascadia.state[0].present:
            cascadia_cm.tell(bench.cascadia, outputs, t_ns)
        else:
            ecu.tell(bench.ecu, outputs)
            note(bench.doorway.dtcs, bench.ecu.node.image[FAULT_CODE].value, t_ns)
        periphery.tell(bench.periphery, outputs, t_ns)
    bench_io.fill_frames(bench.io, bench.periphery)
    sense(bench.sensors, bench.outputs, t_ns)
    if t_ns % can_dynos.INTERVAL_NS == 0:
        can_dynos.tell(bench.dynos, bench.sensors.means)


@compiled
def speak(bench: EmulatedBench, t_ns: int) -> None:
    """Every node sends what is due."""
    can_node.send_due(bench.ecu.node, bench.wire, t_ns)
    can_node.send_due(bench.cascadia.node, bench.wire, t_ns)
    can_node.send_due(bench.io.node, bench.wire, t_ns)
    can_node.send_due(bench.dynos.node, bench.wire, t_ns)


@compiled
def run(program: Program, state: State, rings: Rings, bench: EmulatedBench, t_ns: int, until_ns: int) -> int:
    """Run whole cycles from ``t_ns`` (already done) up to ``until_ns``, until the core has woken somebody, until
    somebody asks the ECU what Python answers, until an instrument wants its link, or until the tap is half full: who
    watches is waited for.

    Answer: the time of the last cycle. The core judges at the start of a millisecond, the plant lives through it.
    """
    while t_ns < until_ns:
        t_ns += MS
        deliver(bench, rings.inbox_can, t_ns)
        tell_core(bench.wire, bench.told[0], rings.inbox_can, t_ns)
        bits = cycle(program, state, rings, t_ns)
        put_on_wire(bench, rings.frames_out, t_ns)
        live(bench, t_ns)
        speak(bench, t_ns)
        if t_ns >= bench.polls.header[DUE] and serve(
            bench.polls, bench.sensors.means, state.image, state.core[0].fast, rings.inbox_links, t_ns
        ):
            break
        if bits != 0 or asked(bench.doorway):
            break
        if bench.tap.header[WRITTEN] - bench.tap.header[READ] > TAP_FRAMES // 2:
            break
    return t_ns
