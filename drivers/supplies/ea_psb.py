"""EA Elektro-Automatik PSB 9000/10000 bidirectional DC supply. Not yet tested on hardware.

Source: programming guide PGMBEN rev 24 (2023-05-15).
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.errors import DeviceError
from bench.base.ports import Identity
from bench.base.quality import Quality
from bench.base.reading import Reading
from bench.base.time import NS_PER_MS
from bench.schedule.requests import Exchange, Operation
from drivers import scpi
from drivers.grammar import GrammarError
from drivers.readout import Readout, read
from drivers.session import Expected, Session
from drivers.supplies.ea_psb_commands import TABLE

ALARM_BITS = 0b1111 | 1 << 13 | 1 << 14
"""QUES bits: OVP, OCP, OPP, OT, power fail, master/slave (bits 0-9 from a scrambled drawing: verify on hardware)."""

_ARRAY = re.compile(rb"(" + scpi.NUMBER + rb") ?V, ?(" + scpi.NUMBER + rb") ?A, ?(" + scpi.NUMBER + rb") ?W")
_ERRORS_MAX = 8
_WRITES = {"voltage_cmd": "voltage", "current_cmd": "current", "sink_current_cmd": "sink_current"}
_CHECKED = f"{TABLE.header('questionable')}?", f"{TABLE.header('error')}?"
"""After each write: STAT:QUES? before SYST:ERR?, because the latter acknowledges gone alarms (PGMBEN 5.4)."""


@dataclass(frozen=True, slots=True)
class EaPsbSettings:
    """Limits and thresholds that ``set_up`` writes and reads back, in V, A, W."""

    voltage_max_v: float = 500.0
    current_max_a: float = 600.0
    power_max_w: float = 240_000.0
    sink_power_max_w: float = 240_000.0
    ovp_v: float = 480.0
    ocp_a: float = 660.0
    opp_w: float = 264_000.0
    tolerance: float = 0.001  # of the nominal value, between written and read back
    latency_ms: float = 2.0
    watchdog_s: float = 2.0  # 0: not set
    timeout_ms: int = 250
    expected: Expected = field(default_factory=Expected)
    status_every: int = 5  # output and alarms with each n-th reading


class EaPsb:
    """Driver: ``read`` gives voltage, current, power (and, at a lower pace, output and alarm) as ``INBOX`` records."""

    tested_on_hardware = False
    commands = TABLE.commands

    def __init__(self, part: str = "supply", settings: EaPsbSettings | None = None) -> None:
        self.part = part
        self.settings = settings or EaPsbSettings()
        self.session = Session(part, self.settings.expected)
        self.readout = Readout([f"{part}.{q}" for q in ("voltage", "current", "power", "output", "alarm")])
        self.setpoints = tuple(f"{part}.{q}" for q in ("voltage_cmd", "current_cmd", "sink_current_cmd", "output_cmd"))
        self._measured = self.readout.records[:3]
        self._until_status = 0
        self._asked_full = True
        self._age_ns = round(self.settings.latency_ms * NS_PER_MS)
        self._brief = Exchange(TABLE.question("array"), "line", self.settings.timeout_ms * NS_PER_MS)
        self._full = Exchange(
            TABLE.question("array", "output", "questionable"), "line", self.settings.timeout_ms * NS_PER_MS
        )

    @classmethod
    def from_rig(cls, part: str, rig: Mapping[str, Any]) -> "EaPsb":
        """The driver for the supply of a rig file, given as plain mappings."""
        section = rig["supply"]
        return cls(
            part,
            EaPsbSettings(
                voltage_max_v=section["voltage_max"],
                current_max_a=section["current_max"],
                power_max_w=section["power_max"],
                sink_power_max_w=section["sink_power_max"],
                ovp_v=section["protection"]["over_voltage"],
                ocp_a=section["protection"]["over_current"],
                opp_w=section["protection"]["over_power"],
                watchdog_s=section["watchdog"] or 0.0,
                timeout_ms=round(section["timeout"] * 1e3),
                expected=Expected.of_rig(section),
            ),
        )

    @property
    def channels(self) -> tuple[str, ...]:
        """What ``read`` delivers, in order."""
        return self.readout.channels

    def bind(self, index_of: Callable[[str], int]) -> None:
        """Fix the channels' places in the image, once."""
        self.readout.bind(index_of)

    def readings(self) -> list[Reading]:
        """The last reading, for people."""
        return self.readout.readings()

    def mark(self, quality: Quality, t_ns: int) -> NDArray[np.void]:
        """Records that say why there are no values."""
        self._until_status = 0
        return self.readout.mark(quality, t_ns)

    # --- questions -------------------------------------------------------------------------------------------------

    def identify(self) -> Operation[Identity]:
        """Raises ``DeviceError`` if no PSB answers, or another one than before."""
        with self.session:
            identity = scpi.identity((yield Exchange(TABLE.question("identity"))))
            if not identity.maker.upper().startswith("EA") or "PSB" not in identity.model.upper():
                raise DeviceError(f"{self.part}: {identity} is no EA PSB; correct the resource in the rig file")
            return self.session.meet(identity)

    def set_up(self) -> Operation[Mapping[str, str]]:
        """Remote control, output off, set-points zero, limits, thresholds and watchdog; all read back."""
        with self.session:
            yield Exchange(TABLE.message(f"{TABLE.header('lock')} ON"), "")
            yield from self._forget_errors()
            yield Exchange(TABLE.message(f"{TABLE.header('output')} OFF"), "")
            for name, value in (*self._zeros(), *self._rows()):
                yield from self._write(name, value)
        return (yield from self.verify())

    def verify(self) -> Operation[Mapping[str, str]]:
        """Remote, limits, thresholds and watchdog as written (F-39, F-48). Raises ``DeviceError`` naming the item."""
        in_force: dict[str, str] = {}
        with self.session:
            owner = scpi.line((yield Exchange(TABLE.question("owner"))))
            if owner != b"REMOTE":
                raise DeviceError(f"{self.part}: controlled by {owner.decode()}; leave the local menu, then arm again")
            for name, value in self._rows():
                answer = scpi.line((yield Exchange(TABLE.question(name))))
                self._same(name, value, answer)
                in_force[TABLE.header(name)] = answer.decode()
        return in_force

    def read(self) -> Operation[NDArray[np.void]]:
        """One reading, see ``take``."""
        return read(self)

    def question(self) -> Exchange:
        """Voltage, current and power; with each n-th reading output and alarms too."""
        self._asked_full = self._until_status <= 0
        return self._full if self._asked_full else self._brief

    def take(self, reply: bytes, arrived_ns: int) -> NDArray[np.void]:
        """Fresh ``INBOX`` records (the driver's own array: post it before the next read). Raises ``GrammarError``."""
        return self._take_full(reply, arrived_ns) if self._asked_full else self._take(reply[:-1], arrived_ns)

    # --- set-points ------------------------------------------------------------------------------------------------

    def write(self, index: int, value: float) -> Operation[None]:
        """Obey set-point ``index`` of ``setpoints``; read back. Raises ``DeviceError`` if it is not followed."""
        if not math.isfinite(value):
            raise DeviceError(f"{self.part}: {self.setpoints[index]} = {value} is no set-point")
        quantity = self.setpoints[index].partition(".")[2]
        if quantity == "output_cmd":
            yield from self.set_output(value > 0.5)
            return
        with self.session:
            yield from self._write(_WRITES[quantity], value)

    def energises(self, index: int, value: float) -> bool:
        """Whether this write could bring energy in, so that it must not be repeated after a failure."""
        # the sink limit only lets energy out; losing it while the DUT regenerates would be the danger (F-31)
        return value > 0.0 and not self.setpoints[index].endswith("sink_current_cmd")

    def in_force(self, index: int) -> Operation[float]:
        """What the device holds for set-point ``index`` of ``setpoints``."""
        quantity = self.setpoints[index].partition(".")[2]
        with self.session:
            if quantity == "output_cmd":
                return float(scpi.line((yield Exchange(TABLE.question("output")))) == b"ON")
            name = _WRITES[quantity]
            return scpi.quantity(scpi.line((yield Exchange(TABLE.question(name)))), _unit(name))[0]

    def set_voltage(self, voltage_v: float) -> Operation[None]:
        """Set the source voltage in V, read back."""
        yield from self.write(0, voltage_v)

    def set_output(self, on: bool) -> Operation[None]:
        """Switch the DC terminal, read back."""
        text = "ON" if on else "OFF"
        self._until_status = 0
        with self.session:
            answer = yield from self._put("output", text)
            if answer != text.encode():
                raise DeviceError(f"{self.part}: output is {answer.decode()} after {text} was written")

    # --- inside ----------------------------------------------------------------------------------------------------

    def _zeros(self) -> Iterator[tuple[str, float]]:
        yield from ((name, 0.0) for name in _WRITES.values())

    def _rows(self) -> Iterator[tuple[str, float]]:
        s = self.settings
        yield "power", s.power_max_w
        yield "sink_power", s.sink_power_max_w
        yield "over_voltage", s.ovp_v
        yield "over_current", s.ocp_a
        yield "over_power", s.opp_w
        if s.watchdog_s:
            yield "timeout", s.watchdog_s

    def _write(self, name: str, value: float) -> Operation[None]:
        self._same(name, value, (yield from self._put(name, f"{value:.2f}")))

    def _put(self, name: str, text: str) -> Operation[bytes]:
        """Write and read back in one message; the answer. Raises ``DeviceError`` if the device refuses."""
        header = TABLE.header(name)
        reply = yield Exchange(TABLE.message(f"{header} {text}", f"{header}?", *_CHECKED))
        answer, _, error = self._fields(reply, 3)
        self._refuse(error, f"{header} {text}")
        return answer

    def _same(self, name: str, value: float, answer: bytes) -> None:
        unit = _unit(name)
        got, quality = scpi.quantity(answer, unit)
        s = self.settings
        nominal = {b"V": s.voltage_max_v, b"A": s.current_max_a, b"W": s.power_max_w, b"s": 10.0}[unit]
        if quality is not Quality.GOOD or not abs(got - value) <= s.tolerance * nominal:
            header = TABLE.header(name)
            raise DeviceError(f"{self.part}: {header} reads back {answer.decode()} after {value:g} was written (F-46)")

    def _refuse(self, error: bytes, what: str) -> None:
        code, text = scpi.error_entry(error)
        if code != 0:
            raise DeviceError(f"{self.part}: {what} was refused: {code} {text!r} (F-45)")

    @staticmethod
    def _fields(reply: bytes, count: int) -> list[bytes]:
        fields = scpi.line(reply).split(b";")
        if len(fields) != count:
            raise GrammarError(f"{count} answers joined by semicolons", reply)
        return fields

    def _take(self, text: bytes, arrived_ns: int) -> NDArray[np.void]:
        self._until_status -= 1
        match = _ARRAY.fullmatch(text)
        if match is None:
            return self._take_slowly(text, arrived_ns)
        out, t_ns = self.readout, arrived_ns - self._age_ns
        volts, amperes, watts = map(float, match.groups())
        if not max(abs(volts), abs(amperes), abs(watts)) < scpi.OVERFLOW:
            return self._take_slowly(text, arrived_ns)
        values, qualities, times = out.values, out.qualities, out.times
        # one by one: three assignments are quicker than one of a tuple
        values[0], values[1], values[2] = volts, amperes, watts
        qualities[0] = qualities[1] = qualities[2] = 0
        times[0] = times[1] = times[2] = t_ns
        return self._measured

    def _take_slowly(self, text: bytes, arrived_ns: int) -> NDArray[np.void]:
        fields = text.split(b",")
        if len(fields) != 3:
            raise GrammarError("voltage, current, power", text)
        for i, (text_of, unit) in enumerate(zip(fields, (b"V", b"A", b"W"), strict=True)):
            self.readout.values[i], self.readout.qualities[i] = _value(text_of, unit)
        self.readout.times[:3] = arrived_ns - self._age_ns
        return self._measured

    def _take_full(self, reply: bytes, arrived_ns: int) -> NDArray[np.void]:
        array, output, status = self._fields(reply, 3)
        if output not in (b"ON", b"OFF"):
            raise GrammarError("ON or OFF", output)
        alarm = scpi.integer(status) & ALARM_BITS
        self._take(array, arrived_ns)
        self._until_status = self.settings.status_every - 1
        out = self.readout
        out.values[3:] = (float(output == b"ON"), float(alarm))
        out.qualities[3:] = 0
        out.times[3:] = arrived_ns - self._age_ns
        return out.records

    def _forget_errors(self) -> Operation[None]:
        for _ in range(_ERRORS_MAX):
            if scpi.error_entry(self._fields((yield Exchange(TABLE.question("questionable", "error"))), 2)[1])[0] == 0:
                return
        raise DeviceError(f"{self.part}: the error queue does not run empty; look at the device's alarms")


def _unit(name: str) -> bytes:
    return TABLE.rows[name].unit.encode()


def _value(field: bytes, unit: bytes) -> tuple[float, Quality]:
    try:
        return scpi.quantity(field, unit)
    except GrammarError:
        return scpi.number(field)  # the sentinels come without a unit
