"""Bench I/O behind Modbus TCP: chain, door, key, HVIL, contactors, lamps, watchdog relay. Never tested on hardware.

A bench's I/O controller (a PLC) has a map of its own; this one is the emulated device's. The watchdog relay drops, and
the chain with it, when ``io.watchdog`` has not changed for ``watchdog_ms``: the core flips it, the link carries it and
sees all other outputs as often.
"""

from collections.abc import Mapping
from typing import Any

from bench.schedule.requests import Operation
from drivers.periphery.identity_rows import IDENTITY_ROWS
from drivers.periphery.modbus_part import ModbusPart, ModbusSettings
from drivers.register_map import Kind, Register, RegisterMap, Space, Use

_OUTPUTS = {
    "io.contactor_cmd": "1 closes the DC contactors",
    "io.chain_request": "1 keeps the bench's contact in the emergency-stop chain closed",
    "io.watchdog": "sign of life; when it stands still the watchdog relay drops",
    "io.lamp_voltage": "warning lamp: voltage, or nobody knows",
    "io.lamp_turning": "warning lamp: a shaft turns, or nobody knows",
    "io.shunt_cmd": "1 makes the torque flanges add their shunt signal",
}
_INPUTS = {
    "io.chain_closed": "the emergency-stop chain is closed",
    "io.door_closed": "the door of the cell is closed",
    "io.key_switch": "the operator's key is in position on",
    "io.hvil_closed": "the high-voltage interlock loop is closed",
    "io.contactor_plus": "auxiliary contact of the positive contactor",
    "io.contactor_minus": "auxiliary contact of the negative contactor",
    "io.watchdog_relay": "the watchdog relay is picked up",
    "io.fire": "the fire detector has tripped",
    "io.leak": "the leak detector has tripped",
}
_CONTACTOR, _CHAIN = tuple(_OUTPUTS).index("io.contactor_cmd"), tuple(_OUTPUTS).index("io.chain_request")

BENCH_IO_MAP = RegisterMap(
    (
        *IDENTITY_ROWS,
        *(Register(Space.COIL, n, name, Use.SETPOINT, told) for n, (name, told) in enumerate(_OUTPUTS.items())),
        *(Register(Space.DISCRETE_INPUT, n, name, Use.READING, told) for n, (name, told) in enumerate(_INPUTS.items())),
        Register(
            Space.HOLDING_REGISTER, 0, "watchdog_ms", Use.SETTING, "time of the watchdog relay", "ms", Kind.U16,
            low=50.0, high=2000.0,
        ),
    )
)  # fmt: skip


class BenchIoModbus(ModbusPart):
    """Driver of the bench I/O."""

    registers = BENCH_IO_MAP
    commands = BENCH_IO_MAP.commands

    @classmethod
    def from_rig(cls, part: str, rig: Mapping[str, Any]) -> "BenchIoModbus":
        """The driver for the bench I/O of a rig file, given as plain mappings."""
        section = rig[part]
        return cls(part, ModbusSettings.of_rig(section, {"watchdog_ms": section["watchdog"] * 1e3}))

    def energises(self, index: int, value: float) -> bool:
        """Contactor, chain and sign of life let energy in; lamps and shunt signals do not."""
        return value > 0.5 and not self.setpoints[index].startswith(("io.lamp", "io.shunt"))

    def set_contactors(self, closed: bool) -> Operation[None]:
        """Close or open the DC contactors, read back."""
        yield from self.write(_CONTACTOR, float(closed))

    def set_chain(self, closed: bool) -> Operation[None]:
        """Keep the bench's contact in the emergency-stop chain closed, or open it; read back."""
        yield from self.write(_CHAIN, float(closed))
