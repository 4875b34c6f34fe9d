"""Emulated bench I/O and conditioner behind Modbus TCP: the drivers' register maps on the bench's one periphery."""

import math
from collections.abc import Sequence

from bench.base.time import NS_PER_MS
from bench.emulators.instruments.faults import FaultKind, FaultScript
from bench.emulators.instruments.modbus_peer import ModbusPeer, words_of
from bench.emulators.periphery import COMMANDED, RELAY_NS, TOLD, Periphery
from drivers.register_map import Kind, Register, RegisterMap, Use

_DELAY_NS = 2 * NS_PER_MS  # a cycle of the controller (assumed)
_LIFE = "io.watchdog"
_RELAY = "watchdog_ms"


class PeripheryServer(ModbusPeer):
    """One device. ``identity``: its own words for the rows of that use."""

    def __init__(
        self,
        periphery: Periphery,
        registers: RegisterMap,
        identity: dict[str, str],
        unit: int = 1,
        *,
        delay_ns: int = _DELAY_NS,
        faults: FaultScript | None = None,
    ) -> None:
        super().__init__(registers, unit, delay_ns, faults)
        self._commands, self._told, self._state = periphery.commands, periphery.told, periphery.state
        self._identity = identity
        self._own = registers.of(Use.SETPOINT)

    def raw(self, row: Register, t_ns: int) -> Sequence[int]:
        """The words (or the bit) of a row now."""
        match row.use:
            case Use.IDENTITY:
                return row.raw_text(self._identity[row.name])
            case Use.SETPOINT:
                return row.raw(float(self._commands[COMMANDED.index(row.name)]))
            case Use.SETTING:
                return row.raw(int(self._state["relay_ns"][0]) / NS_PER_MS)
        return words_of(row, self._measured(row, t_ns))

    def take(self, row: Register, value: float, t_ns: int) -> None:
        """Obey; from the first sign of life on the relay wants the next ones in time."""
        if row.name == _RELAY:
            self._state["relay_ns"] = round(value * NS_PER_MS)
            return
        self._commands[COMMANDED.index(row.name)] = value
        if row.name == _LIFE:
            self._state["heard"] = 1

    def befall(self, kind: FaultKind, t_ns: int) -> None:
        """Without power every output is off and the relay drops; its time is not kept."""
        for row in self._own:
            self._commands[COMMANDED.index(row.name)] = 0.0
        if any(row.name == _LIFE for row in self._own):
            self._state["relay_ns"], self._state["watchdog_ns"] = RELAY_NS, t_ns - RELAY_NS - 1

    def watchdog_ns(self) -> int | None:
        """When a fault of the script befalls it, or ``None``."""
        return self.fault_ns()

    def expire(self, t_ns: int) -> None:
        """Let happen what has begun."""
        self.suffer(t_ns)

    def _measured(self, row: Register, t_ns: int) -> float:
        if self.faults and row.kind is Kind.F32:
            if self.faults.active("nan", t_ns):
                return math.nan
            if self.faults.active("inf", t_ns):
                return math.inf
        return float(self._told[TOLD.index(row.name)])
