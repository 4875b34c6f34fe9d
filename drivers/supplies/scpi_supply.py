"""What the bidirectional DC supplies have in common: set-up, set-points and readings over one SCPI table each."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from bench.base.errors import DeviceError
from bench.base.ports import Identity, SupplyReading
from bench.base.quality import Quality
from bench.base.time import NS_PER_MS
from bench.schedule.requests import Exchange, Operation, Sleep, SleepUntil
from drivers import scpi
from drivers.command import SWITCH, Command, Words
from drivers.grammar import GrammarError
from drivers.readout import OneReadout, Readout, read
from drivers.scpi_data import ScpiError, switch, word
from drivers.scpi_table import Table
from drivers.session import Session
from drivers.supplies.settings import SupplySettings, settings_of_rig
from drivers.usual import Piece, Round, Usual, form, taken

_ERRORS_MAX = 16
_OUTPUT = "output_cmd"
_IN_LOCAL = -201
OURS, OTHERS, LOST = 0.0, 1.0, 2.0
"""Who has the device: we, somebody else, nobody since it was restarted or set up otherwise."""


class ScpiSupply(OneReadout):
    """A family names its rows (``output``, ``error`` and those below), its identity and how it writes values.

    ``read`` gives voltage, current, power and, at a lower pace, output and alarm. Positive current and power: source.
    """

    tested_on_hardware = False
    table: ClassVar[Table]
    commands: ClassVar[tuple[Command, ...]]
    family: ClassVar[str]
    identities: ClassVar[re.Pattern[str]]
    """Of ``maker,model`` in capitals."""
    measured: ClassVar[tuple[str, ...]]
    """Rows of one reading: voltage, current, power."""
    shape: ClassVar[tuple[Piece, ...]]
    """Their answer in its usual form: three numbers."""
    between: ClassVar[bytes] = b";"
    status: ClassVar[tuple[str, ...]]
    """Messages that ask for output and alarms."""
    rows_of: ClassVar[Mapping[str, str]] = {
        "voltage_cmd": "voltage",
        "current_cmd": "current",
        "sink_current_cmd": "sink_current",
    }
    sink_sign: ClassVar[int] = -1
    """How the family writes a limit for currents that it takes in."""

    def __init__(self, part: str = "supply", settings: SupplySettings | None = None) -> None:
        self.part = part
        self.settings = settings or SupplySettings()
        problem = next(self._problems(), "")
        if problem:
            raise ValueError(f"{self.family}: {problem}")
        self.session = Session(part, self.settings.expected)
        self.readout = Readout([f"{part}.{q}" for q in _QUANTITIES])
        self.setpoints = tuple(f"{part}.{quantity}" for quantity in (*self.rows_of, _OUTPUT))
        self._measured = self.readout.records[:3]
        self._until_status = 0
        self._asked_full = True
        self._alarm = 0  # seen since the last reading with status
        self._ours = True
        self._lost = False
        self._age_ns = round(self.settings.latency_ms * NS_PER_MS)
        self._pace_ns = self.table.dialect.pace_ns
        self._calm_ns = 0  # when the device may be spoken to again
        values = [f"{self.table.header(name)}?" for name in self.measured]
        timeout_ns = self.settings.timeout_ms * NS_PER_MS
        self._brief = Exchange(self.table.message(*values), "line", timeout_ns)
        self._full = Exchange(self.table.message(*values, *self.status), "line", timeout_ns)
        self._values = Usual(self._brief, form(*self.shape), self._measured, self._age_ns)
        self._in_brief = Usual(self._brief, form(*self.shape, b"\n"), self._measured, self._age_ns, self._briefs)
        self._round: Round | None = None  # while nothing is wrong: the last status is the one to come
        self._status = b""

    def __init_subclass__(cls) -> None:
        cls.commands = cls.table.commands

    @classmethod
    def from_rig(cls, part: str, rig: Mapping[str, Any]) -> Self:
        """The driver for the supply of a rig file, given as plain mappings. Raises ``ValueError`` for what the family
        cannot do."""
        return cls(part, settings_of_rig(rig["supply"]))

    def mark(self, quality: Quality, t_ns: int) -> NDArray[np.void]:
        """Records that say why there are no values."""
        self._until_status, self._round = 0, None
        return super().mark(quality, t_ns)

    # --- what a family says ----------------------------------------------------------------------------------------

    def _problems(self) -> Iterator[str]:
        """What these settings ask for that the family cannot do."""
        s = self.settings
        pace_ms = self.table.dialect.pace_ns / NS_PER_MS
        if s.poll_ms < pace_ms:
            yield f"needs {pace_ms:g} ms from message to message, poll is {s.poll_ms:g} ms; poll less often"
        if s.watchdog_s != int(s.watchdog_s):
            yield f"its watchdog takes whole seconds, not {s.watchdog_s:g} s; round it"

    def _begin(self) -> Operation[None]:
        """To a device that obeys and is off."""
        raise AssertionError("a family knows how")

    def _rows(self) -> Iterator[tuple[str, float | str]]:
        """The set-up beyond the set-points: name of the row and value, in the order of writing."""
        raise AssertionError("a family knows which")

    def _owner(self) -> Operation[str]:
        """Who has the device instead of us; empty: we have."""
        yield from ()
        return ""

    def _judge(self, fields: Sequence[bytes]) -> tuple[bool, int]:
        """Whether the output is on, and the alarm bits, from the answers to ``status``. Raises ``GrammarError``."""
        raise AssertionError("a family knows its registers")

    # --- questions -------------------------------------------------------------------------------------------------

    def identify(self) -> Operation[Identity]:
        """Raises ``DeviceError`` if none of this family answers, or another one than before."""
        with self.session:
            identity = scpi.identity((yield from self._ask("identity")))
            if self.identities.match(f"{identity.maker},{identity.model}".upper()) is None:
                raise DeviceError(f"{self.part}: {identity} is no {self.family}; correct the resource in the rig file")
            return self.session.meet(identity)

    def set_up(self) -> Operation[Mapping[str, str]]:
        """Remote control, output off, set-points zero, limits, thresholds and watchdog; all read back."""
        zeros: list[tuple[str, float | str]] = [(name, 0.0) for name in self.rows_of.values()]
        with self.session:
            yield from self._begin()
            for name, value in (*self._modes(), *zeros, *self._rows()):
                yield from self._write(name, value)
        in_force, problems = yield from self._look()
        if problems:
            raise DeviceError(f"{self.part}: {problems[0]}")
        self._alarm, self._ours, self._lost, self._until_status = 0, True, False, 0
        return in_force

    def _modes(self) -> Iterator[tuple[str, float | str]]:
        """What must be chosen before any value; the same names and values as in ``_rows`` may follow there."""
        yield from ()

    def verify(self) -> Operation[Mapping[str, str]]:
        """The set-up in force. What is wrong with it shows as ``control`` in each reading from now on, so that the core
        stops at once and knows why (F-39, F-48); then nothing that energises is written until ``set_up``."""
        in_force, problems = yield from self._look()
        self._lost = bool(problems)
        self._until_status = 0
        return in_force

    def _look(self) -> Operation[tuple[dict[str, str], list[str]]]:
        """The set-up in force by header, and what is wrong with it."""
        in_force: dict[str, str] = {}
        problems = []
        with self.session:
            owner = yield from self._owner()
            if owner:
                problems.append(f"controlled by {owner}; leave the local menu, then arm again")
            for name, value in (*self._modes(), *self._rows()):
                answer = scpi.line((yield from self._ask(name)))
                in_force[self.table.header(name)] = answer.decode("ascii", "replace")
                problems.append(self._difference(name, value, answer))
        return in_force, [problem for problem in problems if problem]

    def read(self) -> Operation[SupplyReading]:
        """One reading by itself. Raises ``LinkError`` or ``GrammarError``; both poison the session."""
        yield from read(self)
        return SupplyReading(*self.readout.readings())

    def question(self) -> Exchange:
        """Voltage, current and power; with each n-th reading output and alarms too."""
        self._asked_full = self._until_status <= 0
        return self._full if self._asked_full else self._brief

    def take(self, reply: bytes, arrived_ns: int) -> NDArray[np.void]:
        """Fresh ``INBOX`` records (the driver's own array: post it before the next read). Raises ``GrammarError``."""
        self._calm_ns = arrived_ns + self._pace_ns
        return self._take_full(reply, arrived_ns) if self._asked_full else self._take(reply[:-1], arrived_ns)

    def usual(self) -> Round | None:
        """Measured values, and from time to time the same status as before."""
        if self._round is None or self._lost:
            return None
        return self._round._replace(asked=self._briefs - max(0, self._until_status))

    def resume(self, place: int, read_ns: int) -> None:
        """Somebody has read up to ``place`` of the round, the last answer at ``read_ns``."""
        self._until_status = self._briefs - place
        self._calm_ns = read_ns + self._pace_ns

    @property
    def _briefs(self) -> int:
        """Readings between two with status."""
        return max(0, self.settings.status_every - 1)

    # --- set-points ------------------------------------------------------------------------------------------------

    def write(self, index: int, value: float) -> Operation[None]:
        """Obey set-point ``index`` of ``setpoints``; read back. Raises ``DeviceError`` if it is not followed."""
        if not math.isfinite(value):
            raise DeviceError(f"{self.part}: {self.setpoints[index]} = {value} is no set-point")
        if self._lost and self.energises(index, value):
            raise DeviceError(f"{self.part}: has lost its set-up, perhaps by a restart; arm again (F-39)")
        quantity = self.setpoints[index].partition(".")[2]
        if quantity == _OUTPUT:
            yield from self.set_output(value > 0.5)
            return
        with self.session:
            yield from self._write(self.rows_of[quantity], self._signed(quantity, value))

    def energises(self, index: int, value: float) -> bool:
        """Whether this write could bring energy in, so that it must not be repeated after a failure."""
        # the sink limit only lets energy out; losing it while the DUT regenerates would be the danger (F-31)
        return value > 0.0 and not self.setpoints[index].endswith("sink_current_cmd")

    def in_force(self, index: int) -> Operation[float]:
        """What the device holds for set-point ``index`` of ``setpoints``."""
        quantity = self.setpoints[index].partition(".")[2]
        with self.session:
            if quantity == _OUTPUT:
                return float(self._switched(scpi.line((yield from self._ask("output")))))
            name = self.rows_of[quantity]
            return self._signed(quantity, self._number(name, scpi.line((yield from self._ask(name))))[0])

    def set_voltage(self, voltage_v: float) -> Operation[None]:
        """Set the source voltage in V, read back."""
        yield from self.write(0, voltage_v)

    def set_output(self, on: bool) -> Operation[None]:
        """Switch the DC terminal, read back. Raises ``DeviceError`` if an alarm keeps it off."""
        self._until_status = 0
        with self.session:
            yield from self._write("output", "ON" if on else "OFF")
            if on and self._alarm:
                raise DeviceError(f"{self.part}: alarm bits {self._alarm:#x} keep the output off; look at the device")

    # --- messages --------------------------------------------------------------------------------------------------

    def _exchange(self, message: bytes, reply: str = "line") -> Operation[bytes]:
        """One message at the pace that the device can follow."""
        if self._pace_ns:
            yield SleepUntil(self._calm_ns)
        answer: bytes = yield Exchange(message, reply)
        if self._pace_ns:
            yield Sleep(self._pace_ns)
        return answer

    def _ask(self, name: str) -> Operation[bytes]:
        return self._exchange(self.table.question(name))

    def _send(self, name: str, argument: str = "") -> Operation[bytes]:
        return self._exchange(self.table.message(f"{self.table.header(name)} {argument}".rstrip()), "")

    def _write(self, name: str, value: float | str) -> Operation[None]:
        """Write and read back in one message. Raises ``DeviceError`` if the device refuses or holds something else."""
        text, header = self._written(name, value), self.table.header(name)
        checks = [f"{header}?", *self.status[1:], f"{self.table.header('error')}?"]
        reply = yield from self._exchange(self.table.message(f"{header} {text}", *checks))
        answer, *status, error = self._fields(reply, len(checks))
        self._alarm |= self._judge([b"0", *status])[1]
        code, told = scpi.error_entry(error)
        if code == _IN_LOCAL:
            self._ours, self._until_status = False, 0
        if code != 0:
            raise DeviceError(f"{self.part}: {header} {text} was refused: {code} {told!r} (F-45)")
        if problem := self._difference(name, value, answer):
            raise DeviceError(f"{self.part}: {problem}")

    def _forget_errors(self) -> Operation[None]:
        """Empty the error queue: what is in it was caused by others."""
        message = self.table.message(*self.status[1:], f"{self.table.header('error')}?")
        for _ in range(_ERRORS_MAX):
            if scpi.error_entry(self._fields((yield from self._exchange(message)), len(self.status))[-1])[0] == 0:
                return
        raise DeviceError(f"{self.part}: the error queue does not run empty; look at the device's alarms")

    # --- values ----------------------------------------------------------------------------------------------------

    def _signed(self, quantity: str, value: float) -> float:
        return 0.0 - value if quantity == "sink_current_cmd" and self.sink_sign < 0 else value

    def _written(self, name: str, value: float | str) -> str:
        if isinstance(value, str):
            return value
        return f"{value:.0f}" if self.table.rows[name].reply == "NR1" else f"{value:.2f}"

    def _number(self, name: str, answer: bytes) -> tuple[float, Quality]:
        row = self.table.rows[name]
        return scpi.quantity(answer, row.unit.encode()) if " " in row.reply else scpi.number(answer)

    @staticmethod
    def _switched(answer: bytes) -> bool:
        try:
            return switch(answer.decode("latin-1"))
        except ScpiError:
            raise GrammarError("ON, OFF, 1 or 0", answer) from None

    def _difference(self, name: str, value: float | str, answer: bytes) -> str:
        """In words, if the answer does not mean what was written; else empty."""
        row = self.table.rows[name]
        if row.range == SWITCH:
            same = self._switched(answer) == switch(str(value))
        elif isinstance(row.range, Words):
            same = _meant(answer.decode("latin-1"), row.range) == _meant(str(value), row.range)
        else:
            got, quality = self._number(name, answer)
            nominal = self._nominal(row.unit)
            same = quality is Quality.GOOD and abs(got - float(value)) <= self.settings.tolerance * nominal
        shown = value if isinstance(value, str) else f"{value:g}"
        told = answer.decode("ascii", "replace")
        return "" if same else f"{self.table.header(name)} reads back {told} after {shown} was written (F-46)"

    def _nominal(self, unit: str) -> float:
        s = self.settings
        return {
            "V": s.voltage_max_v,
            "A": s.current_max_a,
            "W": s.power_max_w,
            "s": 10.0,
            "V/ms": s.slew_v_per_s / 1e3,
        }[unit]

    @staticmethod
    def _fields(reply: bytes, count: int) -> list[bytes]:
        fields = scpi.line(reply).split(b";")
        if len(fields) != count:
            raise GrammarError(f"{count} answers joined by semicolons", reply)
        return fields

    # --- readings --------------------------------------------------------------------------------------------------

    def _take(self, text: bytes, arrived_ns: int) -> NDArray[np.void]:
        self._until_status -= 1
        return self._measured if taken(text, self._values, arrived_ns) else self._take_slowly(text, arrived_ns)

    def _take_slowly(self, text: bytes, arrived_ns: int) -> NDArray[np.void]:
        fields = text.split(self.between)
        if len(fields) != 3:
            raise GrammarError("voltage, current, power", text)
        for i, (value, unit) in enumerate(zip(fields, (b"V", b"A", b"W"), strict=True)):
            self.readout.values[i], self.readout.qualities[i] = self._measured_value(value, unit)
        self.readout.times[:3] = arrived_ns - self._age_ns
        return self._measured

    def _measured_value(self, value: bytes, unit: bytes) -> tuple[float, Quality]:
        return scpi.number(value)

    def _take_full(self, reply: bytes, arrived_ns: int) -> NDArray[np.void]:
        values, *fields = scpi.line(reply).rsplit(b";", len(self.status))
        if len(fields) != len(self.status):
            raise GrammarError(f"values and {len(self.status)} answers joined by semicolons", reply)
        on, alarm = self._judge(fields)
        self._take(values, arrived_ns)
        self._until_status = self._briefs
        out = self.readout
        out.values[3:] = (float(on), float(alarm | self._alarm), LOST if self._lost else OURS if self._ours else OTHERS)
        out.qualities[3:] = 0
        out.times[3:] = arrived_ns - self._age_ns
        self._expect(b";".join(fields), calm=not (alarm or self._alarm or self._lost) and self._ours)
        self._alarm = 0
        return out.records

    def _expect(self, status: bytes, calm: bool) -> None:
        """The same status again, as long as it is none to look at."""
        if not calm:
            self._round = None
        elif self._round is None or status != self._status:
            shape = form(*self.shape, b";" + status + b"\n")
            full = Usual(self._full, shape, self.readout.records.copy(), self._age_ns)
            self._round = Round((self._in_brief, full) if self._briefs else (full,))
            self._status = status


_QUANTITIES = ("voltage", "current", "power", "output", "alarm", "control")


def _meant(answer: str, words: Words) -> str:
    try:
        return word(answer.strip(), words.spellings)
    except ScpiError:
        return answer
