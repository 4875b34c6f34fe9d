"""An emulated Yokogawa WT5000: its SCPI grammar, item table, ranges, motor inputs, update clock and special values."""

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.base.noise import noise_state
from bench.base.time import NS_PER_MS, NS_PER_S
from bench.emulators.instruments.accuracy import AnalyzerAccuracy, ErrorDraw
from bench.emulators.instruments.analyzer_model import AnalyzerModel, MotorSetup, Setup
from bench.emulators.instruments.behaviour import Behaviour
from bench.emulators.instruments.faults import FaultScript
from bench.emulators.instruments.sampling import NO_DATA, OVER_RANGE, ROW, fill_block
from bench.emulators.instruments.scpi_peer import ScpiPeer
from bench.emulators.instruments.wiring import AnalyzerWiring
from drivers.power_analyzers.yokogawa_commands import TABLE
from drivers.scpi_data import ScpiError, number, switch

Measured = Callable[[], tuple[NDArray[np.float64], int]]
"""The latest latched mean of the plant's outputs, flat in the order of ``OUTPUTS``, and when it was latched."""

IDENTITY = "YOKOGAWA,WT5000,91X412345,F1.03"
_ITEMS_MAX = 255
_INTERVAL = re.compile(r"([0-9.]+)(MS|S)?")
_FUNCTION = re.compile(r"(NONE|[A-Z0-9]+)(?:,(SIGMA|[0-9]))?")
_UPDATES_MS = (10, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)
_HERTZ_MAX = 1e6


class YokogawaEmulator(ScpiPeer):
    """``measured`` gives the truth, ``wiring`` says where it is connected, ``accuracy`` how wrong it may be shown.

    ``latency_ns`` is the time from the end of an update to its answer.
    """

    def __init__(
        self,
        measured: Measured,
        outputs: Sequence[str],
        wiring: AnalyzerWiring,
        accuracy: AnalyzerAccuracy | None = None,
        *,
        seed: int = 0,
        name: str = "analyzer",
        identity: str = IDENTITY,
        latency_ns: int = 2 * NS_PER_MS,
        faults: FaultScript | None = None,
    ) -> None:
        super().__init__(TABLE, self._does(), 2 * NS_PER_MS, faults)
        self._measured = measured
        self._model = AnalyzerModel(wiring, outputs, accuracy or AnalyzerAccuracy(), ErrorDraw(seed, name))
        self._noise = noise_state(seed, f"{name}.noise")
        self._identity = identity.encode()
        self._latency_ns = latency_ns
        self.update_ns = 500 * NS_PER_MS
        self._texts: dict[str, bytes] = {}
        self._float_format = False
        self._word = np.zeros(1, np.uint32)
        self._single = self._word.view(np.float32)
        self.setup = self._initial()
        self._table: NDArray[np.void] | None = None
        self._warm_up()

    def _initial(self) -> Setup:
        setup = Setup(items=[("NONE", "")] * _ITEMS_MAX, shown=15)
        for element in self._model.wiring.elements:
            for n in element.numbers:
                setup.voltage_range[n] = max(element.voltage_ranges_v)
                setup.current_range[n] = max(element.current_ranges_a)
                setup.ct[n] = 1.0
        for flange in self._model.wiring.flanges:
            setup.motors[flange.number] = MotorSetup()
        return setup

    def _does(self) -> dict[str, Behaviour]:
        kept = self._kept
        return {
            "identity": Behaviour(get=lambda *_: self._identity),
            "remote": kept("remote", _on_off),
            "header": Behaviour(self._set_header, lambda *_: b"%d" % bool(self.headers)),
            "verbose": kept("verbose", _on_off),
            "averaging": kept("averaging", _on_off),
            "wait": Behaviour(self._wait),
            "rate": Behaviour(self._set_rate, lambda *_: f"{self.update_ns / NS_PER_S:.3E}".encode()),
            "format": Behaviour(self._set_format, lambda *_: b"FLO" if self._float_format else b"ASC"),
            "items": Behaviour(self._set_number, lambda *_: b"%d" % self.setup.shown),
            "item": Behaviour(self._set_item, self._item),
            "values": Behaviour(get=self._value),
            "voltage_auto": kept("voltage_auto", _on_off),
            "current_auto": kept("current_auto", _on_off),
            "line_filter": kept("line_filter", _on_off),
            "synchronize": kept("synchronize", _source),
            "voltage_range": Behaviour(self._set_voltage_range, self._voltage_range),
            "current_range": Behaviour(self._set_current_range, self._current_range),
            "ct": Behaviour(self._set_ct, self._ct),
            "motor_synchronize": kept("motor_synchronize", _source),
            "torque_type": kept("torque_type", _pulse),
            "speed_type": kept("speed_type", _pulse),
            "torque_upper": Behaviour(self._set_upper, lambda x, *_: _pair(self._motor(x).upper)),
            "torque_lower": Behaviour(self._set_lower, lambda x, *_: _pair(self._motor(x).lower)),
            "torque_scaling": Behaviour(self._set_torque_scale, lambda x, *_: _nr3(self._motor(x).torque_scale)),
            "speed_scaling": Behaviour(self._set_speed_scale, lambda x, *_: _nr3(self._motor(x).speed_scale)),
            "pulses": Behaviour(self._set_pulses, lambda x, *_: b"%d" % self._motor(x).pulses),
        }

    def _kept(self, name: str, normal: Callable[[str], bytes]) -> Behaviour:
        """A setting that is only kept and told."""

        def put(indices: tuple[int, ...], argument: str, t_ns: int) -> None:
            self._texts[f"{name}{indices}"] = normal(argument.upper())

        return Behaviour(put, lambda indices, *_: self._texts.get(f"{name}{indices}", b"0"))

    def _set_header(self, _: tuple[int, ...], argument: str, t_ns: int) -> None:
        self.headers = "full" if switch(argument, 141) else ""

    # --- update clock and values -----------------------------------------------------------------------------------

    def _wait(self, _: tuple[int, ...], argument: str, t_ns: int) -> None:
        """Until the present update has ended and its values are there (WT3001E p.5-10)."""
        self.hold((t_ns // self.update_ns + 1) * self.update_ns + self._latency_ns)

    def _value(self, _: tuple[int, ...], argument: str, t_ns: int) -> bytes:
        table = self._table
        if table is None:
            table = self._compile()
        truth, _latched = self._measured()
        fill_block(
            truth,
            table,
            self._values,
            self._noise,
            self._word,
            self._single,
            self._block,
            self._start,
            self.setup.shown,
        )
        if self.faults:
            self._spoil(t_ns)
        return self._block.tobytes() if self._float_format else self._as_text()

    def _warm_up(self) -> None:
        """Compile (or load) before anybody asks: no item, no noise drawn."""
        truth, nothing, block = np.zeros(1), np.zeros(0), np.zeros(0, np.uint8)
        fill_block(truth, np.zeros(0, ROW), nothing, self._noise, self._word, self._single, block, 0, 0)

    def _compile(self) -> NDArray[np.void]:
        rows = self._model.rows(self.setup)
        length = 4 * self.setup.shown
        head = f"#{len(str(length))}{length}".encode()
        self._start = len(head)
        self._block = np.frombuffer(head + bytes(length), np.uint8).copy()
        self._values = np.zeros(len(rows))
        self._table = rows
        return rows

    def _spoil(self, t_ns: int) -> None:
        pattern = OVER_RANGE if self.faults.active("inf", t_ns) else None
        pattern = NO_DATA if self.faults.active("nan", t_ns) else pattern
        if pattern is not None:
            self._block[self._start :] = np.frombuffer(int(pattern).to_bytes(4, "big") * self.setup.shown, np.uint8)

    def _as_text(self) -> bytes:
        words = np.frombuffer(self._block.tobytes(), ">u4", self.setup.shown, self._start)
        special = {int(NO_DATA): b"NAN", int(OVER_RANGE): b"INF"}
        values = words.astype("<u4").view("<f4").tolist()
        return b",".join(special.get(w, b"%.5E" % v) for w, v in zip(words.tolist(), values, strict=True))

    # --- settings --------------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        self._table = None

    def _set_rate(self, _: tuple[int, ...], argument: str, t_ns: int) -> None:
        match = _INTERVAL.fullmatch(argument.upper().replace(" ", ""))
        if match is None:
            raise ScpiError(104, "Data type error")
        milliseconds = float(match[1]) * (1.0 if match[2] == "MS" else 1000.0)
        if milliseconds not in _UPDATES_MS:
            raise ScpiError(222, "Data out of range")
        self.update_ns = round(milliseconds * NS_PER_MS)

    def _set_format(self, _: tuple[int, ...], argument: str, t_ns: int) -> None:
        if argument.upper() not in ("FLO", "FLOAT", "ASC", "ASCII"):
            raise ScpiError(141, "Invalid character data")
        self._float_format = argument.upper().startswith("FLO")

    def _set_number(self, _: tuple[int, ...], argument: str, t_ns: int) -> None:
        self.setup.shown = int(_number(argument, 1, _ITEMS_MAX))
        self._changed()

    def _set_item(self, indices: tuple[int, ...], argument: str, t_ns: int) -> None:
        match = _FUNCTION.fullmatch(argument.upper().replace(" ", ""))
        if match is None or not 1 <= indices[0] <= _ITEMS_MAX:
            raise ScpiError(141, "Invalid character data")
        self.setup.items[indices[0] - 1] = (match[1], match[2] or "")
        self._changed()

    def _item(self, indices: tuple[int, ...], *_: object) -> bytes:
        if not 1 <= indices[0] <= _ITEMS_MAX:
            raise ScpiError(114, "Header suffix out of range")
        function, element = self.setup.items[indices[0] - 1]
        return (f"{function},{element}" if element else function).encode()

    def _set_voltage_range(self, indices: tuple[int, ...], argument: str, t_ns: int) -> None:
        element = self._model.element(indices[0])
        steps = element.voltage_ranges_v if element else ()
        self.setup.voltage_range[indices[0]] = _step(argument, steps)
        self._changed()

    def _voltage_range(self, indices: tuple[int, ...], *_: object) -> bytes:
        return _nr3(_of(self.setup.voltage_range, indices[0]))

    def _set_current_range(self, indices: tuple[int, ...], argument: str, t_ns: int) -> None:
        element = self._model.element(indices[0])
        steps = tuple(a / element.ct_ratio for a in element.current_ranges_a) if element else ()
        self.setup.current_range[indices[0]] = _step(argument, steps)
        self._changed()

    def _current_range(self, indices: tuple[int, ...], *_: object) -> bytes:
        return _nr3(_of(self.setup.current_range, indices[0]))

    def _set_ct(self, indices: tuple[int, ...], argument: str, t_ns: int) -> None:
        _of(self.setup.ct, indices[0])
        self.setup.ct[indices[0]] = _number(argument, 1e-4, 99999.9999)
        self._changed()

    def _ct(self, indices: tuple[int, ...], *_: object) -> bytes:
        return _nr3(_of(self.setup.ct, indices[0]))

    # --- motor inputs ----------------------------------------------------------------------------------------------

    def _motor(self, indices: tuple[int, ...]) -> MotorSetup:
        if not 1 <= indices[0] <= 4:
            raise ScpiError(114, "Header suffix out of range")
        return self.setup.motors.setdefault(indices[0], MotorSetup())

    def _set_upper(self, indices: tuple[int, ...], argument: str, t_ns: int) -> None:
        self._motor(indices).upper = _point(argument)
        self._changed()

    def _set_lower(self, indices: tuple[int, ...], argument: str, t_ns: int) -> None:
        self._motor(indices).lower = _point(argument)
        self._changed()

    def _set_torque_scale(self, indices: tuple[int, ...], argument: str, t_ns: int) -> None:
        self._motor(indices).torque_scale = _number(argument, -99999.0, 99999.0)
        self._changed()

    def _set_speed_scale(self, indices: tuple[int, ...], argument: str, t_ns: int) -> None:
        self._motor(indices).speed_scale = _number(argument, -99999.0, 99999.0)
        self._changed()

    def _set_pulses(self, indices: tuple[int, ...], argument: str, t_ns: int) -> None:
        self._motor(indices).pulses = int(_number(argument, 1, 9999))
        self._changed()


def _number(argument: str, low: float, high: float) -> float:
    try:
        return number(argument, "", low, high)
    except ScpiError as error:
        raise ScpiError(222, "Data out of range") if error.code == -222 else error from None


def _on_off(argument: str) -> bytes:
    if argument not in ("ON", "OFF", "1", "0"):
        raise ScpiError(141, "Invalid character data")
    return b"1" if argument in ("ON", "1") else b"0"


def _source(argument: str) -> bytes:
    if re.fullmatch(r"[UI][1-7]|EXT(?:ERNAL)?|NONE", argument) is None:
        raise ScpiError(141, "Invalid character data")
    return argument[:3].encode() if argument.startswith("EXT") else argument.encode()


def _pulse(argument: str) -> bytes:
    if argument not in ("PULSE", "PULS", "ANALOG", "ANAL"):
        raise ScpiError(141, "Invalid character data")
    return argument[:4].encode()


def _nr3(value: float) -> bytes:
    return f"{value:.6E}".encode()


def _pair(point: tuple[float, float]) -> bytes:
    return _nr3(point[0]) + b"," + _nr3(point[1])


def _point(argument: str) -> tuple[float, float]:
    fields = argument.split(",")
    if len(fields) != 2:
        raise ScpiError(109, "Missing parameter")
    return _number(fields[0], -1e4, 1e4), _number(fields[1], 1.0, _HERTZ_MAX)


def _of(table: dict[int, float], number: int) -> float:
    if number not in table:
        raise ScpiError(114, "Header suffix out of range")
    return table[number]


def _step(argument: str, steps: Sequence[float]) -> float:
    value = _number(argument.upper().rstrip("VA"), 0.0, 1e5)
    for step in steps:
        if abs(step - value) <= 1e-4 * step:
            return step
    raise ScpiError(222, "Data out of range")
