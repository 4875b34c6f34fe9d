"""An emulated ITECH IT6000C in voltage priority. What no page tells is assumed as its command table marks it."""

from collections.abc import Mapping

from bench.base.time import NS_PER_S
from bench.emulators.instruments.behaviour import Behaviour
from bench.emulators.instruments.faults import FaultKind
from bench.emulators.instruments.supply import SupplyEmulator, conflict
from drivers.command import Command
from drivers.scpi_data import ScpiError
from drivers.supplies.itech_it6000c_commands import TABLE

OVP, OCP, OCP_SINK, OPP, OPP_SINK, UVP, OTP, WATCHDOG = 1, 2, 4, 8, 16, 32, 64, 1 << 13
CC, CV, CC_SINK = 1 << 7, 1 << 8, 1 << 11
_WARM_UP_NS = 20 * NS_PER_S
"""For so long after switching on, under-voltage does not count."""
_UNDER_V = 10.0
"""Below this the under-voltage protection acts."""


class ItechIt6000cEmulator(SupplyEmulator):
    """``values`` are those of a fresh unit as a public driver found it: watchdog off, under-voltage protection on."""

    table = TABLE
    overheated = OTP
    known_faults = (*SupplyEmulator.known_faults, "local")

    def _power_on(self) -> None:
        plate = self.nameplate
        self._remote = False
        self._on_ns = 0
        v, a, w = plate.voltage_v, plate.current_a, plate.power_w
        self.values |= {"voltage": 0.0, "voltage_limit": 0.2, "current": 0.01 * a, "sink_current": -0.01 * a}
        self.values |= {"power": 1.02 * w, "sink_power": -1.02 * w, "slew_up": 0.1, "slew_down": 0.1}
        for name, level, delay_s in (("voltage", v, 0.005), ("current", 1.01 * a, 0.01), ("power", w, 10.0)):
            self.values |= {f"over_{name}_on": 1.0, f"over_{name}": level, f"over_{name}_delay": delay_s}
        self.values |= {"under_voltage_on": 1.0, "under_current_on": 0.0, "rise_delay": 0.0, "fall_delay": 0.0}
        self.values |= {"watchdog": 0.0, "watchdog_delay": 30.0}
        self.words |= {"function": "VOLTage", "mode": "FIXed"}

    @classmethod
    def identity_of(cls, maker: str, model: str, serial: str) -> str:
        """Maker, model, serial number, three firmwares."""
        return f"{maker or 'ITECH'} Electronics,{model or 'IT6054C-800-225'},{serial or '8041'},000.006.101,640.R,132.R"

    def _does(self) -> Mapping[str, Behaviour]:
        def measured(pick: int) -> Behaviour:
            return Behaviour(get=lambda _, argument, t_ns: self._measure(pick, t_ns))

        return {
            "identity": Behaviour(get=lambda *_: self._identity),
            "reset": Behaviour(self._restart),
            "remote": Behaviour(lambda *_: setattr(self, "_remote", True)),
            "local": Behaviour(lambda *_: setattr(self, "_remote", False)),
            "version": Behaviour(get=lambda *_: b"IT60xxSrc-v1.3.7.xx"),
            "output": self._output(),
            "clear_protection": Behaviour(self._clear),
            "measured_voltage": measured(0),
            "measured_current": measured(1),
            "measured_power": measured(2),
            "questionable_condition": Behaviour(get=lambda *_: b"%d" % self._alarms),
            "operation_condition": Behaviour(get=lambda *_: b"%d" % self._regulation()),
        }

    def _shown(self, row: Command, value: float) -> bytes:
        return b"%.0f" % value if row.reply == "NR1" else f"{value:.8g}".encode()

    def _measure(self, pick: int, t_ns: int) -> bytes:
        word = self._no_value(t_ns)
        if word is not None:
            return word
        voltage_v, current_a = self._acquire()
        return f"{(voltage_v, current_a, voltage_v * current_a)[pick]:.6g}".encode()

    # --- control ---------------------------------------------------------------------------------------------------

    def _check(self, name: str, value: float | str) -> None:
        if not self._remote:
            raise ScpiError(-201)
        if name == "voltage_limit" and self.words["function"] == "VOLTage":
            raise conflict()
        if name == "output" and value:
            if self._alarms:
                raise conflict()
            self._on_ns = self._heard_ns

    def befall(self, kind: FaultKind, t_ns: int) -> None:
        """As every supply; its panel takes the control, and the output stays as it is."""
        if kind == "local":
            self._remote = False
        else:
            super().befall(kind, t_ns)

    def trip(self, bits: int) -> None:
        """The output is off, and stays off when the protection is cleared."""
        self._on = False
        super().trip(bits)

    def _trips(self, voltage_v: float, current_a: float, t_ns: int) -> int:
        values, power_w = self.values, voltage_v * current_a
        bits = 0
        if values["over_voltage_on"] and voltage_v > values["over_voltage"]:
            bits |= OVP
        if values["over_current_on"] and abs(current_a) > values["over_current"]:
            bits |= OCP if current_a > 0.0 else OCP_SINK
        if values["over_power_on"] and abs(power_w) > values["over_power"]:
            bits |= OPP if power_w > 0.0 else OPP_SINK
        if values["under_voltage_on"] and t_ns - self._on_ns > _WARM_UP_NS and voltage_v < _UNDER_V:
            bits |= UVP
        return bits

    def _silence_ns(self) -> int:
        return self._seconds("watchdog_delay", "watchdog") if self._on else 0

    def _silent(self, t_ns: int) -> None:
        self.trip(WATCHDOG)

    def _regulation(self) -> int:
        if not self._live:
            return 0
        _, current_a = self._true()
        source_a, sink_a = self._limits_a()
        if current_a >= 0.999 * source_a:
            return CC
        return CC_SINK if -current_a >= 0.999 * sink_a else CV
