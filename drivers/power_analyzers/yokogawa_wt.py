"""Yokogawa WT power analyzers: WT5000, WT3000E, WT1800E. None tested on hardware.

A reading is one message: clear the events, wait for the end of an update, all items. So each answer belongs to an
update that ended after the question, and its age is known; an update that ends while nobody asks is not told.
"""

from collections.abc import Iterator, Mapping
from itertools import chain

import numpy as np

from bench.base.errors import DeviceError
from bench.base.reading import Reading
from bench.schedule.requests import Exchange, Now, Operation
from drivers import scpi
from drivers.power_analyzers import yokogawa_commands
from drivers.power_analyzers.analyzer import Analyzer, Row
from drivers.power_analyzers.nameplates import WT1800E, WT3000E, WT5000
from drivers.power_analyzers.settings import AnalyzerSettings, Element, Item, MotorInput
from drivers.power_analyzers.text_values import put_texts
from drivers.power_analyzers.yokogawa_words import item_word, wiring_words
from drivers.usual import Single

_NOW = Now()
_ERRORS_MAX = 16
_UPDATED = "1"
"""Bit 0 of the extended events: an update has ended, once its falling edge is an event."""


class YokogawaWT(Analyzer):
    """What the family has in common; see the models below."""

    _motors_indexed = False
    """Whether there are several motor inputs, told apart by a number."""
    _modes = False
    """Whether U and I become r.m.s. or DC by a setting of the input."""
    _filter_has_frequency = True

    def __init__(self, part: str = "analyzer", settings: AnalyzerSettings | None = None) -> None:
        super().__init__(part, settings)
        self._header = self.table.header
        self._texts = tuple(self._word(item) for item in self.items)
        self._bytes = 4 * len(self.items)
        self._float = self.settings.number_format == "float"
        wait = f"{self._header('wait_for')} {_UPDATED}"
        asked = self.table.message(self._header("clear_status"), wait, f"{self._header('values')}?")
        self._question = Exchange(asked, "block" if self._float else "line", self._deadline_ns)
        if self._float:
            head = f"#{len(str(self._bytes))}{self._bytes}".encode()
            self._expect(self._question, head, Single)

    # --- readings --------------------------------------------------------------------------------------------------

    def question(self) -> Exchange:
        """All items, as soon as the present update has ended."""
        return self._question

    def _take(self, reply: bytes, t_ns: int) -> None:
        out = self._measured
        if not self._float:
            put_texts(scpi.line(reply).split(b","), out, t_ns)
            return
        start = scpi.block_start(reply, self._bytes)
        raw = np.frombuffer(reply, np.uint8)
        scpi.take_singles(raw, start, out.values, out.qualities, out.times, t_ns)

    # --- integration -----------------------------------------------------------------------------------------------

    def start_energy(self) -> Operation[None]:
        """Integrate from zero on, until stopped. Raises ``DeviceError`` if it does not start."""
        header = self._header
        with self.session:
            for text in (
                header("integration_reset"),
                f"{header('integration_mode')} NORMAL",
                f"{header('integration_timer')} 0,0,0",
                header("integration_start"),
            ):
                yield Exchange(self.table.message(text), "")
            yield from self._no_errors("the integration")
            yield from self._integration("STAR")

    def stop_energy(self) -> Operation[None]:
        """Stop; the values stay. Raises ``DeviceError`` if it does not stop."""
        with self.session:
            yield Exchange(self.table.message(self._header("integration_stop")), "")
            yield from self._integration("STOP")

    def energy(self) -> Operation[Mapping[str, Reading]]:
        """Integrated so far: ``dc.energy`` and the like in Wh, ``analyzer.integration_time`` in s."""
        found = {}
        with self.session:
            for place, (channel, _) in enumerate(self._energies(), len(self.items) + 1):
                question = self.table.message(f"{self._header('values')}? {place}")
                reply = yield Exchange(question, "block" if self._float else "line")
                value, quality = scpi.number(scpi.line(reply)) if not self._float else scpi.single(reply)
                found[channel] = Reading(channel, value, quality, (yield _NOW))
        return found

    def _integration(self, wanted: str) -> Operation[None]:
        state = scpi.line((yield Exchange(self.table.question("integration_state")))).decode("ascii", "replace")
        if not state.upper().startswith(wanted):
            raise DeviceError(f"{self.part}: the integration is {state}, not {wanted}; reset it at the instrument")

    def _energies(self) -> Iterator[tuple[str, str]]:
        for element in self.settings.elements:
            yield f"{element.name}.energy", self._word(Item("", "WH", element.numbers))
        yield f"{self.part}.integration_time", "TIME,1"

    # --- set-up ----------------------------------------------------------------------------------------------------

    def _rows(self) -> Iterator[Row]:
        header, settings = self._header, self.settings
        yield from (
            (header("remote"), "ON"),
            (header("header"), "OFF"),
            (header("verbose"), "OFF"),
            (header("hold"), "OFF"),
            (header("number_hold"), "OFF"),
            (header("filter", 1), "FALL"),
            (header("rate"), f"{settings.update_ms}MS"),
            (header("averaging"), "OFF"),
            (header("crest_factor"), "3"),
            (header("null"), "OFF"),
            (header("wiring"), wiring_words(settings.elements, self.nameplate.elements)),
        )
        yield from chain.from_iterable(self._element_rows(element) for element in settings.elements)
        yield from chain.from_iterable(self._motor_rows(motor) for motor in settings.motors)
        yield from ((header("efficiency", i), text) for i, text in enumerate(settings.efficiencies, 1))
        yield header("format"), "FLOAT" if self._float else "ASCII"
        yield header("items"), str(len(self.items))
        words = (*self._texts, *(word for _, word in self._energies()))
        yield from ((header("item", i), word) for i, word in enumerate(words, 1))

    def _element_rows(self, element: Element) -> Iterator[Row]:
        header, hertz = self._header, self.settings.frequency_filter_hz
        on = f"{hertz:g}" if self._filter_has_frequency else "ON"
        for n in element.numbers:
            yield header("voltage_auto", n), "OFF"
            yield header("current_auto", n), "OFF"
            if self._modes:
                mode = "RMS" if element.coupling == "ac" else "DC"
                yield header("voltage_mode", n), mode
                yield header("current_mode", n), mode
            yield header("scaling", n), "ON"
            yield header("vt", n), "1"
            yield header("ct", n), f"{element.ct_ratio:g}"
            yield header("sfactor", n), "1"
            yield header("line_filter", n), "OFF"
            yield header("frequency_filter", n), on if hertz else "OFF"
            yield header("synchronize", n), self.settings.sync_source

    def _motor_rows(self, motor: MotorInput) -> Iterator[Row]:
        def header(name: str) -> str:
            return self._header(name, motor.number) if self._motors_indexed else self._header(name)

        nominal = motor.nominal_nm
        yield header("motor_synchronize"), self.settings.sync_source
        yield header("pm_scaling"), "1"
        yield header("torque_type"), "PULSE"  # first: what follows holds for pulses only, asked before it times out
        yield header("torque_range"), f"{1.2 * nominal:g},{-1.2 * nominal:g}"
        yield header("torque_upper"), f"{nominal:g},{motor.centre_hz + motor.span_hz:g}"
        yield header("torque_lower"), f"{-nominal:g},{motor.centre_hz - motor.span_hz:g}"
        yield header("torque_scaling"), "1"
        yield header("speed_type"), "PULSE"
        yield header("speed_range"), f"{motor.speed_max_rpm:g},0"
        yield header("pulses"), str(motor.pulses)
        yield header("speed_scaling"), "1"

    def _word(self, item: Item) -> str:
        return item_word(item, self.settings.elements, modes=self._modes, indexed=self._motors_indexed)

    # --- error queue -----------------------------------------------------------------------------------------------

    def _next_error(self) -> Operation[tuple[int, str]]:
        return scpi.error_entry(scpi.line((yield Exchange(self.table.question("error")))))

    def _forget_errors(self) -> Operation[None]:
        for _ in range(_ERRORS_MAX):
            if (yield from self._next_error())[0] == 0:
                return
        raise DeviceError(f"{self.part}: the error queue does not run empty")

    def _no_errors(self, what: str) -> Operation[None]:
        code, text = yield from self._next_error()
        if code != 0:
            raise DeviceError(f"{self.part}: error {code} {text!r} after writing {what}")


class YokogawaWT5000(YokogawaWT):
    """Seven inputs, four motor inputs."""

    nameplate = WT5000
    table = yokogawa_commands.WT5000
    commands = yokogawa_commands.WT5000.commands
    _motors_indexed = True


class YokogawaWT3000E(YokogawaWT):
    """Four inputs, one motor input (/MTR). U and I are r.m.s. or DC by the input's mode."""

    nameplate = WT3000E
    table = yokogawa_commands.WT3000E
    commands = yokogawa_commands.WT3000E.commands
    _modes = True
    _filter_has_frequency = False


class YokogawaWT1800E(YokogawaWT):
    """Six inputs, one motor input (/MTR)."""

    nameplate = WT1800E
    table = yokogawa_commands.WT1800E
    commands = yokogawa_commands.WT1800E.commands
