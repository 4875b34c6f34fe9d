"""An emulated EA PSB 9000/10000: remote lock, two sides, alarms until acknowledged, monitoring, idle close."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from bench.base.time import NS_PER_S
from bench.emulators.instruments.answers import Answer, Fixed, Guard, Prepared, pieces, product, quantity
from bench.emulators.instruments.behaviour import Behaviour
from bench.emulators.instruments.faults import FaultKind
from bench.emulators.instruments.supply import SupplyEmulator, conflict
from drivers.command import Command
from drivers.scpi_data import ScpiError, switch
from drivers.supplies.ea_psb_commands import TABLE

OVP, OCP, OPP, OT, REMOTE, OUTPUT = 1, 2, 4, 8, 1 << 10, 1 << 11
CTO, CV, CC, SINK = 1 << 7, 1 << 8, 1 << 9, 1 << 12
IDLE_CLOSE_NS = 5 * NS_PER_S
"""A connection without traffic is closed (PGMBEN 3.7)."""
_ERRORS_AT_ONCE = 5


class EaPsbEmulator(SupplyEmulator):
    """Behaves as PGMBEN tells; ``local`` is the lock of its panel."""

    table = TABLE
    overheated = OT
    known_faults = (*SupplyEmulator.known_faults, "local")

    def __init__(self, *arguments: Any, idle_close_ns: int = IDLE_CLOSE_NS, **options: Any) -> None:
        super().__init__(*arguments, idle_close_ns=idle_close_ns, **options)
        volts, amperes, decimals = *self._place, self.nameplate.decimals
        quantities = (
            quantity(volts, offset=self._offset_v, noise=self._noise_v),
            quantity(amperes, offset=self._offset_a, noise=self._noise_a),
            product(0, 1),
        )
        self._quantities = np.concatenate(quantities)
        self._shape = (Fixed(0, decimals), b"V, ", Fixed(1, decimals), b"A, ", Fixed(2, 0), b"W")
        self._measuring = self._answer(b"")
        self._answers: dict[bytes, Answer] = {}  # by the status after the values

    @classmethod
    def identity_of(cls, maker: str, model: str, serial: str) -> str:
        """Maker, model, serial number, firmware."""
        name = f"{maker or 'EA'} Elektro-Automatik GmbH & Co. KG"
        return f"{name}, {model or 'PSB 10500-180'}, {serial or '2841370007'}, V3.02 25.05.2023"

    def _power_on(self) -> None:
        plate = self.nameplate
        self._remote = self.local = self._timed_out = False
        self.values |= dict.fromkeys(("voltage", "current", "sink_current"), 0.0)
        self.values |= {"power": plate.power_w, "sink_power": plate.power_w, "monitoring": 0.0}
        self.values |= {"over_voltage": 1.1 * plate.voltage_v, "over_current": 1.1 * plate.current_a}
        self.values |= {"over_power": 1.1 * plate.power_w, "monitoring_timeout": 5.0}
        self.words["after_remote"] = "AUTO"

    def _does(self) -> Mapping[str, Behaviour]:
        def measured(place: int) -> Behaviour:
            return Behaviour(get=lambda _, argument, t_ns: self._array((), argument, t_ns).split(b", ")[place])

        def nominal(row: str) -> Behaviour:
            return Behaviour(get=lambda *_: self._shown(TABLE.rows[row], self._whole[row.replace("_", " ")]))

        return {
            "identity": Behaviour(get=lambda *_: self._identity),
            "reset": Behaviour(self._reset),
            "lock": Behaviour(self._lock, lambda *_: b"ON" if self._remote else b"OFF"),
            "owner": Behaviour(get=lambda *_: b"LOCAL" if self.local else b"REMOTE" if self._remote else b"NONE"),
            "error": Behaviour(get=self._error),
            "errors": Behaviour(get=lambda *_: b",".join(self._error() for _ in range(_ERRORS_AT_ONCE))),
            "operation": Behaviour(get=lambda *_: b"%d" % (self._regulate(), self.status.operation.take())[1]),
            "operation_condition": Behaviour(get=lambda *_: b"%d" % self._regulate()),
            "output": self._output(),
            "array": Behaviour(get=self._array),
            "measured_voltage": measured(0),
            "measured_current": measured(1),
            "measured_power": measured(2),
            "nominal_voltage": nominal("nominal_voltage"),
            "nominal_current": nominal("nominal_current"),
            "nominal_power": nominal("nominal_power"),
        }

    def _shown(self, row: Command, value: float) -> bytes:
        if row.reply == "NR1":
            return b"%.0f" % value
        return b"%.*f" % (self.nameplate.decimals, value) + row.unit.encode()

    # --- control ---------------------------------------------------------------------------------------------------

    def _check(self, name: str, value: float | str) -> None:
        if self.local:
            raise ScpiError(-201)
        if not self._remote or (name == "output" and value and self._alarms):
            raise conflict()

    def _lock(self, _: tuple[int, ...], argument: str, t_ns: int) -> None:
        remote = switch(argument, -108)
        if self.local:
            raise ScpiError(-201)
        if self._remote and not remote:
            self._leave()
        self._remote, self._timed_out = remote, False
        self._changed()

    def _leave(self) -> None:
        """The output stays as it is, or goes off: a setting."""
        self._remote = False
        self._on = self._on and self.words["after_remote"] == "AUTO"
        self._act()

    def befall(self, kind: FaultKind, t_ns: int) -> None:
        """As every supply; it has a panel."""
        if kind == "local":
            self.lock_locally()
        else:
            super().befall(kind, t_ns)

    def lock_locally(self) -> None:
        """Somebody at the panel takes control."""
        self.local = True
        self._leave()

    def _reset(self, *_: object) -> None:
        if self.local:
            raise ScpiError(-201)
        self._remote, self._alarms, self._on = True, 0, False
        self.status.clear()
        self._act()

    def _silence_ns(self) -> int:
        return self._seconds("monitoring_timeout", "monitoring") if self._remote else 0

    def _silent(self, t_ns: int) -> None:
        self._timed_out = True
        self._leave()

    # --- alarms and registers --------------------------------------------------------------------------------------

    def trip(self, bits: int) -> None:
        """The output is off until it is switched on again, after the alarm was acknowledged."""
        self._on = False
        super().trip(bits)

    def _trips(self, voltage_v: float, current_a: float, t_ns: int) -> int:
        values, power_w = self.values, abs(voltage_v * current_a)
        bits = OVP * (voltage_v > values["over_voltage"]) | OCP * (abs(current_a) > values["over_current"])
        return bits | OPP * (power_w > values["over_power"])

    def _changed(self) -> None:
        live = REMOTE * self._remote | OUTPUT * self._on
        self.status.questionable.condition = self._alarms | live

    def _regulate(self) -> int:
        """Bits of how it regulates, from what flows now (PGMBEN 5.4.2)."""
        bits = CTO * self._timed_out
        if self._on:
            _, current_a = self._true()
            source_a, sink_a = self._limits_a()
            limited = current_a >= 0.999 * source_a or -current_a >= 0.999 * sink_a
            bits |= (CC if limited else CV) | SINK * (current_a < 0.0)
        self.status.operation.condition = bits
        return bits

    def _error(self, *_: object) -> bytes:
        if self._alarms:  # reading acknowledges what is gone
            self._alarms &= self._trips(*self._true(), 0)
            self._changed()
        return self.next_error()

    def _array(self, _: tuple[int, ...], argument: str, t_ns: int) -> bytes:
        word = self._no_value(t_ns) if self.faults else None
        if word is not None:
            return b", ".join((word,) * 3)
        return self._measuring.text(self._measured()[0])

    def _answer(self, rest: bytes) -> Answer:
        return Answer(self._quantities, pieces(*self._shape, rest), self._noise_state)

    def _prepare(self, message: bytes) -> Prepared | None:
        """Measured values, and after them what does not change by itself."""
        actions = self._behaviours.resolve(message)
        first, *others = (action.command.name if action.command else "" for action in actions)
        if first != "array" or not {"output", "questionable_condition"}.issuperset(others):
            return None
        rest = b"".join(b";" + action.get((), "", 0) for action in actions[1:] if action.get) + b"\n"
        answer = self._answers.get(rest)
        if answer is None:
            answer = self._answers[rest] = self._answer(rest)
        values = self.values
        trips = Guard(*self._place, values["over_voltage"], values["over_current"], values["over_power"])
        return Prepared(answer, self._delay_ns, trips if self._live else None)
