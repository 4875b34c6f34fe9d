"""Settings of an emulated analyzer that are numbers and change what it shows: ranges, ratios, flanges. Each maker has
its own way to write numbers and to refuse them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.emulators.instruments.analyzer_model import InputSetup, MotorSetup
from bench.emulators.instruments.analyzer_peer import AnalyzerPeer
from bench.emulators.instruments.behaviour import Behaviour
from drivers.scpi_data import ScpiError, number

Indices = tuple[int, ...]
Written = Callable[[float], bytes]
Taken = Callable[[str, str, float, float], float]
"""(argument, unit, low, high) -> the number. Raises ``ScpiError``."""

_HERTZ_MAX, _NM_MAX, _AMPLITUDE_MAX = 100e6, 1e4, 1e5


@dataclass(frozen=True, slots=True)
class Figures:
    """How an answer writes a number: ``written``, or as it is a voltage, a current, a torque with its frequency.
    ``codes``: what a wrong index, a wrong value and a missing field cause."""

    peer: AnalyzerPeer
    written: Written
    taken: Taken = number
    codes: tuple[int, int, int] = (-114, -222, -109)
    written_volts: Written | None = None
    written_amperes: Written | None = None
    written_hertz: Written | None = None

    def given(self, indices: Indices) -> InputSetup:
        """One input. Raises ``ScpiError`` if there is none."""
        return self.peer.input(indices[0], self.codes[0])

    def motor(self, indices: Indices) -> MotorSetup:
        """One motor input; without an index the only one. Raises ``ScpiError`` if there is none."""
        return self.peer.motor(indices[0] if indices else 1, self.codes[0])

    def range(self, voltage: bool) -> Behaviour:
        """A range of an input, on the nameplate."""
        name, unit = ("voltage_range", "V") if voltage else ("current_range", "A")
        written = (self.written_volts if voltage else self.written_amperes) or self.written

        def put(indices: Indices, argument: str, t_ns: int) -> None:
            value = self.taken(argument.upper(), unit, 0.0, _AMPLITUDE_MAX)
            self.peer.set_range(indices[0], voltage, value, self.codes[:2])

        return Behaviour(put, lambda indices, *_: written(getattr(self.given(indices), name)))

    def ratio(self, name: str, low: float, high: float) -> Behaviour:
        """``ct``, ``vt`` or ``power_factor`` of an input."""
        return self._number(self.given, name, low, high)

    def factor(self, name: str, low: float, high: float) -> Behaviour:
        """``torque_scale``, ``speed_scale`` or ``power_scale`` of a motor input."""
        return self._number(self.motor, name, low, high)

    def point(self, name: str) -> Behaviour:
        """``upper`` or ``lower``: torque and frequency."""

        def put(indices: Indices, argument: str, t_ns: int) -> None:
            fields = argument.upper().split(",")
            if len(fields) != 2:
                raise ScpiError(self.codes[2], "Missing parameter")
            torque_nm = self.taken(fields[0], "", -_NM_MAX, _NM_MAX)
            setattr(self.motor(indices), name, (torque_nm, self.taken(fields[1], "HZ", 1.0, _HERTZ_MAX)))
            self.peer.changed()

        def get(indices: Indices, argument: str, t_ns: int) -> bytes:
            torque_nm, hertz = getattr(self.motor(indices), name)
            return self.written(torque_nm) + b"," + (self.written_hertz or self.written)(hertz)

        return Behaviour(put, get)

    def pulses(self) -> Behaviour:
        """Of a revolution, as many as the nameplate allows."""

        def put(indices: Indices, argument: str, t_ns: int) -> None:
            self.motor(indices).pulses = int(self.taken(argument, "", 1, self.peer.plate.pulses_max))
            self.peer.changed()

        return Behaviour(put, lambda indices, *_: b"%d" % self.motor(indices).pulses)

    def _number(self, of: Callable[[Indices], Any], name: str, low: float, high: float) -> Behaviour:
        def put(indices: Indices, argument: str, t_ns: int) -> None:
            setattr(of(indices), name, self.taken(argument, "", low, high))
            self.peer.changed()

        return Behaviour(put, lambda indices, *_: self.written(getattr(of(indices), name)))
