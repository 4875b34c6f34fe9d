"""From set-up, wiring and drawn errors to the rows of ``sampling``: what each item of the table shows.

Items are (function, inputs) in words of our own, whatever the maker calls them: UDC, IDC, URMS, IRMS, P (on several
inputs: their sum), FU, FI; TORQUE, SPEED, PM of a motor input; ETA of an efficiency.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.emulators.instruments.accuracy import AnalyzerAccuracy, ErrorDraw, FlangeError, ReadingRange, draw_flange
from bench.emulators.instruments.answers import Line
from bench.emulators.instruments.sampling import MAGNITUDE, NOTHING, PLAIN, PRODUCT, QUOTIENT, ROW
from bench.emulators.instruments.wiring import AnalyzerWiring, ElementWiring, FlangeWiring

Item = tuple[str, tuple[int, ...]]
Row = NDArray[np.void]

_COUNTS = 60_000.0  # of the range: resolution of the display values (assumed)
_RAD_S_PER_RPM = np.pi / 30.0
_PERCENT = 100.0
_QUANTITIES = {"UDC": "U", "URMS": "U", "IDC": "I", "IRMS": "I", "P": "P", "FU": "F", "FI": "F"}
_MOTOR = ("TORQUE", "SPEED", "PM")


@dataclass(slots=True)
class MotorSetup:
    """A motor input as it was set up."""

    upper: tuple[float, float] = (50.0, 15_000.0)
    lower: tuple[float, float] = (-50.0, 5_000.0)
    torque_scale: float = 1.0
    speed_scale: float = 1.0
    power_scale: float = 1.0
    pulses: int = 60


@dataclass(slots=True)
class InputSetup:
    """One input as it was set up; ranges are those of the input (secondary)."""

    voltage_range: float = 1000.0
    current_range: float = 1.0
    ct: float = 1.0
    vt: float = 1.0
    power_factor: float = 1.0
    scaled: bool = True
    """Whether the ratios count."""

    @property
    def current_ratio(self) -> float:
        """By which currents are multiplied."""
        return self.ct if self.scaled else 1.0

    @property
    def voltage_ratio(self) -> float:
        """By which voltages are multiplied."""
        return self.vt if self.scaled else 1.0

    @property
    def power_ratio(self) -> float:
        """By which powers are multiplied."""
        return self.current_ratio * self.voltage_ratio * (self.power_factor if self.scaled else 1.0)


@dataclass(slots=True)
class Setup:
    """Everything that changes what is shown. ``ratios``: numerator and denominator of each efficiency, as items."""

    inputs: dict[int, InputSetup] = field(default_factory=dict)
    motors: dict[int, MotorSetup] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    shown: int = 0
    ratios: dict[int, tuple[Item, Item]] = field(default_factory=dict)


class AnalyzerModel:
    """Draws the errors of one run and makes rows for any set-up."""

    def __init__(
        self, wiring: AnalyzerWiring, outputs: Sequence[str], accuracy: AnalyzerAccuracy, draw: ErrorDraw
    ) -> None:
        self.wiring = wiring
        self._place = {name: i for i, name in enumerate(outputs)}
        self._accuracy = accuracy
        self._draw = draw
        self._frequency_place = next(
            (self._place[e.frequency_field] for e in wiring.elements if e.frequency_field), None
        )
        self._starts_hz = sorted({start_hz for table in accuracy.tables() for start_hz, _, _ in table.above})
        self._flange_errors: Mapping[str, FlangeError] = {
            f.name: draw_flange(draw, f.name, accuracy.flange(f.name), f.nominal_nm) for f in wiring.flanges
        }

    def element(self, number: int) -> ElementWiring | None:
        """The element that input ``number`` belongs to."""
        return next((e for e in self.wiring.elements if number in e.numbers), None)

    def band(self, truth: NDArray[np.float64]) -> float:
        """The frequency from which on the present line of the accuracy tables holds."""
        if not self._starts_hz or self._frequency_place is None:
            return 0.0
        hertz = abs(float(truth[self._frequency_place]))
        return max((start_hz for start_hz in self._starts_hz if hertz >= start_hz), default=0.0)

    def line_of(self, band_hz: float) -> Line:
        """As long as which field of the truth stays where, ``band`` is ``band_hz``."""
        if not self._starts_hz or self._frequency_place is None:
            return Line(0, 0.0, math.inf)
        above_hz = (start_hz for start_hz in self._starts_hz if start_hz > band_hz)
        return Line(self._frequency_place, band_hz, min(above_hz, default=math.inf))

    def rows(self, setup: Setup, band_hz: float = 0.0) -> Row:
        """One row per item shown, and hidden rows for what products and quotients are made of."""
        shown = setup.items[: setup.shown]
        rows = [self._row(item, setup, band_hz) for item in shown]
        for i, (function, numbers) in enumerate(shown):
            if function == "PM" and rows[i]["kind"] != NOTHING:
                scale = setup.motors[numbers[0]].power_scale
                parts = ("TORQUE", numbers), ("SPEED", numbers)
                self._combine(rows, i, PRODUCT, _RAD_S_PER_RPM * scale, parts, shown, setup, band_hz)
            elif function == "ETA" and numbers[0] in setup.ratios:
                self._combine(rows, i, QUOTIENT, _PERCENT, setup.ratios[numbers[0]], shown, setup, band_hz)
        return np.array(rows, ROW) if rows else np.zeros(0, ROW)

    def _combine(
        self, rows: list[Row], i: int, kind: int, gain: float, parts: tuple[Item, Item], shown: Sequence[Item],
        setup: Setup, band_hz: float,
    ) -> None:  # fmt: skip
        """Row ``i`` of two others: of what is shown where it is, else of hidden rows."""
        rows[i]["kind"], rows[i]["gain"] = kind, gain
        for side, part in zip(("left", "right"), parts, strict=True):
            if part in shown:
                rows[i][side] = shown.index(part)
                continue
            rows[i][side] = place = len(rows)
            rows.append(self._row(part, setup, band_hz))
            if part[0] == "PM" and rows[place]["kind"] != NOTHING:
                scale = setup.motors[part[1][0]].power_scale
                of = ("TORQUE", part[1]), ("SPEED", part[1])
                self._combine(rows, place, PRODUCT, _RAD_S_PER_RPM * scale, of, shown, setup, band_hz)

    def _row(self, item: Item, setup: Setup, band_hz: float) -> Row:
        function, numbers = item
        row = np.zeros(1, ROW)[0]
        row["source"], row["guard_a"], row["guard_b"], row["kind"] = -1, -1, -1, NOTHING
        if function in _MOTOR and numbers:
            self._motor_row(row, function, numbers[0], setup)
        elif function in _QUANTITIES and numbers:
            self._element_row(row, function, numbers, setup, band_hz)
        found: Row = row
        return found

    # --- electrical ------------------------------------------------------------------------------------------------

    def _element_row(self, row: Row, function: str, numbers: tuple[int, ...], setup: Setup, band_hz: float) -> None:
        element, number = self.element(numbers[0]), numbers[0]
        if element is None or not set(numbers) <= set(element.numbers):
            return
        hertz = band_hz if element.frequency_field else 0.0
        match _QUANTITIES[function]:
            case "U":
                self._voltage_row(row, element, number, setup.inputs[number], hertz)
            case "I":
                self._current_row(row, element, number, setup.inputs[number], hertz)
            case "P":
                self._power_row(row, element, numbers, setup, hertz)
            case "F":
                gain = self._draw.within(self._accuracy.frequency, "frequency") / 100.0
                row["kind"], row["gain"] = PLAIN, 1.0 + gain
                row["source"] = self._place.get(element.frequency_field, -1)
        if function.endswith("RMS"):
            row["kind"] = MAGNITUDE

    def _voltage_row(self, row: Row, element: ElementWiring, number: int, given: InputSetup, hertz: float) -> None:
        accuracy = self._accuracy.element(element.name)
        limits = accuracy.voltage.at(hertz)
        self._linear(row, f"{element.name}.voltage.{number}", limits, given.voltage_range, accuracy.noise)
        row["source"] = self._place.get(element.voltage_field, -1)
        if not element.voltage_field:
            row["offset"] += element.voltage_v * row["gain"]
        row["gain"] *= given.voltage_ratio * element.line
        row["offset"] *= given.voltage_ratio
        self._guard(row, "a", element.voltage_field, given.voltage_range / element.line)

    def _current_row(self, row: Row, element: ElementWiring, number: int, given: InputSetup, hertz: float) -> None:
        ratio = given.current_ratio / element.ct_ratio * element.ct_polarity
        accuracy = self._accuracy.element(element.name)
        range_a = given.current_range * given.current_ratio
        self._linear(row, f"{element.name}.current.{number}", accuracy.current.at(hertz), range_a, accuracy.noise)
        row["gain"] *= ratio
        row["source"] = self._place.get(element.current_field or element.power_field, -1)
        if not element.current_field:
            row["gain"] /= element.voltage_v
        self._guard(row, "a", element.current_field, given.current_range * element.ct_ratio)

    def _power_row(
        self, row: Row, element: ElementWiring, numbers: tuple[int, ...], setup: Setup, hertz: float
    ) -> None:
        """The sum over some inputs of an element: each has its share and errors of its own."""
        accuracy = self._accuracy.element(element.name)
        limits = accuracy.power.at(hertz)
        gain = offset = square = 0.0
        for n in numbers:
            given = setup.inputs[n]
            full = given.voltage_range * given.current_range * given.power_ratio
            self._linear(row, f"{element.name}.power.{n}", limits, full, accuracy.noise)
            share = given.power_ratio / element.ct_ratio * element.ct_polarity * element.share(n)
            gain += float(row["gain"]) * share
            offset += float(row["offset"])
            square += float(row["noise"]) ** 2
        row["gain"], row["offset"], row["noise"] = gain, offset, square**0.5
        first = setup.inputs[numbers[0]]
        row["source"] = self._place.get(element.power_field, -1)
        self._guard(row, "a", element.voltage_field, first.voltage_range / element.line)
        self._guard(row, "b", element.current_field, first.current_range * element.ct_ratio)

    def _linear(self, row: Row, name: str, limits: ReadingRange, full: float, noise_percent: float) -> None:
        row["kind"] = PLAIN
        row["gain"] = 1.0 + self._draw.within(limits.reading, f"{name}.reading") / 100.0
        row["offset"] = self._draw.within(limits.range, f"{name}.range") / 100.0 * full
        row["noise"] = noise_percent / 100.0 * full
        row["resolution"] = full / _COUNTS

    def _guard(self, row: Row, which: str, name: str, full: float) -> None:
        if name:
            row[f"guard_{which}"] = self._place[name]
            row[f"limit_{which}"] = self.wiring.overload * full

    # --- mechanical ------------------------------------------------------------------------------------------------

    def _motor_row(self, row: Row, function: str, number: int, setup: Setup) -> None:
        flange = next((f for f in self.wiring.flanges if f.number == number), None)
        if flange is None:
            return
        motor = setup.motors.setdefault(number, MotorSetup())
        if function == "SPEED":
            self._speed_row(row, flange, motor)
        else:
            self._torque_row(row, flange, motor)

    def _torque_row(self, row: Row, flange: FlangeWiring, motor: MotorSetup) -> None:
        """Torque -> frequency (the flange) -> torque (RATE and SCALing as set up): two lines that ought to agree."""
        error = self._flange_errors[flange.name]
        hz_per_nm = flange.span_hz / flange.nominal_nm
        ways = [flange.clockwise_hz or flange.span_hz, flange.counterclockwise_hz or flange.span_hz]
        up_hz, down_hz = ways if flange.sign > 0 else reversed(ways)  # for truth above and below zero
        (upper_nm, upper_hz), (lower_nm, lower_hz) = motor.upper, motor.lower
        nm_per_hz = (upper_nm - lower_nm) / (upper_hz - lower_hz) * motor.torque_scale
        row["kind"], row["source"] = PLAIN, self._place[flange.torque_field]
        row["gain"] = flange.sign * error.gain * up_hz / flange.nominal_nm * nm_per_hz
        row["bend"] = flange.sign * error.gain * (down_hz - up_hz) / flange.nominal_nm * nm_per_hz
        zero_hz = flange.centre_hz + (error.offset_nm + flange.zero_nm) * hz_per_nm
        row["offset"] = (zero_hz - lower_hz) * nm_per_hz + lower_nm * motor.torque_scale
        row["noise"] = self._accuracy.flange(flange.name).noise / 100.0 * flange.nominal_nm
        row["resolution"] = flange.nominal_nm / _COUNTS
        row["guard_a"], row["limit_a"] = row["source"], self.wiring.flange_overload * flange.nominal_nm

    def _speed_row(self, row: Row, flange: FlangeWiring, motor: MotorSetup) -> None:
        error = self._flange_errors[flange.name]
        row["kind"], row["source"] = PLAIN, self._place[flange.speed_field]
        row["gain"] = flange.speed_sign * error.speed_gain * flange.pulses / motor.pulses * motor.speed_scale
        row["resolution"] = 1e-3
