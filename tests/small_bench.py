"""A small bench for the core's tests: one dyno, one torque, two buses, a ladder of three rungs."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import cantools
import numpy as np

from bench.base.channel import Channel, Channels
from bench.base.quality import GOOD
from bench.base.records import EV_RUNG, EVENT
from bench.base.ring import drain
from bench.base.units import Unit
from bench.canbus.database import Database
from bench.canbus.tables import build_tables
from bench.core import inbox
from bench.core.causes import Cause
from bench.core.cycle import cycle
from bench.core.design import (
    Action,
    Confirm,
    Design,
    Envelope,
    Heartbeat,
    Limit,
    Receive,
    Rung,
    SampleGroup,
    Setpoint,
    Transmit,
)
from bench.core.program import build_program
from bench.core.rings import make_rings
from bench.core.state import make_state
from bench.core.tables import ABOVE, ABS_BELOW, BELOW, WARN

MS = 1_000_000
DBC = Path(__file__).parents[1] / "dbc" / "edu_gen5.dbc"
IO_DBC = DBC.with_name("bench_io.dbc")

NAMES = {
    "dut.torque_cmd": Unit.NM,
    "dut.state_request": Unit.ONE,
    "dyno_m.speed_cmd": Unit.RPM,
    "io.watchdog": Unit.ONE,
    "coolant.temp_cmd": Unit.DEGC,
    "dut.speed": Unit.RPM,
    "dut.state": Unit.ONE,
    "dut.torque_est": Unit.NM,
    "dut.dc_voltage": Unit.VOLT,
    "dut.dc_current": Unit.AMPERE,
    "dyno_m.speed": Unit.RPM,
    "dut.winding_temp": Unit.DEGC,
    "supply.voltage": Unit.VOLT,
}
CHANNELS = Channels(Channel(name, unit) for name, unit in NAMES.items())
TORQUE, STATE_REQUEST, SPEED, WATCHDOG, COOLANT = range(5)  # set-points
VCU, STATUS, DC, IO = range(4)  # messages

SETPOINTS = (
    Setpoint("dut.torque_cmd", -400.0, 400.0, rate_max=1000.0, safe_rate=800.0, freeze_value=0.0, derate=0.5),
    Setpoint("dut.state_request", 0.0, 2.0),
    Setpoint("dyno_m.speed_cmd", -14000.0, 14000.0, rate_max=2000.0, safe_rate=1000.0),
    Setpoint("io.watchdog", 0.0, 1.0, toggle=True, always=True),
    Setpoint("coolant.temp_cmd", 20.0, 80.0, initial=25.0, always=True),
)
ENVELOPE = Envelope(
    torque="dut.torque_cmd",
    actual_speed="dut.speed",
    speeds={"dyno_m.speed_cmd": 1.0},
    points=((0.0, -400.0, 400.0), (5000.0, -400.0, 400.0), (10000.0, -150.0, 200.0), (14000.0, -100.0, 140.0)),
    margin_nm=1.0,
)
SILENT_MS = 200
LIMITS = (
    Limit("overspeed", "dyno_m.speed", -15000, 15000, cause=Cause.OVERSPEED, stale_ns=SILENT_MS * MS),
    Limit("winding warm", "dut.winding_temp", -40, 120, level=WARN, hysteresis=5.0),
    Limit("winding hot", "dut.winding_temp", -40, 160, cause=Cause.OVER_TEMPERATURE, debounce_ns=100 * MS),
)
LADDER = (
    Rung("torque to zero", (Action("dut.torque_cmd", 0.0),), (Confirm("dut.torque_est", ABS_BELOW, 5.0),), 1000 * MS),
    Rung(
        "speed down",
        (Action("dyno_m.speed_cmd", 0.0),),
        (Confirm("dyno_m.speed", ABS_BELOW, 50.0),),
        6000 * MS,
        hold_ns=20 * MS,
        min_ns=50 * MS,
        on_miss=(Action("coolant.temp_cmd", 20.0, 0.0),),
    ),
    Rung(
        "inverter off",
        (Action("dut.state_request", 0.0, 0.0),),
        (Confirm("dut.state", BELOW, 0.5),),
        500 * MS,
        escalate_class=0,
    ),
)
HARD_LADDER = (
    Rung("gone", (Action("dut.torque_cmd", 0.0, 0.0),), (Confirm("supply.voltage", BELOW, 60.0),), 100 * MS),
)


@cache
def can_tables(*more: tuple[Database, int, str]) -> Any:
    """Torque command, status and DC frames on bus 0, the watchdog's frame on bus 1, and ``more``."""
    edu, io = Database.load(DBC), Database.load(IO_DBC)
    entries = [(edu, 0, "VCU_TORQUE_CMD"), (edu, 0, "EDU_STATUS"), (edu, 0, "EDU_DC"), (io, 1, "BENCH_IO_CMD"), *more]
    of_message = {name: database for database, _, name in entries}

    def bind(message: str, signal: str) -> int:
        channel = of_message[message].message(message).signal(signal).channel
        return CHANNELS.index(channel) if channel in CHANNELS else -1

    return build_tables(entries, bind, own_node="BENCH")


def small_design(**changes: Any) -> Design:
    """The design, with some parts replaced."""
    design = Design(
        channels=CHANNELS,
        can=can_tables(),
        setpoints=SETPOINTS,
        envelopes=(ENVELOPE,),
        limits=LIMITS,
        transmits=(
            Transmit("VCU_TORQUE_CMD", VCU, 10 * MS),
            Transmit("BENCH_IO_CMD", IO, 10 * MS, offset_ns=3 * MS, toggle="io.watchdog"),
        ),
        ladders={1: LADDER, 0: HARD_LADDER},
        energised=(Confirm("supply.voltage", ABOVE, 60.0),),
        groups=(
            SampleGroup("slow", ("dut.torque_cmd", "dut.speed")),
            SampleGroup("dyno", ("dyno_m.speed",), trigger="dyno_m.speed", rows=16),
        ),
        stale_ns={"dyno_m.speed": 500 * MS},
    )
    return replace(design, **changes)


STATUS_RULE = Receive("EDU_STATUS", STATUS, 10 * MS)
SERVICE_RULES = (
    Heartbeat(1, 300 * MS, 2, Cause.SERVICE_SILENT),
    Heartbeat(1, 2000 * MS, 1, Cause.SERVICE_SILENT),
)


class Bench:
    """Program, state and rings with a hand on the inbox; readings named in ``keep`` are renewed before each cycle."""

    def __init__(self, design: Design | None = None) -> None:
        self.program = build_program(design or small_design())
        self.state = make_state(self.program)
        self.rings = make_rings(self.program)
        self.t_ns = -MS
        self.keep = {"dut.speed": 0.0, "dyno_m.speed": 0.0, "dut.torque_est": 0.0, "dut.winding_temp": 40.0,
                     "dut.state": 0.0, "supply.voltage": 0.0}  # fmt: skip
        self.told: list[np.void] = []
        self.bits: list[int] = []

    def read(self, name: str, value: float, quality: int = GOOD) -> None:
        inbox.post(self.rings.inbox_links, inbox.reading(CHANNELS.index(name), value, self.t_ns + MS, quality))

    def command(self, *records: Any) -> None:
        for one in records:
            inbox.post(self.rings.inbox_sequence, one)

    def run(self, cycles: int = 1, step_ns: int = MS) -> "list[np.void]":
        """Run cycles; the events they told."""
        first = len(self.told)
        for _ in range(cycles):
            for name, value in self.keep.items():
                self.read(name, value)
            self.t_ns += step_ns
            self.bits.append(cycle(self.program, self.state, self.rings, self.t_ns))
            self.told.extend(drain(self.rings.events))
        return self.told[first:]

    def armed(self) -> "Bench":
        """Armed, after the first cycles."""
        self.run(2)
        self.command(inbox.arm())
        self.run(1)
        return self

    def value(self, name: str) -> float:
        return float(self.state.image["value"][CHANNELS.index(name)])

    @property
    def core(self) -> np.void:
        return self.state.core[0]

    def rungs(self) -> list[tuple[int, int]]:
        """(rung, outcome) of all EV_RUNG so far."""
        return [(int(e["id"]), int(e["value"])) for e in self.told if e["kind"] == EV_RUNG]


def kinds(events: Any) -> list[int]:
    return [int(event["kind"]) for event in events]


def of_kind(events: Any, kind: int) -> Any:
    return np.array([event for event in events if event["kind"] == kind], EVENT)


_BUS = cantools.database.load_file(DBC)


def protected_frame(name: str, counter: int, **values: float) -> tuple[int, bytes]:
    """Id and bytes of a frame as the EDU sends it, made without the bench's own codec: cantools and a bitwise CRC."""
    message = _BUS.get_message_by_name(name)
    signals = {signal.name: signal.minimum or 0.0 for signal in message.signals}
    signals.update({key: 0.0 for key in signals if (message.get_signal_by_name(key).minimum or 0.0) <= 0.0})
    data = bytearray(message.encode({**signals, **values, "Crc": 0, "Counter": counter}, strict=True))
    data_id = int(message.dbc.attributes["E2EDataID"].value)
    data[0] = crc8(bytes([data_id & 0xFF, data_id >> 8]) + bytes(data[1:]))
    return message.frame_id, bytes(data)


def crc8(data: bytes) -> int:
    """CRC-8, polynomial 0x1D, initial value and final xor 0 (AUTOSAR E2E profile 1), bit by bit."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1) ^ 0x11D if crc & 0x80 else crc << 1
    return crc
