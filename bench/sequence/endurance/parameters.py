"""Parameters of the step ``endurance``, as they stand in a plan: one kind of cycle, how many, and what is counted."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from bench.config.file_model import FileModel, Finding
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
from bench.sequence.point.map_parameters import MeasureParameters, SettleParameters, WindowParameters
from bench.sequence.point.reference_check import CheckParameters

Positive = Annotated[TorqueNm, Field(gt=0)]
Hold = Annotated[Seconds, Field(gt=0)]


class AccelDecelParameters(FileModel):
    """Between two speeds: accelerating with the torque, decelerating with the same torque the other way."""

    clause: ClassVar[str] = "ISO 21782-6:2019, high acceleration and deceleration endurance"
    assumed: ClassVar[str] = "levels, ramps and holds are the plan's; ranks of the standard: 100 000 to 500 000 cycles"

    low: Annotated[SpeedRpm, Field(ge=0)]
    high: Annotated[SpeedRpm, Field(gt=0)]
    torque: Positive
    hold: Hold = 0.3
    """At either end, with the torque still on: the speed arrives."""

    def rules(self) -> Iterator[Finding]:
        if self.high <= self.low:
            yield ("high",), f"must lie above 'low' {self.low:g} rpm; exchange or correct them"


class PlaceParameters(FileModel):
    """An operating point at the motor shaft, and how long it is held."""

    speed: Annotated[SpeedRpm, Field(ge=0)]
    torque: TorqueNm
    time: Hold


class AlternatingParameters(FileModel):
    """Highest torque and highest speed in turn."""

    clause: ClassVar[str] = "ISO 21782-5:2021, operating load: alternating maximum torque and maximum speed mode"
    assumed: ClassVar[str] = "times and the way between the modes are the plan's"

    max_torque: PlaceParameters
    max_speed: PlaceParameters


class StartStopParameters(FileModel):
    """From standstill to an operating point, and back."""

    clause: ClassVar[str] = "no public clause (start-stop)"
    assumed: ClassVar[str] = "all: speed first, then torque; back the same way"

    speed: Annotated[SpeedRpm, Field(gt=0)]
    torque: TorqueNm
    run: Hold
    rest: Hold


class ReversalParameters(FileModel):
    """The torque to and fro at a speed: both flanks of the teeth, the play between them."""

    clause: ClassVar[str] = "no public clause (torque reversal)"
    assumed: ClassVar[str] = "all"

    speed: Annotated[SpeedRpm, Field(ge=0)]
    torque: Positive
    hold: Hold


class ThermalParameters(FileModel):
    """The coolant between two temperatures, at an operating point."""

    clause: ClassVar[str] = "ISO 21782-6:2019, cyclic test of the inverter; LV 124 L-03 (thermal cycling)"
    assumed: ClassVar[str] = "temperatures, holds and load are the plan's; the rate is the conditioner's"

    coolant: DegCSpan
    speed: Annotated[SpeedRpm, Field(ge=0)]
    torque: TorqueNm
    band: Annotated[Kelvin, Field(gt=0)] = 2.0
    """So near must the coolant come (+-)."""
    hold: Hold
    timeout: Annotated[Seconds, Field(gt=0)]
    """For the coolant to come to either end; a cycle in which it did not is out of band."""


class SpeedTorqueParameters(FileModel):
    """A list of operating points, one after another."""

    clause: ClassVar[str] = "GB/T 29307-2022, 6.2 (speed cycle) and 6.3 (torque load cycle)"
    assumed: ClassVar[str] = "all figures: the levels of the standard are not public"

    places: Annotated[tuple[PlaceParameters, ...], Field(min_length=2, max_length=100)]


class BandParameters(FileModel):
    """A cycle counts if the actual torque and speed came so near to those asked for (+-)."""

    torque: Annotated[TorqueNm, Field(gt=0)]
    speed: Annotated[SpeedRpm, Field(gt=0)]


class SnParameters(FileModel):
    """A Woehler curve of torque ranges: so many ``cycles`` of the ``range`` are endured, with this ``slope``."""

    range: Annotated[TorqueNm, Field(gt=0)] = 400.0
    cycles: Annotated[Number, Field(gt=0)] = 1e6
    slope: Annotated[Number, Field(ge=1, le=50)] = 5.0
    below: Annotated[Number, Field(ge=1, le=100)] | None = None
    """The slope of smaller ranges; without it twice the slope less one (Haibach)."""
    measured: bool = False
    """Whether these figures are of this unit; else they are told as assumed."""


class InsulationParameters(FileModel):
    """So long endures the winding's insulation at its temperature index, and half as long for each ``halving``."""

    index: DegC = 180.0
    life: Annotated[Seconds, Field(gt=0)] = 20000.0 * 3600.0
    halving: Annotated[Kelvin, Field(gt=0)] = 10.0


class ModuleParameters(FileModel):
    """The power module as CIPS08 asks for it: current of a bond foot, voltage class, thickness of the wire."""

    current: Annotated[Number, Field(gt=0)] = 10.0
    """In A."""
    voltage: Annotated[Number, Field(gt=0)] = 1200.0
    """In V."""
    bond: Annotated[Number, Field(gt=0)] = 300.0
    """In micrometres."""


class DamageParameters(FileModel):
    """What the load is held against, and how finely it is counted. All defaults are assumed."""

    torque: SnParameters = SnParameters()
    insulation: InsulationParameters = InsulationParameters()
    module: ModuleParameters = ModuleParameters()
    torque_gate: Annotated[TorqueNm, Field(ge=0)] = 30.0
    """A turn of the torque that is smaller is not counted: the air gap swings so much while the speed moves."""
    temperature_gate: Annotated[Kelvin, Field(ge=0)] = 3.0
    """A turn of the junction's temperature that is smaller is not counted."""
    torque_class: Annotated[TorqueNm, Field(gt=0)] = 20.0
    temperature_class: Annotated[Kelvin, Field(gt=0)] = 5.0


class MapPointParameters(FileModel):
    """An operating point that is measured again and again."""

    speed: Annotated[SpeedRpm, Field(gt=0)]
    torque: TorqueNm


class RecharacterisationParameters(FileModel):
    """A few points as those of a map: in each round the same ones."""

    places: Annotated[tuple[MapPointParameters, ...], Field(min_length=1, max_length=200)]
    """In the order of measuring."""
    settle: SettleParameters
    measure: MeasureParameters
    windows: WindowParameters = WindowParameters()


class InterleavedParameters(FileModel):
    """A check between the cycles: at the beginning, and again after each stretch of time under cycles (``every``) or
    share of the whole (``share``)."""

    every: Annotated[Seconds, Field(gt=0)] | None = None
    share: Annotated[Percent, Field(gt=0, le=100)] | None = None
    reference_point: CheckParameters | None = None
    points: RecharacterisationParameters | None = None

    def rules(self) -> Iterator[Finding]:
        if (self.every is None) == (self.share is None):
            yield (), "give either 'every' (a time) or 'share' (of the whole)"
        if (self.reference_point is None) == (self.points is None):
            yield (), "give either 'reference_point' or 'points'"


CYCLES = ("accel_decel", "alternating", "start_stop", "reversal", "thermal", "speed_torque")


class EnduranceParameters(FileModel):
    """Exactly one kind of cycle; ``cycles`` of it, or as many as fill ``time``: only those in band count."""

    accel_decel: AccelDecelParameters | None = None
    alternating: AlternatingParameters | None = None
    start_stop: StartStopParameters | None = None
    reversal: ReversalParameters | None = None
    thermal: ThermalParameters | None = None
    speed_torque: SpeedTorqueParameters | None = None
    cycles: Annotated[int, Field(ge=1, le=100_000_000)] | None = None
    time: Annotated[Seconds, Field(gt=0)] | None = None
    torque_rate: Annotated[TorqueRate, Field(gt=0)] = 500.0
    speed_rate: Annotated[SpeedRate, Field(gt=0)] = 500.0
    band: BandParameters
    out_of_band: Annotated[int, Field(ge=0)] = 10
    """So many cycles may be out of band; they are driven again."""
    damage: DamageParameters = DamageParameters()
    checks: tuple[InterleavedParameters, ...] = ()

    def rules(self) -> Iterator[Finding]:
        given = [name for name in CYCLES if getattr(self, name) is not None]
        if len(given) != 1:
            told = f"not {', '.join(given)}" if given else "none is there"
            yield (), f"one kind of cycle is needed, {told}; give one of {', '.join(CYCLES)}"
        if (self.cycles is None) == (self.time is None):
            yield (), "give either 'cycles' or 'time'"

    @property
    def kind(self) -> str:
        """The name of the kind of cycle."""
        return next(name for name in CYCLES if getattr(self, name) is not None)


def clause_of(parameters: EnduranceParameters) -> tuple[str, str]:
    """The clause that the kind of cycle follows, and what is assumed."""
    own = getattr(parameters, parameters.kind)
    return own.clause, own.assumed
