"""An emulated dynamometer drive with an AK host interface: holds a speed, tells speed, torque and state.

What it understands is the table ``drivers.ak.FUNCTIONS``; ``behaviour`` has one action for each line of it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.base.noise import noise_state
from bench.base.time import NS_PER_MS
from bench.emulators.instruments.accuracy import ErrorDraw
from bench.emulators.instruments.answers import Answer, Fixed, Obeyed, Prepared, pieces, quantity
from bench.emulators.instruments.faults import DEVICE_FAULTS, FaultKind, FaultScript
from bench.emulators.instruments.peer import Peer
from bench.emulators.instruments.wiring import Measured
from bench.plant.records import INPUTS
from drivers import ak
from drivers.command import Span
from drivers.grammar import GrammarError
from drivers.usual import Write

IDENTITY = "bench,emulated AK drive,D-0231,1.0"
_CHANNELS = (b"", b"K0", b"K1")
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:\.[0-9]{1,9})?", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)
_ERROR, _MANUAL = 2, 3


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

    ``codes`` renames functions (use -> mnemonic) for a rig whose maker has its own. There is one channel, K0 or K1.
    """

    known_faults = (*(kind for kind in Peer.known_faults if kind != "bare_lf"), *DEVICE_FAULTS)

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
        codes: Mapping[str, str | None] | None = None,
        faults: FaultScript | None = None,
    ) -> None:
        super().__init__(b"\x03", faults)
        self.nameplate = nameplate or DriveNameplate()
        name = name or f"dyno_{side}"
        self._measured = measured
        self._place = (outputs.index(f"speed_{side}_rpm"), outputs.index(f"dyno_{side}_torque_nm"))
        self._on_field, self._speed_field = actuate[f"dyno_{side}_on"], actuate[f"dyno_{side}_speed_rpm"]
        self._speed_place = (INPUTS.names or ()).index(f"dyno_{side}_speed_rpm")
        self._identity = identity
        self._delay_ns = delay_ns
        self._noise = noise_state(seed, f"{name}.noise")
        plate, sign, (speed, torque) = self.nameplate, self.nameplate.sign, self._place
        offset_nm = ErrorDraw(seed, name).within(plate.torque_accuracy / 100.0 * plate.torque_max_nm, "torque")
        noise_nm = plate.torque_noise / 100.0 * plate.torque_max_nm
        quantities = (
            quantity(speed, sign, 0.0, plate.speed_noise_rpm),
            quantity(torque, sign, sign * offset_nm, noise_nm),
        )
        self._quantities = np.concatenate(quantities)
        self._measuring = self._measuring_between(b"", b"")
        self._answers: dict[tuple[bytes, int, int], Answer] = {}  # by code, error status and state
        self._remote = False
        self._other_host = False
        self._holding = False
        self._fault = 0
        self._error = 0
        self._watchdog_ms = 0
        self._set_rpm = 0.0
        self._use = {code.encode(): use for use, code in ak.mnemonics(codes).items()}
        self._values_asked: dict[bytes, bytes] = {}

    def handle(self, message: bytes, t_ns: int) -> None:
        """One telegram in, one telegram out, always."""
        code = self._values_asked.get(message)
        if code is None:
            answer = self._answer(message, t_ns)
        else:  # the question that is asked all day
            answer = ak.acknowledge(code, self._error, self._tell_values("", t_ns))
        self.reply(t_ns + self._delay_ns, answer, t_ns)

    def obeys(self, write: Write) -> Obeyed | None:
        """See ``Obeying``: a speed, as long as nothing speaks against it."""
        command, question = write.before + b"0" + write.after, write.check
        try:
            asked, checked = ak.parse_command(command), ak.parse_command(question)
        except GrammarError:
            return None
        uses = self._use.get(asked.code), self._use.get(checked.code)
        known = uses == ("set_speed", "speed_in_force") and {asked.channel, checked.channel}.issubset(_CHANNELS)
        told = ak.acknowledge(checked.code, self._error, b"@").partition(b"@")[::2]
        same = (ak.acknowledge(asked.code, self._error), told) == (write.done, write.told)
        if not (known and same and self._remote) or self._other_host or self._scripted:
            return None
        return Obeyed(self._speed_place, float(self.nameplate.sign), self.nameplate.speed_max_rpm)

    def obeyed(self, value: float) -> None:
        """See ``Obeying``."""
        self._set_rpm = value

    def trip(self) -> None:
        """An internal fault: the drive lets go of the shaft and says so with each answer."""
        self._fault, self._error = 1, self._error % 9 + 1
        self._act(False)

    def befall(self, kind: FaultKind, t_ns: int) -> None:
        """Without power or under manual control nobody holds the shaft; another host goes on holding it."""
        self._other_host = kind == "taken"
        if kind == "alarm":
            self.trip()
            return
        self._remote = False
        if kind == "restart":
            self._fault = self._error = self._watchdog_ms = 0
            self._set_rpm = 0.0
        if kind != "taken":
            self._act(False)

    # --- watchdog --------------------------------------------------------------------------------------------------

    def watchdog_ns(self) -> int | None:
        """When silence makes the drive hold zero speed, or a fault of the script befalls it; or ``None``."""
        times = [due_ns for due_ns in (self._deadline_ns(), self.fault_ns()) if due_ns is not None]
        return min(times) if times else None

    def expire(self, t_ns: int) -> None:
        """Act on silence, if its time has come: hold zero speed and show a fault."""
        self.suffer(t_ns)
        deadline = self._deadline_ns()
        if deadline is not None and t_ns >= deadline and self._fault == 0:
            self._fault, self._error = 2, self._error % 9 + 1
            self._set_rpm = 0.0
            self._act(True)

    def _deadline_ns(self) -> int | None:
        watched = self._watchdog_ms and self._holding and not self._other_host
        return self._last_ns + self._watchdog_ms * NS_PER_MS if watched else None

    # --- inside ----------------------------------------------------------------------------------------------------

    def _answer(self, message: bytes, t_ns: int) -> bytes:
        try:
            asked = ak.parse_command(message)
        except GrammarError:
            asked = None
        use = self._use.get(asked.code) if asked else None
        if asked is None or use is None:
            self.unknown += 1
            return ak.acknowledge(ak.UNKNOWN, self._error)
        if asked.channel not in _CHANNELS:
            return ak.acknowledge(asked.code, self._error, asked.channel + b" NA")
        if use == "values":
            self._values_asked = {message: asked.code}
        if asked.code[:1] != b"A" and self._other_host:
            return ak.acknowledge(asked.code, self._error, b"BS")
        if asked.code[:1] != b"A" and use != "remote" and not self._remote:
            return ak.acknowledge(asked.code, self._error, b"OF")
        answer = self.behaviour[use](self, asked.data.decode("ascii"), t_ns)
        return ak.acknowledge(asked.code, self._error, answer)

    def _state(self) -> int:
        if self._fault:
            return _ERROR
        return int(self._holding) if self._remote else _MANUAL

    def _tell_identity(self, _data: str, _t_ns: int) -> bytes:
        return self._identity.encode("ascii")

    def _tell_state(self, _data: str, _t_ns: int) -> bytes:
        led_here = "hold" if self._holding else "free"
        code = next(code for code, use in self._use.items() if use == led_here)
        control = b"SRBS" if self._other_host else b"SREM" if self._remote else b"SMAN"
        return control + b" " + code

    def _tell_faults(self, _data: str, _t_ns: int) -> bytes:
        return b"%d" % self._fault

    def _tell_values(self, _data: str, t_ns: int) -> bytes:
        if self.faults and (self.faults.active("nan", t_ns) or self.faults.active("inf", t_ns)):
            return b"# # 0"
        return self._measuring.text(self._measured()[0]) + b" %d" % self._state()

    def _measuring_between(self, before: bytes, after: bytes) -> Answer:
        return Answer(self._quantities, pieces(before, Fixed(0, 2), b" ", Fixed(1, 2), after), self._noise)

    def _prepare(self, message: bytes) -> Prepared | None:
        """The values, once they have been asked for by this very message."""
        code = self._values_asked.get(message)
        if code is None:
            return None
        key = code, self._error, self._state()
        answer = self._answers.get(key)
        if answer is None:
            before, after = ak.acknowledge(code, self._error, b"@").split(b"@")
            answer = self._answers[key] = self._measuring_between(before, b" %d" % self._state() + after)
        return Prepared(answer, self._delay_ns)

    def _tell_speed(self, _data: str, _t_ns: int) -> bytes:
        return b"%.2f" % self._set_rpm

    def _tell_watchdog(self, _data: str, _t_ns: int) -> bytes:
        return b"%d" % self._watchdog_ms

    def _go_remote(self, _data: str, _t_ns: int) -> bytes:
        self._remote = True
        return b""

    def _go_manual(self, _data: str, _t_ns: int) -> bytes:
        self._remote = False
        self._act(False)
        return b""

    def _reset(self, _data: str, _t_ns: int) -> bytes:
        self._fault = self._error = 0
        return b""

    def _let_go(self, _data: str, _t_ns: int) -> bytes:
        self._act(False)
        return b""

    def _hold(self, _data: str, _t_ns: int) -> bytes:
        if self._fault:
            return b"BS"
        self._act(True)
        return b""

    def _set_speed(self, data: str, _t_ns: int) -> bytes:
        if _NUMBER.fullmatch(data) is None:
            return b"SE"
        if not _within("set_speed", float(data), self.nameplate.speed_max_rpm):
            return b"DF"
        self._set_rpm = float(data)
        self._act(self._holding)
        return b""

    def _set_watchdog(self, data: str, _t_ns: int) -> bytes:
        if _WHOLE.fullmatch(data) is None:
            return b"SE"
        if not _within("set_watchdog", float(data)):
            return b"DF"
        self._watchdog_ms = int(data)
        return b""

    def _act(self, holding: bool) -> None:
        """The only place where the plant is touched."""
        self._holding = holding
        self._on_field[...] = float(holding)
        self._speed_field[...] = self._set_rpm * self.nameplate.sign

    behaviour: ClassVar[Mapping[str, Callable[["AkDynoEmulator", str, int], bytes]]] = {
        "identity": _tell_identity,
        "state": _tell_state,
        "faults": _tell_faults,
        "remote": _go_remote,
        "manual": _go_manual,
        "reset": _reset,
        "free": _let_go,
        "hold": _hold,
        "values": _tell_values,
        "set_speed": _set_speed,
        "speed_in_force": _tell_speed,
        "set_watchdog": _set_watchdog,
        "watchdog_in_force": _tell_watchdog,
    }
    """By use of ``ak.FUNCTIONS``: from the data of the command and the time to the data of the answer, or a refusal."""


_SPANS = {row.name: row.range for row in ak.FUNCTIONS if isinstance(row.range, Span)}


def _within(use: str, value: float, whole: float = 1.0) -> bool:
    low, high = _SPANS[use].bounds(whole)
    return low <= value <= high
