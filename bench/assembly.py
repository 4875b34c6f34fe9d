"""The composition root: rig + DUT + world -> a bench. The only file that names both real and emulated parts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from bench.base.channel import Channels
from bench.base.errors import InputError, InternalError, Problem
from bench.base.ring import drain
from bench.base.time import NS_PER_S
from bench.canbus.database import Database
from bench.canbus.fault_script import split_script
from bench.config.bench_files import find_bench
from bench.config.buses import CanBus
from bench.config.dut import Dut
from bench.config.limits import LimitRule
from bench.config.located import Located, load_located
from bench.config.plan import LocatedPlan, Settings, load_plan
from bench.config.rig import Rig, load_rig
from bench.config.search import find, shown
from bench.core.design import Design
from bench.core.program import Program, build_program, program_hash
from bench.core.rings import Rings, drain_samples, make_rings
from bench.core.state import State, make_state
from bench.emulators.device import Watched
from bench.emulators.factory import factory_of
from bench.emulators.free_world import FreeWorld
from bench.emulators.lan.offered import offered
from bench.emulators.spoilt_disk import disk_of
from bench.emulators.truth import NAME as TRUTH
from bench.emulators.virtual_bench import VirtualBench, VirtualLink
from bench.emulators.virtual_line import VirtualLine
from bench.emulators.world import World, make_world, plant_parameters
from bench.io.berth import Berth, Memory
from bench.io.bus_place import BusPlace
from bench.io.control import Control
from bench.io.disk import DiskStorage
from bench.io.foreign_database import dbc_text, load_database
from bench.layout.can import BenchCan
from bench.layout.design import bench_design, can_of_bench
from bench.layout.fit import misfits
from bench.layout.monitors import monitors
from bench.layout.recording import names_of, record_groups
from bench.layout.unit_questions import diagnostic_routes, required_parameters
from bench.layout.updates import updates_s
from bench.links.answering import PART, answering
from bench.links.device import Device
from bench.links.drivers_of_rig import drivers_of, paces_of
from bench.links.face import ImageFace
from bench.links.link import link
from bench.links.mailbox import Mailbox
from bench.plant.parameters import PlantParameters
from bench.plant.twin import SteadyTwin
from bench.record.closing import close_orphan
from bench.record.core_events import Names
from bench.record.later import Later
from bench.record.mf4_blocks import Group
from bench.record.recorder import Recorder
from bench.record.storage import Storage
from bench.schedule.faults import Fault
from bench.sequence.context import Context
from bench.sequence.desk.desk import Desk
from bench.sequence.facts import context_of
from bench.sequence.known import known_of
from bench.sequence.registry import parameter_models, step_kinds
from bench.sequence.step import StepKind
from drivers.inverters.protocol import InverterProtocol
from drivers.registry import inverter_protocol


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything a run is made of, as files and as models."""

    plan: LocatedPlan
    rig: Located[Rig]
    dut: Located[Dut]
    databases: Mapping[str, Database]
    texts: Mapping[str, str]
    kinds: Mapping[str, StepKind]


def load_inputs(plan: str, rig: str | None = None, dut: str | None = None, settings: Settings = None) -> Inputs:
    """Load and check the files of a run; ``settings``: values of the plan's parameters, as text. Raises ``InputError``
    with every problem of a file."""
    kinds = step_kinds()
    plan_path = find("plan", plan)
    located = load_plan(plan_path, parameter_models(kinds), shown(plan_path), settings)
    files = find_bench(rig or located.value.rig, dut or located.value.dut, plan_path.parent)
    texts = {
        **{f"inputs/{name}": text for name, text in located.parts.items()},
        "inputs/rig.yaml": files.rig.text,
        "inputs/dut.yaml": files.dut.text,
        **{f"inputs/{role}.dbc": dbc_text(path) for role, path in files.databases.items()},
    }
    databases = {role: load_database(path) for role, path in files.databases.items()}
    return Inputs(located, files.rig, files.dut, databases, texts, kinds)


@dataclass(frozen=True, slots=True)
class Drawing:
    """The core's side of a bench: what each of its processes has to know alike."""

    channels: Channels
    can: BenchCan
    design: Design
    program: Program
    inverter: InverterProtocol

    @property
    def program_hash(self) -> str:
        """Hash of the core's tables."""
        return program_hash(self.program)

    def names(self) -> Names:
        """The names behind the core's indices."""
        return names_of(self.design, self.can.messages, self.inverter.words)

    def groups(self) -> tuple[Group, ...]:
        """How samples are stored."""
        return record_groups(self.design, self.can)


@dataclass(frozen=True, slots=True)
class Blueprint(Drawing):
    """What every world of a bench has in common: the core's side, the plant, the sequence's context."""

    inputs: Inputs
    parameters: PlantParameters
    twin: SteadyTwin
    context: Context


def draw_core(
    rig: Rig,
    dut: Dut,
    files: Mapping[str, Database],
    of_plan: tuple[LimitRule, ...] = (),
    *,
    heartbeats: bool = False,
    log_full: bool = False,
) -> Drawing:
    """The core's side alone; ``files``: the databases by role, ``of_plan``: the plan's limits.

    Raises ``InputError`` where they do not fit together.
    """
    inverter = inverter_of(dut)
    own = rig.channels(inverter.channels)
    can = can_of_bench(rig, dut, inverter, files, own)
    watch = monitors(rig, can.watched)
    channels = Channels([*own, *watch.channels])
    routes = diagnostic_routes(rig, dut, inverter, files["dut"])
    parts = (inverter, channels, can, watch, routes, of_plan)
    design = bench_design(rig, dut, *parts, heartbeats=heartbeats, log_full=log_full)
    return Drawing(channels, can, design, build_program(design), inverter)


def inverter_of(dut: Dut) -> InverterProtocol:
    """What the DUT's inverter speaks. Raises ``InputError`` where nobody knows it, or it has no such direction."""
    try:
        return inverter_protocol(dut.inverter.driver, dut.inverter.direction == "forward")
    except (KeyError, ValueError) as error:
        raise InputError([Problem(dut.name, 0, 0, f"inverter: {error.args[0]}")]) from None


def draw(inputs: Inputs, *, heartbeats: bool = False, log_full: bool = False) -> Blueprint:
    """The blueprint of a bench. Raises ``InputError`` where rig, DUT and databases do not fit together."""
    rig, dut = inputs.rig.value, inputs.dut.value
    if problems := misfits(inputs.plan, inputs.rig, inputs.dut, inputs.databases, inverter_of(dut)):
        raise InputError(problems)
    of_plan = inputs.plan.value.limits
    core = draw_core(rig, dut, inputs.databases, of_plan, heartbeats=heartbeats, log_full=log_full)
    drivers_of(rig, core.channels.index)  # refuses what a device cannot do, before anybody waits for it
    parameters = plant_parameters(rig, dut)
    twin = SteadyTwin(parameters, rig.supply.voltage)
    required = required_parameters(dut, core.inverter)
    context = context_of(rig, dut, dut.ratio.value, twin, dut.diagnostics, required, core.can.heard)
    known = known_of(core.design, updates_s(rig, core.channels, core.can), dut.envelope.volts)
    own = (core.channels, core.can, core.design, core.program, core.inverter)
    return Blueprint(*own, inputs, parameters, twin, replace(context, known=known))


@dataclass(frozen=True, slots=True)
class Virtual:
    """A bench in virtual time, with what its owner has to look at and close."""

    bench: VirtualBench
    desk: Desk
    world: World
    program: Program
    state: State
    rings: Rings
    collect: Callable[[int], None]


def virtual(
    blueprint: Blueprint, recorder: Recorder, seed: int, faults: tuple[Fault, ...] = (),
    on_frames: Callable[[NDArray[Any]], None] | None = None,
) -> Virtual:  # fmt: skip
    """Put the bench together in the virtual world. ``on_frames`` gets all that was on the buses (FRAME records)."""
    program, inputs = blueprint.program, blueprint.inputs
    state, rings = make_state(program), make_rings(program)
    world = make_world(
        inputs.rig.value,
        inputs.dut.value,
        blueprint.parameters,
        blueprint.twin.table,
        factory_of(inputs.rig.value, inputs.dut.value),
        seed,
        faults,
        fast=lambda: bool(state.core["fast"][0]),
        tapped=on_frames is not None,
    )
    desk = Desk(blueprint.design, state, rings.inbox_sequence)
    collect = collector(program, state, rings, recorder)
    if (ageing := world.ageing) is not None:
        collect = ageing.beside(collect)
    watch, told = on_frames or (lambda _frames: None), (recorder.record, recorder.on_events)
    bench = VirtualBench(program, state, rings, world.bench, desk, *told, collect, watch)
    face = ImageFace(state.image, blueprint.channels.index)
    paces = paces_of(inputs.rig.value)
    for part, driver in drivers_of(inputs.rig.value, blueprint.channels.index).items():
        mailbox = Mailbox()
        obeyed = [blueprint.channels.index(name) for name in driver.setpoints]
        line = VirtualLine(part, world.devices[part], bench.scheduler, world.seat(part, obeyed))
        bench.add_link(part, VirtualLink(line, mailbox, link(driver, face, mailbox, paces[part])))
    for device in world.devices.values():
        if isinstance(device, Watched):
            bench.watch_over(device)
    unit = answering(inputs.dut.value, blueprint.context.examination.parameters)
    if unit is not None:
        bench.add_unit(blueprint.design.diagnostics[0], unit, world.diagnosed)
    return Virtual(bench, desk, world, program, state, rings, collect)


def collector(program: Program, state: State, rings: Rings, recorder: Recorder) -> Callable[[int], None]:
    """What brings samples, the inbox and its digest from the core to the recorder."""
    full = bool(program.settings["log_full"][0])

    def collect(t_ns: int) -> None:
        for group in range(len(program.groups)):
            rows = drain_samples(program, rings.samples, group)
            if len(rows.t_ns):
                recorder.samples(group, rows.t_ns, rows.values, rows.quality)
        if full:
            recorder.inbox(drain(rings.inbox_log))
        recorder.mark(t_ns, *digest_of(state.counters))

    return collect


def digest_of(counters: NDArray[Any]) -> tuple[int, int]:
    """(count, digest) of everything the core took in."""
    return int(counters["taken_in"][0]), int(np.uint64(counters["digest"][0]))


# --- wall time: each process puts its own part together, and loads only the edges it needs --------------------------


@dataclass(frozen=True, slots=True)
class Share:
    """What a child process of a wall-time bench starts from: the files of the run, the berth where all meet, and where
    the CAN buses are, in the order of their numbers."""

    rig: Rig
    dut: Dut
    drawing: Drawing
    berth: Berth
    buses: tuple[BusPlace, ...]

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Self:
        """Read the files again. Raises ``InternalError`` when they do not give the service's program."""
        inputs = Path(arguments["inputs"])
        rig, dut = load_rig(inputs / "rig.yaml").value, load_located(inputs / "dut.yaml", Dut).value
        files = {path.stem: Database.load(path) for path in sorted(inputs.glob("*.dbc"))}
        plan = inputs / "plan.yaml"  # emulators that run alone have none
        of_plan = load_plan(plan, parameter_models(step_kinds())).value.limits if plan.exists() else ()
        drawing = draw_core(rig, dut, files, of_plan, heartbeats=True, log_full=True)
        if arguments["program"] and drawing.program_hash != arguments["program"]:
            raise InternalError("the files of the run give another program than the service has; start the run again")
        return cls(rig, dut, drawing, Berth.of(arguments), tuple(BusPlace(**told) for told in arguments["buses"]))

    def memory(self) -> Memory:
        """The memory of the run."""
        return self.berth.attach(self.drawing.program)


_TOLD_NS = 180 * NS_PER_S  # until the other side is there: the first start compiles


def core_main(control: Control, arguments: Mapping[str, Any]) -> None:
    """The core's process."""
    from bench.io.core_process import COUNTED, CoreParts, run_core

    share = Share.of(arguments)
    memory, clock = share.memory(), share.berth.clock
    buses = [place.open() for place in share.buses]
    counts = [share.drawing.channels.index(name) for name in COUNTED]
    run_core(CoreParts(share.drawing.program, memory.state, memory.rings, memory.status, buses, clock, counts), control)


def links_main(control: Control, arguments: Mapping[str, Any]) -> None:
    """The links' process. ``{"resources": {part: VISA resource}}`` comes over the pipe as soon as it is known."""
    from bench.io.core_can import unit_part
    from bench.io.links_process import LinkPart, LinksParts, run_links
    from bench.io.visa import VisaLink

    share = Share.of(arguments)
    memory, index = share.memory(), share.drawing.channels.index
    resources = (control.receive(_TOLD_NS) or {}).get("resources")
    if resources is None:
        return
    face, paces = ImageFace(memory.state.image, index), paces_of(share.rig)

    def part(name: str, driver: Device) -> LinkPart:
        byte_link = VisaLink(resources[name])
        return LinkPart(byte_link, lambda mailbox: link(driver, face, mailbox, paces[name]))

    parts = {name: part(name, driver) for name, driver in drivers_of(share.rig, index).items()}
    unit = answering(share.dut, required_parameters(share.dut, share.drawing.inverter))
    if unit is not None:
        parts[PART] = unit_part(share.drawing.design.diagnostics[0], unit, memory.rings, share.berth.clock)
    run_links(LinksParts(parts, memory.rings.inbox_links, memory.status, share.berth.clock), control)


def recorder_main(control: Control, arguments: Mapping[str, Any]) -> None:
    """The recorder's process. If the service is no more it closes the run's folder and takes the berth away, being the
    last who needs them."""
    from bench.io.one_by_one import OneByOne
    from bench.io.recorder_process import RecorderParts, run_recorder

    share = Share.of(arguments)
    memory = share.memory()
    storage = DiskStorage(Path(arguments["run"]), create=False)
    disk = disk_of(storage, tuple(Fault(**fault) for fault in arguments["disk"]), share.berth.clock.now_ns)
    recorder = make_recorder(disk, share.drawing, arguments["start_ns"], arguments["properties"], beside=OneByOne())
    parts = (share.drawing.program, memory.state, memory.rings, memory.status, share.berth.clock, recorder)
    run_recorder(RecorderParts(*parts, orphaned=lambda: close_orphan(storage)), control)
    if control.gone:
        share.berth.remove()


def emulators_main(control: Control, arguments: Mapping[str, Any]) -> None:
    """The process of the bench's other side. ``run`` empty: started alone, for anybody, on wires open to this user."""
    from bench.io.benchwire import spoil_buses
    from bench.io.emulator_host import HostParts, run_emulators

    share = Share.of(arguments)
    seed = int(arguments["seed"])
    memory = share.memory() if arguments["run"] else None
    fast = (lambda: bool(memory.state.core["fast"][0])) if memory else (lambda: False)
    of_buses, others = split_script(tuple(Fault(**fault) for fault in arguments["faults"]))
    world = other_side(share.rig, share.dut, seed, others, fast)
    buses = [place.open() for place in share.buses]
    spoil_buses(buses, of_buses, seed, share.berth.clock.origin_ns)

    def tell_truth() -> None:
        if arguments["run"]:
            DiskStorage(Path(arguments["run"]), create=False).write(TRUTH, world.truth.to_parquet())

    alone = memory is None
    devices, services = offered(world.devices, share.rig.instruments if alone else {})
    places = (buses, share.berth.clock, arguments["ports"], memory.status if memory else share.berth.attach_status())
    run_emulators(HostParts(FreeWorld(world), devices, *places, services, alone, tell_truth), control)


def other_side(
    rig: Rig, dut: Dut, seed: int, faults: tuple[Fault, ...] = (), fast: Callable[[], bool] = lambda: False
) -> World:
    """All that is emulated of a rig and a DUT, without a core."""
    parameters = plant_parameters(rig, dut)
    table = SteadyTwin(parameters, rig.supply.voltage).table
    return make_world(rig, dut, parameters, table, factory_of(rig, dut), seed, faults, fast)


def make_recorder(
    storage: Storage, drawing: Drawing, start_ns: int, properties: Mapping[str, str], **beside: Later | None
) -> Recorder:
    """The recorder of a run that began at ``start_ns`` (Unix time), working ``beside`` it as ``Recorder`` tells."""
    return Recorder(
        storage,
        drawing.names(),
        drawing.groups(),
        start_ns=start_ns,
        program=drawing.program_hash,
        full_inbox=drawing.design.log_full,
        properties=properties,
        **beside,
    )


def buses_of(rig: Rig) -> list[CanBus]:
    """The CAN buses in the order of their numbers."""
    return sorted(rig.can.values(), key=lambda bus: bus.bus)
