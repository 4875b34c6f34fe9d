"""What the emulated supplies have in common: kept settings, the plant behind them, trips and silence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.base.noise import gauss_stream, noise_state
from bench.base.time import NS_PER_MS, NS_PER_S
from bench.emulators.instruments.accuracy import ErrorDraw
from bench.emulators.instruments.behaviour import Behaviour
from bench.emulators.instruments.faults import FaultKind, FaultScript
from bench.emulators.instruments.scpi_peer import ScpiPeer
from bench.emulators.instruments.wiring import Measured
from drivers.command import SWITCH, Command, Span, Words
from drivers.scpi_data import ScpiError, limit, number, switch, word
from drivers.scpi_table import Table


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


class SupplyEmulator(ScpiPeer):
    """``measured`` gives the truth (fields ``u_supply_v``, ``i_supply_a``); ``actuate`` is the plant's INPUTS array.

    ``watchdog_ns`` tells when silence makes it act, ``expire`` does it. Rows with a number, a switch or a choice of
    words that are in ``values`` or ``words`` are kept and told; a family adds what else they do.
    """

    table: ClassVar[Table]
    overheated: ClassVar[int]
    """The alarm that befalls it by script."""
    known_faults = (*ScpiPeer.known_faults, "restart", "alarm")

    def __init__(
        self,
        measured: Measured,
        outputs: tuple[str, ...],
        actuate: NDArray[np.void],
        nameplate: SupplyNameplate | None = None,
        *,
        seed: int = 0,
        name: str = "supply",
        identity: str = "",
        delay_ns: int = 2 * NS_PER_MS,
        idle_close_ns: int = 0,
        faults: FaultScript | None = None,
    ) -> None:
        self.nameplate = plate = nameplate or SupplyNameplate()
        self._actuate = actuate
        self._identity = (identity or self.identity_of("", "", "")).encode()
        self._on = False
        self._alarms = 0
        self._live = False  # whether the output really is on
        self._heard_ns = -1
        self._calm_ns = 0
        self.hurried = 0
        """How many messages came before the instrument could take them."""
        self._whole = {"nominal voltage": plate.voltage_v, "nominal current": plate.current_a}
        self._whole |= {"nominal power": plate.power_w, "": 1.0}
        self.values: dict[str, float] = {}
        self.words: dict[str, str] = {}
        self._power_on()
        super().__init__(self.table, {**self._kept(), **self._does()}, delay_ns, faults, idle_close_ns)
        self._pace_ns = self.table.dialect.pace_ns
        self._measured = measured
        self._place = (outputs.index("u_supply_v"), outputs.index("i_supply_a"))
        draw = ErrorDraw(seed, name)
        self._offset_v = draw.within(plate.voltage_accuracy, "voltage") / 100.0 * plate.voltage_v
        self._offset_a = draw.within(plate.current_accuracy, "current") / 100.0 * plate.current_a
        self._noise_v = plate.noise / 100.0 * plate.voltage_v
        self._noise_a = plate.noise / 100.0 * plate.current_a
        self._noise_state = noise_state(seed, f"{name}.noise")
        self._noise = gauss_stream(self._noise_state)

    @classmethod
    def identity_of(cls, maker: str, model: str, serial: str) -> str:
        """The answer to ``*IDN?``; empty fields stand for an instrument of this family."""
        raise AssertionError("a family knows how it presents itself")

    # --- what a family says ----------------------------------------------------------------------------------------

    def _power_on(self) -> None:
        """Fill ``values`` and ``words`` as a fresh instrument has them."""

    def _does(self) -> Mapping[str, Behaviour]:
        """The behaviours beyond keeping and telling."""
        raise AssertionError("a family has an output, measured values and registers")

    def _check(self, name: str, value: float | str) -> None:
        """Raises ``ScpiError`` if ``name`` cannot be set so now."""

    def _shown(self, row: Command, value: float) -> bytes:
        """A value as this family prints it."""
        raise AssertionError("a family knows its numbers")

    def _trips(self, voltage_v: float, current_a: float, t_ns: int) -> int:
        """Bits of what must switch the output off."""
        return 0

    def _silent(self, t_ns: int) -> None:
        """What it does after too long a silence."""

    def _silence_ns(self) -> int:
        """How long a silence may last; 0: for ever."""
        return 0

    def _limits_a(self) -> tuple[float, float]:
        """Source and sink limit, both positive."""
        return self.values["current"], abs(self.values["sink_current"])

    # --- messages --------------------------------------------------------------------------------------------------

    def handle(self, message: bytes, t_ns: int) -> None:
        """As every SCPI peer, after a look at what has tripped."""
        self._heard_ns = t_ns
        if self._live:
            self._guard(t_ns)
        if t_ns < self._calm_ns:
            self.hurried += 1
        self._calm_ns = t_ns + self._pace_ns
        super().handle(message, t_ns)

    def heard(self, t_ns: int) -> None:
        """See ``Preparing``."""
        super().heard(t_ns)
        self._heard_ns, self._calm_ns = t_ns, t_ns + self._pace_ns

    def watchdog_ns(self) -> int | None:
        """When silence makes it act, or a fault of the script befalls it; or ``None``."""
        times = [due_ns for due_ns in (self._deadline_ns(), self.fault_ns()) if due_ns is not None]
        return min(times) if times else None

    def _deadline_ns(self) -> int | None:
        silence_ns = self._silence_ns()
        return self._heard_ns + silence_ns if silence_ns else None

    def expire(self, t_ns: int) -> None:
        """Act on silence, if its time has come."""
        self.suffer(t_ns)
        deadline = self._deadline_ns()
        if deadline is not None and t_ns >= deadline:
            self._silent(t_ns)

    def befall(self, kind: FaultKind, t_ns: int) -> None:
        """Without power it forgets all but its name; too hot, it trips."""
        if kind == "restart":
            self.status.power_on()
            self._restart()
        else:
            self.trip(self.overheated)

    def _restart(self, *_: object) -> None:
        """As switched on."""
        self._on, self._alarms = False, 0
        self._power_on()
        self._act()

    def _clear(self, *_: object) -> None:
        """No alarm any more; the output is as it was left."""
        self._alarms = 0
        self._act()

    def trip(self, bits: int) -> None:
        """A protection of its own has acted."""
        self._alarms |= bits
        self._act()

    # --- the plant -------------------------------------------------------------------------------------------------

    def _act(self) -> None:
        """The only place where the plant is touched."""
        actuate = self._actuate
        source_a, sink_a = self._limits_a()
        self._live = self._on and not self._alarms
        actuate["supply_on"] = float(self._live)
        actuate["supply_voltage_v"] = self.values["voltage"]
        actuate["supply_current_max_a"] = source_a
        actuate["supply_sink_current_max_a"] = sink_a
        self._changed()

    def _changed(self) -> None:
        """Something that a register tells may be different now."""

    def _true(self) -> tuple[float, float]:
        truth = self._measured()[0]
        return truth.item(self._place[0]), truth.item(self._place[1])

    def _guard(self, t_ns: int) -> None:
        bits = self._trips(*self._true(), t_ns)
        if bits:
            self.trip(bits)

    def _no_value(self, t_ns: int) -> bytes | None:
        """The word for "no data" or over-range while the script says so."""
        if self.faults:
            if self.faults.active("nan", t_ns):
                return self.table.dialect.no_data
            if self.faults.active("inf", t_ns):
                return self.table.dialect.over_range
        return None

    def _acquire(self) -> tuple[float, float]:
        """Voltage and current as its own converters see them."""
        truth, noise = self._measured()[0], self._noise
        voltage_v = truth.item(self._place[0]) + self._offset_v + self._noise_v * next(noise)
        return voltage_v, truth.item(self._place[1]) + self._offset_a + self._noise_a * next(noise)

    # --- settings --------------------------------------------------------------------------------------------------

    def _bounds(self, row: Command) -> tuple[float, float]:
        assert isinstance(row.range, Span)
        return row.range.bounds(self._whole[row.range.of])

    def _kept(self) -> dict[str, Behaviour]:
        rows = self.table.rows
        kept = {name: self._word(rows[name]) for name in self.words}
        for name in self.values:
            kept[name] = self._switch(rows[name]) if rows[name].range == SWITCH else self._number(rows[name])
        return kept

    def _number(self, row: Command) -> Behaviour:
        low, high = self._bounds(row)

        def put(_: Any, argument: str, t_ns: int) -> None:
            value = number(argument, row.unit, low, high)
            self._check(row.name, value)
            self.values[row.name] = value
            self._act()

        def get(_: Any, argument: str, t_ns: int) -> bytes:
            asked = limit(argument, low, high)
            return self._shown(row, self.values[row.name] if asked is None else asked)

        return Behaviour(put, get)

    def _switch(self, row: Command) -> Behaviour:
        def put(_: Any, argument: str, t_ns: int) -> None:
            on = switch(argument, -108)
            self._check(row.name, on)
            self.values[row.name] = float(on)
            self._act()

        return Behaviour(put, lambda *_: self._switched(row, self.values[row.name] > 0.0))

    @staticmethod
    def _switched(row: Command, on: bool) -> bytes:
        return (b"ON" if on else b"OFF") if row.reply == "word" else b"%d" % on

    def _word(self, row: Command) -> Behaviour:
        assert isinstance(row.range, Words)
        spellings = row.range.spellings

        def put(_: Any, argument: str, t_ns: int) -> None:
            chosen = word(argument, spellings)
            self._check(row.name, chosen)
            self.words[row.name] = chosen
            self._act()

        return Behaviour(put, lambda *_: self.words[row.name].encode())

    def _output(self) -> Behaviour:
        """Switching the output; a family says in ``_check`` what forbids it."""
        row = self.table.rows["output"]

        def put(_: Any, argument: str, t_ns: int) -> None:
            on = switch(argument, -108)
            self._check("output", on)
            self._on = on
            self._act()

        return Behaviour(put, lambda *_: self._switched(row, self._on))

    def _seconds(self, name: str, switch_name: str) -> int:
        """The time in ``name`` while ``switch_name`` is on, in ns."""
        return round(self.values[name] * NS_PER_S) if self.values[switch_name] else 0


def conflict() -> ScpiError:
    """What an instrument says to a command that its state forbids."""
    return ScpiError(-221)
