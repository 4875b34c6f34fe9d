"""The emulated dyno drives and flanges on CAN: frames by cantools and a CRC of its own, the plant by hand."""

from pathlib import Path
from typing import Any

import cantools
import numpy as np
import pytest

from bench.base.records import FRAME
from bench.canbus.database import Database
from bench.config.rig import load_rig
from bench.config.search import find
from bench.emulators import can_dynos, can_node
from bench.emulators.can_dynos import ERROR, HOLDING, STANDBY, make_can_dynos
from bench.plant.records import INPUTS, OUTPUTS
from bench.schedule.faults import parse_fault

MS = 1_000_000
DBC = Path(__file__).parents[2] / "dbc" / "bench_io.dbc"
BUS = cantools.database.load_file(DBC)
DATABASE = Database.load(DBC)
RIG = load_rig(find("rig", "e_axle_fast")).value
PLACE = {name: i for i, name in enumerate(OUTPUTS.names or ())}


def crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x11D) & 0xFF if crc & 0x80 else crc << 1
    return crc


class Drives:
    """The node, and a bench that commands the right drive (``sign`` -1) every 10 ms while ``alive``."""

    def __init__(self, *faults: str) -> None:
        self.dynos = make_can_dynos(RIG, DATABASE, 1, tuple(parse_fault(line) for line in faults), 0)
        self.inputs = np.zeros(1, INPUTS)
        self.means = np.zeros((1, len(PLACE)))
        self.t_ns, self.counter = 0, 0
        self.alive, self.spoil, self.step = False, False, 1
        self.speed, self.enable = 0.0, 0

    def command(self, speed: float, enable: int) -> None:
        self.speed, self.enable, self.alive = speed, enable, True

    def run(self, milliseconds: int) -> "Drives":
        for _ in range(milliseconds):
            self.t_ns += MS
            if self.alive and self.t_ns % (10 * MS) == 0:
                self._send()
            can_dynos.act(self.dynos, self.inputs[0], self.t_ns)
        can_dynos.tell(self.dynos, self.means)
        return self

    def _send(self) -> None:
        message = BUS.get_message_by_name("DYNO_R_CMD")
        values = {"Crc": 0, "Counter": self.counter, "SpeedSet": self.speed, "Enable": self.enable}
        data = bytearray(message.encode(values))
        data_id = int(message.dbc.attributes["E2EDataID"].value)
        data[0] = crc8(bytes([data_id & 0xFF, data_id >> 8]) + bytes(data[1:])) ^ int(self.spoil)
        self.counter = (self.counter + self.step) % 15
        frame = np.zeros(1, FRAME)
        frame["id"], frame["length"], frame["bus"], frame["t_ns"] = message.frame_id, len(data), 1, self.t_ns
        frame["data"][0, : len(data)] = list(data)
        can_node.hear(self.dynos.node, frame[0], self.t_ns)

    @property
    def state(self) -> int:
        return int(self.dynos.sides["state"][1])

    def shaft(self) -> tuple[float, float]:
        return float(self.inputs["dyno_r_on"][0]), float(self.inputs["dyno_r_speed_rpm"][0])

    def told(self, place: int) -> float:
        return float(self.dynos.node.image["value"][can_dynos.PLACES + place])


def holding() -> Drives:
    drives = Drives()
    drives.command(-120.0, 1)  # forward, as a drive that counts backwards sees it
    assert drives.run(50).state == HOLDING and drives.shaft() == (1.0, 120.0)
    return drives


def test_a_drive_holds_only_what_it_is_asked_for() -> None:
    drives = Drives()
    assert drives.run(50).state == STANDBY and drives.shaft() == (0.0, 0.0)
    drives.command(-120.0, 0)
    assert drives.run(50).state == STANDBY and drives.shaft()[0] == 0.0
    drives = holding()
    drives.command(-120.0, 0)
    assert drives.run(20).state == STANDBY and drives.shaft() == (0.0, 0.0)


@pytest.mark.parametrize("how", ["silence", "wrong CRC", "frozen counter"])
def test_a_lost_command_stops_the_shaft_and_wants_a_new_beginning(how: str) -> None:
    drives = holding()
    drives.alive, drives.spoil, drives.step = how != "silence", how == "wrong CRC", int(how != "frozen counter")
    assert drives.run(80).state == HOLDING  # the watchdog waits 100 ms
    assert drives.run(40).state == ERROR and drives.shaft() == (1.0, 0.0)
    drives.spoil, drives.step = False, 1
    drives.command(-120.0, 1)
    assert drives.run(100).state == ERROR  # asked to hold, as before: no new beginning
    drives.command(0.0, 0)
    assert drives.run(50).state == STANDBY
    drives.command(-120.0, 1)
    assert drives.run(50).state == HOLDING


def test_signs_are_those_of_the_devices() -> None:
    drives = holding()
    drives.means[0, PLACE["speed_r_rpm"]], drives.means[0, PLACE["torque_r_nm"]] = 120.0, 300.0
    drives.means[0, PLACE["dyno_r_torque_nm"]] = -300.0
    drives.run(1)
    assert drives.told(can_dynos.SPEED) == pytest.approx(-120.0, abs=0.5)
    assert drives.told(can_dynos.TORQUE) == pytest.approx(300.0, abs=20.0)
    assert drives.told(can_dynos.FLANGE_TORQUE) == pytest.approx(-300.0, abs=3.0)
    assert drives.told(can_dynos.FLANGE_SPEED) == pytest.approx(120.0, abs=0.1)
    assert drives.told(can_dynos.FLANGE_POWER) == pytest.approx(-300.0 * 120.0 * np.pi / 30.0, rel=0.01)


def test_a_flange_that_is_mounted_the_other_way_round() -> None:
    flipped: Any = Drives("flange_r.flipped@0s")
    flipped.means[0, PLACE["torque_r_nm"]] = 300.0
    assert flipped.run(1).told(can_dynos.FLANGE_TORQUE) == pytest.approx(300.0, abs=3.0)
