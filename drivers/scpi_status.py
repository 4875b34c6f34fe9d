"""The status model: error queue, standard event register, operation and questionable registers, status byte.

IEEE 488.2, 11 and SCPI-99 volume 1, 9 with volume 2, 20 and 21. The rows below are the commands that reach it; an
instrument's table takes those that it has.
"""

from collections import deque

from drivers.command import Command, Span
from drivers.scpi_data import ERRORS

PON, CME, EXE, DDE, QYE, OPC = 0x80, 0x20, 0x10, 0x08, 0x04, 0x01
"""Bits of the standard event register: power on, command, execution, device and query errors, operation complete."""
EAV, QUES, MAV, ESB, MSS, OPER = 0x04, 0x08, 0x10, 0x20, 0x40, 0x80
"""Bits of the status byte: error, questionable, answer waiting, standard event, any of the enabled, operation."""
_CLASSES = {1: CME, 2: EXE, 3: DDE, 4: QYE}
_WORD = 0x7FFF  # bit 15 is never used (SCPI-99 volume 1, 9.1)

_BYTE, _REGISTER = Span(0, 255), Span(0, 65535)
COMMON: tuple[Command, ...] = (
    Command("identity", "*IDN?", "identity", reply="list", source="IEEE 488.2, 10.14"),
    Command("reset", "*RST", "reset", source="IEEE 488.2, 10.32"),
    Command("clear_status", "*CLS", "clear events and error queue", source="IEEE 488.2, 10.3"),
    Command("event_enable", "*ESE", "standard events that count", "", _BYTE, "NR1", "IEEE 488.2, 10.10"),
    Command("event", "*ESR?", "standard events; reading clears them", reply="NR1", source="IEEE 488.2, 10.12"),
    Command("complete", "*OPC", "event, or answer 1, when all is done", reply="NR1", source="IEEE 488.2, 10.18"),
    Command("service_enable", "*SRE", "bits of the status byte that count", "", _BYTE, "NR1", "IEEE 488.2, 10.34"),
    Command("status_byte", "*STB?", "status byte", reply="NR1", source="IEEE 488.2, 10.36"),
    Command("self_test", "*TST?", "self test; 0: passed", reply="NR1", source="IEEE 488.2, 10.38"),
    Command("wait", "*WAI", "obey the rest when all before is done", source="IEEE 488.2, 10.39"),
)
"""Every IEEE 488.2 instrument has these (10.1)."""


def group(name: str, node: str, source: str) -> tuple[Command, ...]:
    """The rows of one register group: ``group("operation", "OPERation", ...)``."""
    head = f"STATus:{node}"
    return (
        Command(name, f"{head}[:EVENt]?", f"{name} events; reading clears them", reply="NR1", source=source),
        Command(f"{name}_condition", f"{head}:CONDition?", f"{name} state now", reply="NR1", source=source),
        Command(f"{name}_enable", f"{head}:ENABle", f"{name} events that count", "", _REGISTER, "NR1", source),
        Command(f"{name}_rising", f"{head}:PTRansition", "rising edges are events", "", _REGISTER, "NR1", source),
        Command(f"{name}_falling", f"{head}:NTRansition", "falling edges are events", "", _REGISTER, "NR1", source),
    )


class Register:
    """A register group: edges of the condition that the filters let through are latched as events."""

    __slots__ = ("_condition", "_event", "enable", "falling", "rising")

    def __init__(self) -> None:
        self.power_on()

    def power_on(self) -> None:
        """As a fresh instrument has it."""
        self._condition = self._event = 0
        self.preset()

    def preset(self) -> None:
        """As STATus:PRESet leaves it (SCPI-99 volume 2, 20.2)."""
        self.enable, self.rising, self.falling = 0, _WORD, 0

    @property
    def condition(self) -> int:
        """The state now."""
        return self._condition

    @condition.setter
    def condition(self, value: int) -> None:
        value &= _WORD
        risen, fallen = value & ~self._condition, self._condition & ~value
        self._event |= risen & self.rising | fallen & self.falling
        self._condition = value

    @property
    def summary(self) -> bool:
        """Whether an enabled event is latched."""
        return bool(self._event & self.enable)

    def take(self) -> int:
        """The events, which are cleared by it."""
        event, self._event = self._event, 0
        return event


class Status:
    """The status of one instrument. A fresh one has just been switched on."""

    def __init__(self, errors_max: int = 16) -> None:
        self.operation, self.questionable = Register(), Register()
        self._errors: deque[tuple[int, str]] = deque()
        self._errors_max = errors_max
        self.power_on()

    def power_on(self) -> None:
        """Switched on just now: nothing is left of before, and PON tells it."""
        self.event_enable = self.service_enable = 0
        self._event = PON
        self._errors.clear()
        self.operation.power_on()
        self.questionable.power_on()

    def error(self, code: int, text: str = "") -> None:
        """Queue an error. In a full queue the last entry becomes -350 (SCPI-99 volume 2, 21.8.1)."""
        self._event |= _CLASSES.get(abs(code) // 100, DDE)
        if len(self._errors) < self._errors_max:
            self._errors.append((code, text or ERRORS.get(code, "Device-specific error")))
        else:
            self._errors[-1] = (-350, ERRORS[-350])

    def next_error(self) -> tuple[int, str]:
        """The oldest entry of the error queue, taken out; 0 when there is none."""
        return self._errors.popleft() if self._errors else (0, ERRORS[0])

    def complete(self) -> None:
        """All that was asked for is done."""
        self._event |= OPC

    def take_event(self) -> int:
        """The standard events, which are cleared by it."""
        event, self._event = self._event, 0
        return event

    def clear(self) -> None:
        """*CLS: events and error queue; enables and filters stay."""
        self._event = 0
        self._errors.clear()
        self.operation.take()
        self.questionable.take()

    def byte(self, answer_waits: bool = False) -> int:
        """The status byte, with bit 6 where an enabled bit is set (IEEE 488.2, 11.2.2.3)."""
        byte = EAV * bool(self._errors) | QUES * self.questionable.summary | MAV * answer_waits
        byte |= ESB * bool(self._event & self.event_enable) | OPER * self.operation.summary
        return byte | MSS * bool(byte & self.service_enable & ~MSS)
