"""A bench of one dyno and one I/O node, small enough for tests, in all its processes."""

import resource
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bench.base.channel import Channel, Channels
from bench.base.records import FRAME, IMAGE
from bench.base.ring import Ring, drain, make_ring, push
from bench.base.units import Unit
from bench.canbus.codec import lookup, receive, transmit
from bench.canbus.database import Database
from bench.canbus.tables import build_tables, make_rx_state, make_tx_state
from bench.core import design as d
from bench.core.causes import Cause, cause_text
from bench.core.program import build_program
from bench.core.rings import make_rings
from bench.core.state import make_state
from bench.core.tables import ABS_BELOW, BELOW
from bench.emulators.instruments.ak_dyno import AkDynoEmulator
from bench.io import shared
from bench.io.benchwire import BenchwireBus
from bench.io.clock import MonotonicClock
from bench.io.control import Control
from bench.io.core_process import CoreParts, run_core
from bench.io.disk import DiskStorage
from bench.io.emulator_host import HostParts, run_emulators
from bench.io.links_process import LinkPart, LinksParts, run_links
from bench.io.processes import Crew
from bench.io.recorder_process import RecorderParts, run_recorder
from bench.io.status import make_status
from bench.io.steady import SteadyLook
from bench.io.visa import VisaLink
from bench.io.wall_service import WallService
from bench.links.face import ImageFace
from bench.links.link import Pace, link
from bench.plant.records import INPUTS, OUTPUTS
from bench.record.core_events import Names
from bench.record.mf4 import Column, Group
from bench.record.recorder import Recorder
from bench.sequence.desk.desk import Desk
from drivers.dynos.ak_dyno import AkDyno

MS = 1_000_000
DBC = Path(__file__).parents[2] / "dbc" / "bench_io.dbc"
PART = "dyno_m"
SENT = {"ContactorClose": "io.contactor_cmd", "ChainRequest": "io.chain_request", "Watchdog": "io.watchdog"}
HEARD = {"ChainClosed": "io.chain_closed", "ContactorPlus": "io.contactor_plus"}
SAMPLED = (f"{PART}.speed", f"{PART}.torque")


def design() -> d.Design:
    """One dyno over AK, contactor and chain over CAN; a class 1 stop of two rungs."""
    channels = Channels(
        [
            Channel(f"{PART}.speed_cmd", Unit.RPM),
            Channel(f"{PART}.speed", Unit.RPM),
            Channel(f"{PART}.torque", Unit.NM),
            *(
                Channel(name, Unit.ONE)
                for name in (f"{PART}.enable_cmd", f"{PART}.state", *SENT.values(), *HEARD.values())
            ),
        ]
    )
    names = {**SENT, **HEARD}
    database = Database.load(DBC)
    can = build_tables(
        [(database, 0, "BENCH_IO_CMD"), (database, 0, "IO_STATUS")],
        lambda _message, signal: channels.index(names[signal]) if signal in names else -1,
    )
    return d.Design(
        channels,
        can,
        setpoints=(
            d.Setpoint(f"{PART}.speed_cmd", -3000, 3000, rate_max=2000, safe_rate=1000),
            d.Setpoint(f"{PART}.enable_cmd", 0, 1),
            d.Setpoint("io.contactor_cmd", 0, 1),
            d.Setpoint("io.chain_request", 0, 1, initial=1),
            d.Setpoint("io.watchdog", 0, 1, toggle=True),
        ),
        receives=(d.Receive("IO_STATUS", 1, 10 * MS, max_age_ns=500 * MS),),
        transmits=(d.Transmit("BENCH_IO_CMD", 0, 10 * MS, toggle="io.watchdog"),),
        heartbeats=tuple(
            d.Heartbeat(who, 2_000 * MS, 1, int(cause))
            for who, cause in (
                (d.SERVICE, Cause.SERVICE_SILENT),
                (d.LINKS, Cause.LINKS_SILENT),
                (d.RECORDER, Cause.RECORDER_SILENT),
            )
        ),
        ladders={
            1: (
                d.Rung(
                    "speed to zero",
                    (d.Action(f"{PART}.speed_cmd", 0.0),),
                    (d.Confirm(f"{PART}.speed", ABS_BELOW, 20.0),),
                    2_000 * MS,
                ),
                d.Rung(
                    "open",
                    (d.Action(f"{PART}.enable_cmd", 0.0), d.Action("io.contactor_cmd", 0.0)),
                    (d.Confirm("io.contactor_plus", BELOW, 0.5),),
                    2_000 * MS,
                ),
            )
        },
        groups=(d.SampleGroup("slow", SAMPLED, 100 * MS, 10 * MS),),
        stale_ns={f"{PART}.speed": 500 * MS},
        log_full=True,
    )


class World:
    """The other side: a shaft that follows its drive, and a node that mirrors the contactor command."""

    def __init__(self) -> None:
        self.inputs, self.outputs = np.zeros(1, INPUTS), np.zeros(1, OUTPUTS)
        names, flat = tuple(OUTPUTS.names or ()), self.outputs.view(np.float64)
        self.drive = AkDynoEmulator(lambda: (flat, 0), names, self.inputs, "l", name=PART)
        self.devices = {PART: self.drive}
        self.frames_in: Ring = make_ring(FRAME, 1024)
        self.frames_out: Ring = make_ring(FRAME, 1024)
        database = Database.load(DBC)
        places = {"ContactorClose": 0, "ContactorPlus": 0, "ChainRequest": 1, "ChainClosed": 1}
        self._heard = build_tables([(database, 0, "BENCH_IO_CMD")], lambda _m, signal: places.get(signal, -1))
        self._sent = build_tables([(database, 0, "IO_STATUS")], lambda _m, signal: places.get(signal, -1))
        self._rx, self._tx = make_rx_state(self._heard), make_tx_state(self._sent)
        self._image, self._frame = np.zeros(2, IMAGE), np.zeros(1, FRAME)
        self._t_ns = 0

    def run_until(self, t_ns: int) -> None:
        self.drive.expire(t_ns)
        for frame in drain(self.frames_in):
            if lookup(self._heard, frame["bus"], frame["id"]) == 0:
                receive(self._heard, self._rx, self._image, 0, frame["data"], frame["length"], frame["t_ns"], t_ns)
        steps = min(100, (t_ns - self._t_ns) // MS)
        target = float(self.inputs["dyno_l_speed_rpm"][0]) if self.inputs["dyno_l_on"][0] else 0.0
        for _ in range(steps):
            self.outputs["speed_l_rpm"] += 0.02 * (target - self.outputs["speed_l_rpm"])
        if t_ns // (10 * MS) != self._t_ns // (10 * MS):
            transmit(self._sent, self._tx, self._image, 0, self._frame[0])
            push(self.frames_out, self._frame[0])
        self._t_ns = t_ns


def _clock(arguments: Mapping[str, Any]) -> MonotonicClock:
    return MonotonicClock(arguments["origin_ns"])


def _bus(arguments: Mapping[str, Any]) -> BenchwireBus:
    return BenchwireBus("io", folder=Path(arguments["folder"]))


def _status(arguments: Mapping[str, Any]) -> Any:
    return shared.attach("status", make_status(), Path(arguments["folder"])).tree


def _core_memory(arguments: Mapping[str, Any]) -> Any:
    program, folder = build_program(design()), Path(arguments["folder"])
    state = shared.attach("state", make_state(program), folder).tree
    return program, state, shared.attach("rings", make_rings(program), folder).tree


def core_main(control: Control, arguments: Mapping[str, Any]) -> None:
    program, state, rings = _core_memory(arguments)
    parts = CoreParts(program, state, rings, _status(arguments), [_bus(arguments)], _clock(arguments))
    run_core(parts, control)


def links_main(control: Control, arguments: Mapping[str, Any]) -> None:
    _program, state, rings = _core_memory(arguments)
    index = design().channels.index
    driver = AkDyno(PART)
    driver.bind(index)
    face = ImageFace(state.image, index)
    part = LinkPart(VisaLink(arguments["resource"]), lambda mailbox: link(driver, face, mailbox, Pace(20 * MS)))
    run_links(LinksParts({PART: part}, rings.inbox_links, _status(arguments), _clock(arguments)), control)


def recorder_main(control: Control, arguments: Mapping[str, Any]) -> None:
    program, state, rings = _core_memory(arguments)
    if arguments["file_bytes"]:  # a disk that refuses: no file may grow beyond
        resource.setrlimit(resource.RLIMIT_FSIZE, (arguments["file_bytes"],) * 2)
    made, storage = design(), DiskStorage(Path(arguments["folder"]) / "run")
    names = Names(
        tuple(setpoint.channel for setpoint in made.setpoints),
        tuple(limit.name for limit in made.limits),
        tuple(rung.name for rung in made.rungs),
        ("BENCH_IO_CMD", "IO_STATUS"),
        lambda code: (cause_text(code).happened, cause_text(code).remedy),
    )
    groups = [Group("slow", tuple(Column(name) for name in SAMPLED))]
    recorder = Recorder(storage, names, groups, start_ns=0, program="", full_inbox=True, properties={})
    parts = RecorderParts(
        program, state, rings, _status(arguments), _clock(arguments), recorder, lambda: storage.write("sealed", b"yes")
    )
    run_recorder(parts, control)


def emulators_main(control: Control, arguments: Mapping[str, Any]) -> None:
    world = World()
    parts = HostParts(world, world.devices, [_bus(arguments)], _clock(arguments), {}, _status(arguments))
    run_emulators(parts, control)


class SmallBench:
    """Everything started, in ``folder`` (mode 0700). ``file_bytes``: as long as a file of the recorder may be."""

    def __init__(self, folder: Path, file_bytes: int = 0) -> None:
        self.folder = folder
        clock, program = MonotonicClock(), build_program(design())
        self.status = shared.create("status", make_status(), folder).tree
        self.state = shared.create("state", make_state(program), folder).tree
        rings = shared.create("rings", make_rings(program), folder).tree
        self.crew = Crew(folder)
        arguments = {"folder": str(folder), "origin_ns": clock.origin_ns, "file_bytes": file_bytes}
        search = [str(Path(__file__).parent)]
        emulators = self.crew.spawn("emulators", "small_wall_bench:emulators_main", arguments, search)
        core = self.crew.spawn("core", "small_wall_bench:core_main", arguments, search)
        recorder = self.crew.spawn("recorder", "small_wall_bench:recorder_main", arguments, search)
        place = {"resource": emulators.wait_ready(120_000 * MS)["resources"][PART]}
        links = self.crew.spawn("links", "small_wall_bench:links_main", {**arguments, **place}, search)
        for child in (core, recorder, links):
            child.wait_ready(120_000 * MS)
        desk = Desk(design(), self.state, rings.inbox_sequence, 20 * MS, SteadyLook(self.status))
        self.service = WallService(
            desk, rings.events, links.control, recorder.control, self.status, clock, self.crew.failure
        )
