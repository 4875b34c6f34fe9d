"""The emulated inverter (electronic control unit of the EDU): a full peer on the first CAN channel.

It obeys torque frames that are fresh and right, loses torque 50 ms after the last good one, derates by temperature,
and keeps PWM until the field has decayed. Its state machine is the table below.
"""

from typing import Any, NamedTuple

import numpy as np

from bench.base.by_reference import by_reference
from bench.base.compiled import compiled
from bench.base.noise import gauss, noise_state, uniform
from bench.canbus.database import Database
from bench.emulators.can_node import CanNode, make_node
from bench.emulators.state_table import Event, Machine, StateTable, advance, make_table

OFF, PRECHARGE, READY, RUN, DERATE, FAULT, DISCHARGE = range(7)

# conditions, as bits
(
    WANTS_READY, WANTS_RUN, WANTS_DISCHARGE, LINK_CHARGED, DERATING, BROKEN, MAY_DROP_PWM, AWAKE,
) = (1 << n for n in range(8))  # fmt: skip

NOTHING, PWM_ON, PWM_OFF, DISCHARGE_ON, DISCHARGE_OFF = range(5)

MACHINE = Machine(
    title="gen5",
    states={OFF: "off", PRECHARGE: "precharge", READY: "ready", RUN: "run", DERATE: "derate", FAULT: "fault",
            DISCHARGE: "discharge"},
    actions={NOTHING: "", PWM_ON: "PWM on", PWM_OFF: "PWM off", DISCHARGE_ON: "discharge on",
             DISCHARGE_OFF: "discharge off"},
    events=(
        Event("something breaks", BROKEN, BROKEN),
        Event("off requested, nothing broken", WANTS_READY | BROKEN, 0),
        Event("off requested", WANTS_READY, 0),
        Event("run not requested, field decayed", WANTS_RUN | MAY_DROP_PWM, MAY_DROP_PWM),
        Event("limits reduced", DERATING, DERATING),
        Event("limits full", DERATING, 0),
        Event("ready requested, awake", WANTS_READY | WANTS_DISCHARGE | AWAKE, WANTS_READY | AWAKE),
        Event("discharge requested", WANTS_READY | WANTS_DISCHARGE, WANTS_DISCHARGE),
        Event("discharge not requested", WANTS_DISCHARGE, 0),
        Event("DC link charged", LINK_CHARGED, LINK_CHARGED),
        Event("run requested, DC link charged", WANTS_RUN | LINK_CHARGED, WANTS_RUN | LINK_CHARGED),
    ),
    rows={
        OFF: {"ready requested, awake": (PRECHARGE, NOTHING), "discharge requested": (DISCHARGE, DISCHARGE_ON)},
        PRECHARGE: {"off requested": (OFF, NOTHING), "DC link charged": (READY, NOTHING)},
        READY: {
            "something breaks": (FAULT, NOTHING),
            "off requested": (OFF, NOTHING),
            "run requested, DC link charged": (RUN, PWM_ON),
        },
        RUN: {
            "something breaks": (FAULT, PWM_OFF),
            "run not requested, field decayed": (READY, PWM_OFF),
            "limits reduced": (DERATE, NOTHING),
        },
        DERATE: {
            "something breaks": (FAULT, PWM_OFF),
            "run not requested, field decayed": (READY, PWM_OFF),
            "limits full": (RUN, NOTHING),
        },
        FAULT: {"off requested, nothing broken": (OFF, NOTHING)},
        DISCHARGE: {"discharge not requested": (OFF, DISCHARGE_OFF)},
    },
)  # fmt: skip

FAR_NS = 1 << 60
COMMAND_LOST_NS = 50_000_000
FAULT_COMMAND_LOST = 1
FAULT_BROKEN = 2
FAULT_NO_BATTERY = 3
SILENT_CYCLES = 3.5  # after which a message counts as absent

# places in the node's own image
(
    STATE_REQUEST, TORQUE_REQUEST, DISCHARGE_REQUEST, SHORT_CIRCUIT_REQUEST, STATE, TORQUE_EST, SPEED, TORQUE_MAX,
    TORQUE_MIN, TORQUE_ECHO, IS_DERATING, DC_VOLTAGE, DC_CURRENT, FIELD_CURRENT, WINDING_TEMP, ROTOR_TEMP,
    JUNCTION_TEMP, OIL_TEMP, COOLANT_TEMP, FAULT_CODE, DERATE_REASON, SERIAL, SOFTWARE, TERMINAL_15, GEAR, CONTACTORS,
) = range(26)  # fmt: skip

_PLACES = {
    ("VCU_TORQUE_CMD", "StateRequest"): STATE_REQUEST,
    ("VCU_TORQUE_CMD", "TorqueRequest"): TORQUE_REQUEST,
    ("VCU_TORQUE_CMD", "DischargeRequest"): DISCHARGE_REQUEST,
    ("VCU_TORQUE_CMD", "ShortCircuitRequest"): SHORT_CIRCUIT_REQUEST,
    ("EDU_STATUS", "State"): STATE,
    ("EDU_STATUS", "TorqueEst"): TORQUE_EST,
    ("EDU_STATUS", "Speed"): SPEED,
    ("EDU_LIMITS", "TorqueMax"): TORQUE_MAX,
    ("EDU_LIMITS", "TorqueMin"): TORQUE_MIN,
    ("EDU_LIMITS", "TorqueEcho"): TORQUE_ECHO,
    ("EDU_LIMITS", "Derating"): IS_DERATING,
    ("EDU_DC", "DcVoltage"): DC_VOLTAGE,
    ("EDU_DC", "DcCurrent"): DC_CURRENT,
    ("EDU_DC", "FieldCurrent"): FIELD_CURRENT,
    ("EDU_TEMPS_1", "WindingTemp"): WINDING_TEMP,
    ("EDU_TEMPS_1", "RotorTemp"): ROTOR_TEMP,
    ("EDU_TEMPS_1", "JunctionTemp"): JUNCTION_TEMP,
    ("EDU_TEMPS_2", "OilTemp"): OIL_TEMP,
    ("EDU_TEMPS_2", "CoolantTemp"): COOLANT_TEMP,
    ("EDU_FAULT", "FaultCode"): FAULT_CODE,
    ("EDU_FAULT", "DerateReason"): DERATE_REASON,
    ("EDU_IDENT", "Serial"): SERIAL,
    ("EDU_IDENT", "Software"): SOFTWARE,
}
_PLACES |= {
    ("VCU_TERMINAL", "Terminal15"): TERMINAL_15,
    ("VCU_GEAR", "Gear"): GEAR,
    ("BMS_STATUS", "Contactors"): CONTACTORS,
}
_HEARD = ("VCU_TORQUE_CMD", "VCU_TERMINAL", "VCU_GEAR", "BMS_STATUS", "VCU_NM")
_COMMAND, _TERMINAL, _GEAR, _BATTERY, _NETWORK = range(5)
_REVERSE, _DRIVE = 1.0, 3.0
_CLOSED = 2.0
_SENT = ("EDU_STATUS", "EDU_LIMITS", "EDU_DC", "EDU_TEMPS_1", "EDU_TEMPS_2", "EDU_FAULT", "EDU_IDENT")

ECU_STATE = np.dtype(
    [("state", "i8"), ("command_lost", "i8"), ("torque_gain", "f8"), ("voltage_gain", "f8"), ("current_gain", "f8"),
     ("charged_v", "f8"), ("has_field", "i8"), ("pwm_on", "f8"), ("discharge_on", "f8"), ("broken_ns", "i8"),
     ("mended_ns", "i8"), ("broken_bit", "i8"), ("no_battery", "i8")],
    align=True,
)  # fmt: skip
"""From ``broken_ns`` until ``mended_ns`` something inside is broken: that is where a fault is injected."""


@by_reference
class Ecu(NamedTuple):
    """The inverter's node on the wire, its state and its noise."""

    node: CanNode
    state: np.ndarray
    noise: np.ndarray
    table: StateTable


def make_ecu(
    database: Database, seed: int, serial: int, software: int, charged_v: float, has_field: bool, present: bool = True
) -> Ecu:
    """An inverter that is off, or none at all (not ``present``).

    Its own sensors err by up to 1 % (torque) and 0.5 % (DC), drawn once from the seed.
    """
    node = make_node(1, 0, database, _HEARD if present else (), _SENT if present else (), _PLACES, 26)
    node.image["value"][[SERIAL, SOFTWARE]] = serial, software
    noise = noise_state(seed, "ecu")
    state = np.zeros(1, ECU_STATE)
    draws = [2.0 * uniform(noise) - 1.0 for _ in range(3)]
    state[0] = (
        OFF,
        1,
        1.0 + 0.01 * draws[0],
        1.0 + 0.005 * draws[1],
        1.0 + 0.005 * draws[2],
        charged_v,
        int(has_field),
        0.0,
        0.0,
        FAR_NS,
        FAR_NS,
        0,
        1,
    )
    return Ecu(node, state, noise, make_table(MACHINE))


@compiled
def _here(ecu: Ecu, message: int, t_ns: int) -> bool:
    """Whether a message of the vehicle comes, and comes right."""
    heard = ecu.node.rx_state[message]
    silent_ns = SILENT_CYCLES * ecu.node.receives.messages[message].period_ns
    return bool(heard.ok > 0 and t_ns - heard.good_ns <= silent_ns)


@compiled
def _conditions(ecu: Ecu, plant_out: Any, t_ns: int) -> int:
    image, own = ecu.node.image, ecu.state[0]
    bits = BROKEN if own.broken_ns <= t_ns < own.mended_ns else 0
    if _here(ecu, _TERMINAL, t_ns) and image[TERMINAL_15].value == 1.0 and _here(ecu, _NETWORK, t_ns):
        bits |= AWAKE
    own.no_battery = not _here(ecu, _BATTERY, t_ns) or image[CONTACTORS].value != _CLOSED
    if image[STATE_REQUEST].value >= 1.0:
        bits |= WANTS_READY
        if own.no_battery:
            bits |= BROKEN
    if image[STATE_REQUEST].value >= 2.0:
        bits |= WANTS_RUN
    if image[DISCHARGE_REQUEST].value >= 0.5:
        bits |= WANTS_DISCHARGE
    if plant_out.u_dc_v > own.charged_v:
        bits |= LINK_CHARGED
    if plant_out.derating < 0.999:
        bits |= DERATING
    # a field that still induces more than the DC link would make an uncontrolled generator of the machine
    if own.has_field == 0 or plant_out.i_f_a < 0.5 or abs(plant_out.speed_motor_rpm) < 100.0:
        bits |= MAY_DROP_PWM
    return bits


@compiled
def control(ecu: Ecu, plant_in: Any, plant_out: Any, t_ns: int) -> None:
    """One millisecond of the inverter: judge the command, walk the state table, drive the machine."""
    image, own = ecu.node.image, ecu.state[0]
    heard = ecu.node.rx_state[_COMMAND]
    if t_ns - heard.good_ns > COMMAND_LOST_NS or heard.ok == 0:
        own.command_lost = 1
    else:
        own.command_lost = 0
    own.state, action = advance(ecu.table, own.state, _conditions(ecu, plant_out, t_ns))
    if action in (PWM_ON, PWM_OFF):
        own.pwm_on = 1.0 if action == PWM_ON else 0.0
    elif action in (DISCHARGE_ON, DISCHARGE_OFF):
        own.discharge_on = 1.0 if action == DISCHARGE_ON else 0.0
    driving = own.pwm_on > 0.5
    engaged = _here(ecu, _GEAR, t_ns) and (image[GEAR].value == _DRIVE or image[GEAR].value == _REVERSE)
    torque = image[TORQUE_REQUEST].value if driving and engaged and own.command_lost == 0 else 0.0
    torque = min(
        max(torque, plant_out.torque_min_nm), plant_out.torque_max_nm
    )  # what it cannot do it does not try; TorqueMax tells
    plant_in.torque_request_nm = torque
    plant_in.pwm_on = own.pwm_on
    plant_in.short_circuit = 1.0 if image[SHORT_CIRCUIT_REQUEST].value >= 0.5 and not driving else 0.0
    plant_in.discharge_on = own.discharge_on


@compiled
def tell(ecu: Ecu, plant_out: Any) -> None:
    """Fill the status frames with what the inverter's own sensors see."""
    image, own, noise = ecu.node.image, ecu.state[0], ecu.noise
    image[STATE].value = own.state
    image[TORQUE_EST].value = plant_out.torque_shaft_nm * own.torque_gain + 0.1 * gauss(noise)
    image[SPEED].value = plant_out.speed_motor_rpm
    image[TORQUE_MAX].value = plant_out.torque_max_nm
    image[TORQUE_MIN].value = plant_out.torque_min_nm
    image[TORQUE_ECHO].value = image[TORQUE_REQUEST].value
    image[IS_DERATING].value = 1.0 if own.state == DERATE else 0.0
    image[DC_VOLTAGE].value = max(plant_out.u_dc_v * own.voltage_gain, 0.0)
    image[DC_CURRENT].value = plant_out.i_dc_a * own.current_gain
    image[FIELD_CURRENT].value = plant_out.i_f_a
    image[WINDING_TEMP].value = plant_out.winding_degc
    image[ROTOR_TEMP].value = plant_out.rotor_degc
    image[JUNCTION_TEMP].value = plant_out.junction_degc
    image[OIL_TEMP].value = plant_out.oil_degc
    image[COOLANT_TEMP].value = plant_out.coolant_out_degc
    lost = own.command_lost != 0 and own.state != OFF
    of_battery = FAULT_NO_BATTERY if own.no_battery != 0 else FAULT_BROKEN
    image[FAULT_CODE].value = of_battery if own.state == FAULT else FAULT_COMMAND_LOST if lost else 0.0
