"""An emulated Keysight DAQ970A with thermocouples: it scans at its own rate and reads each input as it was set up.

An input that nothing is wired to, or whose wire is broken, reads 9.9E+37 where the check for it is on, else about the
ambient temperature. An input that was not configured reads volts. Power lost, only the scan list is left (DAQ p.215).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.base.noise import gauss_stream, noise_state
from bench.base.time import NS_PER_MS, NS_PER_S
from bench.emulators.instruments.accuracy import ErrorDraw
from bench.emulators.instruments.answers import Answer, Piece, Prepared, Scientific, pieces, quantity
from bench.emulators.instruments.behaviour import Behaviour
from bench.emulators.instruments.faults import FaultKind, FaultScript
from bench.emulators.instruments.sampling import ROW
from bench.emulators.instruments.scpi_peer import ScpiPeer
from bench.emulators.instruments.wiring import Measured
from bench.plant.records import INPUTS
from drivers.command import Words
from drivers.scanners.keysight_daq970a_commands import TABLE
from drivers.scpi_data import ScpiError, number, string, switch, whole, word
from drivers.scpi_table import short

_OPEN = 9.9e37
_NO_DATA = 9.91e37
_CHANNELS_MAX, _DECIMALS = 120, 8
_VALUE = b"%%+.%dE" % _DECIMALS
_FLOATING = 30.0  # so much noisier is an open input that nobody checks (assumed)
_INPUT_LIST = re.compile(r"\(@((?:[0-9]{3}(?::[0-9]{3})?(?:,[0-9]{3}(?::[0-9]{3})?)*)?)\)", re.ASCII)
_TYPES = ("B", "E", "J", "K", "N", "R", "S", "T")
_UNITS = {"C": (1.0, 0.0), "F": (1.8, 32.0), "K": (1.0, 273.15)}
_JUNCTIONS = ("EXTernal", "FIXed", "INTernal")
_FORMATS = ("with_channel", "with_unit", "with_time", "with_alarm")
_PLACES = {
    "winding": "winding_degc", "iron": "iron_degc", "rotor": "rotor_degc", "junction": "junction_degc",
    "oil": "oil_degc", "coolant_out": "coolant_out_degc", "coolant_in": "coolant_in_degc", "oil_in": "oil_in_degc",
    "ambient": "ambient_degc",
}  # fmt: skip
"""What a place is called among the plant's OUTPUTS or INPUTS."""


class Wired(NamedTuple):
    """A thermocouple at ``input``; ``accuracy_k``: the limit of its error."""

    name: str
    input: int
    at: str
    accuracy_k: float


@dataclass(slots=True)
class _Input:
    """How one input is set up; a fresh one measures volts."""

    temperature: bool = False
    type: str = "J"
    junction: str = "INTernal"
    check: bool = False
    integration: float = 1.0
    unit: str = "C"


class _Row(NamedTuple):
    """One input of the scan, compiled: value = gain * (true + offset + noise) + zero. ``place`` < 0: no thermocouple
    (``offset`` is read); ``of_inputs``: among the plant's INPUTS, else its OUTPUTS."""

    name: str
    place: int
    of_inputs: bool
    offset: float
    noise: float
    gain: float = 1.0
    zero: float = 0.0


@dataclass(slots=True)
class _Setup:
    """All that is set; a restart leaves ``scan``."""

    inputs: dict[int, _Input] = field(default_factory=dict)
    scan: tuple[int, ...] = ()
    trigger: str = "IMMediate"
    count: int = 1
    formats: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(_FORMATS, False))


class KeysightDaq970aEmulator(ScpiPeer):
    """``measured`` and ``actuate`` (the plant's INPUTS) give the truth; ``rate_hz``: inputs a second;
    ``noise_k``: standard deviation at the shortest integration time (assumed)."""

    known_faults = (*ScpiPeer.known_faults, "restart", "broken_wire")
    errors_max = 20

    def __init__(
        self,
        measured: Measured,
        outputs: Sequence[str],
        actuate: NDArray[np.void],
        wired: Sequence[Wired],
        *,
        rate_hz: float = 450.0,
        noise_k: float = 0.1,
        seed: int = 0,
        name: str = "scanner",
        identity: str = "",
        latency_ns: int = 2 * NS_PER_MS,
        faults: FaultScript | None = None,
    ) -> None:
        super().__init__(TABLE, self._does(), latency_ns, faults)
        self._measured = measured
        self._outputs = tuple(outputs)
        self._inputs = actuate.view(np.float64).reshape(-1)
        self._wired = {found.input: found for found in wired}
        self._step_ns = round(NS_PER_S / rate_hz)
        draw = ErrorDraw(seed, name)
        self._offsets = {found.input: draw.within(found.accuracy_k, found.name) for found in wired}
        self._noise_k = noise_k
        self._noise = noise_state(seed, f"{name}.noise")
        self._floating = gauss_stream(noise_state(seed, f"{name}.floating"))
        self._identity = (identity or self.identity_of("", "", "")).encode()
        self.setup = _Setup()
        self._rows: tuple[_Row, ...] = ()
        self._form = b""
        self._scan_ns = 0
        self._done_ns = 0
        self._memory = b""
        self._changed()

    @staticmethod
    def identity_of(maker: str, model: str, serial: str) -> str:
        """As the guide shows it (DAQ p.149); empty fields stand for some instrument."""
        maker = "Keysight Technologies" if maker.upper() in ("", "KEYSIGHT") else maker
        return f"{maker},{model or 'DAQ970A'},{serial or 'MY12345678'},A.02.04-00.16-11.29-00.02-02-01"

    def _does(self) -> dict[str, Behaviour]:
        return {
            "identity": Behaviour(get=lambda *_: self._identity),
            "reset": Behaviour(self._reset),
            "error": Behaviour(get=self._error),
            "abort": Behaviour(self._abort),
            "configure": Behaviour(self._configure),
            "function": self._of_each(self._set_function, lambda own: b'"TEMP"' if own.temperature else b'"VOLT"'),
            "transducer": self._of_each(self._set_transducer, lambda _own: b"TC"),
            "thermocouple": self._of_each(self._set_type, lambda own: own.type.encode()),
            "junction": self._of_each(self._set_junction, lambda own: short(own.junction).encode()),
            "check": self._of_each(self._set_check, lambda own: b"%d" % own.check),
            "integration": self._of_each(self._set_integration, lambda own: b"%+.8E" % own.integration),
            "unit": self._of_each(self._set_unit, lambda own: own.unit.encode()),
            "scan": Behaviour(self._set_scan, lambda *_: _block(_shown(self.setup.scan))),
            "scan_size": Behaviour(get=lambda *_: b"%+d" % len(self.setup.scan)),
            "trigger": Behaviour(self._set_trigger, lambda *_: short(self.setup.trigger).encode()),
            "count": Behaviour(self._set_count, lambda *_: b"%+.8E" % self.setup.count),
            **{name: self._format(name) for name in _FORMATS},
            "initiate": Behaviour(self._initiate),
            "fetch": Behaviour(get=self._fetch),
            "read": Behaviour(get=self._read),
        }

    # --- scanning --------------------------------------------------------------------------------------------------

    def _read(self, _: tuple[int, ...], argument: str, t_ns: int) -> bytes:
        self._start(t_ns)
        self.hold(self._done_ns)
        return self._memory

    def _initiate(self, _: tuple[int, ...], argument: str, t_ns: int) -> None:
        self._start(t_ns)

    def _fetch(self, _: tuple[int, ...], argument: str, t_ns: int) -> bytes:
        if not self._memory:
            raise ScpiError(-230)
        self.hold(max(self._done_ns, t_ns))
        return self._memory

    def _abort(self, *_: object) -> None:
        self._done_ns = 0

    def _start(self, t_ns: int) -> None:
        if t_ns < self._done_ns:
            raise ScpiError(-213)
        if not self._rows or self.setup.trigger != "IMMediate":
            raise ScpiError(-221)
        self._done_ns = t_ns + self._scan_ns
        self._memory = self._scanned.text(self._measured()[0]).removesuffix(b"\n")
        if self.faults:
            self._memory = self._form % tuple(self._spoilt(self._scanned.values.tolist(), t_ns))

    def _prepare(self, message: bytes) -> Prepared | None:
        """A scan; what FETCh? would give afterwards is an older one."""
        actions = self._behaviours.resolve(message)
        names = [action.command.name if action.command else "" for action in actions]
        steady = names == ["read"] and self._rows and self.setup.trigger == "IMMediate"
        return Prepared(self._scanned, self._scan_ns + self._delay_ns) if steady else None

    def heard(self, t_ns: int) -> None:
        """See ``Preparing``."""
        super().heard(t_ns)
        self._done_ns = t_ns + self._scan_ns

    def _spoilt(self, values: list[float], t_ns: int) -> list[float]:
        faults = self.faults
        for kind, shown in (("nan", _NO_DATA), ("inf", _OPEN)):
            if faults.active(kind, t_ns):  # type: ignore[arg-type]
                return [shown] * len(values)
        for place, (channel, row) in enumerate(zip(self.setup.scan, self._rows, strict=True)):
            if faults.broken(row.name, t_ns):
                values[place] = self._without_wire(channel, row.zero)
        return values

    def _without_wire(self, channel: int, zero: float) -> float:
        own = self._own(channel)
        if own.check or not own.temperature:
            return _OPEN if own.temperature else 0.0
        floating = self._inputs.item(_INPUT_NAMES.index("ambient_degc")) + _FLOATING * self._noise_k * next(
            self._floating
        )
        return _UNITS[own.unit][0] * floating + zero

    def _changed(self) -> None:
        """Compile the scan list."""
        self._rows = tuple(self._row(channel) for channel in self.setup.scan)
        per_input = [1 + self._own(channel).check for channel in self.setup.scan]
        self._scan_ns = sum(per_input) * self._step_ns
        self._form = b",".join(self._form_of(place, channel) for place, channel in enumerate(self.setup.scan))
        self._scanned = self._answer()

    def _answer(self) -> Answer:
        """The scan as compiled code writes it."""
        first, *texts = self._form.split(_VALUE)
        parts: list[Piece] = [first]
        for place, text in enumerate(texts):
            parts += [Scientific(place, _DECIMALS), text]
        rows = np.concatenate([np.zeros(0, ROW), *(_quantity(row) for row in self._rows)])
        return Answer(rows, pieces(*parts, b"\n"), self._noise, self._inputs)

    def _form_of(self, place: int, channel: int) -> bytes:
        """A reading with all that belongs to it, in the manual's order (UG p.104)."""
        on = self.setup.formats
        unit = b" " + (self._own(channel).unit.encode() if self._own(channel).temperature else b"VDC")
        parts = [_VALUE + (unit if on["with_unit"] else b"")]
        parts += [b"%013.3f" % (place * self._step_ns / NS_PER_S)] if on["with_time"] else []
        parts += [b"%d" % channel] if on["with_channel"] else []
        parts += [b"0"] if on["with_alarm"] else []
        return b",".join(parts)

    def _row(self, channel: int) -> _Row:
        own, wired = self._own(channel), self._wired.get(channel)
        gain, zero = _UNITS[own.unit]
        if wired is None or not own.temperature:
            return _Row("", -1, False, self._without_wire(channel, zero), 0.0)
        name = _PLACES[wired.at]
        of_inputs = name in _INPUT_NAMES
        place = _INPUT_NAMES.index(name) if of_inputs else self._outputs.index(name)
        return _Row(wired.name, place, of_inputs, self._offsets[channel], self._noise_k, gain, zero)

    def _own(self, channel: int) -> _Input:
        return self.setup.inputs.setdefault(channel, _Input())

    # --- settings --------------------------------------------------------------------------------------------------

    def _error(self, *_: object) -> bytes:
        answer = self.next_error()
        return answer if answer.startswith(b"-") else b"+" + answer

    def _reset(self, *_: object) -> None:
        self.setup, self._memory, self._done_ns = _Setup(), b"", 0
        self._changed()

    def befall(self, kind: FaultKind, t_ns: int) -> None:
        """Without power it forgets all but the scan list."""
        scan = self.setup.scan
        self.status.power_on()
        self._reset()
        self.setup.scan = scan
        self._changed()

    def _configure(self, _: tuple[int, ...], argument: str, t_ns: int) -> None:
        settings, inputs = _with_inputs(argument)
        if len(settings) != 2:
            raise ScpiError(-109 if len(settings) < 2 else -108)
        word(settings[0], ("TCouple",))
        kind = _type_of(settings[1])
        for channel in inputs:
            self.setup.inputs[channel] = _Input(True, kind)
        self.setup.scan = tuple(sorted(set(inputs)))
        self.setup.formats = dict.fromkeys(_FORMATS, False)
        self._changed()

    def _of_each(self, put: Callable[[_Input, str], None], get: Callable[[_Input], bytes]) -> Behaviour:
        def set_(_: tuple[int, ...], argument: str, t_ns: int) -> None:
            settings, inputs = _with_inputs(argument)
            if len(settings) != 1:
                raise ScpiError(-109 if not settings else -108)
            for channel in inputs:
                put(self._own(channel), settings[0])
            self._changed()

        def tell(_: tuple[int, ...], argument: str, t_ns: int) -> bytes:
            inputs = _inputs(argument) if argument else self.setup.scan
            return b",".join(get(self._own(channel)) for channel in inputs)

        return Behaviour(set_, tell)

    @staticmethod
    def _set_function(own: _Input, argument: str) -> None:
        own.temperature = word(string(argument), ("TEMPerature", "VOLTage")) == "TEMPerature"

    @staticmethod
    def _set_transducer(_own: _Input, argument: str) -> None:
        word(argument, ("TCouple",))

    @staticmethod
    def _set_type(own: _Input, argument: str) -> None:
        own.type = _type_of(argument)

    @staticmethod
    def _set_junction(own: _Input, argument: str) -> None:
        own.junction = word(argument, _JUNCTIONS)

    @staticmethod
    def _set_check(own: _Input, argument: str) -> None:
        own.check = switch(argument)

    @staticmethod
    def _set_integration(own: _Input, argument: str) -> None:
        own.integration = number(argument, "", 0.02, 200.0, 1.0)

    @staticmethod
    def _set_unit(own: _Input, argument: str) -> None:
        own.unit = word(argument, tuple(_UNITS))

    def _set_scan(self, _: tuple[int, ...], argument: str, t_ns: int) -> None:
        self.setup.scan = tuple(sorted(set(_inputs(argument))))
        self._changed()

    def _set_trigger(self, _: tuple[int, ...], argument: str, t_ns: int) -> None:
        row = TABLE.rows["trigger"]
        assert isinstance(row.range, Words)
        self.setup.trigger = word(argument, row.range.spellings)

    def _set_count(self, _: tuple[int, ...], argument: str, t_ns: int) -> None:
        self.setup.count = whole(argument, 1, 100_000)

    def _format(self, name: str) -> Behaviour:
        def put(_: tuple[int, ...], argument: str, t_ns: int) -> None:
            self.setup.formats[name] = switch(argument)
            self._changed()

        return Behaviour(put, lambda *_: b"%d" % self.setup.formats[name])


def _quantity(row: _Row) -> NDArray[np.void]:
    if row.place < 0:
        return quantity(-1, offset=row.offset)
    offset, noise = row.gain * row.offset + row.zero, row.gain * row.noise
    return quantity(row.place, row.gain, offset, noise, of_inputs=row.of_inputs)


_INPUT_NAMES = tuple(INPUTS.names or ())


def _with_inputs(argument: str) -> tuple[list[str], tuple[int, ...]]:
    """What stands before a list of inputs, and the inputs."""
    before, at, inputs = argument.partition("(@")
    if not at:
        raise ScpiError(-109)
    return [part.strip() for part in before.split(",") if part.strip()], _inputs(at + inputs)


def _inputs(argument: str) -> tuple[int, ...]:
    """``(@101,103:105)``: numbers and ranges; ``(@)`` is none (UM p.73, p.228)."""
    match = _INPUT_LIST.fullmatch(argument)
    if match is None:
        raise ScpiError(-102)
    found: list[int] = []
    for part in match[1].split(",") if match[1] else ():
        first, _, last = part.partition(":")
        found += range(int(first), int(last or first) + 1)
    if len(found) > _CHANNELS_MAX or not all(100 < channel < 400 and 1 <= channel % 100 <= 40 for channel in found):
        raise ScpiError(-222)
    return tuple(found)


def _type_of(argument: str) -> str:
    return word(argument, _TYPES)


def _shown(inputs: Sequence[int]) -> bytes:
    return f"(@{','.join(map(str, inputs))})".encode()


def _block(payload: bytes) -> bytes:
    length = str(len(payload))
    return f"#{len(length)}{length}".encode() + payload
