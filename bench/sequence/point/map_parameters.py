"""Parameters of the step ``efficiency_map``, as they stand in a plan."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from bench.config.file_model import FileModel, Finding
from bench.config.grid import Fractions, ListedPoint, Speeds
from bench.config.quantity import (
    DegC,
    DegCSpan,
    Kelvin,
    Number,
    Percent,
    Seconds,
    SpeedRate,
    SpeedRpm,
    TorqueNm,
    TorqueRate,
)


class RampParameters(FileModel):
    """How fast to move between points, at the motor shaft."""

    torque: Annotated[TorqueRate, Field(gt=0)]
    speed: Annotated[SpeedRate, Field(gt=0)]


class SettleParameters(FileModel):
    """When a point of the continuous zone is steady. Torque and speed +-, temperatures max - min over ``window``."""

    torque: Annotated[TorqueNm, Field(gt=0)]
    speed: Annotated[SpeedRpm, Field(gt=0)]
    temperature: Annotated[Kelvin, Field(ge=0)]
    window: Annotated[Seconds, Field(gt=0, le=600)]
    timeout: Annotated[Seconds, Field(gt=0)]

    def rules(self) -> Iterator[Finding]:
        if self.timeout <= self.window:
            yield ("timeout",), f"must exceed the window of {self.window:g} s, or nothing could ever settle; raise it"


class ShortTimeParameters(FileModel):
    """The zone above the continuous torque: start from a winding temperature, measure briefly, recover."""

    winding_start: DegC
    recover_speed: Annotated[SpeedRpm, Field(gt=0)]
    recover_torque: TorqueNm
    measure: Annotated[Seconds, Field(ge=3, le=10)]
    recover_timeout: Annotated[Seconds, Field(gt=0)]
    settle: Annotated[Seconds, Field(gt=0, le=5)] = 1.0
    """Window in which torque and speed must be steady before measuring."""


class MeasureParameters(FileModel):
    """The window holds at least so many output revolutions, synchronised instrument updates, and seconds."""

    revolutions: Annotated[Number, Field(ge=1, le=1000)]
    updates: Annotated[int, Field(ge=3, le=1000)]
    at_least: Annotated[Seconds, Field(gt=0, le=600)]


class WindowParameters(FileModel):
    """Temperatures inside which a point counts; outside it is flagged."""

    winding: DegCSpan | None = None
    oil: DegCSpan | None = None
    coolant_in: DegCSpan | None = None


class ReferenceParameters(FileModel):
    """A point that is measured again and again to expose drift, at 50 % load or more."""

    every: Annotated[int, Field(ge=1)]
    speed: Annotated[SpeedRpm, Field(gt=0)]
    torque: TorqueNm
    drift: Annotated[Percent, Field(gt=0)]
    """Largest distance of the EDU's efficiency from the first reference, percentage points."""
    temperature: Annotated[Kelvin, Field(gt=0)] = 0.5
    """References settle more tightly than points, or they would show the thermal history instead of drift."""


class MapParameters(FileModel):
    """``speeds`` times ``fractions`` of the envelope's torque, or explicit ``points``."""

    speeds: Speeds | None = None
    fractions: Fractions | None = None
    points: Annotated[tuple[ListedPoint, ...], Field(min_length=1, max_length=5000)] | None = None
    ramp: RampParameters
    settle: SettleParameters
    measure: MeasureParameters
    short_time: ShortTimeParameters | None = None
    windows: WindowParameters = WindowParameters()
    reference: ReferenceParameters | None = None

    def rules(self) -> Iterator[Finding]:
        if self.points is None:
            for key in ("speeds", "fractions"):
                if getattr(self, key) is None:
                    yield (), f"{key!r} is missing; give speeds and fractions, or explicit points"
        elif self.speeds is not None or self.fractions is not None:
            yield ("points",), "explicit points and a grid exclude each other; remove one"
