"""From set-up, wiring and drawn errors to the rows of ``sampling``: what each item of the table shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.emulators.instruments.accuracy import AnalyzerAccuracy, ErrorDraw, FlangeError, ReadingRange, draw_flange
from bench.emulators.instruments.sampling import MAGNITUDE, NOTHING, PLAIN, PRODUCT, ROW
from bench.emulators.instruments.wiring import AnalyzerWiring, ElementWiring, FlangeWiring

_COUNTS = 60_000.0  # of the range: resolution of the display values (assumed)
_RAD_S_PER_RPM = np.pi / 30.0


@dataclass(slots=True)
class MotorSetup:
    """A motor input as it was set up."""

    upper: tuple[float, float] = (50.0, 15_000.0)
    lower: tuple[float, float] = (-50.0, 5_000.0)
    torque_scale: float = 1.0
    speed_scale: float = 1.0
    pulses: int = 60


@dataclass(slots=True)
class Setup:
    """Everything that changes what is shown. Ranges are those of the input (secondary)."""

    voltage_range: dict[int, float] = field(default_factory=dict)
    current_range: dict[int, float] = field(default_factory=dict)
    ct: dict[int, float] = field(default_factory=dict)
    motors: dict[int, MotorSetup] = field(default_factory=dict)
    items: list[tuple[str, str]] = field(default_factory=list)
    shown: int = 0


class AnalyzerModel:
    """Draws the errors of one run and makes rows for any set-up."""

    def __init__(
        self, wiring: AnalyzerWiring, outputs: Sequence[str], accuracy: AnalyzerAccuracy, draw: ErrorDraw
    ) -> None:
        self.wiring = wiring
        self._place = {name: i for i, name in enumerate(outputs)}
        self._accuracy = accuracy
        self._draw = draw
        self._flange_errors: Mapping[str, FlangeError] = {
            f.name: draw_flange(draw, f.name, accuracy.flange(f.name), f.nominal_nm) for f in wiring.flanges
        }

    def element(self, number: int) -> ElementWiring | None:
        """The element that input ``number`` belongs to."""
        return next((e for e in self.wiring.elements if number in e.numbers), None)

    def rows(self, setup: Setup) -> NDArray[np.void]:
        """One row per item shown, and hidden rows for what products are made of."""
        rows = [self._row(function, element, setup) for function, element in setup.items[: setup.shown]]
        for i, (function, element) in enumerate(setup.items[: setup.shown]):
            if function == "PM" and rows[i]["kind"] != NOTHING:
                rows[i]["kind"] = PRODUCT
                rows[i]["gain"] = _RAD_S_PER_RPM
                rows[i]["left"], rows[i]["right"] = len(rows), len(rows) + 1
                rows += [self._row("TORQUE", element, setup), self._row("SPEED", element, setup)]
                self._share(rows, setup.items[: setup.shown], i, element)
        return np.array(rows, ROW) if rows else np.zeros(0, ROW)

    @staticmethod
    def _share(rows: list[NDArray[np.void]], items: list[tuple[str, str]], product: int, element: str) -> None:
        """Where torque and speed are shown too, the power is the product of just those values."""
        for side, function in (("left", "TORQUE"), ("right", "SPEED")):
            if (function, element) in items:
                rows[product][side] = items.index((function, element))

    def _row(self, function: str, element: str, setup: Setup) -> NDArray[np.void]:
        row = np.zeros(1, ROW)[0]
        row["source"], row["guard_a"], row["guard_b"], row["kind"] = -1, -1, -1, NOTHING
        if function in ("TORQUE", "SPEED", "PM"):
            self._motor_row(row, function, int(element or 1), setup)
        elif element == "SIGMA" and function == "P":
            self._sigma_row(row, setup)
        elif element.isdigit():
            self._element_row(row, function, int(element), setup)
        found: NDArray[np.void] = row
        return found

    # --- electrical ------------------------------------------------------------------------------------------------

    def _element_row(self, row: NDArray[np.void], function: str, number: int, setup: Setup) -> None:
        element = self.element(number)
        if element is None:
            return
        quantity = {"U": "U", "URMS": "U", "UDC": "U", "I": "I", "IRMS": "I", "IDC": "I", "P": "P", "FU": "F"}
        match quantity.get(function):
            case "U":
                self._voltage_row(row, element, number, setup)
            case "I":
                self._current_row(row, element, number, setup)
            case "P":
                self._power_row(row, element, (number,), setup)
            case "F":
                gain = self._draw.within(self._accuracy.frequency, "frequency") / 100.0
                row["kind"], row["gain"] = PLAIN, 1.0 + gain
                row["source"] = self._place.get(element.frequency_field, -1)
        if function.endswith("RMS"):
            row["kind"] = MAGNITUDE

    def _voltage_row(self, row: NDArray[np.void], element: ElementWiring, number: int, setup: Setup) -> None:
        range_v = setup.voltage_range[number]
        accuracy = self._accuracy.element(element.name)
        self._linear(row, f"{element.name}.voltage.{number}", accuracy.voltage, range_v, accuracy.noise)
        row["source"] = self._place.get(element.voltage_field, -1)
        if not element.voltage_field:
            row["offset"] += element.voltage_v * row["gain"]
        self._guard(row, "a", element.voltage_field, range_v)

    def _current_row(self, row: NDArray[np.void], element: ElementWiring, number: int, setup: Setup) -> None:
        ratio = setup.ct[number] / element.ct_ratio * element.ct_polarity
        range_a = setup.current_range[number] * setup.ct[number]
        accuracy = self._accuracy.element(element.name)
        self._linear(row, f"{element.name}.current.{number}", accuracy.current, range_a, accuracy.noise)
        row["gain"] *= ratio
        row["source"] = self._place.get(element.current_field or element.power_field, -1)
        if not element.current_field:
            row["gain"] /= element.voltage_v
        self._guard(row, "a", element.current_field, setup.current_range[number] * element.ct_ratio)

    def _power_row(self, row: NDArray[np.void], element: ElementWiring, numbers: tuple[int, ...], setup: Setup) -> None:
        """The sum over some inputs of an element: each has an equal share and errors of its own."""
        accuracy = self._accuracy.element(element.name)
        gain = offset = square = 0.0
        for n in numbers:
            full = setup.voltage_range[n] * setup.current_range[n] * setup.ct[n]
            self._linear(row, f"{element.name}.power.{n}", accuracy.power, full, accuracy.noise)
            gain += float(row["gain"]) * setup.ct[n] / element.ct_ratio * element.ct_polarity / len(element.numbers)
            offset += float(row["offset"])
            square += float(row["noise"]) ** 2
        row["gain"], row["offset"], row["noise"] = gain, offset, square**0.5
        number = numbers[0]
        row["source"] = self._place.get(element.power_field, -1)
        self._guard(row, "a", element.voltage_field, setup.voltage_range[number])
        self._guard(row, "b", element.current_field, setup.current_range[number] * element.ct_ratio)

    def _sigma_row(self, row: NDArray[np.void], setup: Setup) -> None:
        """The three-phase element."""
        element = next((e for e in self.wiring.elements if len(e.numbers) > 1), None)
        if element is not None:
            self._power_row(row, element, element.numbers, setup)

    def _linear(
        self, row: NDArray[np.void], name: str, limits: ReadingRange, full: float, noise_percent: float
    ) -> None:
        row["kind"] = PLAIN
        row["gain"] = 1.0 + self._draw.within(limits.reading, f"{name}.reading") / 100.0
        row["offset"] = self._draw.within(limits.range, f"{name}.range") / 100.0 * full
        row["noise"] = noise_percent / 100.0 * full
        row["resolution"] = full / _COUNTS

    def _guard(self, row: NDArray[np.void], which: str, name: str, full: float) -> None:
        if name:
            row[f"guard_{which}"] = self._place[name]
            row[f"limit_{which}"] = self.wiring.overload * full

    # --- mechanical ------------------------------------------------------------------------------------------------

    def _motor_row(self, row: NDArray[np.void], function: str, number: int, setup: Setup) -> None:
        flange = next((f for f in self.wiring.flanges if f.number == number), None)
        if flange is None:
            return
        motor = setup.motors.setdefault(number, MotorSetup())
        if function == "SPEED":
            self._speed_row(row, flange, motor)
        else:
            self._torque_row(row, flange, motor)

    def _torque_row(self, row: NDArray[np.void], flange: FlangeWiring, motor: MotorSetup) -> None:
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
        zero_hz = flange.centre_hz + error.offset_nm * hz_per_nm
        row["offset"] = (zero_hz - lower_hz) * nm_per_hz + lower_nm * motor.torque_scale
        row["noise"] = self._accuracy.flange(flange.name).noise / 100.0 * flange.nominal_nm
        row["resolution"] = flange.nominal_nm / _COUNTS
        row["guard_a"], row["limit_a"] = row["source"], self.wiring.flange_overload * flange.nominal_nm

    def _speed_row(self, row: NDArray[np.void], flange: FlangeWiring, motor: MotorSetup) -> None:
        error = self._flange_errors[flange.name]
        row["kind"], row["source"] = PLAIN, self._place[flange.speed_field]
        row["gain"] = flange.speed_sign * error.speed_gain * flange.pulses / motor.pulses * motor.speed_scale
        row["resolution"] = 1e-3
