"""An emulated Keysight RP7900 in voltage priority: a tripped output stays programmed on until it is cleared."""

from collections.abc import Mapping

from bench.emulators.instruments.behaviour import Behaviour
from bench.emulators.instruments.supply import SupplyEmulator
from drivers.command import Command
from drivers.scpi_data import ScpiError, whole
from drivers.scpi_status import Register
from drivers.supplies.keysight_rp7900_commands import TABLE

OV, OC, OT, LIMIT, LIMIT_SINK, WATCHDOG = 1, 2, 16, 128, 256, 2048
CV, CC, OFF = 1, 2, 4


class KeysightRp7900Emulator(SupplyEmulator):
    """Trips of QUES1 only; QUES2 is there and silent."""

    table = TABLE
    overheated = OT

    def _power_on(self) -> None:
        plate = self.nameplate
        self._acquired = (0.0, 0.0)
        self.values |= {"voltage": 0.0, "current": 0.01 * plate.current_a, "sink_current": -0.01 * plate.current_a}
        self.values |= {"over_voltage": 1.2 * plate.voltage_v, "over_current_on": 0.0, "slew_max": 1.0}
        self.values |= {"watchdog": 0.0, "watchdog_delay": 60.0}
        self.words["function"] = "VOLTage"

    @classmethod
    def identity_of(cls, maker: str, model: str, serial: str) -> str:
        """Maker, model, serial number, firmware."""
        return f"{maker or 'Keysight'} Technologies,{model or 'RP7972A'},{serial or 'MY59001234'},B.03.04.1234"

    def _does(self) -> Mapping[str, Behaviour]:
        self._second = Register()

        def measured(pick: int, fresh: bool = True) -> Behaviour:
            return Behaviour(get=lambda _, argument, t_ns: self._measure(pick, fresh, t_ns))

        return {
            "identity": Behaviour(get=lambda *_: self._identity),
            "reset": Behaviour(self._restart),
            "error": Behaviour(get=self._error),
            "power_limit": Behaviour(get=lambda *_: _nr3(self.nameplate.power_w)),
            "function": Behaviour(
                self._word(TABLE.rows["function"]).set, lambda *_: self.words["function"][:4].encode()
            ),
            "output": self._output(),
            "clear_protection": Behaviour(self._clear),  # restores the state before the fault (guide B p.226)
            "measured_voltage": measured(0),
            "measured_current": measured(1),
            "measured_power": measured(2),
            "fetched_current": measured(1, fresh=False),
            "fetched_power": measured(2, fresh=False),
            "operation_condition": Behaviour(get=lambda *_: b"%d" % self._regulation()),
            "questionable": Behaviour(get=lambda x, *_: b"%d" % self._register(x).take()),
            "questionable_condition": Behaviour(get=lambda x, *_: b"%d" % self._register(x).condition),
            "questionable_enable": Behaviour(self._set_enable, lambda x, *_: b"%d" % self._register(x).enable),
        }

    def _shown(self, row: Command, value: float) -> bytes:
        return b"%.0f" % value if row.reply == "NR1" else _nr3(value)

    def _measure(self, pick: int, fresh: bool, t_ns: int) -> bytes:
        word = self._no_value(t_ns)
        if word is not None:
            return word
        if fresh:
            self._acquired = self._acquire()
        voltage_v, current_a = self._acquired
        return _nr3((voltage_v, current_a, voltage_v * current_a)[pick])

    # --- control ---------------------------------------------------------------------------------------------------

    def _trips(self, voltage_v: float, current_a: float, t_ns: int) -> int:
        bits = OV * (voltage_v > self.values["over_voltage"])
        return bits | OC * bool(self.values["over_current_on"] and self._limited(current_a))

    def _silence_ns(self) -> int:
        return self._seconds("watchdog_delay", "watchdog") if self._live else 0

    def _silent(self, t_ns: int) -> None:
        self.trip(WATCHDOG)

    # --- registers -------------------------------------------------------------------------------------------------

    def _error(self, *_: object) -> bytes:
        answer = self.next_error()
        return answer if answer.startswith(b"-") else b"+" + answer

    def _limited(self, current_a: float) -> int:
        source_a, sink_a = self._limits_a()
        return LIMIT * (current_a >= 0.999 * source_a) | LIMIT_SINK * (-current_a >= 0.999 * sink_a)

    def _changed(self) -> None:
        self.status.questionable.condition = self._alarms

    def _register(self, indices: tuple[int, ...]) -> Register:
        registers = {1: self.status.questionable, 2: self._second}
        if indices[0] not in registers:
            raise ScpiError(-114)
        if self._live:
            self.status.questionable.condition = self._alarms | self._limited(self._true()[1])
        return registers[indices[0]]

    def _set_enable(self, indices: tuple[int, ...], argument: str, t_ns: int) -> None:
        self._register(indices).enable = whole(argument, 0, 65535)

    def _regulation(self) -> int:
        if not self._on:
            return OFF
        return CC if self._live and self._limited(self._true()[1]) else CV


def _nr3(value: float) -> bytes:
    return b"%+.8E" % value
