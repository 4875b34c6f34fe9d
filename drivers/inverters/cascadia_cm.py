"""Cascadia Motion (Rinehart) CM and PM inverters (dbc/cascadia_cm.dbc); nothing here was checked on hardware.

Enable: the inverter ignores it after power-up (lockout, M170) until it has seen a disable, so M192 is sent with all
bits zero from the core's first cycle on. Direction is set with the request for ``ready`` and never changes while
enabled (run fault 6). M192 has neither CRC nor counter: what is lost is found by the command time-out, parameter 172:
it is read back before high voltage (M193, M194).
"""

from bench.base.derived import Case, Derived
from drivers.inverters.parameters import COMMAND_TIMEOUT
from drivers.inverters.protocol import FaultWord, InverterProtocol, ParameterMessages

READY, RUNNING, BLINK_FAULT = 5.0, 6.0, 7.0
"""States of the vehicle state machine (M170)."""

POST_FAULTS = {
    0: "desaturation", 1: "hardware over-current", 2: "accelerator short", 3: "accelerator open",
    4: "current sensor low", 5: "current sensor high", 6: "module temperature low", 7: "module temperature high",
    8: "control board temperature low", 9: "control board temperature high", 10: "gate board temperature low",
    11: "gate board temperature high", 12: "5 V low", 13: "5 V high", 14: "12 V low", 15: "12 V high",
    16: "2.5 V low", 17: "2.5 V high", 18: "1.5 V low", 19: "1.5 V high", 20: "DC bus voltage high",
    21: "DC bus voltage low", 22: "precharge time-out", 23: "precharge voltage", 24: "EEPROM checksum",
    25: "EEPROM value out of range", 26: "EEPROM update needed", 27: "hardware DC bus over-voltage",
    30: "brake short", 31: "brake open",
}  # fmt: skip
"""Bits of the power-on self-test's word (M171)."""

RUN_FAULTS = {
    0: "overspeed", 1: "over-current", 2: "over-voltage", 3: "inverter over-temperature", 4: "accelerator short",
    5: "accelerator open", 6: "direction command", 7: "response time-out", 8: "desaturation",
    9: "hardware over-current", 10: "under-voltage", 11: "CAN command lost", 12: "motor over-temperature",
    16: "brake short", 17: "brake open", 18: "module A over-temperature", 19: "module B over-temperature",
    20: "module C over-temperature", 21: "control board over-temperature", 22: "gate board 1 over-temperature",
    23: "gate board 2 over-temperature", 24: "gate board 3 over-temperature", 25: "current sensor",
    27: "hardware DC bus over-voltage", 30: "resolver not connected",
}  # fmt: skip
"""Bits of the word of faults while running (M171)."""

_CHANNELS = """
dut.enable_cmd 1 the inverter's enable: 1 while run is requested
dut.direction_cmd 1 the inverter's direction: 1 forward
dut.vsm_state 1 0 start, 1 to 3 precharge, 4 wait, 5 ready, 6 running, 7 fault
dut.inverter_state 1 0 power up, 1 stop, 3 closed loop
dut.discharge_state 1 0 disabled, 1 enabled, 2 speed check, 3 active, 4 complete, 5 error, 6 override, 7 timeout
dut.enabled 1 the enable as the inverter has it
dut.lockout 1 1: enable is ignored until a disable was seen
dut.direction 1 the direction as the inverter has it: 1 forward
dut.limit_bms 1 the BMS limits the torque
dut.limit_hot_spot 1 the hot spot limits the torque
dut.limit_coolant 1 the coolant limits the torque
dut.limit_stall 1 stall or burst model limits the torque
dut.post_fault 1 faults of the power-on self-test, one bit each
dut.run_fault 1 faults while running, one bit each
"""

_REQUESTED = ("dut.state_request", 0.5, 2.0)
_LIMITS = ("dut.limit_bms", "dut.limit_hot_spot", "dut.limit_coolant", "dut.limit_stall")


def _is(channel: str, value: float) -> tuple[str, float, float]:
    return channel, value, value


_DERATING = Derived("dut.derating", tuple(Case(1.0, (_is(limit, 1.0),)) for limit in _LIMITS))

_STATE = Derived(
    "dut.state",
    (
        Case(5.0, (_is("dut.vsm_state", BLINK_FAULT), _REQUESTED)),
        Case(4.0, (_is("dut.vsm_state", RUNNING), _is("dut.derating", 1.0))),
        Case(3.0, (_is("dut.vsm_state", RUNNING),)),
        Case(6.0, (("dut.discharge_state", 2.0, 3.0),)),
        Case(1.0, (_is("dut.enabled", 1.0),)),
        Case(2.0, (_is("dut.vsm_state", READY), _is("dut.lockout", 0.0), _REQUESTED)),
        Case(1.0, (_REQUESTED,)),
    ),
)
"""A machine that does not run, is not enabled and does not discharge is off or on its way, as it was asked to be:
only that last distinction is the bench's own, every other word is the inverter's."""


def protocol(forward: bool = True) -> InverterProtocol:
    """The protocol; not ``forward``: the motor turns in the inverter's reverse direction when the vehicle advances."""
    direction = (Case(1.0, (_REQUESTED,)),) if forward else ()
    return InverterProtocol(
        "cascadia_cm",
        channels=_CHANNELS,
        derived=(
            Derived("dut.enable_cmd", (Case(1.0, (("dut.state_request", 1.5, 2.0),)),)),
            Derived("dut.direction_cmd", direction),
            _DERATING,
            _STATE,
        ),
        words=(FaultWord("dut.post_fault", POST_FAULTS), FaultWord("dut.run_fault", RUN_FAULTS)),
        without=("dut.short_circuit_cmd",),
        off=("dut.enabled",),
        signs={} if forward else {"dut.speed": -1.0},
        parameters=ParameterMessages("M193_PARAMETER_REQUEST", "M194_PARAMETER_ANSWER", COMMAND_TIMEOUT),
    )
