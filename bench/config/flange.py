"""A torque flange of a rig file, with the figures its uncertainty is made of."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from bench.config.analyzer import Basis
from bench.config.file_model import FileModel, Finding
from bench.config.names import Day
from bench.config.quantity import Hertz, Kelvin, Percent, TorqueNm

Limit = Annotated[Percent, Field(ge=0, le=5)]


class Certificate(FileModel):
    """The calibration in force."""

    number: str
    due: Day
    """An expired certificate blocks arming."""


class Flange(FileModel):
    """A torque and speed flange. All figures are limits (rectangular).

    ``kind`` ``analyzer``: it is read through a motor input of the analyzer; ``can``: it sends frames every 10 ms on the
    bus of role ``bench_io``.
    """

    kind: Literal["analyzer", "can"] = "analyzer"
    model: str
    serial: str
    motor_input: Annotated[int, Field(ge=1, le=4)] = 1
    sign: Literal[1, -1]
    """-1: the flange shows positive torque when the DUT drives backwards (it is seen from the other side)."""
    speed_sign: Literal[1, -1] = 1
    nominal_torque: Annotated[TorqueNm, Field(gt=0)]
    frequency_centre: Annotated[Hertz, Field(gt=0)] = 60e3
    frequency_span: Annotated[Hertz, Field(gt=0)] = 30e3
    """Of the torque signal: centre +- span is +- nominal torque."""
    pulses_per_rev: Annotated[int, Field(ge=1, le=100_000)] = 1024
    sensitivity: Limit
    """Of the reading, after calibration; shared by flanges calibrated on one machine (r = 1)."""
    linearity: Limit
    """With hysteresis, of the nominal torque."""
    repeatability: Limit
    """Of the reading."""
    zero: Annotated[TorqueNm, Field(ge=0)]
    """What is left after zeroing."""
    tk0: Limit
    """Of the nominal torque per 10 K."""
    tkc: Limit
    """Of the reading per 10 K."""
    temperature_band: Annotated[Kelvin, Field(ge=0, le=60)]
    """Largest distance from the temperature of calibration and zeroing."""
    speed: Limit = 0.01
    """Of the reading."""
    certificate: Certificate | None = None
    basis: Basis
    source: Annotated[str, Field(min_length=1)]

    def rules(self) -> Iterator[Finding]:
        if self.basis == "certificate" and self.certificate is None:
            yield ("basis",), "says 'certificate' but there is none; add 'certificate' or write 'assumed'"
        wired = self.kind == "analyzer"
        for name in ("motor_input", "frequency_centre", "frequency_span", "pulses_per_rev"):
            if wired and name not in self.model_fields_set:
                yield (), f"{name!r} is missing; add it, or write 'kind: can'"
            if not wired and name in self.model_fields_set:
                yield (name,), f"a flange of kind 'can' has no {name!r}; take it out"
        if self.frequency_span >= self.frequency_centre:
            yield ("frequency_span",), "must be smaller than frequency_centre; correct it"
