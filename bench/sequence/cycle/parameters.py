"""Parameters of the step ``drive_cycle``, as they stand in a plan."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bench.analysis.road_load import RoadLoad
from bench.config.drive_cycles import DriveCycle, shipped_cycle, trace_cycle
from bench.config.file_model import FileModel, Finding
from bench.config.quantity import (
    Kilograms,
    KmhSpan,
    LinearDrag,
    Metres,
    Newtons,
    Number,
    Percent,
    Seconds,
    SpeedKmh,
    SquareDrag,
    SquareMetres,
    TorqueNm,
    Watts,
)

CycleName = Annotated[str, AfterValidator(lambda name: shipped_cycle(name).name)]
"""The name of a cycle that comes with the bench; anything else is refused with a suggestion."""
_PERCENT = 0.01


class RoadLoadParameters(FileModel):
    """Coefficients of a coast-down: f0 + f1 v + f2 v²."""

    f0: Annotated[Newtons, Field(ge=0)]
    f1: LinearDrag = 0.0
    f2: Annotated[SquareDrag, Field(ge=0)]


class RegenerationParameters(FileModel):
    """What the motor takes of the braking force; the rest is that of friction brakes."""

    share: Annotated[Percent, Field(ge=0, le=100)]
    fade: KmhSpan
    """Above the higher speed all of ``share``, below the lower one nothing, linear between."""


class VehicleParameters(FileModel):
    """What turns vehicle speed into speed and torque of the motor: either ``road_load``, or ``rolling_resistance`` and
    ``drag_area``."""

    mass: Annotated[Kilograms, Field(gt=0, le=100_000)]
    rotating_mass: Annotated[Number, Field(ge=1, le=2)] = 1.03
    """Factor on the mass for all that turns, the motor's rotor included."""
    road_load: RoadLoadParameters | None = None
    rolling_resistance: Annotated[Number, Field(ge=0, le=0.1)] | None = None
    """Coefficient of all tyres together."""
    drag_area: Annotated[SquareMetres, Field(ge=0, le=20)] | None = None
    """Drag coefficient times frontal area."""
    tyre_radius: Annotated[Metres, Field(gt=0.1, le=1)]
    ratio: Annotated[Number, Field(gt=0)] | None = None
    """Motor speed over wheel speed; that of the DUT, unless the motor stands on the bench without its transmission."""
    transmission: Annotated[Percent, Field(gt=50, le=100)] = 100.0
    """Efficiency of the transmission that the torque request makes up for."""
    regeneration: RegenerationParameters
    auxiliary: Annotated[Watts, Field(ge=0)] = 0.0
    """What else the vehicle takes from its battery; counts in the consumption."""

    def rules(self) -> Iterator[Finding]:
        simple = [key for key in ("rolling_resistance", "drag_area") if getattr(self, key) is not None]
        if self.road_load is None and len(simple) < 2:
            yield (), "the road load is missing; give 'road_load', or 'rolling_resistance' and 'drag_area'"
        if self.road_load is not None and simple:
            yield (simple[0],), "'road_load' says all of it already; remove one of both"

    @property
    def load(self) -> RoadLoad:
        """The resistance at steady speed."""
        if self.road_load is not None:
            return RoadLoad(self.road_load.f0, self.road_load.f1, self.road_load.f2)
        return RoadLoad.of(self.mass, self.rolling_resistance or 0.0, self.drag_area or 0.0)

    @property
    def efficiency(self) -> float:
        """Of the transmission, 0..1."""
        return self.transmission * _PERCENT

    @property
    def share(self) -> float:
        """Of the braking force that is the motor's, 0..1."""
        return self.regeneration.share * _PERCENT


class DriveCycleParameters(FileModel):
    """A cycle that comes with the bench, or a ``trace`` of (time, speed); the vehicle; how often."""

    cycle: CycleName | None = None
    trace: Annotated[tuple[tuple[Seconds, SpeedKmh], ...], Field(min_length=2, max_length=20_000)] | None = None
    """Points (time, vehicle speed), linear between: ``[[0 s, 0 km/h], [10 s, 50 km/h], [30 s, 0 km/h]]``."""
    repetitions: Annotated[int, Field(ge=1, le=100_000)] = 1
    vehicle: VehicleParameters
    beyond: Literal["refuse", "limit"] = "refuse"
    """Where the unit's envelope cannot follow: the check refuses the plan, or the torque is limited and each second in
    which it is limited is told."""
    torque_error: Annotated[TorqueNm, Field(gt=0)] = 5.0
    """How far the torque may be from the wanted one, root mean square over a repetition."""

    def rules(self) -> Iterator[Finding]:
        if (self.cycle is None) == (self.trace is None):
            yield (), "give either 'cycle' or 'trace'"
        elif self.trace is not None:
            try:
                trace_cycle(self.trace)
            except ValueError as error:
                yield ("trace",), str(error)

    @property
    def driven(self) -> DriveCycle:
        """The cycle to drive."""
        return shipped_cycle(self.cycle) if self.cycle is not None else trace_cycle(self.trace or ())

    @property
    def place(self) -> str:
        """The key that says what to drive."""
        return "cycle" if self.cycle is not None else "trace"
