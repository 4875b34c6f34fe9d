"""The emulated Cascadia Motion inverter: vehicle state machine, enable lockout, discharge, fault words, parameters.

Its three state machines are the tables below. Facts: those of ``drivers.inverters.cascadia_cm``; what happens between
the published states is assumed and never compared with a real inverter. The DC bus is charged by the bench's supply, so
precharge only follows the voltage.
"""

from typing import Any, NamedTuple

import numpy as np

from bench.base.by_reference import by_reference
from bench.base.compiled import compiled
from bench.base.noise import gauss, noise_state, uniform
from bench.canbus.database import Database
from bench.emulators.can_node import CanNode, make_node
from bench.emulators.cascadia_eeprom import COUNT_NS, TIMEOUT_ROW, make_eeprom, may_be, row_of
from bench.emulators.state_table import Event, Machine, StateTable, advance, make_table

FAR_NS = 1 << 60

# --- the vehicle state machine (M170, VsmState) ---
START, PRECHARGE_INIT, PRECHARGE_ACTIVE, PRECHARGE_COMPLETE, WAIT, READY, RUNNING, BLINK_FAULT = range(8)
TESTED, BROKEN, VOLTAGE, CHARGED, ENABLED, CLEARED = (1 << n for n in range(6))
NOTHING, PWM_ON, PWM_OFF, CLOSE_PRECHARGE, CLOSE_MAIN, OPEN_RELAYS = range(6)

_BREAKS = "something breaks"
VSM = Machine(
    title="cascadia_cm, vehicle state machine",
    states={
        START: "start", PRECHARGE_INIT: "precharge init", PRECHARGE_ACTIVE: "precharge active",
        PRECHARGE_COMPLETE: "precharge complete", WAIT: "wait", READY: "ready", RUNNING: "motor running",
        BLINK_FAULT: "blink fault",
    },
    actions={
        NOTHING: "", PWM_ON: "PWM on", PWM_OFF: "PWM off", CLOSE_PRECHARGE: "relay 1 closed",
        CLOSE_MAIN: "relay 2 closed", OPEN_RELAYS: "relays open",
    },
    events=(
        Event(_BREAKS, BROKEN, BROKEN),
        Event("faults cleared", BROKEN | CLEARED, CLEARED),
        Event("self-test passed", TESTED | BROKEN, TESTED),
        Event("DC bus gone", VOLTAGE, 0),
        Event("DC bus rises", VOLTAGE, VOLTAGE),
        Event("DC bus charged", CHARGED, CHARGED),
        Event("enabled", ENABLED, ENABLED),
        Event("disabled", ENABLED, 0),
        Event("at once", 0, 0),
    ),
    rows={
        START: {_BREAKS: (BLINK_FAULT, NOTHING), "self-test passed": (PRECHARGE_INIT, NOTHING)},
        PRECHARGE_INIT: {_BREAKS: (BLINK_FAULT, NOTHING), "DC bus rises": (PRECHARGE_ACTIVE, CLOSE_PRECHARGE)},
        PRECHARGE_ACTIVE: {
            _BREAKS: (BLINK_FAULT, OPEN_RELAYS),
            "DC bus gone": (PRECHARGE_INIT, OPEN_RELAYS),
            "DC bus charged": (PRECHARGE_COMPLETE, CLOSE_MAIN),
        },
        PRECHARGE_COMPLETE: {_BREAKS: (BLINK_FAULT, OPEN_RELAYS), "at once": (WAIT, NOTHING)},
        WAIT: {_BREAKS: (BLINK_FAULT, OPEN_RELAYS), "at once": (READY, NOTHING)},
        READY: {
            _BREAKS: (BLINK_FAULT, OPEN_RELAYS),
            "DC bus gone": (PRECHARGE_INIT, OPEN_RELAYS),
            "enabled": (RUNNING, PWM_ON),
        },
        RUNNING: {_BREAKS: (BLINK_FAULT, PWM_OFF), "disabled": (READY, PWM_OFF)},
        BLINK_FAULT: {"faults cleared": (START, OPEN_RELAYS)},
    },
)  # fmt: skip

# --- the enable lockout (M170, EnableLockout) ---
FREE, LOCKED = 0, 1
DISABLE_SEEN, LOCKS = 1, 2
LOCKOUT = Machine(
    title="cascadia_cm, enable lockout",
    states={FREE: "free", LOCKED: "locked"},
    actions={NOTHING: ""},
    events=(Event("power-up or fault", LOCKS, LOCKS), Event("disable seen", DISABLE_SEEN | LOCKS, DISABLE_SEEN)),
    rows={FREE: {"power-up or fault": (LOCKED, NOTHING)}, LOCKED: {"disable seen": (FREE, NOTHING)}},
)

# --- the active discharge (M170, DischargeState) ---
DISABLED, ALLOWED, SPEED_CHECK, ACTIVE, COMPLETE, ERROR, OVERRIDE, TIMED_OUT = range(8)
EEPROM_ALLOWS, ASKED, SLOW, EMPTY, LONG, PWM = (1 << n for n in range(6))
DISCHARGE_ON, DISCHARGE_OFF, CLOCK = 1, 2, 3
_WITHDRAWN = {"not asked": (ALLOWED, NOTHING)}
DISCHARGE = Machine(
    title="cascadia_cm, discharge",
    states={
        DISABLED: "disabled", ALLOWED: "enabled", SPEED_CHECK: "speed check", ACTIVE: "active", COMPLETE: "complete",
        ERROR: "error", OVERRIDE: "override", TIMED_OUT: "timeout",
    },
    actions={NOTHING: "", DISCHARGE_ON: "discharge on", DISCHARGE_OFF: "discharge off", CLOCK: "clock starts"},
    events=(
        Event("EEPROM forbids", EEPROM_ALLOWS, 0),
        Event("EEPROM allows", EEPROM_ALLOWS, EEPROM_ALLOWS),
        Event("PWM on", PWM, PWM),
        Event("not asked", ASKED, 0),
        Event("asked, disabled", ASKED | PWM, ASKED),
        Event("takes too long", LONG, LONG),
        Event("DC bus empty", EMPTY, EMPTY),
        Event("shaft turns", SLOW, 0),
        Event("shaft slow", SLOW, SLOW),
    ),
    rows={
        DISABLED: {"EEPROM allows": (ALLOWED, NOTHING)},
        ALLOWED: {"EEPROM forbids": (DISABLED, NOTHING), "asked, disabled": (SPEED_CHECK, CLOCK)},
        SPEED_CHECK: {**_WITHDRAWN, "takes too long": (ERROR, NOTHING), "shaft slow": (ACTIVE, DISCHARGE_ON)},
        ACTIVE: {
            "PWM on": (OVERRIDE, DISCHARGE_OFF),
            "not asked": (ALLOWED, DISCHARGE_OFF),
            "takes too long": (TIMED_OUT, DISCHARGE_OFF),
            "DC bus empty": (COMPLETE, DISCHARGE_OFF),
            "shaft turns": (ERROR, DISCHARGE_OFF),
        },
        COMPLETE: _WITHDRAWN,
        ERROR: _WITHDRAWN,
        OVERRIDE: _WITHDRAWN,
        TIMED_OUT: _WITHDRAWN,
    },
)  # fmt: skip

MACHINES = (VSM, LOCKOUT, DISCHARGE)

OVERSPEED, OVER_VOLTAGE, DIRECTION, UNDER_VOLTAGE, COMMAND_LOST, MOTOR_HOT = 0, 2, 6, 10, 11, 12
"""Bits of the run fault word that this inverter can find by itself."""

SELF_TEST_NS = 200_000_000
DISCHARGE_NS = 10_000_000_000
VOLTAGE_V, EMPTY_V, SLOW_RPM = 20.0, 10.0, 100.0
FAULT_CLEAR = 20
CLOSED_LOOP, STOPPED = 3.0, 1.0

# places in the node's own image
(
    TORQUE_CMD, DIRECTION_CMD, ENABLE_CMD, DISCHARGE_CMD, SPEED_MODE_CMD, TORQUE_LIMIT_CMD, ASKED_ADDRESS, ASKED_WRITE,
    ASKED_DATA, OIL_TEMP, COOLANT_TEMP, HOT_SPOT, MOTOR_TEMP, SPEED, DC_CURRENT, DC_VOLTAGE, VSM_STATE, INVERTER_STATE,
    RELAY_1, RELAY_2, RUN_MODE, DISCHARGE_STATE, COUNTER, IS_ENABLED, IS_LOCKED, IS_FORWARD, LIMIT_HOT_SPOT,
    POST_FAULT, RUN_FAULT, TORQUE_ECHO, TORQUE_EST, POWER_ON, CAPABILITY, ADDRESS, WRITE_OK, DATA,
) = range(36)  # fmt: skip

_PLACES = {
    ("M192_COMMAND", "TorqueCommand"): TORQUE_CMD,
    ("M192_COMMAND", "Direction"): DIRECTION_CMD,
    ("M192_COMMAND", "InverterEnable"): ENABLE_CMD,
    ("M192_COMMAND", "InverterDischarge"): DISCHARGE_CMD,
    ("M192_COMMAND", "SpeedMode"): SPEED_MODE_CMD,
    ("M192_COMMAND", "TorqueLimit"): TORQUE_LIMIT_CMD,
    ("M193_PARAMETER_REQUEST", "Address"): ASKED_ADDRESS,
    ("M193_PARAMETER_REQUEST", "Write"): ASKED_WRITE,
    ("M193_PARAMETER_REQUEST", "Data"): ASKED_DATA,
    ("M160_TEMPERATURES_1", "ModuleA"): HOT_SPOT,
    ("M160_TEMPERATURES_1", "ModuleB"): HOT_SPOT,
    ("M160_TEMPERATURES_1", "ModuleC"): HOT_SPOT,
    ("M161_TEMPERATURES_2", "Rtd1"): OIL_TEMP,
    ("M162_TEMPERATURES_3", "Coolant"): COOLANT_TEMP,
    ("M162_TEMPERATURES_3", "HotSpot"): HOT_SPOT,
    ("M162_TEMPERATURES_3", "Motor"): MOTOR_TEMP,
    ("M165_MOTOR_POSITION", "Speed"): SPEED,
    ("M166_CURRENTS", "DcBusCurrent"): DC_CURRENT,
    ("M167_VOLTAGES", "DcBusVoltage"): DC_VOLTAGE,
    ("M170_STATES", "VsmState"): VSM_STATE,
    ("M170_STATES", "InverterState"): INVERTER_STATE,
    ("M170_STATES", "Relay1"): RELAY_1,
    ("M170_STATES", "Relay2"): RELAY_2,
    ("M170_STATES", "RunMode"): RUN_MODE,
    ("M170_STATES", "DischargeState"): DISCHARGE_STATE,
    ("M170_STATES", "RollingCounter"): COUNTER,
    ("M170_STATES", "InverterEnable"): IS_ENABLED,
    ("M170_STATES", "EnableLockout"): IS_LOCKED,
    ("M170_STATES", "DirectionCommand"): IS_FORWARD,
    ("M170_STATES", "LimitHotSpot"): LIMIT_HOT_SPOT,
    ("M171_FAULTS", "PostFault"): POST_FAULT,
    ("M171_FAULTS", "RunFault"): RUN_FAULT,
    ("M172_TORQUE", "CommandedTorque"): TORQUE_ECHO,
    ("M172_TORQUE", "TorqueFeedback"): TORQUE_EST,
    ("M172_TORQUE", "PowerOnTimer"): POWER_ON,
    ("M176_FAST", "TorqueCommand"): TORQUE_ECHO,
    ("M176_FAST", "TorqueFeedback"): TORQUE_EST,
    ("M176_FAST", "Speed"): SPEED,
    ("M176_FAST", "DcBusVoltage"): DC_VOLTAGE,
    ("M177_TORQUE_CAPABILITY", "TorqueCapability"): CAPABILITY,
    ("M194_PARAMETER_ANSWER", "Address"): ADDRESS,
    ("M194_PARAMETER_ANSWER", "WriteOk"): WRITE_OK,
    ("M194_PARAMETER_ANSWER", "Data"): DATA,
}
_COMMAND, _REQUEST = 0, 1
_HEARD = ("M192_COMMAND", "M193_PARAMETER_REQUEST")
_ANSWER = 0
_SENT = (
    "M194_PARAMETER_ANSWER", "M160_TEMPERATURES_1", "M161_TEMPERATURES_2", "M162_TEMPERATURES_3", "M163_ANALOG",
    "M164_DIGITAL", "M165_MOTOR_POSITION", "M166_CURRENTS", "M167_VOLTAGES", "M168_FLUX", "M169_REFERENCES",
    "M170_STATES", "M171_FAULTS", "M172_TORQUE", "M176_FAST", "M177_TORQUE_CAPABILITY",
)  # fmt: skip

CM_STATE = np.dtype(
    [
        *((name, "i8") for name in ("present", "vsm", "lockout", "discharge", "post", "run", "requests")),
        *((name, "i8") for name in ("since_ns", "broken_ns", "mended_ns", "cleared", "eeprom_allows")),
        ("broken_bit", "i8"),
        *((name, "f8") for name in ("pwm_on", "discharge_on", "relay_1", "relay_2", "direction", "mount", "charged_v")),
        *((name, "f8") for name in ("torque_gain", "voltage_gain", "current_gain", "speed_max", "voltage_max")),
        ("winding_max", "f8"),
    ],
    align=True,
)
"""``broken_ns`` to ``mended_ns`` set bit ``broken_bit`` of the run fault word: that is where a fault is injected.
``mount`` -1: the machine turns in the inverter's reverse direction when the vehicle goes forward."""


@by_reference
class CmInverter(NamedTuple):
    """The inverter's node on the wire, its state, its noise and its tables."""

    node: CanNode
    state: np.ndarray
    eeprom: np.ndarray
    noise: np.ndarray
    vsm: StateTable
    lockout: StateTable
    discharge: StateTable


class Plate(NamedTuple):
    """What this inverter was set up for: limits, EEPROM, mounting."""

    charged_v: float
    voltage_max_v: float
    speed_max_rpm: float
    winding_max_degc: float
    timeout_ms: float
    forward: bool
    may_discharge: bool = True
    parameters: tuple[tuple[int, int], ...] = ()
    """Further ones, by address."""


def make_cascadia(database: Database, seed: int, plate: Plate | None) -> CmInverter:
    """An inverter that has just been powered; without ``plate`` there is none on this bench."""
    present = plate is not None
    node = make_node(1, 0, database, _HEARD if present else (), _SENT if present else (), _PLACES, 36)
    noise = noise_state(seed, "cascadia_cm")
    state = np.zeros(1, CM_STATE)
    own = state[0]
    own["lockout"], own["mount"] = LOCKED, 1.0
    own["broken_ns"] = own["mended_ns"] = FAR_NS
    for name, part in (("torque_gain", 0.01), ("voltage_gain", 0.005), ("current_gain", 0.005)):
        own[name] = 1.0 + part * (2.0 * uniform(noise) - 1.0)
    eeprom = make_eeprom(0.0, {})
    if plate is not None:
        eeprom = make_eeprom(plate.timeout_ms, dict(plate.parameters))
        own["present"], own["eeprom_allows"] = 1, int(plate.may_discharge)
        own["charged_v"], own["voltage_max"] = plate.charged_v, plate.voltage_max_v
        own["speed_max"], own["winding_max"] = plate.speed_max_rpm, plate.winding_max_degc
        own["mount"] = 1.0 if plate.forward else -1.0
        own["direction"] = float(plate.forward)  # until it is told one, it counts torque as the vehicle does (assumed)
    return CmInverter(node, state, eeprom, noise, *(make_table(machine) for machine in MACHINES))


@compiled
def control(cm: CmInverter, plant_in: Any, plant_out: Any, t_ns: int) -> None:
    """One millisecond of the inverter: answer, judge, walk the state tables, drive the machine."""
    image, own = cm.node.image, cm.state[0]
    if cm.node.rx_state[_REQUEST].ok != own.requests:
        own.requests = cm.node.rx_state[_REQUEST].ok
        _answer(cm, t_ns)
    _find_faults(cm, plant_out, t_ns)
    broken = own.run != 0 or own.post != 0
    fresh = cm.node.rx_state[_COMMAND].ok != 0
    enable = fresh and image[ENABLE_CMD].value > 0.5
    locks = (LOCKS if broken or own.vsm == START else 0) | (DISABLE_SEEN if fresh and not enable else 0)
    own.lockout, _ = advance(cm.lockout, own.lockout, locks)
    enabled = enable and own.lockout == FREE
    _walk(cm, plant_out, enabled, broken, t_ns)
    _discharge(cm, plant_out, enable, t_ns)
    driving = own.pwm_on > 0.5 and image[SPEED_MODE_CMD].value < 0.5
    torque, limit = (image[TORQUE_CMD].value if driving else 0.0), image[TORQUE_LIMIT_CMD].value
    if limit > 0.0:
        torque = min(max(torque, -limit), limit)
    torque *= own.mount if own.direction > 0.5 else -own.mount
    # what it cannot do it does not try; M177 tells
    plant_in.torque_request_nm = min(max(torque, plant_out.torque_min_nm), plant_out.torque_max_nm)
    plant_in.pwm_on = own.pwm_on
    plant_in.short_circuit = 0.0
    plant_in.discharge_on = own.discharge_on


@compiled
def _find_faults(cm: CmInverter, plant_out: Any, t_ns: int) -> None:
    """Every fault is kept until it is cleared."""
    image, own, heard = cm.node.image, cm.state[0], cm.node.rx_state[_COMMAND]
    word = own.run
    if own.broken_ns <= t_ns < own.mended_ns:
        word |= 1 << own.broken_bit
    timeout_ns = cm.eeprom[TIMEOUT_ROW].value * COUNT_NS
    if timeout_ns != 0 and heard.ok != 0 and t_ns - heard.good_ns > timeout_ns:
        word |= 1 << COMMAND_LOST
    if abs(plant_out.speed_motor_rpm) > own.speed_max:
        word |= 1 << OVERSPEED
    if plant_out.u_dc_v > own.voltage_max:
        word |= 1 << OVER_VOLTAGE
    if plant_out.winding_degc > own.winding_max:
        word |= 1 << MOTOR_HOT
    if own.pwm_on > 0.5:
        if plant_out.u_dc_v < 0.5 * own.charged_v:
            word |= 1 << UNDER_VOLTAGE
        if image[ENABLE_CMD].value > 0.5 and image[DIRECTION_CMD].value != own.direction:
            word |= 1 << DIRECTION
    own.run = word


@compiled
def _walk(cm: CmInverter, plant_out: Any, enabled: bool, broken: bool, t_ns: int) -> None:
    """The vehicle state machine."""
    own = cm.state[0]
    bits = (TESTED if t_ns >= SELF_TEST_NS else 0) | (BROKEN if broken else 0) | (ENABLED if enabled else 0)
    bits |= (VOLTAGE if plant_out.u_dc_v > VOLTAGE_V else 0) | (CHARGED if plant_out.u_dc_v > own.charged_v else 0)
    bits |= CLEARED if own.cleared != 0 else 0
    own.vsm, action = advance(cm.vsm, own.vsm, bits)
    if action == PWM_ON:
        own.pwm_on, own.direction = 1.0, cm.node.image[DIRECTION_CMD].value
    elif action == PWM_OFF:
        own.pwm_on = 0.0
    elif action == CLOSE_PRECHARGE:
        own.relay_1 = 1.0
    elif action == CLOSE_MAIN:
        own.relay_1, own.relay_2 = 0.0, 1.0
    elif action == OPEN_RELAYS:
        own.relay_1 = own.relay_2 = 0.0
    if broken or own.vsm == START:
        own.cleared = 0


@compiled
def _discharge(cm: CmInverter, plant_out: Any, enable: bool, t_ns: int) -> None:
    image, own = cm.node.image, cm.state[0]
    bits = (EEPROM_ALLOWS if own.eeprom_allows != 0 else 0) | (PWM if own.pwm_on > 0.5 else 0)
    bits |= ASKED if image[DISCHARGE_CMD].value > 0.5 and (own.pwm_on > 0.5 or not enable) else 0
    bits |= SLOW if abs(plant_out.speed_motor_rpm) < SLOW_RPM else 0
    bits |= EMPTY if plant_out.u_dc_v < EMPTY_V else 0
    bits |= LONG if t_ns - own.since_ns > DISCHARGE_NS else 0
    own.discharge, action = advance(cm.discharge, own.discharge, bits)
    if action == CLOCK:
        own.since_ns = t_ns
    elif action in (DISCHARGE_ON, DISCHARGE_OFF):
        own.discharge_on = 1.0 if action == DISCHARGE_ON else 0.0


@compiled
def _answer(cm: CmInverter, t_ns: int) -> None:
    """M194 to the M193 that has come: one parameter read or written, or address 0 when there is none."""
    image, own = cm.node.image, cm.state[0]
    address, writes, value = image[ASKED_ADDRESS].value, image[ASKED_WRITE].value > 0.5, image[ASKED_DATA].value
    image[ADDRESS].value, image[WRITE_OK].value, image[DATA].value = address, 0.0, 0.0
    row = row_of(cm.eeprom, address)
    if row >= 0:
        if writes and may_be(row, value):
            cm.eeprom[row].value = int(value)
            image[WRITE_OK].value = 1.0
        image[DATA].value = cm.eeprom[row].value
    elif address == FAULT_CLEAR:
        if writes and value == 0.0:
            own.run, own.post, own.cleared = 0, 0, 1
            image[WRITE_OK].value = 1.0
    else:
        image[ADDRESS].value = 0.0
    cm.node.due_ns[_ANSWER] = t_ns


@compiled
def tell(cm: CmInverter, plant_out: Any, t_ns: int) -> None:
    """Fill the status frames with what the inverter's own sensors see."""
    image, own, noise = cm.node.image, cm.state[0], cm.noise
    sense = own.mount if own.direction > 0.5 else -own.mount
    image[OIL_TEMP].value = plant_out.oil_degc
    image[COOLANT_TEMP].value = plant_out.coolant_out_degc
    image[HOT_SPOT].value = plant_out.junction_degc
    image[MOTOR_TEMP].value = plant_out.winding_degc
    image[SPEED].value = plant_out.speed_motor_rpm * own.mount
    image[DC_CURRENT].value = plant_out.i_dc_a * own.current_gain
    image[DC_VOLTAGE].value = plant_out.u_dc_v * own.voltage_gain
    image[VSM_STATE].value = own.vsm
    image[INVERTER_STATE].value = CLOSED_LOOP if own.vsm == RUNNING else 0.0 if own.vsm == START else STOPPED
    image[RELAY_1].value, image[RELAY_2].value = own.relay_1, own.relay_2
    image[RUN_MODE].value = image[SPEED_MODE_CMD].value
    image[DISCHARGE_STATE].value = own.discharge
    image[COUNTER].value = (t_ns // 100_000_000) % 16
    image[IS_ENABLED].value = own.pwm_on
    image[IS_LOCKED].value = own.lockout
    image[IS_FORWARD].value = own.direction
    image[LIMIT_HOT_SPOT].value = 1.0 if plant_out.derating < 0.999 else 0.0
    image[POST_FAULT].value, image[RUN_FAULT].value = own.post, own.run
    image[TORQUE_ECHO].value = image[TORQUE_CMD].value
    image[TORQUE_EST].value = sense * plant_out.torque_shaft_nm * own.torque_gain + 0.1 * gauss(noise)
    image[POWER_ON].value = t_ns * 1e-9
    image[CAPABILITY].value = max(plant_out.torque_max_nm, 0.0)
