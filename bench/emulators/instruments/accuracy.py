"""How wrong an emulated instrument may be: limits of error, from which each run draws one set of errors.

All limits are rectangular (+-), as in the accuracy tables (instruments.md section 5); each is drawn uniformly from a
generator of its own, so that the order of construction does not matter.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bench.base.noise import noise_state, uniform


@dataclass(frozen=True, slots=True)
class ReadingRange:
    """+-(``reading`` % of reading + ``range`` % of range); ``above``: (from Hz, reading, range), rising."""

    reading: float = 0.02
    range: float = 0.05
    above: tuple[tuple[float, float, float], ...] = ()

    def at(self, frequency_hz: float) -> "ReadingRange":
        """The limits that hold at this frequency."""
        rows = [(reading, of_range) for start_hz, reading, of_range in self.above if frequency_hz >= start_hz]
        return ReadingRange(*rows[-1]) if rows else self


@dataclass(frozen=True, slots=True)
class ElementAccuracy:
    """Voltage, current and power of one element, and its noise (standard deviation, % of range)."""

    voltage: ReadingRange = field(default_factory=ReadingRange)
    current: ReadingRange = field(default_factory=ReadingRange)
    power: ReadingRange = field(default_factory=ReadingRange)
    noise: float = 0.002


@dataclass(frozen=True, slots=True)
class FlangeAccuracy:
    """A torque flange; names and meaning as in a rig file. ``noise`` is a standard deviation in % of nominal."""

    sensitivity: float = 0.05  # % of reading, shared by all flanges (one calibration machine)
    linearity: float = 0.02  # % of nominal
    repeatability: float = 0.03  # % of reading
    zero_nm: float = 0.2
    tk0: float = 0.05  # % of nominal per 10 K
    tkc: float = 0.05  # % of reading per 10 K
    temperature_band_k: float = 5.0
    speed: float = 0.01  # % of reading
    noise: float = 0.005


@dataclass(frozen=True, slots=True)
class AnalyzerAccuracy:
    """By element name (dc, ac, field, aux) and flange name."""

    elements: Mapping[str, ElementAccuracy] = field(default_factory=dict)
    flanges: Mapping[str, FlangeAccuracy] = field(default_factory=dict)
    frequency: float = 0.01  # % of reading

    def element(self, name: str) -> ElementAccuracy:
        """Of one element; the defaults where nothing is known."""
        return self.elements.get(name, ElementAccuracy())

    def tables(self) -> Iterator[ReadingRange]:
        """Of all elements, each quantity's."""
        for element in self.elements.values():
            yield from (element.voltage, element.current, element.power)

    def flange(self, name: str) -> FlangeAccuracy:
        """Of one flange; the defaults where nothing is known."""
        return self.flanges.get(name, FlangeAccuracy())


class ErrorDraw:
    """Draws errors within limits, each by its name."""

    def __init__(self, seed: int, instrument: str) -> None:
        self._seed = seed
        self._instrument = instrument

    def within(self, limit: float, name: str) -> float:
        """Uniform in +-``limit``; the same name gives the same share of the limit."""
        return limit * (2.0 * float(uniform(noise_state(self._seed, f"{self._instrument}.{name}"))) - 1.0)


@dataclass(frozen=True, slots=True)
class FlangeError:
    """One flange's errors in this run: torque = true * gain + offset_nm; speed = true * speed_gain."""

    gain: float
    offset_nm: float
    speed_gain: float


def draw_flange(draw: ErrorDraw, name: str, accuracy: FlangeAccuracy, nominal_nm: float) -> FlangeError:
    """The errors of one run; the sensitivity's is shared by all flanges of the run."""
    tens = accuracy.temperature_band_k / 10.0
    gain_percent = (
        draw.within(accuracy.sensitivity, "shared.sensitivity")
        + draw.within(accuracy.repeatability, f"{name}.repeatability")
        + draw.within(accuracy.tkc * tens, f"{name}.tkc")
    )
    of_nominal_percent = draw.within(accuracy.linearity, f"{name}.linearity") + draw.within(
        accuracy.tk0 * tens, f"{name}.tk0"
    )
    offset_nm = of_nominal_percent / 100.0 * nominal_nm + draw.within(accuracy.zero_nm, f"{name}.zero")
    return FlangeError(
        1.0 + gain_percent / 100.0, offset_nm, 1.0 + draw.within(accuracy.speed, f"{name}.speed") / 100.0
    )
