"""Yokogawa WT5000 power analyzer. Not yet tested on hardware.

The WT5000's own command list could be read only in part (IM WT5000-17EN chapter 4); the rest follows the WT3000 family
and is marked ``unverified`` in ``COMMANDS``.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.errors import DeviceError
from bench.base.ports import Identity
from bench.base.time import NS_PER_MS
from bench.schedule.requests import Exchange, Now, Operation
from drivers import scpi
from drivers.grammar import GrammarError
from drivers.power_analyzers.k_factor import KFactors
from drivers.power_analyzers.settings import (
    AnalyzerSettings,
    Element,
    MotorInput,
    ranged_channels,
    settings_of_rig,
    standard_items,
)
from drivers.power_analyzers.yokogawa_commands import TABLE
from drivers.readout import OneReadout, Readout, read
from drivers.session import Session

_READ = TABLE.message(f"{TABLE.header('wait')} 1", f"{TABLE.header('values')}?")
_NOW = Now()
_header = TABLE.header
_ERRORS_MAX = 16
_ON_OFF = {"ON": 1.0, "OFF": 0.0}


class YokogawaWT5000(OneReadout):
    """Driver: questions out, one ``INBOX`` array in. ``part`` names it in messages; channels follow the settings."""

    tested_on_hardware = False
    commands = TABLE.commands
    setpoints: tuple[str, ...] = ()

    def __init__(self, part: str = "analyzer", settings: AnalyzerSettings | None = None) -> None:
        self.part = part
        self.settings = settings or AnalyzerSettings()
        self.items = tuple(self.settings.items) or standard_items(self.settings)
        items = [item.channel for item in self.items]
        self.readout = Readout([*items, *(f"{name}_range" for name in ranged_channels(self.settings.elements))])
        self._k_factors = KFactors.of(self.settings.motors, items)
        self._measured, self._of_ranges = self.readout.part(0, len(items)), self.readout.part(len(items))
        self.session = Session(part, self.settings.expected)
        self.ranges: dict[str, float] = {}
        self._in_force = np.full(2 * len(self.settings.elements), np.nan)
        self._bytes = 4 * len(self.items)
        update_ns = self.settings.update_ms * NS_PER_MS
        self._age_ns = round(self.settings.latency_ms * NS_PER_MS) + update_ns // 2
        self._read = Exchange(_READ, "block", 2 * update_ns + self.settings.timeout_ms * NS_PER_MS)
        self._word = np.zeros(1, np.uint32)
        self._single = self._word.view(np.float32)

    @classmethod
    def from_rig(cls, part: str, rig: Mapping[str, Any]) -> "YokogawaWT5000":
        """The driver for the analyzer of a rig file, given as plain mappings."""
        return cls(part, settings_of_rig(rig))

    # --- questions -------------------------------------------------------------------------------------------------

    def identify(self) -> Operation[Identity]:
        """Raises ``DeviceError`` if no WT5000 answers, or another one than before."""
        with self.session:
            identity = scpi.identity((yield Exchange(TABLE.question("identity"))))
            if "YOKOGAWA" not in identity.maker.upper() or not identity.model.upper().startswith(("WT5000", "760")):
                raise DeviceError(
                    f"{self.part}: {identity} is no Yokogawa WT5000; correct the resource in the rig file"
                )
            return self.session.meet(identity)

    def set_up(self) -> Operation[Mapping[str, str]]:
        """Write the whole set-up, then ``verify`` it; the set-up in force. Raises ``DeviceError`` on any difference."""
        wanted = dict(self._set_up_rows())
        with self.session:
            yield from self._forget_errors()
            for header, value in wanted.items():
                yield Exchange(TABLE.message(f"{header} {value}"), "")
            yield from self._no_errors("the set-up")
        self.ranges = self._initial_ranges()
        self._note_ranges()
        return (yield from self.verify())

    def verify(self) -> Operation[Mapping[str, str]]:
        """Read every item of the set-up back (F-39). Raises ``DeviceError`` that names the item."""
        in_force: dict[str, str] = {}
        with self.session:
            for header, value in self._rows_in_force():
                answer = scpi.line((yield Exchange(TABLE.message(f"{header}?"))))
                if not same_setting(value, answer):
                    raise DeviceError(
                        f"{self.part}: {header} is {answer.decode()}, not {value}; arm again to set it up"
                    )
                in_force[header] = answer.decode()
        return in_force

    def read(self) -> Operation[NDArray[np.void]]:
        """One reading, see ``take``. Raises ``LinkError`` or ``GrammarError``; both poison the session."""
        return read(self)

    def question(self) -> Exchange:
        """All items, as soon as the present update has ended."""
        return self._read

    def take(self, reply: bytes, arrived_ns: int) -> NDArray[np.void]:
        """All items of an update as ``INBOX`` records (the driver's own array: post it before the next read).

        ``t_ns`` is the middle of the update. Raises ``GrammarError``.
        """
        start = scpi.block_start(reply, self._bytes)
        raw = np.frombuffer(reply, np.uint8)
        out, t_ns = self._measured, arrived_ns - self._age_ns
        scpi.take_singles(raw, start, self._single, self._word, out.values, out.qualities, out.times, t_ns)
        if self._k_factors is not None:
            self._k_factors.correct(out.values)
        self._of_ranges.put(self._in_force, t_ns)
        return self.readout.records

    def set_ranges(self, ranges: Mapping[str, float]) -> Operation[Mapping[str, float]]:
        """Fix the ranges for predicted r.m.s. values (``dc.current``: 37 A, ...); the ranges in force, read back.

        Channels that no range belongs to are ignored, so a whole prediction may be handed in. The first update after a
        change is thrown away. Raises ``DeviceError`` if a value fits no range.
        """
        chosen = {name: self._fitting(name, abs(value)) for name, value in ranges.items() if self._steps(name)}
        changed = {name: value for name, value in chosen.items() if self.ranges.get(name) != value}
        for name, value in changed.items():
            yield from self._write_range(name, value)
        if changed:
            with self.session:
                yield from self._no_errors("a range")
            yield from self.read()
        return dict(self.ranges)

    # --- set-up ----------------------------------------------------------------------------------------------------

    def _set_up_rows(self) -> Iterator[tuple[str, str]]:
        yield from (
            (_header("remote"), "ON"),
            (_header("header"), "OFF"),
            (_header("verbose"), "OFF"),
            (_header("rate"), f"{self.settings.update_ms}MS"),
            (_header("averaging"), "OFF"),
        )
        yield from chain.from_iterable(self._element_rows(element) for element in self.settings.elements)
        yield from self._range_rows(self._initial_ranges())
        yield from chain.from_iterable(self._motor_rows(motor) for motor in self.settings.motors)
        yield _header("format"), "FLOAT"
        yield _header("items"), str(len(self.items))
        yield from ((_header("item", i), item.text) for i, item in enumerate(self.items, 1))

    def _rows_in_force(self) -> list[tuple[str, str]]:
        return list({**dict(self._set_up_rows()), **dict(self._range_rows(self.ranges))}.items())

    def _element_rows(self, element: Element) -> Iterator[tuple[str, str]]:
        for n in element.numbers:
            yield _header("voltage_auto", n), "OFF"
            yield _header("current_auto", n), "OFF"
            yield _header("ct", n), f"{element.ct_ratio:g}"
            yield _header("line_filter", n), "OFF"
            yield _header("synchronize", n), self.settings.sync_source

    def _motor_rows(self, motor: MotorInput) -> Iterator[tuple[str, str]]:
        n = motor.number
        yield _header("motor_synchronize", n), self.settings.sync_source
        yield _header("torque_type", n), "PULSE"
        yield _header("torque_upper", n), f"{motor.nominal_nm:g},{motor.centre_hz + motor.span_hz:g}"
        yield _header("torque_lower", n), f"{-motor.nominal_nm:g},{motor.centre_hz - motor.span_hz:g}"
        yield _header("torque_scaling", n), str(motor.torque_sign)
        yield _header("speed_type", n), "PULSE"
        yield _header("pulses", n), str(motor.pulses)
        yield _header("speed_scaling", n), str(motor.speed_sign)

    # --- ranges ----------------------------------------------------------------------------------------------------

    def _initial_ranges(self) -> dict[str, float]:
        widest: dict[str, float] = {}
        for element in self.settings.elements:
            widest[f"{element.name}.voltage"] = max(element.voltage_ranges_v)
            widest[f"{element.name}.current"] = max(element.current_ranges_a)
        return {**widest, **self.settings.initial_ranges}

    def _element(self, channel: str) -> Element | None:
        return next((e for e in self.settings.elements if e.name == channel.partition(".")[0]), None)

    def _steps(self, channel: str) -> tuple[float, ...]:
        element, quantity = self._element(channel), channel.partition(".")[2]
        if element is None:
            return ()
        return {"voltage": element.voltage_ranges_v, "current": element.current_ranges_a}.get(quantity, ())

    def _fitting(self, channel: str, value: float) -> float:
        need = value * self.settings.range_margin
        steps = [step for step in sorted(self._steps(channel)) if need <= step]
        if not steps:
            raise DeviceError(
                f"{self.part}: {channel} = {value:g} x {self.settings.range_margin:g} is beyond the widest range "
                f"{max(self._steps(channel)):g}; lower the point or enter a wider range in the rig file"
            )
        return steps[0]

    def _range_rows(self, ranges: Mapping[str, float]) -> Iterator[tuple[str, str]]:
        for channel, value in ranges.items():
            element = self._element(channel)
            if element is None:
                continue
            current = channel.endswith(".current")
            name, shown = ("current_range", value / element.ct_ratio) if current else ("voltage_range", value)
            yield from ((_header(name, n), f"{shown:.6g}") for n in element.numbers)

    def _write_range(self, channel: str, value: float) -> Operation[None]:
        self.ranges.pop(channel, None)  # unknown until read back, so a lost answer cannot leave a wrong belief
        self._note_ranges()
        with self.session:
            for header, text in self._range_rows({channel: value}):
                answer = scpi.line((yield Exchange(TABLE.message(f"{header} {text}", f"{header}?"))))
                if not same_setting(text, answer):
                    raise DeviceError(f"{self.part}: {header} is {answer.decode()} after {text} was written")
        self.ranges[channel] = value
        self._note_ranges()

    def _note_ranges(self) -> None:
        names = ranged_channels(self.settings.elements)
        self._in_force[:] = [self.ranges.get(name, np.nan) for name in names]

    # --- error queue -----------------------------------------------------------------------------------------------

    def _next_error(self) -> Operation[tuple[int, str]]:
        return scpi.error_entry(scpi.line((yield Exchange(TABLE.question("error")))))

    def _forget_errors(self) -> Operation[None]:
        for _ in range(_ERRORS_MAX):
            if (yield from self._next_error())[0] == 0:
                return
        raise DeviceError(f"{self.part}: the error queue does not run empty")

    def _no_errors(self, what: str) -> Operation[None]:
        code, text = yield from self._next_error()
        if code != 0:
            raise DeviceError(f"{self.part}: error {code} {text!r} after writing {what}")


def same_setting(wanted: str, answer: bytes) -> bool:
    """Whether an answer means what was written: ``OFF`` is 0, ``50MS`` is 5.00E-02, ``PULS`` is short for ``PULSE``."""
    wanted_fields, answer_fields = wanted.split(","), answer.decode("ascii", "replace").split(",")
    if len(wanted_fields) != len(answer_fields):
        return False
    return all(
        _same_field(w.strip().upper(), a.strip().upper()) for w, a in zip(wanted_fields, answer_fields, strict=True)
    )


def _same_field(wanted: str, answer: str) -> bool:
    if wanted == answer:
        return True
    try:
        number = scpi.finite(answer.encode("ascii", "replace"))
    except GrammarError:
        return len(answer) >= 3 and wanted.startswith(answer)  # a short form has at least three letters
    expected = _as_number(wanted)
    return expected is not None and abs(number - expected) <= 1e-4 * max(abs(expected), 1e-9)


def _as_number(wanted: str) -> float | None:
    if wanted in _ON_OFF:
        return _ON_OFF[wanted]
    scale, digits = (1e-3, wanted[:-2]) if wanted.endswith("MS") else (1.0, wanted)
    try:
        return scpi.finite(digits.encode("ascii", "replace")) * scale
    except GrammarError:
        return None
