"""An emulated Magtrol dynamometer controller with a brake: it holds a speed by absorbing, and says little.

What it understands are the rows of ``drivers.dynos.magtrol_commands``; ``behaviour`` has one action for each of them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.base.noise import gauss, noise_state
from bench.base.time import NS_PER_MS
from bench.emulators.instruments.accuracy import ErrorDraw
from bench.emulators.instruments.faults import MESSAGE_FAULTS, FaultKind, FaultScript
from bench.emulators.instruments.peer import Peer
from bench.emulators.instruments.wiring import Measured
from drivers.dynos.magtrol_commands import Dialect, rows_of
from drivers.dynos.magtrol_dsp import UNITS

IDENTITIES: Mapping[Dialect, str] = {"7000": "Magtrol DSP7001 Rev 1.0", "6001": "Magtrol DSP6001 Rev 2.1"}
_NUMBER = rb"([0-9]{1,6}(?:\.[0-9]{0,3})?)"
_EXTERNAL = 1 << 4
_KILOWATT_PER_NM_RPM = np.pi / 30e3


@dataclass(frozen=True, slots=True)
class BrakeNameplate:
    """Limits and accuracy of controller and brake. ``sign`` -1: forward is counterclockwise."""

    dialect: Dialect = "7000"
    unit: str = "Nm"
    speed_max_rpm: float = 8000.0
    torque_max_nm: float = 300.0
    sign: int = 1
    torque_accuracy: float = 0.3  # % of maximum, rectangular
    torque_noise: float = 0.05  # % of maximum


class MagtrolDspEmulator(Peer):
    """``side``: which dyno of the plant this is (layout ``motor``: ``l``). The plant knows that it only absorbs."""

    known_faults = (*(kind for kind in MESSAGE_FAULTS if kind != "bare_lf"), "close", "restart", "alarm")

    def __init__(
        self,
        measured: Measured,
        outputs: tuple[str, ...],
        actuate: NDArray[np.void],
        side: str,
        nameplate: BrakeNameplate | None = None,
        *,
        seed: int = 0,
        name: str = "",
        identity: str = "",
        delay_ns: int = 10 * NS_PER_MS,
        faults: FaultScript | None = None,
    ) -> None:
        super().__init__(b"\n", faults)
        self.nameplate = plate = nameplate or BrakeNameplate()
        name = name or f"dyno_{side}"
        self._measured = measured
        self._place = (outputs.index(f"speed_{side}_rpm"), outputs.index(f"dyno_{side}_torque_nm"))
        self._on_field, self._speed_field = actuate[f"dyno_{side}_on"], actuate[f"dyno_{side}_speed_rpm"]
        self._identity = identity or IDENTITIES[plate.dialect]
        self._delay_ns = delay_ns
        self._noise = noise_state(seed, f"{name}.noise")
        self._offset_nm = ErrorDraw(seed, name).within(plate.torque_accuracy / 100.0 * plate.torque_max_nm, "torque")
        self._torque_noise_nm = plate.torque_noise / 100.0 * plate.torque_max_nm
        self._decimals = max(0, 3 - len(str(int(plate.torque_max_nm / UNITS[plate.unit]))) + 1)
        self._width = 6 if plate.dialect == "7000" else 5
        self._forms = _forms(plate.dialect)
        self._tripped = False
        self._alarms_on = False
        self._points: dict[str, float] = {}
        self._set_rpm = 0.0

    def handle(self, message: bytes, t_ns: int) -> None:
        """One command. What is not known beeps, and nothing comes back."""
        for name, form in self._forms:
            match = form.fullmatch(message)
            if match is not None:
                number = float(match[1]) if match.re.groups else 0.0
                answer = self.behaviour[name](self, number)
                if answer:
                    self.reply(t_ns + self._delay_ns, answer + b"\r\n", t_ns)
                return
        self.unknown += 1

    def befall(self, kind: FaultKind, t_ns: int) -> None:
        """Without power, and with an alarm, the brake is off."""
        self._tripped = kind == "alarm"
        if kind == "restart":
            self._alarms_on, self._set_rpm = False, 0.0
            self._points.clear()
        self._act(False)

    # --- behaviour -------------------------------------------------------------------------------------------------

    def _data(self, _: float) -> bytes:
        speed, torque = self._sensed()
        if self._alarms_on and self._beyond(speed, torque):
            self._tripped = True
        size = abs(torque) / UNITS[self.nameplate.unit]
        shown = f"{size:5.{self._decimals}f}" if self._decimals else f"{size:4.0f}."
        turn = "A" if self._tripped else "R" if speed * self.nameplate.sign >= 0.0 else "L"
        return f"S{abs(speed):{self._width}.0f}T{shown}{turn}".encode("ascii")

    def _sensed(self) -> tuple[float, float]:
        """Speed in rpm and torque in Nm as its own sensors have them."""
        truth = self._measured()[0]
        torque = truth.item(self._place[1]) + self._offset_nm + self._torque_noise_nm * gauss(self._noise)
        return truth.item(self._place[0]), torque

    def _beyond(self, speed_rpm: float, torque_nm: float) -> bool:
        power_kw = abs(speed_rpm * torque_nm) * _KILOWATT_PER_NM_RPM
        seen = {
            "speed_alarm": abs(speed_rpm),
            "torque_alarm": abs(torque_nm) / UNITS[self.nameplate.unit],
            "power_alarm": power_kw,
        }
        return any(seen[name] > point for name, point in self._points.items())

    def _tell_identity(self, _: float) -> bytes:
        return self._identity.encode("ascii")

    def _tell_status(self, _: float) -> bytes:
        return b"%d" % (_EXTERNAL if self._tripped else 0)

    def _set_speed(self, rpm: float) -> bytes:
        if rpm > self.nameplate.speed_max_rpm:
            self.unknown += 1  # I/O ERROR
            return b""
        self._set_rpm, self._tripped = rpm, False
        self._act(True)
        return b""

    def _release(self, _: float) -> bytes:
        self._act(False)
        return b""

    def _set_point(self, name: str, value: float) -> bytes:
        self._points[name] = value
        return b""

    def _watch(self, _: float) -> bytes:
        self._alarms_on = True
        return b""

    def _nothing(self, _: float) -> bytes:
        return b""

    def _act(self, on: bool) -> None:
        """The only place where the plant is touched."""
        self._on_field[...] = float(on)
        self._speed_field[...] = self._set_rpm  # whichever way the shaft turns

    behaviour: ClassVar[Mapping[str, Callable[["MagtrolDspEmulator", float], bytes]]] = {
        "identity": _tell_identity,
        "data": _data,
        "status": _tell_status,
        "mode": _nothing,
        "current_off": _nothing,
        "torque_off": _release,
        "speed": _set_speed,
        "speed_off": _release,
        "speed_alarm": lambda self, value: self._set_point("speed_alarm", value),
        "torque_alarm": lambda self, value: self._set_point("torque_alarm", value),
        "power_alarm": lambda self, value: self._set_point("power_alarm", value),
        "alarms": _watch,
    }
    """By name of the row: from the command's number to the answer, empty for none."""


def _forms(dialect: Dialect) -> list[tuple[str, re.Pattern[bytes]]]:
    """What a message must look like for each row."""
    texts = ((name, row.text(dialect)) for name, row in rows_of(dialect).items())
    escaped = ((name, re.escape(text).encode("ascii").replace(rb"\{\}", _NUMBER)) for name, text in texts)
    return [(name, re.compile(form + rb"\r\n")) for name, form in escaped]
