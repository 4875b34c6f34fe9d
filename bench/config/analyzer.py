"""The power analyzer of a rig file: elements, sensors, ranges, accuracy."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from bench.base.wiring import WIRINGS
from bench.config.calibration import Certificate
from bench.config.file_model import FileModel, Finding
from bench.config.instrument import Instrument
from bench.config.quantity import Amperes, Hertz, Number, Percent, Seconds, Volts

Basis = Literal["certificate", "assumed"]
"""Where an accuracy comes from; ``assumed`` marks every uncertainty that rests on it."""


_SOURCE = re.compile(r"[UI][1-8]", re.ASCII)


class Limits(FileModel):
    """Limits of error, rectangular: +-(``reading`` % of reading + ``range`` % of range)."""

    reading: Annotated[Percent, Field(ge=0, le=10)]
    range: Annotated[Percent, Field(ge=0, le=10)]


class Band(Limits):
    """Limits from a frequency on, up to the next band's."""

    starts: Annotated[Hertz, Field(gt=0, alias="from")]


class Accuracy(Limits):
    """One line of an accuracy table: the limits at DC or at the lowest frequency, and those above, rising."""

    above: tuple[Band, ...] = ()

    def rules(self) -> Iterator[Finding]:
        starts = [band.starts for band in self.above]
        if starts != sorted(set(starts)):
            yield ("above",), "bands must rise in frequency; sort them, lowest first"

    def at(self, frequency_hz: float) -> Limits:
        """The line of the table that holds at this frequency."""
        return next((band for band in reversed(self.above) if frequency_hz >= band.starts), self)


class CurrentSensor(FileModel):
    """The transducer between the wire and a current input."""

    model: str
    serial: str
    ratio: Annotated[Number, Field(gt=0)]
    """Primary amperes for one secondary ampere; set in the analyzer and read back."""
    polarity: Literal[1, -1] = 1
    accuracy: Accuracy | None = None
    """Its own limits; none: contained in the element's."""
    certificate: Certificate | None = None


class Element(FileModel):
    """One input, or three wired as one, of the analyzer. Ranges are primary values, smallest first."""

    inputs: Annotated[tuple[Annotated[int, Field(ge=1, le=8)], ...], Field(min_length=1, max_length=3)]
    wiring: Literal["1P2W", "3P3W", "3V3A", "3P4W"]
    coupling: Literal["dc", "ac"]
    voltage_ranges: Annotated[tuple[Volts, ...], Field(min_length=1)]
    current_ranges: Annotated[tuple[Amperes, ...], Field(min_length=1)]
    sensor: CurrentSensor | None = None
    voltage: Accuracy
    current: Accuracy
    power: Accuracy
    basis: Basis
    source: Annotated[str, Field(min_length=1)]

    def rules(self) -> Iterator[Finding]:
        if len(self.inputs) != WIRINGS[self.wiring].inputs:
            yield ("wiring",), f"{self.wiring} has {WIRINGS[self.wiring].inputs} inputs, not {len(self.inputs)}"
        if list(self.inputs) != list(range(self.inputs[0], self.inputs[0] + len(self.inputs))):
            yield ("inputs",), "the inputs of one element must be neighbours, lowest first; correct them"
        for key in ("voltage_ranges", "current_ranges"):
            ranges = getattr(self, key)
            if list(ranges) != sorted(set(ranges)) or ranges[0] <= 0:
                yield (key,), "ranges must be positive and rise; sort them, smallest first"


class Analyzer(Instrument):
    """A power analyzer with motor inputs. Element names are the channels' parts: dc, ac, field, aux."""

    update: Annotated[Seconds, Field(gt=0, le=20)]
    latency: Annotated[Seconds, Field(ge=0, le=1)]
    """From the end of the measurement interval to the answer; measured per rig."""
    sync: str
    """Common synchronisation source of all elements and motor inputs: voltage or current of one input, such as I2."""
    frequency_filter: Annotated[Hertz, Field(gt=0)] | None = None
    """Low pass in the path of synchronisation alone; none: off."""
    lowest_frequency: Annotated[Hertz, Field(gt=0)] | None = None
    """Of the phases, that shall be measured; an update must hold one period of it."""
    line_filter: Literal["off"] = "off"
    """Off: the whole power is measured, harmonics of the switching included."""
    averaging: Literal["off"] = "off"
    warm_up: Annotated[Seconds, Field(ge=0, le=14_400)] = 0.0
    """How long it must have been on before it is as accurate as it says. Nobody can ask it: a run waits so long before
    it arms, unless somebody says that it is warm."""
    certificate: Certificate | None = None
    elements: dict[Literal["dc", "ac", "field", "aux"], Element]

    def rules(self) -> Iterator[Finding]:
        yield from super().rules()
        if "dc" not in self.elements:
            yield ("elements",), "element 'dc' is missing; every efficiency needs it"
        if self.lowest_frequency is not None and self.update * self.lowest_frequency < 1.0:
            told = f"{self.update * 1e3:g} ms hold less than one period of {self.lowest_frequency:g} Hz"
            yield ("update",), f"{told}; raise it to {1e3 / self.lowest_frequency:.4g} ms or more"
        if _SOURCE.fullmatch(self.sync) is None:
            yield ("sync",), f"{self.sync!r} is no synchronisation source; write a voltage or current, such as I2"
        elif int(self.sync[1]) not in {number for element in self.elements.values() for number in element.inputs}:
            yield ("sync",), f"input {self.sync[1]} is wired to nothing; name an input of an element"
        seen: dict[int, str] = {}
        for name, element in self.elements.items():
            if element.basis == "certificate" and self.certificate is None:
                told = "says 'certificate' but the analyzer has none; add 'certificate' to it or write 'assumed'"
                yield ("elements", name, "basis"), told
            for number in element.inputs:
                if number in seen:
                    yield (
                        ("elements", name, "inputs"),
                        f"input {number} is used by {seen[number]!r} already; give each input to one element",
                    )
                seen[number] = name
