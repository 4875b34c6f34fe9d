"""The bench's periphery behind whichever wire: hardware chain, relay, contactors, lamps, coolant, oil, insulation.

What is commanded and what is told lies in two plain vectors in the order of ``COMMANDED`` and ``TOLD``; nodes on CAN
and servers on Modbus carry them. The chain opens when the bench asks for it, when a scripted fault does, or when the
sign of life has been missing for the relay's time. An open chain takes the inverter's torque first and the contactors
half a second later (SS1-t).
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from bench.base.by_reference import by_reference
from bench.base.compiled import compiled
from bench.base.noise import gauss, noise_state
from bench.base.units import Unit, parse
from bench.emulators.insulation import FAULT_OHM, WARNING_OHM, make_monitor, measure, restart
from bench.schedule.faults import Fault

RELAY_NS = 100_000_000
"""How long the watchdog relay waits for a sign of life, unless it is told otherwise."""
CONTACTOR_NS = 30_000_000
CHAIN_TO_CONTACTOR_NS = 500_000_000

COMMANDED = (
    "io.contactor_cmd", "io.chain_request", "io.watchdog", "io.lamp_voltage", "io.lamp_turning",
    "io.shunt_cmd",
    "coolant.temp_cmd", "coolant.flow_cmd", "oil.temp_cmd", "oil.flow_cmd",
)  # fmt: skip
TOLD = (
    "io.chain_closed", "io.door_closed", "io.key_switch", "io.hvil_closed", "io.contactor_plus", "io.contactor_minus",
    "io.watchdog_relay", "io.fire", "io.leak",
    "coolant.temp_in", "coolant.temp_out", "coolant.flow", "coolant.pressure", "oil.temp", "oil.flow", "oil.pressure",
    "imd.insulation", "imd.state",
    "imd.warning", "imd.alarm", "imd.failure", "imd.untested", "imd.self_test", "imd.outdated",
)  # fmt: skip
(
    CONTACTOR_CMD, CHAIN_REQUEST, WATCHDOG, LAMP_VOLTAGE, LAMP_TURNING, SHUNT_CMD,
    COOLANT_TEMP_CMD, COOLANT_FLOW_CMD, OIL_TEMP_CMD, OIL_FLOW_CMD,
) = range(len(COMMANDED))  # fmt: skip
(
    CHAIN_CLOSED, DOOR_CLOSED, KEY_SWITCH, HVIL_CLOSED, CONTACTOR_PLUS, CONTACTOR_MINUS, WATCHDOG_RELAY, FIRE, LEAK,
    COOLANT_IN, COOLANT_OUT, COOLANT_FLOW, COOLANT_PRESSURE, OIL_TEMP, OIL_FLOW, OIL_PRESSURE,
    INSULATION, MONITOR_STATE,
    MONITOR_WARNING, MONITOR_ALARM, MONITOR_FAILURE, MONITOR_UNTESTED, MONITOR_SELF_TEST, MONITOR_OUTDATED,
) = range(len(TOLD))  # fmt: skip

FAULTS = {"chain": ("open",), "door": ("open",), "hvil": ("open",), "insulation": ("low",), "fire": ("alarm",),
          "leak": ("alarm",), "coolant": ("lost",), "oil": ("lost",)}  # fmt: skip
"""What a script may let happen; ``insulation.low:40 kohm`` has the resistance as its argument."""
OF_MONITOR = ("low", "failing", "restart")
"""The same of ``insulation``, where its monitor speaks for itself: it fails, or begins anew with its self test."""
_KINDS = [(place, kind) for place, kinds in {**FAULTS, "insulation": OF_MONITOR}.items() for kind in kinds]
_COOLANT_LOST, _OIL_LOST = _KINDS.index(("coolant", "lost")), _KINDS.index(("oil", "lost"))
_FIRE_ALARM, _LEAK_ALARM = _KINDS.index(("fire", "alarm")), _KINDS.index(("leak", "alarm"))
_SOUND_OHM, _LOW_OHM = 5e6, 20e3
_MONITOR_VALID = 2.0
TOLD_NS = 10_000_000
"""Between two looks at what is measured."""

STATE = np.dtype(
    [
        *((name, "i8") for name in ("heard", "relay_ns", "watchdog_ns", "contactor_ns", "chain_open_ns")),
        *((name, "f8") for name in ("watchdog_level", "contactor", "relay")),
        *((name, "f8") for name in ("coolant_degc", "coolant_flow", "oil_degc", "oil_flow")),
        *((name, "f8") for name in ("coolant_pump_s", "oil_pump_s", "shunt_l_nm", "shunt_r_nm")),
    ],
    align=True,
)
"""``heard``: somebody commands the bench I/O; ``relay_ns``: the relay's time; times since when, in ns;
``shunt_l_nm``: what the left flange adds when told to, in the direction of the plant's torque."""

SCRIPTED = np.dtype([("place", "i8"), ("start_ns", "i8"), ("end_ns", "i8"), ("ohm", "f8")], align=True)
"""Faults, in order; ``place`` counts place and kind together."""


@by_reference
class Periphery(NamedTuple):
    """One bench's periphery."""

    commands: np.ndarray
    told: np.ndarray
    state: np.ndarray
    scripted: np.ndarray
    noise: np.ndarray
    monitor: np.ndarray


def make_periphery(
    seed: int,
    ambient_degc: float,
    faults: Iterable[Fault] = (),
    pumps_s: tuple[float, float] = (2.0, 2.0),
    shunts_nm: tuple[float, float] = (0.0, 0.0),
    *,
    monitor: bool = False,
) -> Periphery:
    """Door and chain closed, contactors open, everything at ambient temperature, pumps off.

    ``pumps_s``: time constants of coolant and oil flow; ``shunts_nm``: shunt signals of the flanges on the left and on
    the right; ``monitor``: the insulation's speaks for itself.
    """
    state = np.zeros(1, STATE)
    own = state[0]
    own["relay"], own["relay_ns"] = 1.0, RELAY_NS
    own["coolant_degc"] = own["oil_degc"] = ambient_degc
    own["coolant_pump_s"], own["oil_pump_s"] = pumps_s
    own["shunt_l_nm"], own["shunt_r_nm"] = shunts_nm
    rows = [_scripted(fault) for fault in faults if fault.place in FAULTS]
    commands, told = np.zeros(len(COMMANDED)), np.zeros(len(TOLD))
    own_monitor = make_monitor(_SOUND_OHM, present=monitor)
    return Periphery(commands, told, state, np.array(rows, SCRIPTED), noise_state(seed, "bench_io"), own_monitor)


def _scripted(fault: Fault) -> tuple[int, int, int, float]:
    ohm = read_ohm(fault.kind, fault.argument) if fault.place == "insulation" else 0.0
    return _KINDS.index((fault.place, fault.kind)), fault.start_ns, fault.end_ns, ohm


def read_ohm(kind: str, argument: str) -> float:
    """The resistance of ``insulation.low``, in ohm. Raises ``ValueError`` with the form that is expected."""
    if kind != "low" and argument:
        raise ValueError(f"{kind} takes no {argument!r}; leave the argument out")
    ohm = parse(argument, Unit.OHM) if argument else _LOW_OHM
    if ohm <= 0.0:
        raise ValueError(f"{argument} is no resistance; write one such as 40 kohm")
    return ohm


@compiled
def act(periphery: Periphery, plant_in: Any, t_ns: int, dt_ns: int) -> None:
    """One step of relays, contactors and conditioner."""
    _chain(periphery, plant_in, t_ns)
    _conditioner(periphery, plant_in, t_ns, dt_ns * 1e-9)


@compiled
def _broken(periphery: Periphery, place: int, t_ns: int) -> bool:
    for i in range(periphery.scripted.shape[0]):
        fault = periphery.scripted[i]
        if fault.place == place and fault.start_ns <= t_ns < fault.end_ns:
            return True
    return False


@compiled
def _chain(periphery: Periphery, plant_in: Any, t_ns: int) -> None:
    commands, told, own = periphery.commands, periphery.told, periphery.state[0]
    if commands[WATCHDOG] != own.watchdog_level:
        own.watchdog_level = commands[WATCHDOG]
        own.watchdog_ns = t_ns
    heard = own.heard != 0
    own.relay = 0.0 if heard and t_ns - own.watchdog_ns > own.relay_ns else 1.0
    asked_to_open = heard and commands[CHAIN_REQUEST] <= 0.5
    closed = own.relay > 0.5 and not asked_to_open and not _broken(periphery, 0, t_ns)
    if closed:
        own.chain_open_ns = t_ns
    else:
        plant_in.torque_request_nm = 0.0
    wanted = heard and commands[CONTACTOR_CMD] > 0.5 and t_ns - own.chain_open_ns < CHAIN_TO_CONTACTOR_NS
    level = 1.0 if wanted else 0.0
    if level == own.contactor:
        own.contactor_ns = t_ns
    elif t_ns - own.contactor_ns >= CONTACTOR_NS:
        own.contactor = level
    plant_in.contactor_closed = own.contactor
    told[CHAIN_CLOSED] = 1.0 if closed else 0.0
    told[DOOR_CLOSED] = 0.0 if _broken(periphery, 1, t_ns) else 1.0
    told[KEY_SWITCH] = 0.0
    told[HVIL_CLOSED] = 0.0 if _broken(periphery, 2, t_ns) else 1.0
    told[CONTACTOR_PLUS] = told[CONTACTOR_MINUS] = own.contactor
    told[WATCHDOG_RELAY] = own.relay
    told[FIRE] = 1.0 if _broken(periphery, _FIRE_ALARM, t_ns) else 0.0
    told[LEAK] = 1.0 if _broken(periphery, _LEAK_ALARM, t_ns) else 0.0


@compiled
def _conditioner(periphery: Periphery, plant_in: Any, t_ns: int, dt_s: float) -> None:
    commands, own = periphery.commands, periphery.state[0]
    # first-order loops; heaters 30 s (assumed, typical of a small conditioner)
    coolant_flow = 0.0 if _broken(periphery, _COOLANT_LOST, t_ns) else commands[COOLANT_FLOW_CMD]
    oil_flow = 0.0 if _broken(periphery, _OIL_LOST, t_ns) else commands[OIL_FLOW_CMD]
    own.coolant_flow += (coolant_flow - own.coolant_flow) * dt_s / own.coolant_pump_s
    own.oil_flow += (oil_flow - own.oil_flow) * dt_s / own.oil_pump_s
    if own.coolant_flow > 0.5:
        own.coolant_degc += (commands[COOLANT_TEMP_CMD] - own.coolant_degc) * dt_s / 30.0
    if own.oil_flow > 0.5:
        own.oil_degc += (commands[OIL_TEMP_CMD] - own.oil_degc) * dt_s / 30.0
    plant_in.coolant_in_degc = own.coolant_degc
    plant_in.coolant_flow_l_min = own.coolant_flow
    plant_in.oil_in_degc = own.oil_degc
    plant_in.oil_flow_l_min = own.oil_flow


@compiled
def add_shunts(periphery: Periphery, plant_out: Any) -> None:
    """While they are told to, the flanges add their shunt signals to the torque that they feel."""
    if periphery.commands[SHUNT_CMD] > 0.5:
        own = periphery.state[0]
        plant_out.torque_l_nm += own.shunt_l_nm
        plant_out.torque_r_nm += own.shunt_r_nm


@compiled
def tell(periphery: Periphery, plant_out: Any, t_ns: int) -> None:
    """Fresh measured values, every 10 ms."""
    told, own = periphery.told, periphery.state[0]
    told[COOLANT_IN] = own.coolant_degc + 0.02 * gauss(periphery.noise)
    told[COOLANT_OUT] = plant_out.coolant_out_degc
    told[COOLANT_FLOW] = own.coolant_flow
    told[COOLANT_PRESSURE] = 0.2 + 0.08 * own.coolant_flow
    told[OIL_TEMP] = own.oil_degc
    told[OIL_FLOW] = own.oil_flow
    told[OIL_PRESSURE] = 0.1 + 0.3 * own.oil_flow
    told[INSULATION], told[MONITOR_STATE] = _SOUND_OHM, _MONITOR_VALID
    for i in range(periphery.scripted.shape[0]):
        fault = periphery.scripted[i]
        if fault.place == 3 and fault.start_ns <= t_ns < fault.end_ns:
            told[INSULATION] = fault.ohm
    if periphery.monitor[0].present:
        _monitor(periphery, t_ns)


@compiled
def _monitor(periphery: Periphery, t_ns: int) -> None:
    """The insulation as its own monitor tells it."""
    told, own = periphery.told, periphery.monitor[0]
    for i in range(periphery.scripted.shape[0]):
        fault = periphery.scripted[i]
        if fault.place == 5 and t_ns - TOLD_NS < fault.start_ns <= t_ns:
            restart(own, t_ns)
    failing = _broken(periphery, 4, t_ns)
    measure(own, told[INSULATION], failing, t_ns)
    testing = 1.0 if t_ns < own.tested_ns else 0.0
    told[INSULATION] = own.shown_ohm
    told[MONITOR_WARNING] = 1.0 if own.shown_ohm < WARNING_OHM else 0.0
    told[MONITOR_ALARM] = 1.0 if own.shown_ohm < FAULT_OHM else 0.0
    told[MONITOR_FAILURE] = 1.0 if failing else 0.0
    told[MONITOR_SELF_TEST] = told[MONITOR_UNTESTED] = testing
    told[MONITOR_OUTDATED] = own.outdated
