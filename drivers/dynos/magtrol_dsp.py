"""Magtrol DSP7000 or DSP6001 dynamometer controller with its brake. Not yet tested on hardware.

The brake only absorbs: it holds a speed against a unit that drives, and cannot turn the shaft by itself. The controller
acknowledges nothing and tells no set-point, so ``state`` is what was commanded, unless it tells an alarm; whether the
speed is held shows in the speed. A set-point whose way is uncertain is written again: a brake takes energy out only.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.errors import DeviceError
from bench.base.ports import Identity
from bench.base.quality import Quality
from bench.base.time import NS_PER_MS
from bench.schedule.requests import Exchange, Operation
from drivers import scpi
from drivers.dynos.magtrol_commands import COMMANDS, Dialect, rows_of
from drivers.grammar import GrammarError
from drivers.readout import OneReadout, Readout, read
from drivers.session import Expected, Session

OFF, HOLDING, FAULT = 0.0, 1.0, 2.0
ALARM_FLAGS = sum(1 << bit for bit in (4, 8, 10, 12, 14, 23, 25, 27))
"""Of channel 1 in ``STAT`` (DSP7000 p.83)."""
UNITS: Mapping[str, float] = {"Nm": 1.0, "mNm": 1e-3, "cNm": 1e-2, "kNm": 1e3}
"""Nm of one unit of the display."""

_DATA = re.compile(rb"S *([0-9]{1,6}\.?[0-9]{0,3}) *T *(-?(?:[0-9]{1,5}\.[0-9]{0,4}|\.[0-9]{1,4})) *([RLA])\r?\n")
_TURN = {b"R": 1.0, b"L": -1.0}


@dataclass(frozen=True, slots=True)
class MagtrolDspSettings:
    """``sign`` is -1 where the shaft turns counterclockwise when the vehicle goes forward. ``unit``: of the display."""

    dialect: Dialect = "7000"
    sign: int = 1
    unit: str = "Nm"
    speed_max_rpm: float = 8000.0
    torque_max_nm: float = 300.0
    power_max_w: float = 60_000.0
    latency_ms: float = 10.0
    timeout_ms: int = 1000  # at least 1 s (DSP7000 p.74)
    expected: Expected = field(default_factory=Expected)


class MagtrolDsp(OneReadout):
    """Driver: ``read`` gives speed (rpm), torque (Nm, the brake's own) and state as ``INBOX`` records."""

    tested_on_hardware = False
    commands = COMMANDS

    def __init__(self, part: str, settings: MagtrolDspSettings | None = None) -> None:
        self.part = part
        self.settings = settings or MagtrolDspSettings()
        self.session = Session(part, self.settings.expected)
        self.readout = Readout([f"{part}.{q}" for q in ("speed", "torque", "state")])
        self.setpoints = (f"{part}.speed_cmd", f"{part}.enable_cmd")
        self._rows = rows_of(self.settings.dialect)
        self._age_ns = round(self.settings.latency_ms * NS_PER_MS)
        self._data = self._question("data")
        self._torque_nm = UNITS[self.settings.unit]
        self._speed_rpm = 0.0
        self._holding = False

    @classmethod
    def from_rig(cls, part: str, rig: Mapping[str, Any]) -> "MagtrolDsp":
        """The driver for one dyno of a rig file, given as plain mappings."""
        section = rig["dynos"][part]
        return cls(
            part,
            MagtrolDspSettings(
                dialect=section["dialect"],
                sign=section["sign"],
                unit=section["display_unit"],
                speed_max_rpm=section["speed_max"],
                torque_max_nm=section["torque_max"],
                power_max_w=section["power_max"],
                timeout_ms=round(section["timeout"] * 1e3),
                expected=Expected.of_rig(section),
            ),
        )

    # --- questions -------------------------------------------------------------------------------------------------

    def identify(self) -> Operation[Identity]:
        """The controller tells a text only; all of it counts as its model. Raises ``DeviceError``."""
        with self.session:
            text = scpi.line((yield self._question("identity"))).strip()
            if not text.isascii() or b"MAGTROL" not in text.upper():
                raise DeviceError(f"{self.part}: {text!r} is no Magtrol controller; correct the resource")
            return self.session.meet(Identity("Magtrol", text.decode("ascii"), "", ""))

    def set_up(self) -> Operation[Mapping[str, str]]:
        """Own commands, brake off, alarm points where it has some; no alarm must be left. Raises ``DeviceError``."""
        self._holding, self._speed_rpm = False, 0.0
        s = self.settings
        points = {
            "speed_alarm": s.speed_max_rpm,
            "torque_alarm": s.torque_max_nm / self._torque_nm,
            "power_alarm": s.power_max_w / 1e3,
        }
        with self.session:
            for name in ("mode", "current_off", "speed_off", "torque_off", *points, "alarms"):
                if name in self._rows:
                    yield self._command(name, points.get(name))
        in_force = yield from self.verify()
        if self.readout.values[2] == FAULT or int(in_force.get("STAT", "0")) & ALARM_FLAGS:
            raise DeviceError(f"{self.part}: alarm (flags {in_force.get('STAT')}); clear it there, then arm again")
        return in_force

    def verify(self) -> Operation[Mapping[str, str]]:
        """What can be read back, the set-points being written again: nobody knows what it has kept."""
        in_force: dict[str, str] = {}
        with self.session:
            if self._holding:
                yield self._command("speed", self._speed_rpm)
            if "status" in self._rows:
                in_force["STAT"] = str(scpi.integer(scpi.line((yield self._question("status")))))
        yield from self.read()
        return in_force

    def read(self) -> Operation[NDArray[np.void]]:
        """One reading, see ``take``."""
        return read(self)

    def question(self) -> Exchange:
        """Speed, torque and direction in one line."""
        return self._data

    def take(self, reply: bytes, arrived_ns: int) -> NDArray[np.void]:
        """Fresh ``INBOX`` records (the driver's own array: post it before the next read). Raises ``GrammarError``."""
        match = _DATA.fullmatch(reply)
        if match is None:
            raise GrammarError("speed, torque and direction as SddddddTdddd.R", reply)
        out, turn = self.readout, _TURN.get(match[3])
        out.times[:] = arrived_ns - self._age_ns
        if turn is None:  # an alarm, told in place of the direction
            out.values[:] = np.nan, np.nan, FAULT
            out.qualities[:] = Quality.WRONG, Quality.WRONG, Quality.GOOD
            return out.records
        forward = turn * self.settings.sign
        out.values[0] = float(match[1]) * forward
        out.values[1] = -float(match[2]) * self._torque_nm * forward  # it brakes: against the rotation
        out.values[2] = HOLDING if self._holding else OFF
        out.qualities[:] = 0
        return out.records

    # --- set-points ------------------------------------------------------------------------------------------------

    def write(self, index: int, value: float) -> Operation[None]:
        """Obey set-point ``index`` of ``setpoints``. Raises ``DeviceError`` for what a brake cannot do."""
        yield from self.set_speed(value) if index == 0 else self.set_enable(value > 0.5)

    def energises(self, index: int, value: float) -> bool:
        """Never: a brake takes energy out."""
        return False

    def in_force(self, index: int) -> Operation[float]:
        """Not known: the controller does not tell it."""
        yield from ()
        return float("nan")

    def set_speed(self, speed_rpm: float) -> Operation[None]:
        """Set the speed to hold in rpm; it is sent while the brake is on."""
        if not 0.0 <= speed_rpm <= self.settings.speed_max_rpm:
            raise DeviceError(f"{self.part}: {speed_rpm:g} rpm; a brake holds 0 to {self.settings.speed_max_rpm:g} rpm")
        self._speed_rpm = speed_rpm
        if self._holding:
            with self.session:
                yield self._command("speed", speed_rpm)

    def set_enable(self, on: bool) -> Operation[None]:
        """Hold speed (on) or run free (off)."""
        self._holding = on
        with self.session:
            if on:
                yield self._command("speed", self._speed_rpm)
                return
            yield self._command("speed_off")
            yield self._command("torque_off")

    # --- inside ----------------------------------------------------------------------------------------------------

    def _command(self, name: str, value: float | None = None) -> Exchange:
        return Exchange(self._line(name, value), "")

    def _question(self, name: str) -> Exchange:
        return Exchange(self._line(name), "line", self.settings.timeout_ms * NS_PER_MS)

    def _line(self, name: str, value: float | None = None) -> bytes:
        number = "" if value is None else f"{value:.1f}"
        return f"{self._rows[name].text(self.settings.dialect).format(number)}\r\n".encode("ascii")
