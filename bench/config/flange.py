"""A torque flange of a rig file, with the figures its uncertainty is made of."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from bench.config.analyzer import Basis
from bench.config.calibration import Certificate
from bench.config.file_model import FileModel, Finding
from bench.config.quantity import Hertz, Kelvin, Percent, TorqueNm

Limit = Annotated[Percent, Field(ge=0, le=5)]


_DATA_SHEETS: dict[str, tuple[tuple[float, float], ...]] = {"T40B": ((10e3, 5e3), (60e3, 30e3), (240e3, 120e3))}
"""Centre and span of the frequency outputs that a family is sold with (HBM B03406_19)."""
_K_FACTOR_BAND = 0.01
_WIRED = ("motor_input", "frequency_centre", "frequency_span", "pulses_per_rev")


class KFactor(FileModel):
    """Sensitivity for each direction from the certificate: the change of frequency from zero to nominal torque."""

    clockwise: Annotated[Hertz, Field(gt=0)]
    """For torque that the flange itself shows as positive."""
    counterclockwise: Annotated[Hertz, Field(gt=0)]


class Shunt(FileModel):
    """The signal that a flange adds to its torque when it is told to, from its type plate (T40B: about half of nominal,
    A3452 chapter "Shunt signal"); positive for the flange itself."""

    torque: Annotated[TorqueNm, Field(gt=0)]
    tolerance: Annotated[Percent, Field(gt=0, le=2)] = 0.2
    """Of ``torque``: how far what is read may be from it."""


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
    k_factor: KFactor | None = None
    """None: the nominal span holds for both directions."""
    pulses_per_rev: Annotated[int, Field(ge=1, le=100_000)] = 1024
    shunt: Shunt | None = None
    """None: it has none, or nobody wired its trigger; its scaling is then not read back end to end."""
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
        for name in (*_WIRED, "k_factor"):
            if wired and name in _WIRED and name not in self.model_fields_set:
                yield (), f"{name!r} is missing; add it, or write 'kind: can'"
            if not wired and name in self.model_fields_set:
                yield (name,), f"a flange of kind 'can' has no {name!r}; take it out"
        if self.frequency_span >= self.frequency_centre:
            yield ("frequency_span",), "must be smaller than frequency_centre; correct it"
        if self.shunt is not None and self.shunt.torque > self.nominal_torque:
            yield ("shunt", "torque"), "must not be larger than 'nominal_torque'; see the type plate"
        if wired:
            yield from self._data_sheet()

    def _data_sheet(self) -> Iterator[Finding]:
        """A span that is not the flange's scales the torque silently; so it is held against its data sheet."""
        for family, outputs in _DATA_SHEETS.items():
            if self.model.startswith(family) and (self.frequency_centre, self.frequency_span) not in outputs:
                sold = ", ".join(f"{centre / 1e3:g} kHz +- {span / 1e3:g} kHz" for centre, span in outputs)
                yield ("frequency_centre",), f"a {family} has an output of {sold}; correct centre and span"
        for direction, value in self.k_factor or ():
            if abs(value / self.frequency_span - 1.0) > _K_FACTOR_BAND:
                told = f"{value:g} Hz is more than 1 % away from frequency_span {self.frequency_span:g} Hz"
                yield ("k_factor", direction), f"{told}; look into the certificate"
