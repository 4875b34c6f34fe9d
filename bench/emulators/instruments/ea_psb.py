"""An emulated EA PSB 10000: remote lock, set-points into the plant, measured values with units, alarms, idle close."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.base.noise import gauss_stream, noise_state
from bench.base.time import NS_PER_MS, NS_PER_S
from bench.emulators.instruments.accuracy import ErrorDraw
from bench.emulators.instruments.behaviour import Behaviour
from bench.emulators.instruments.faults import FaultScript
from bench.emulators.instruments.scpi_peer import ScpiPeer
from bench.emulators.instruments.yokogawa import Measured
from drivers.command import Span
from drivers.scpi_data import ScpiError, limit, number, switch
from drivers.supplies.ea_psb_commands import TABLE

IDENTITY = "EA Elektro-Automatik GmbH & Co. KG,PSB 10500-180,2841370007,V3.02"
OVP, OCP, OPP, REMOTE, OUTPUT = 1, 2, 4, 1 << 10, 1 << 11


@dataclass(frozen=True, slots=True)
class SupplyNameplate:
    """Nominal values, accuracy (% of nominal, rectangular) and decimals of the answers (they depend on the model)."""

    voltage_v: float = 500.0
    current_a: float = 1440.0
    power_w: float = 240_000.0
    voltage_accuracy: float = 0.05
    current_accuracy: float = 0.1
    noise: float = 0.005
    decimals: int = 2


class EaPsbEmulator(ScpiPeer):
    """``measured`` gives the truth (fields ``u_supply_v``, ``i_supply_a``); ``actuate`` is the plant's INPUTS array.

    ``idle_close_ns``: a connection without traffic is closed (5 s by default, PGMBEN 3.7). A communication time-out
    that was set switches the output off: ``watchdog_ns`` tells when, ``expire`` does it.
    """

    def __init__(
        self,
        measured: Measured,
        outputs: tuple[str, ...],
        actuate: NDArray[np.void],
        nameplate: SupplyNameplate | None = None,
        *,
        seed: int = 0,
        name: str = "supply",
        identity: str = IDENTITY,
        delay_ns: int = 2 * NS_PER_MS,
        idle_close_ns: int = 5 * NS_PER_S,
        faults: FaultScript | None = None,
    ) -> None:
        self.nameplate = plate = nameplate or SupplyNameplate()
        self._actuate = actuate
        self._identity = identity.encode()
        self._remote = False
        self._on = False
        self._alarms = 0
        self._whole = {
            "nominal voltage": plate.voltage_v,
            "nominal current": plate.current_a,
            "nominal power": plate.power_w,
            "": 1.0,
        }
        self.values = {
            "voltage": 0.0,
            "current": 0.0,
            "power": plate.power_w,
            "sink_current": 0.0,
            "sink_power": plate.power_w,
            "over_voltage": 1.1 * plate.voltage_v,
            "over_current": 1.1 * plate.current_a,
            "over_power": 1.1 * plate.power_w,
            "timeout": 0.0,
        }
        super().__init__(TABLE, self._does(), delay_ns, faults, idle_close_ns)
        self._measured = measured
        self._place = (outputs.index("u_supply_v"), outputs.index("i_supply_a"))
        draw = ErrorDraw(seed, name)
        self._offset_v = draw.within(plate.voltage_accuracy, "voltage") / 100.0 * plate.voltage_v
        self._offset_a = draw.within(plate.current_accuracy, "current") / 100.0 * plate.current_a
        self._noise_v = plate.noise / 100.0 * plate.voltage_v
        self._noise_a = plate.noise / 100.0 * plate.current_a
        self._noise = gauss_stream(noise_state(seed, f"{name}.noise"))
        self._array_format = b"%%.%dfV, %%.%dfA, %%.0fW" % (plate.decimals, plate.decimals)

    def _does(self) -> dict[str, Behaviour]:
        def measured(place: int) -> Behaviour:
            return Behaviour(get=lambda _, argument, t_ns: self._array((), argument, t_ns).split(b", ")[place])

        return {
            "identity": Behaviour(get=lambda *_: self._identity),
            "reset": Behaviour(self._reset),
            "lock": Behaviour(self._lock, lambda *_: b"ON" if self._remote else b"OFF"),
            "owner": Behaviour(get=lambda *_: b"REMOTE" if self._remote else b"NONE"),
            "error": Behaviour(get=self._error),
            "questionable": Behaviour(get=lambda *_: b"%d" % self.questionable),
            "output": Behaviour(self._output, lambda *_: b"ON" if self._on else b"OFF"),
            "array": Behaviour(get=self._array),
            "measured_voltage": measured(0),
            "measured_current": measured(1),
            "measured_power": measured(2),
            **{name: self._setting(name) for name in self.values},
        }

    def _setting(self, name: str) -> Behaviour:
        row = TABLE.rows[name]
        assert isinstance(row.range, Span)
        low, high = row.range.bounds(self._whole[row.range.of])
        unit = row.unit.encode()

        def put(indices: tuple[int, ...], argument: str, t_ns: int) -> None:
            self._must_be_remote()
            self.values[name] = number(argument, row.unit, low, high)
            self._act()

        def get(indices: tuple[int, ...], argument: str, t_ns: int) -> bytes:
            asked = limit(argument, low, high)
            return b"%.*f" % (self.nameplate.decimals, self.values[name] if asked is None else asked) + unit

        return Behaviour(put, get)

    def handle(self, message: bytes, t_ns: int) -> None:
        """As every SCPI peer, after a look at what has tripped."""
        self._guard()
        super().handle(message, t_ns)

    # --- watchdog --------------------------------------------------------------------------------------------------

    def watchdog_ns(self) -> int | None:
        """When silence switches the output off, or ``None``."""
        seconds = self.values["timeout"]
        return self._last_ns + round(seconds * NS_PER_S) if seconds and self._on else None

    def expire(self, t_ns: int) -> None:
        """Act on silence, if its time has come."""
        deadline = self.watchdog_ns()
        if deadline is not None and t_ns >= deadline:
            self._switch(False)

    # --- inside ----------------------------------------------------------------------------------------------------

    @property
    def questionable(self) -> int:
        """The questionable register."""
        return self._alarms | REMOTE * self._remote | OUTPUT * self._on

    def _must_be_remote(self) -> None:
        if not self._remote:
            raise ScpiError(-221)

    def _lock(self, _: tuple[int, ...], argument: str, t_ns: int) -> None:
        self._remote = switch(argument, -108)

    def _reset(self, *_: object) -> None:
        self._remote, self._alarms = True, 0
        self._switch(False)

    def _output(self, _: tuple[int, ...], argument: str, t_ns: int) -> None:
        self._must_be_remote()
        on = switch(argument, -108)
        if on and self._alarms:
            raise ScpiError(-221)
        self._switch(on)

    def _switch(self, on: bool) -> None:
        self._on = on
        self._act()

    def _act(self) -> None:
        """The only place where the plant is touched."""
        actuate = self._actuate
        actuate["supply_on"] = float(self._on)
        actuate["supply_voltage_v"] = self.values["voltage"]
        actuate["supply_current_max_a"] = self.values["current"]
        actuate["supply_sink_current_max_a"] = self.values["sink_current"]

    def _guard(self) -> None:
        """Over-voltage and over-current switch the output off and latch an alarm."""
        if not self._on:
            return
        truth = self._measured()[0]
        over_v = truth.item(self._place[0]) > self.values["over_voltage"]
        over_a = abs(truth.item(self._place[1])) > self.values["over_current"]
        if over_v or over_a:
            self._alarms |= OVP * over_v | OCP * over_a
            self._switch(False)

    def _error(self, *_: object) -> bytes:
        self._alarms = 0  # reading acknowledges (PGMBEN 5.4); a cause that is still there comes back
        return self.next_error()

    def _array(self, _: tuple[int, ...], argument: str, t_ns: int) -> bytes:
        if self.faults:
            if self.faults.active("nan", t_ns):
                return b"9.91E+37, 9.91E+37, 9.91E+37"
            if self.faults.active("inf", t_ns):
                return b"9.9E+37V, 9.9E+37A, 9.9E+37W"
        truth = self._measured()[0]
        u = truth.item(self._place[0]) + self._offset_v + self._noise_v * next(self._noise)
        i = truth.item(self._place[1]) + self._offset_a + self._noise_a * next(self._noise)
        return self._array_format % (u, i, u * i)
