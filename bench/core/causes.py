"""Why the core stops: one code per kind of cause, with what a reader needs to act on it.

Limits give their own code (any of these, or one from ``USER`` on for a rig's extra limits).
Fault ids: faults.md, section 3.
"""

from dataclasses import dataclass
from enum import IntEnum


class Cause(IntEnum):
    """Codes of ``EV_STOP``. They stand in recordings: never renumber them."""

    NONE = 0
    END_OF_PLAN = 1
    OPERATOR = 2
    STEP_FAILED = 3
    STEP_DEADLINE = 4
    STATUS_FRAME_MISSING = 10
    COUNTER_FROZEN = 11
    FRAMES_BAD = 12
    FOREIGN_FRAME = 13
    FRAME_NOT_SENT = 14
    SETPOINT_NOT_ENCODABLE = 15
    SIGNAL_INVALID = 16
    BUS_OFF = 17
    BUS_PASSIVE = 18
    BUS_GONE = 19
    INSTRUMENT_SILENT = 20
    READ_BACK_DIFFERS = 21
    INSTRUMENT_RESTARTED = 22
    CONTROL_LOST = 23
    PERIPHERY_SILENT = 24
    SERVICE_SILENT = 30
    LINKS_SILENT = 31
    RECORDER_SILENT = 32
    HOST_PAUSED = 33
    DISK_FULL = 34
    OVERSPEED = 40
    DYNO_TRIPPED = 41
    COUPLING_BROKEN = 42
    TORQUE_IMPLAUSIBLE = 43
    SPEED_IMPLAUSIBLE = 44
    OVER_CURRENT = 45
    OVER_VOLTAGE = 46
    UNDER_VOLTAGE = 47
    OVER_TEMPERATURE = 48
    COOLANT_FLOW = 49
    OIL_PRESSURE = 50
    INSULATION = 51
    HVIL_OPEN = 52
    CHAIN_OPEN = 53
    DOOR_OPEN = 54
    SUPPLY_TRIPPED = 55
    INVERTER_FAULT = 56
    RUNG_MISSED = 57
    TORQUE_OVER = 58
    LIMIT = 59
    SIGN_CHECK = 60
    ARMING_FAILED = 61
    GUARD_TRIPPED = 62
    USER = 1000


SILENCE = frozenset({Cause.SERVICE_SILENT, Cause.LINKS_SILENT, Cause.RECORDER_SILENT})
"""A freeze for one of these ends by itself when the silence ends (``bench.core.release``)."""


UNHEARD = frozenset({Cause.STATUS_FRAME_MISSING, Cause.INSTRUMENT_SILENT})
"""What did not come in time; so it looks, too, when an emulated bench gets no time of the machine it runs on."""


@dataclass(frozen=True, slots=True)
class CauseText:
    """What happened, what to do, and what the stop allows afterwards."""

    happened: str
    remedy: str
    fault: str = ""
    latched: bool = True
    restartable: bool = False


_END = "nothing to do"
_TEXTS: dict[int, CauseText] = {
    Cause.NONE: CauseText("no stop", _END, latched=False),
    Cause.END_OF_PLAN: CauseText("the plan has ended", _END, latched=False, restartable=True),
    Cause.OPERATOR: CauseText("stopped by the operator", "start again when ready", "F-54", latched=False),
    Cause.STEP_FAILED: CauseText(
        "a step of the sequence failed", "read the journal's last step", "F-49", latched=False
    ),
    Cause.STEP_DEADLINE: CauseText(
        "a step did not end in its time",
        "check its time-out against the plant",
        "F-50",
        latched=False,
        restartable=True,
    ),
    Cause.STATUS_FRAME_MISSING: CauseText("a status frame stopped", "check CAN wiring and the sender's supply", "F-01"),
    Cause.COUNTER_FROZEN: CauseText("a frame's alive counter is frozen", "the sender's task hangs: restart it", "F-03"),
    Cause.FRAMES_BAD: CauseText(
        "three of ten frames had a wrong CRC, counter or length",
        "check termination, data id and DBC version",
        "F-05",
        latched=False,
        restartable=True,
    ),
    Cause.FOREIGN_FRAME: CauseText("somebody else sends our frame", "find the second sender on the bus", "F-13"),
    Cause.FRAME_NOT_SENT: CauseText("a frame could not be handed to the bus", "check the CAN adapter", "F-10"),
    Cause.SETPOINT_NOT_ENCODABLE: CauseText(
        "a set-point does not fit its signal", "give the set-point a range inside the DBC's", "F-51"
    ),
    Cause.SIGNAL_INVALID: CauseText(
        "a signal is invalid", "read the sender's fault code", "F-08", latched=False, restartable=True
    ),
    Cause.BUS_OFF: CauseText(
        "our CAN controller went bus-off", "check wiring, termination and bit rate; then reset and arm again", "F-10"
    ),
    Cause.BUS_PASSIVE: CauseText(
        "our CAN controller is error passive", "check wiring, termination and that somebody acknowledges", "F-10"
    ),
    Cause.BUS_GONE: CauseText("a CAN adapter is gone", "plug it in again; its serial number is checked", "F-15"),
    Cause.INSTRUMENT_SILENT: CauseText(
        "an instrument is silent", "check its cable and supply", "F-37", latched=False, restartable=True
    ),
    Cause.READ_BACK_DIFFERS: CauseText("a set-point read back differs", "somebody else drives the device", "F-46"),
    Cause.INSTRUMENT_RESTARTED: CauseText("an instrument was restarted", "arm again: the set-up was lost", "F-39"),
    Cause.CONTROL_LOST: CauseText(
        "somebody else controls an instrument", "give it back to the bench, find who took it, then arm again", "F-48"
    ),
    Cause.PERIPHERY_SILENT: CauseText(
        "coolant, oil or bench I/O do not tell their state", "check cable and supply of the device named", "F-01"
    ),
    Cause.SERVICE_SILENT: CauseText("the service is silent", "look for its last words in the journal", "F-56"),
    Cause.LINKS_SILENT: CauseText("the links process is silent", "look for its last words in the journal", "F-14"),
    Cause.RECORDER_SILENT: CauseText("the recorder is silent", "check the disk", "F-58"),
    Cause.HOST_PAUSED: CauseText("the core was not run in time", "inhibit sleep, free the CPU", "F-61"),
    Cause.DISK_FULL: CauseText("nothing can be recorded", "free the disk", "F-59"),
    Cause.OVERSPEED: CauseText("overspeed", "check dyno and coupling", "F-19"),
    Cause.DYNO_TRIPPED: CauseText("a dyno has tripped", "read the drive's error memory", "F-17"),
    Cause.COUPLING_BROKEN: CauseText("EDU and dyno speeds differ", "check the shafts", "F-18"),
    Cause.TORQUE_IMPLAUSIBLE: CauseText("flange torque and inverter estimate differ", "check both", "F-16"),
    Cause.SPEED_IMPLAUSIBLE: CauseText("a speed jumps", "check the encoder", "F-22"),
    Cause.OVER_CURRENT: CauseText("DC over-current", "check the operating point", "F-30", latched=False),
    Cause.OVER_VOLTAGE: CauseText("DC over-voltage", "check that the supply sinks", "F-31"),
    Cause.UNDER_VOLTAGE: CauseText("DC under-voltage", "check the supply", "F-32"),
    Cause.OVER_TEMPERATURE: CauseText(
        "over-temperature", "let it cool, check the coolant", "F-23", latched=False, restartable=True
    ),
    Cause.COOLANT_FLOW: CauseText("coolant or oil flow lost", "check pump and valves", "F-25"),
    Cause.OIL_PRESSURE: CauseText("oil pressure or vibration", "inspect the specimen", "F-26"),
    Cause.INSULATION: CauseText("insulation too low, or its monitor silent", "disconnect and measure", "F-28"),
    Cause.HVIL_OPEN: CauseText("the HV interlock is open", "check the HV connectors", "F-27"),
    Cause.CHAIN_OPEN: CauseText("the emergency stop chain is open", "find who pressed it, and why"),
    Cause.DOOR_OPEN: CauseText("the door is open", "close the door"),
    Cause.SUPPLY_TRIPPED: CauseText("the DC supply has tripped", "read its alarms", "F-32"),
    Cause.INVERTER_FAULT: CauseText("the inverter reports a fault", "read inverter_fault in the journal"),
    Cause.RUNG_MISSED: CauseText("a rung of the stop was not confirmed", "inspect before anybody touches", "F-33"),
    Cause.TORQUE_OVER: CauseText("torque outside the limit", "check calibration and set-point", "F-16"),
    Cause.LIMIT: CauseText("a limit of the rig was violated", "see the limit", latched=False),
    Cause.SIGN_CHECK: CauseText("the sign check failed", "check wiring and signs of the flanges", latched=False),
    Cause.ARMING_FAILED: CauseText("arming failed", "read the journal's arming steps", "F-35", latched=False),
    Cause.GUARD_TRIPPED: CauseText("an input that watches the cell tripped or fell silent", "look after the cell"),
}


def cause_text(code: int) -> CauseText:
    """The text of ``code``; a limit of the rig's own (``USER`` and above) has a general one."""
    return _TEXTS.get(code, CauseText(f"limit {code} of the rig was violated", "see the rig's limits", latched=False))


def latched(code: int) -> bool:
    """Whether CMD_RESET needs the operator's acknowledgement."""
    return cause_text(code).latched


def restartable(code: int) -> bool:
    """Whether a plan's rule may arm again by itself (faults.md, "Restart after a trip")."""
    return cause_text(code).restartable
