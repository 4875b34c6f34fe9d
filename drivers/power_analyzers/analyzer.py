"""What all power analyzers have in common: identity, set-up written and read back, ranges fixed and remembered.

A maker's driver says which settings there are and in which words (``_rows``), how the error state is asked, what one
reading asks, and what its answer means. Rows that serve ranges and flanges have the same names in every table.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from bench.base.errors import DeviceError
from bench.base.ports import Identity
from bench.base.quality import Quality
from bench.base.time import NS_PER_MS
from bench.base.wiring import WIRINGS
from bench.schedule.requests import Exchange, Operation
from drivers import scpi
from drivers.power_analyzers.fitting import fitting_range, misfit, steps_of, widest
from drivers.power_analyzers.k_factor import KFactors
from drivers.power_analyzers.nameplates import Nameplate
from drivers.power_analyzers.readback import same_setting
from drivers.power_analyzers.settings import (
    AnalyzerSettings,
    Item,
    MotorInput,
    ranged_channels,
    settings_of_rig,
    standard_items,
)
from drivers.readout import OneReadout, Readout, read
from drivers.scpi_table import Table
from drivers.session import Session
from drivers.usual import Piece, Round, Usual, form, taken

Row = tuple[str, str]
"""A setting: header and value, as they are written; the header with ``?`` asks for it."""


class Analyzer(OneReadout):
    """Driver: questions out, one ``INBOX`` array in. ``part`` names it in messages; channels follow the settings."""

    tested_on_hardware = False
    setpoints: tuple[str, ...] = ()
    nameplate: ClassVar[Nameplate]
    table: ClassVar[Table]

    def __init__(self, part: str = "analyzer", settings: AnalyzerSettings | None = None) -> None:
        self.part = part
        self.settings = settings or AnalyzerSettings()
        self.items = tuple(self.settings.items) or standard_items(self.settings)
        self._ranged = ranged_channels(self.settings.elements)
        count = len(self.items)
        self.readout = Readout([*(item.channel for item in self.items), *(f"{name}_range" for name in self._ranged)])
        self._measured, self._of_ranges = self.readout.part(0, count), self.readout.part(count)
        self.session = Session(part, self.settings.expected)
        self.ranges: dict[str, float] = {}
        self._in_force = np.full(len(self._ranged), np.nan), np.full(len(self._ranged), Quality.NOT_A_NUMBER, np.uint8)
        self._factors = self._factors_of_items()
        self._k_factors = KFactors.of(self.settings.motors, [item.channel for item in self.items])
        update_ns = self.settings.update_ms * NS_PER_MS
        self._age_ns = round(self.settings.latency_ms * NS_PER_MS) + update_ns // 2
        self._deadline_ns = 2 * update_ns + self.settings.timeout_ms * NS_PER_MS
        self._marked = False  # the records tell why there are no values
        self._usual: Usual | None = None  # of a maker whose answers have one form, while the ranges are as they are

    @classmethod
    def from_rig(cls, part: str, rig: Mapping[str, Any]) -> Self:
        """The driver for the analyzer of a rig file, given as plain mappings."""
        return cls(part, settings_of_rig(rig))

    # --- readings as usual ------------------------------------------------------------------------------------------

    def mark(self, quality: Quality, t_ns: int) -> NDArray[np.void]:
        """Records that say why there are no values."""
        self._marked = True
        return super().mark(quality, t_ns)

    def usual(self) -> Round | None:
        """The question for values, where the maker's answers have one form."""
        return None if self._usual is None else Round((self._usual,))

    def _expect(self, question: Exchange, head: bytes, number: Callable[[int, float], Piece]) -> None:
        """The form of a usual answer: ``head``, each item as ``number`` (column, factor), LF. Flanges with factors by
        direction have none: what they show follows from the sign of a value."""
        if self._k_factors is not None:
            return
        count = len(self.items)
        factors = np.ones(count) if self._factors is None else self._factors
        shape = form(head, *map(number, range(count), factors.tolist()), b"\n")
        self._usual = Usual(question, shape, self.readout.records, self._age_ns)
        self._renew()

    def _renew(self) -> None:
        """The ranges in force stand in the records of every usual answer."""
        if self._usual is not None:
            self._of_ranges.put(*self._in_force, 0)
            self._usual = self._usual._replace(records=self.readout.records)

    # --- what a maker's driver says --------------------------------------------------------------------------------

    def _rows(self) -> Iterator[Row]:
        """Every setting but the ranges, in the order of writing."""
        raise AssertionError("a subclass names its settings")

    def _message(self, *units: str) -> bytes:
        """One message of these units."""
        return self.table.message(*units)

    def _forget_errors(self) -> Operation[None]:
        """Bring the error state to zero."""
        raise AssertionError("a subclass knows its error state")

    def _no_errors(self, what: str) -> Operation[None]:
        """Raises ``DeviceError`` if the instrument took offence at ``what``."""
        raise AssertionError("a subclass knows its error state")

    def question(self) -> Exchange:
        """All items, as soon as the present update has ended."""
        raise AssertionError("a subclass asks its values")

    def _take(self, reply: bytes, t_ns: int) -> None:
        """The items of ``reply`` into ``_measured``. Raises ``GrammarError``."""
        raise AssertionError("a subclass reads its values")

    # --- questions -------------------------------------------------------------------------------------------------

    def identify(self) -> Operation[Identity]:
        """Raises ``DeviceError`` if an instrument of another kind answers, or another one than before."""
        with self.session:
            identity = scpi.identity((yield Exchange(self.table.question("identity"))))
            if not self.nameplate.is_of(identity.maker, identity.model):
                told = f"{self.part}: {identity} is no {self.nameplate.name}"
                raise DeviceError(f"{told}; correct the resource or the driver in the rig file")
            return self.session.meet(identity)

    def set_up(self) -> Operation[Mapping[str, str]]:
        """Write the whole set-up, then ``verify`` it; the set-up in force. Raises ``DeviceError`` on any difference."""
        if problem := misfit(self.settings, self.nameplate):
            raise DeviceError(f"{self.part}: {problem}")
        first = {**widest(self.settings), **self.settings.initial_ranges}
        with self.session:
            yield from self._forget_errors()
            for header, value in self._all_rows(first):
                yield Exchange(self._message(f"{header} {value}"), "")
            yield from self._no_errors("the set-up")
        self._believe(first)
        return (yield from self.verify())

    def verify(self) -> Operation[Mapping[str, str]]:
        """Read every item of the set-up back (F-39). Raises ``DeviceError`` that names the item."""
        in_force: dict[str, str] = {}
        with self.session:
            for header, value in self._all_rows(self.ranges):
                answer = scpi.line((yield Exchange(self._message(f"{header}?"))))
                if not same_setting(value, answer):
                    told = f"{self.part}: {header} is {answer.decode('ascii', 'replace')}, not {value}"
                    raise DeviceError(f"{told}; arm again to set it up")
                in_force[header] = answer.decode("ascii", "replace")
        return in_force

    def read(self) -> Operation[NDArray[np.void]]:
        """One reading, see ``take``. Raises ``LinkError`` or ``GrammarError``; both poison the session."""
        return read(self)

    def take(self, reply: bytes, arrived_ns: int) -> NDArray[np.void]:
        """All items of an update and the ranges in force, as ``INBOX`` records (the driver's own array: post it before
        the next read).

        ``t_ns`` is the middle of the update. Raises ``GrammarError``.
        """
        if self._marked:
            self._marked = False
            self._renew()
        if self._usual is not None and taken(reply, self._usual, arrived_ns):
            return self.readout.records
        t_ns = arrived_ns - self._age_ns
        self._take(reply, t_ns)
        if self._factors is not None:
            np.multiply(self._measured.values, self._factors, out=self._measured.values)
        if self._k_factors is not None:
            self._k_factors.correct(self._measured.values)
        self._of_ranges.put(*self._in_force, t_ns)
        return self.readout.records

    def set_ranges(self, ranges: Mapping[str, float]) -> Operation[Mapping[str, float]]:
        """Fix the ranges for predicted r.m.s. values (``dc.current``: 37 A, ...); the ranges in force, read back.

        Channels that no range belongs to are ignored, so a whole prediction may be handed in. The first update after a
        change is thrown away. Raises ``DeviceError`` if a value fits no range.
        """
        chosen = {
            name: self._fitting(name, abs(value)) for name, value in ranges.items() if steps_of(self.settings, name)
        }
        changed = {name: value for name, value in chosen.items() if self.ranges.get(name) != value}
        for name, value in changed.items():
            yield from self._write_range(name, value)
        if changed:
            with self.session:
                yield from self._no_errors("a range")
            yield from self.read()
        return dict(self.ranges)

    # --- ranges ----------------------------------------------------------------------------------------------------

    def _fitting(self, channel: str, value: float) -> float:
        try:
            return fitting_range(self.settings, channel, value)
        except ValueError as error:
            raise DeviceError(f"{self.part}: {error}") from None

    def _write_range(self, channel: str, value: float) -> Operation[None]:
        believed = {name: known for name, known in self.ranges.items() if name != channel}
        self._believe(believed)  # unknown until read back, so a lost answer cannot leave a wrong belief
        with self.session:
            for header, text in self._range_rows(channel, value):
                answer = scpi.line((yield Exchange(self._message(f"{header} {text}", f"{header}?"))))
                if not same_setting(text, answer):
                    shown = answer.decode("ascii", "replace")
                    raise DeviceError(f"{self.part}: {header} is {shown} after {text} was written")
        self._believe({**believed, channel: value})

    def _believe(self, ranges: Mapping[str, float]) -> None:
        self.ranges = dict(ranges)
        values, qualities = self._in_force
        values[:] = [ranges.get(name, np.nan) for name in self._ranged]
        qualities[:] = [Quality.GOOD if name in ranges else Quality.NOT_A_NUMBER for name in self._ranged]
        self._renew()

    def _range_rows(self, channel: str, value: float) -> Iterator[Row]:
        """What fixes the range of ``dc.current`` or the like; at the input it is the primary one over the ratio."""
        element = self.settings.element(channel)
        if element is None:
            return
        current = channel.endswith(".current")
        name, shown = ("current_range", value / element.ct_ratio) if current else ("voltage_range", value)
        yield from ((self.table.header(name, n), f"{shown:.6g}") for n in element.numbers)

    def _flange_rows(self, motor: MotorInput) -> Iterator[Row]:
        """The line from frequency to torque by two points, and the pulses of a revolution."""
        header, n, nominal = self.table.header, motor.number, motor.nominal_nm
        yield header("torque_upper", n), f"{nominal:g},{motor.centre_hz + motor.span_hz:g}"
        yield header("torque_lower", n), f"{-nominal:g},{motor.centre_hz - motor.span_hz:g}"
        yield header("pulses", n), str(motor.pulses)

    # --- helpers ---------------------------------------------------------------------------------------------------

    def _all_rows(self, ranges: Mapping[str, float]) -> Iterator[Row]:
        yield from self._rows()
        for channel, value in ranges.items():
            yield from self._range_rows(channel, value)

    def _factors_of_items(self) -> NDArray[np.float64] | None:
        """By which each item is multiplied; ``None`` when all stay."""
        factors = np.array([self._factor(item) for item in self.items], np.float64)
        return None if (factors == 1.0).all() else factors

    def _factor(self, item: Item) -> float:
        """Signs of a flange; the voltage of a phase where an input sees that between lines."""
        element = next((one for one in self.settings.elements if set(item.numbers) & set(one.numbers)), None)
        if item.function in ("UDC", "URMS") and element is not None:
            return 1.0 / WIRINGS[element.wiring].voltage_ratio
        motor = next((motor for motor in self.settings.motors if item.numbers == (motor.number,)), None)
        if motor is None:
            return 1.0
        product = motor.torque_sign * motor.speed_sign
        return {"TORQUE": motor.torque_sign, "SPEED": motor.speed_sign, "PM": product}.get(item.function, 1.0)
