"""The channels of a bench by layout: names, units, meaning. The names are contracts (``part.quantity``)."""

import re
from collections.abc import Iterator
from typing import Literal

from pydantic_core import PydanticCustomError

from bench.base.channel import Channel, Channels
from bench.base.units import Unit
from bench.config.insulation import MONITOR_ROWS
from bench.config.monitors import monitor_channel
from bench.config.quantity import quantity
from bench.config.scanner import OPEN_ROW
from bench.config.suggest import suggestion

Layout = Literal["e_axle", "motor"]
"""``e_axle``: whole drive unit, a dyno and flange at each half-shaft; ``motor``: one dyno and flange at the motor."""

SIDES: dict[str, tuple[str, ...]] = {"e_axle": ("l", "r"), "motor": ("m",)}

_DUT = """
dut.torque_cmd Nm set-point: torque at the motor shaft
dut.state_request 1 set-point: 0 off, 1 ready, 2 run
dut.discharge_cmd 1 set-point: discharge the DC link
dut.short_circuit_cmd 1 set-point: short-circuit the phases
dut.state 1 0 off, 1 precharge, 2 ready, 3 run, 4 derate, 5 fault, 6 discharge
dut.torque_est Nm the inverter's own estimate
dut.torque_echo Nm the request as the inverter understood it
dut.torque_max Nm what the inverter can reach now
dut.torque_min Nm what the inverter can reach now
dut.speed rpm motor shaft
dut.derating 1 the inverter limits the torque
dut.dc_voltage V inverter's DC link
dut.dc_current A the inverter's own sensor
dut.field_current A rotor excitation
dut.winding_temp degC stator winding
dut.rotor_temp degC rotor winding or magnets
dut.junction_temp degC power semiconductors
dut.oil_temp degC sump
dut.coolant_temp degC at the inverter
dut.fault_code 1 the inverter's own fault number
dut.serial 1 serial number of the unit
dut.software 1 software version of the unit
"""

_IO = """
coolant.temp_cmd degC set-point: at the inlet
coolant.flow_cmd l/min set-point
oil.temp_cmd degC set-point: at the inlet
oil.flow_cmd l/min set-point
io.contactor_cmd 1 set-point: close the contactors
io.chain_request 1 set-point: 1 keeps the hardware chain closed
io.watchdog 1 set-point: toggled by the core with each frame
io.lamp_voltage 1 warning lamp: voltage on either side of the contactors, or nobody knows
io.lamp_turning 1 warning lamp: a shaft turns, or nobody knows
io.shunt_cmd 1 set-point: 1 makes the torque flanges add their shunt signal
coolant.temp_in degC at the inlet of the DUT
coolant.temp_out degC at the outlet of the DUT
coolant.flow l/min
coolant.pressure bar
oil.temp degC at the inlet of the DUT
oil.flow l/min
oil.pressure bar
io.chain_closed 1 the hardware chain
io.door_closed 1 the test cell's door
io.key_switch 1 the operator's key
io.hvil_closed 1 interlock of the high-voltage connectors
io.contactor_plus 1 auxiliary contact
io.contactor_minus 1 auxiliary contact
io.watchdog_relay 1 the relay sees the watchdog alive
io.fire 1 the fire detector has tripped
io.leak 1 the leak detector has tripped
imd.insulation ohm both rails to earth
"""

_SUPPLY = """
supply.voltage_cmd V set-point
supply.current_cmd A set-point: source limit
supply.sink_current_cmd A set-point: sink limit, positive
supply.output_cmd 1 set-point: output on
supply.voltage V at the supply's terminals
supply.current A negative: the supply sinks
supply.power W negative: the supply sinks
supply.output 1 output on
supply.alarm 1 any alarm
supply.control 1 0 ours, 1 somebody else's, 2 its set-up is lost
"""

_ANALYZER = """
dc.voltage V at the DUT's DC terminals
dc.current A positive into the DUT
dc.power W positive into the DUT
dc.voltage_range V range in force
dc.current_range A range in force, primary
ac.voltage V phase, rms; of the lines' voltage with 3P3W and 3V3A
ac.current A phase, rms
ac.power W sum of the phases, positive into the motor
ac.frequency Hz electrical
ac.voltage_range V range in force, of what the inputs see
ac.current_range A range in force, primary
field.voltage V rotor excitation
field.current A rotor excitation
field.power W rotor excitation
field.voltage_range V range in force
field.current_range A range in force, primary
aux.power W 12 V supply of the DUT
aux.voltage_range V range in force
aux.current_range A range in force
"""

_DYNO = """
dyno_{0}.speed_cmd rpm set-point: speed to hold
dyno_{0}.enable_cmd 1 set-point: hold speed
dyno_{0}.speed rpm
dyno_{0}.torque Nm the drive's estimate, positive when it drives the shaft forward
dyno_{0}.state 1 0 standby, 1 holding speed, 2 error, 3 under manual control, 4 restarted: set-up lost
"""

_FLANGE = """
flange_{0}.torque Nm positive when the DUT drives the shaft forward
flange_{0}.speed rpm positive forward
flange_{0}.power W positive when the DUT drives
"""


_CORE = """
core.late_cycles 1 cycles of the core that came late or not at all, since the start
core.cycle_jitter_max s the latest beginning of a cycle in the last second
core.frames_skipped 1 frames not sent since their time had passed, since the start
core.torque_apart 1 torque at the flanges less the inverter's, as a share of what may be between them
"""


def bench_channels(layout: str, more: str = "") -> Channels:
    """All channels of a bench of ``layout``, in image order; ``more``: rows of what single parts add."""
    sides = SIDES[layout]
    shafts = [table.format(side) for table in (_DYNO, _FLANGE) for side in sides]
    tables = (_DUT, _IO, _SUPPLY, _ANALYZER, *shafts, _CORE, more)
    return Channels(channel for table in tables for channel in _rows(table))


_OURS = ("io.chain_request", "io.watchdog", "io.lamp_voltage", "io.lamp_turning")


def is_commanded(name: str) -> bool:
    """Whether the channel's values are the core's own: nobody tells them, and they are never lost."""
    return name.endswith("_cmd") or name in _OURS


def _rows(table: str) -> Iterator[Channel]:
    for row in filter(None, table.splitlines()):
        name, unit, *description = row.split(" ", 2)
        yield Channel(name, Unit(unit), description[0] if description else "")


ALL_NAMES: dict[str, Channel] = {c.name: c for layout in SIDES for c in bench_channels(layout, OPEN_ROW + MONITOR_ROWS)}
"""Every channel of any layout, by name."""
_THERMOCOUPLE = re.compile(r"scanner\.[a-z][a-z0-9_]*_temp")


def find_channel(name: str) -> Channel | None:
    """The channel ``name``, also of a CAN monitor or a thermocouple, if it has a channel's form."""
    if _THERMOCOUPLE.fullmatch(name):
        return Channel(name, Unit.DEGC)
    return ALL_NAMES.get(name) or monitor_channel(name)


def known_channel(name: str) -> Channel:
    """``find_channel``; the validation error suggests the nearest."""
    found = find_channel(name)
    if found is None:
        text = f"channel {name!r} is not known; {suggestion(name, ALL_NAMES)}"
        raise PydanticCustomError("name", "{text}", {"text": text})
    return found


def channel_value(name: str, value: object, difference: bool = False) -> float:
    """``value`` (text with unit) in the unit of channel ``name``; ``difference``: of temperatures, in K."""
    unit = known_channel(name).unit
    return quantity(value, Unit.KELVIN if difference and unit is Unit.DEGC else unit)
