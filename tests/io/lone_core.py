"""The real core process alone on its two wires, and an emulated inverter that listens in the test's own process."""

import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from small_bench import CHANNELS, DBC, small_design

from bench.base.records import FRAME
from bench.base.ring import drain, make_ring
from bench.canbus.database import Database
from bench.core import inbox
from bench.core.design import Design
from bench.core.program import build_program
from bench.emulators.can_node import hear
from bench.emulators.ecu import CONTACTORS, GEAR, TERMINAL_15, control, make_ecu
from bench.io.benchwire import BenchwireBus
from bench.io.berth import Berth
from bench.io.can_port import CanPort
from bench.io.clock import MonotonicClock
from bench.io.control import Control
from bench.io.core_process import CoreParts, run_core
from bench.io.processes import Crew
from bench.plant.records import INPUTS, OUTPUTS

MS = 1_000_000
_LATE = 3
VCU_ID, IO_ID = 0x110, 0x300
HERE = Path(__file__).parent
SEARCH = [str(HERE), str(HERE.parent)]  # where the core's process finds this file and what it imports


def design() -> Design:
    """The small bench with nothing to judge and a torque that jumps."""
    small = small_design(limits=(), receives=(), heartbeats=(), envelopes=())
    torque, *others = small.setpoints
    return replace(small, setpoints=(replace(torque, rate_max=np.inf), *others), log_full=True)


def core_main(control: Control, arguments: Mapping[str, Any]) -> None:
    program, berth = build_program(design()), Berth.of(arguments)
    memory = berth.attach(program)
    buses = [BenchwireBus(name, folder=berth.folder) for name in ("dut", "io")]
    run_core(CoreParts(program, memory.state, memory.rings, memory.status, buses, berth.clock), control)


class LoneCore:
    """The core as a child, an ear on the wire of the DUT, and the inverter behind it."""

    def __init__(self, folder: Path) -> None:
        program = build_program(design())
        self.berth = Berth(folder, MonotonicClock())
        self.memory = self.berth.create(program, CHANNELS)
        # somebody must be there to acknowledge before the first frame is sent
        self._port = CanPort([BenchwireBus(name, folder=folder) for name in ("dut", "io")], self.berth.clock)
        self.crew = Crew(folder)
        self.core = self.crew.spawn("core", "lone_core:core_main", self.berth.arguments(), SEARCH)
        self.core.wait_ready(120_000 * MS)
        self._ring = make_ring(FRAME, 4096)
        self.frames: list[np.void] = []
        self.ecu = make_ecu(Database.load(DBC), 1, 1, 1, 300.0, False)
        self.plant_in, self.plant_out = np.zeros(1, INPUTS), np.zeros(1, OUTPUTS)
        self.plant_out["u_dc_v"], self.plant_out["derating"] = 400.0, 1.0
        self.plant_out["torque_max_nm"], self.plant_out["torque_min_nm"] = 400.0, -400.0
        self.fell_ns = 0
        """When the inverter's torque last went to zero."""

    def post(self, *records: Any) -> None:
        for one in records:
            inbox.post(self.memory.rings.inbox_sequence, one)

    def live(self, ms: int, until: Callable[[], bool] = lambda: False) -> bool:
        """The inverter lives for ``ms`` or ``until``; whether that came."""
        clock = self.berth.clock
        end_ns = clock.now_ns() + ms * MS
        while (t_ns := clock.now_ns()) < end_ns and not until():
            self._port.take_frames(self._ring)
            for frame in drain(self._ring):
                if frame["bus"] == 0:
                    self.frames.append(frame.copy())
                    hear(self.ecu.node, frame, t_ns)
            self._rest_of_the_car(t_ns)
            before = float(self.plant_in["torque_request_nm"][0])
            control(self.ecu, self.plant_in[0], self.plant_out[0], t_ns)
            if before and not self.torque_nm:
                self.fell_ns = t_ns
            clock.sleep_until(t_ns + MS)
        return until()

    def _rest_of_the_car(self, t_ns: int) -> None:
        """The inverter hears the other units of the vehicle: they are not what is tried here."""
        self.ecu.node.rx_state["good_ns"][1:], self.ecu.node.rx_state["ok"][1:] = t_ns, 1
        self.ecu.node.image["value"][[TERMINAL_15, GEAR, CONTACTORS]] = 1.0, 3.0, 2.0

    @property
    def torque_nm(self) -> float:
        return float(self.plant_in["torque_request_nm"][0])

    def vcu(self, after_ns: int = 0) -> list[np.void]:
        """The torque frames that ended on the wire after ``after_ns``."""
        return [frame for frame in self.frames if frame["t_ns"] > after_ns]

    def late_cycles(self, of_pause: int = 0) -> Callable[[], str]:
        """Asks how many cycles have come late since now, beyond those of a pause; a few always do."""
        counters = self.memory.state.counters
        before = int(counters["late"][0])

        def told() -> str:
            late = int(counters["late"][0]) - before - of_pause
            return f"{late} cycles of the core came late" if late >= _LATE else ""

        return told

    def pause(self) -> int:
        """Stop the core's process; when."""
        os.kill(self.core.pid, signal.SIGSTOP)
        return self.berth.clock.now_ns()

    def go_on(self) -> int:
        os.kill(self.core.pid, signal.SIGCONT)
        return self.berth.clock.now_ns()

    def close(self) -> None:
        self.go_on()
        self.core.kill()
        self._port.close()
        self.core.control.close()
