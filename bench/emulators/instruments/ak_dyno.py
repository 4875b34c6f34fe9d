"""An emulated dynamometer drive with an AK host interface: holds a speed, tells speed, torque and state."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.base.noise import gauss, noise_state
from bench.base.time import NS_PER_MS
from bench.emulators.instruments.accuracy import ErrorDraw
from bench.emulators.instruments.faults import FaultScript
from bench.emulators.instruments.peer import Peer
from bench.emulators.instruments.yokogawa import Measured

IDENTITY = "bench,emulated AK drive,D-0231,1.0"
_COMMAND = re.compile(rb"\r?\x02[ -~]([SAE][A-Z0-9]{3})(?: (K[0-9]+))?(?: ([ -~]*))?\x03")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class DriveNameplate:
    """Limits and accuracy of the drive. ``sign`` -1: it counts forward as negative."""

    speed_max_rpm: float = 3000.0
    torque_max_nm: float = 3000.0
    sign: int = 1
    torque_accuracy: float = 0.5  # % of maximum, rectangular: an estimate from currents
    torque_noise: float = 0.05  # % of maximum
    speed_noise_rpm: float = 0.05


class AkDynoEmulator(Peer):
    """``side`` is ``l`` or ``r``: which dyno of the plant this is (layout ``motor``: ``l``).

    ``codes`` renames functions (use -> mnemonic) for a rig whose maker has its own.
    """

    def __init__(
        self,
        measured: Measured,
        outputs: tuple[str, ...],
        actuate: NDArray[np.void],
        side: str,
        nameplate: DriveNameplate | None = None,
        *,
        seed: int = 0,
        name: str = "",
        identity: str = IDENTITY,
        delay_ns: int = 2 * NS_PER_MS,
        codes: Mapping[str, str] | None = None,
        faults: FaultScript | None = None,
    ) -> None:
        super().__init__(b"\x03", faults)
        self.nameplate = nameplate or DriveNameplate()
        name = name or f"dyno_{side}"
        self._measured = measured
        self._place = (outputs.index(f"speed_{side}_rpm"), outputs.index(f"dyno_{side}_torque_nm"))
        self._on_field, self._speed_field = actuate[f"dyno_{side}_on"], actuate[f"dyno_{side}_speed_rpm"]
        self._identity = identity
        self._delay_ns = delay_ns
        self._noise = noise_state(seed, f"{name}.noise")
        limit = self.nameplate.torque_accuracy / 100.0 * self.nameplate.torque_max_nm
        self._offset_nm = ErrorDraw(seed, name).within(limit, "torque")
        self._torque_noise_nm = self.nameplate.torque_noise / 100.0 * self.nameplate.torque_max_nm
        self._remote = False
        self._holding = False
        self._fault = 0
        self._error = 0
        self._watchdog_ms = 0
        self._set_rpm = 0.0
        usual = self._usual()
        renamed = dict(codes or {})
        self._functions = {renamed.get(use, code).encode(): run for use, (code, run) in usual.items()}
        self._values_code = renamed.get("values", "AKON").encode()
        self._values_head = b"\x02 " + self._values_code + b" "
        self._values_asked: dict[bytes, bool] = {}

    def _usual(self) -> Mapping[str, tuple[str, Callable[[str], str | None]]]:
        return {
            "identity": ("AKEN", lambda _: self._identity),
            "faults": ("ASTF", lambda _: str(self._fault)),
            "state": ("ASTZ", lambda _: "SREM" if self._remote else "SMAN"),
            "remote": ("SREM", self._go_remote),
            "manual": ("SMAN", self._go_manual),
            "reset": ("SRES", self._reset),
            "free": ("STBY", lambda _: self._hold(False)),
            "hold": ("SHLD", lambda _: self._hold(True)),
            "values": ("AKON", lambda _: None),
            "set_speed": ("SSPD", self._set_speed),
            "speed_in_force": ("ASPD", lambda _: f"{self._set_rpm:.2f}"),
            "set_watchdog": ("EWDG", self._set_watchdog),
            "watchdog_in_force": ("AWDG", lambda _: str(self._watchdog_ms)),
        }

    def handle(self, message: bytes, t_ns: int) -> None:
        """One telegram in, one telegram out, always."""
        if self._values_asked.get(message):
            self.reply(t_ns + self._delay_ns, self._values(t_ns), t_ns)
            return
        self.reply(t_ns + self._delay_ns, self._answer(message, t_ns), t_ns)

    def trip(self) -> None:
        """An internal fault: the drive lets go of the shaft and says so with each answer."""
        self._fault, self._error = 1, self._error % 9 + 1
        self._act(False)

    # --- watchdog --------------------------------------------------------------------------------------------------

    def watchdog_ns(self) -> int | None:
        """When silence makes the drive hold zero speed, or ``None``."""
        return self._last_ns + self._watchdog_ms * NS_PER_MS if self._watchdog_ms and self._holding else None

    def expire(self, t_ns: int) -> None:
        """Act on silence, if its time has come: hold zero speed and show a fault."""
        deadline = self.watchdog_ns()
        if deadline is not None and t_ns >= deadline and self._fault == 0:
            self._fault, self._error = 2, self._error % 9 + 1
            self._set_rpm = 0.0
            self._act(True)

    # --- inside ----------------------------------------------------------------------------------------------------

    def _answer(self, message: bytes, t_ns: int) -> bytes:
        match = _COMMAND.fullmatch(message)
        if match is None or match[1] not in self._functions:
            self.unknown += 1
            return b"\x02 ???? %d\x03" % self._error
        if match[1] == self._values_code:
            self._values_asked[message] = True
            return self._values(t_ns)
        answer = self._functions[match[1]]((match[3] or b"").decode("ascii"))
        head = b"\x02 %b %d" % (match[1], self._error)
        return head + (b" " + answer.encode("ascii") if answer else b"") + b"\x03"

    def _values(self, t_ns: int) -> bytes:
        if self.faults and (self.faults.active("nan", t_ns) or self.faults.active("inf", t_ns)):
            return self._values_head + b"%d # # 0\x03" % self._error
        truth, sign = self._measured()[0], self.nameplate.sign
        speed = truth.item(self._place[0]) + self.nameplate.speed_noise_rpm * gauss(self._noise)
        torque = truth.item(self._place[1]) + self._offset_nm + self._torque_noise_nm * gauss(self._noise)
        state = 2 if self._fault else int(self._holding)
        return self._values_head + b"%d %.2f %.2f %d\x03" % (self._error, sign * speed, sign * torque, state)

    def _go_remote(self, _: str) -> str | None:
        self._remote = True
        return None

    def _go_manual(self, _: str) -> str | None:
        self._remote = False
        self._act(False)
        return None

    def _reset(self, _: str) -> str | None:
        self._fault = self._error = 0
        return None

    def _hold(self, on: bool) -> str | None:
        if on and (not self._remote or self._fault):
            return "NOTREADY"
        self._act(on)
        return None

    def _set_speed(self, data: str) -> str | None:
        if not self._remote:
            return "NOTREADY"
        if _NUMBER.fullmatch(data) is None or abs(float(data)) > self.nameplate.speed_max_rpm:
            return "RANGE"
        self._set_rpm = float(data)
        self._act(self._holding)
        return None

    def _set_watchdog(self, data: str) -> str | None:
        if not data.isdigit():
            return "RANGE"
        self._watchdog_ms = int(data)
        return None

    def _act(self, holding: bool) -> None:
        """The only place where the plant is touched."""
        self._holding = holding
        self._on_field[...] = float(holding)
        self._speed_field[...] = self._set_rpm * self.nameplate.sign
