"""Coolant and oil conditioner behind Modbus TCP. Not yet tested on hardware.

Each maker has a map of its own; this one is the emulated device's. When nobody speaks to it, it goes on: a unit that
was hot must be cooled.
"""

from collections.abc import Mapping
from typing import Any

from bench.schedule.requests import Operation
from drivers.periphery.identity_rows import IDENTITY_ROWS
from drivers.periphery.modbus_part import ModbusPart, ModbusSettings
from drivers.register_map import Kind, Register, RegisterMap, Space, Use

_SETPOINTS = (
    ("coolant.temp_cmd", "coolant at the inlet of the unit", "degC", Kind.I16, 0.01, -40.0, 150.0),
    ("coolant.flow_cmd", "flow of the coolant; 0 stops the pump", "l/min", Kind.U16, 0.01, 0.0, 80.0),
    ("oil.temp_cmd", "oil at the inlet of the unit", "degC", Kind.I16, 0.01, -40.0, 150.0),
    ("oil.flow_cmd", "flow of the oil; 0 stops the pump", "l/min", Kind.U16, 0.01, 0.0, 80.0),
)
_MEASURED = (
    ("coolant.temp_in", "coolant at the inlet of the unit", "degC", -60.0, 300.0),
    ("coolant.temp_out", "coolant at the outlet of the unit", "degC", -60.0, 300.0),
    ("coolant.flow", "flow of the coolant", "l/min", 0.0, 80.0),
    ("coolant.pressure", "coolant at the inlet of the unit", "bar", 0.0, 8.0),
    ("oil.temp", "oil at the inlet of the unit", "degC", -60.0, 300.0),
    ("oil.flow", "flow of the oil", "l/min", 0.0, 80.0),
    ("oil.pressure", "oil at the inlet of the unit", "bar", 0.0, 50.0),
)

CONDITIONER_MAP = RegisterMap(
    (
        *IDENTITY_ROWS,
        *(
            Register(Space.HOLDING_REGISTER, n, name, Use.SETPOINT, told, unit, kind, scale, low, high)
            for n, (name, told, unit, kind, scale, low, high) in enumerate(_SETPOINTS)
        ),
        *(
            Register(
                Space.INPUT_REGISTER, 100 + 2 * n, name, Use.READING, told, unit, Kind.F32, low=low, high=high,
                high_word_first=False,
            )
            for n, (name, told, unit, low, high) in enumerate(_MEASURED)
        ),
    )
)  # fmt: skip


class ConditionerModbus(ModbusPart):
    """Driver of the conditioner."""

    registers = CONDITIONER_MAP
    commands = CONDITIONER_MAP.commands
    check_every = 25  # set-points stand still for hours

    @classmethod
    def from_rig(cls, part: str, rig: Mapping[str, Any]) -> "ConditionerModbus":
        """The driver for the conditioner of a rig file, given as plain mappings."""
        return cls(part, ModbusSettings.of_rig(rig[part]))

    def set_circuit(self, circuit: str, temperature_degc: float, flow_l_min: float) -> Operation[None]:
        """Temperature at the inlet and flow of ``coolant`` or ``oil``, read back."""
        yield from self.write(self.setpoints.index(f"{circuit}.temp_cmd"), temperature_degc)
        yield from self.write(self.setpoints.index(f"{circuit}.flow_cmd"), flow_l_min)
