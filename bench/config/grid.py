"""Operating points of a plan: speeds times fractions of the envelope's torque, or an explicit list."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from bench.base.units import Unit
from bench.config.file_model import FileModel, Finding, several
from bench.config.quantity import Number, SpeedRpm, TorqueNm, written
from bench.config.wording import plain_findings

Zone = Literal["continuous", "short_time"]


class Envelope(Protocol):
    """What a grid needs of a DUT; motor-shaft quantities."""

    @property
    def speed_max_rpm(self) -> float:
        """Highest speed, rpm."""

    @property
    def torque_step_nm(self) -> float:
        """Resolution of the torque command, Nm."""

    def torque_max_nm(self, speed_rpm: float) -> float:
        """Highest torque at a speed, Nm."""

    def torque_min_nm(self, speed_rpm: float) -> float:
        """Lowest (regenerating) torque at a speed, Nm, negative."""

    def continuous_torque_nm(self, speed_rpm: float) -> float:
        """What can be held for good at a speed, Nm."""


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """One point of a map, at the motor shaft. ``number`` counts from 1 in the order of measuring."""

    number: int
    speed_rpm: float
    torque_nm: float
    fraction: float
    """Of the envelope's torque at this speed, with the sign of the torque."""
    zone: Zone


class SpeedRange(FileModel):
    """``count`` speeds, evenly spaced, both ends included."""

    from_: Annotated[SpeedRpm, Field(gt=0, alias="from")]
    to: Annotated[SpeedRpm, Field(gt=0)]
    count: Annotated[int, Field(ge=1, le=200)]

    def rules(self) -> Iterator[Finding]:
        if self.count > 1 and self.to <= self.from_:
            yield ("to",), f"must lie above 'from' {self.from_:g} rpm; exchange or correct them"

    def speeds(self) -> tuple[float, ...]:
        """The speeds, rpm, rounded to 0.1 rpm."""
        step = (self.to - self.from_) / max(1, self.count - 1)
        return tuple(round(self.from_ + i * step, 1) for i in range(self.count))


@dataclass(frozen=True, slots=True)
class _SpeedList:
    """Annotation: a list of speeds, or a ``SpeedRange`` that stands for one."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_before_validator_function(self._expand, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        keys = {"from": written(Unit.RPM), "to": written(Unit.RPM), "count": {"type": "integer", "minimum": 1}}
        spaced = {"type": "object", "properties": keys, "required": [*keys], "additionalProperties": False}
        return {"anyOf": [handler(schema), spaced]}

    def _expand(self, value: Any, info: core_schema.ValidationInfo) -> Any:
        if isinstance(value, SpeedRange):
            return value.speeds()
        if not isinstance(value, dict):
            return value
        try:
            speeds = SpeedRange.model_validate(value, context=info.context).speeds()
        except ValidationError as error:
            several(plain_findings(error, SpeedRange))
            raise  # not reached: a ValidationError has findings
        return tuple(f"{speed!r} rpm" for speed in speeds)


Speeds = Annotated[tuple[Annotated[SpeedRpm, Field(gt=0)], ...], Field(min_length=1, max_length=200), _SpeedList()]
"""``[500 rpm, 1000 rpm]`` or ``{from: 500 rpm, to: 13000 rpm, count: 15}``; rpm at the motor shaft."""

Fractions = Annotated[tuple[Annotated[Number, Field(ge=-1, le=1)], ...], Field(min_length=1, max_length=200)]
"""Shares of the envelope's torque; negative ones regenerate."""


class ListedPoint(FileModel):
    """One explicit operating point at the motor shaft."""

    speed: Annotated[SpeedRpm, Field(gt=0)]
    torque: TorqueNm


SPEEDS: TypeAdapter[tuple[float, ...]] = TypeAdapter(Speeds)


def grid_points(
    envelope: Envelope, speeds_rpm: Sequence[float], fractions: Sequence[float]
) -> tuple[OperatingPoint, ...]:
    """Speeds times fractions in snake order: speeds as given, torques alternately falling and rising."""
    pairs: list[tuple[float, float, float]] = []
    for speed in speeds_rpm:
        row = sorted(fractions, reverse=True)
        pairs.extend((speed, _at(envelope, speed, fraction), fraction) for fraction in row)
    return _numbered(envelope, _snake(pairs))


def listed_points(envelope: Envelope, points: Iterable[ListedPoint]) -> tuple[OperatingPoint, ...]:
    """Explicit points, in their order."""
    return _numbered(envelope, [(p.speed, p.torque, _fraction(envelope, p.speed, p.torque)) for p in points])


def check_speeds(envelope: Envelope, speeds_rpm: Sequence[float]) -> Iterator[tuple[int, str]]:
    """Speeds that the DUT must not turn at, as (index, message)."""
    for i, speed in enumerate(speeds_rpm):
        if speed > envelope.speed_max_rpm:
            yield i, f"{speed:g} rpm exceeds the DUT's highest speed {envelope.speed_max_rpm:g} rpm; lower it"


def check_points(envelope: Envelope, points: Iterable[ListedPoint]) -> Iterator[tuple[int, str, str]]:
    """Points outside the envelope, as (index, key, message)."""
    for i, point in enumerate(points):
        for _, message in check_speeds(envelope, [point.speed]):
            yield i, "speed", message
        low, high = envelope.torque_min_nm(point.speed), envelope.torque_max_nm(point.speed)
        if not low <= point.torque <= high:
            bounds = f"{low:.1f}..{high:.1f} Nm at {point.speed:g} rpm"
            yield i, "torque", f"{point.torque:g} Nm lies outside the DUT's envelope {bounds}; correct it"


def zone_of(envelope: Envelope, speed_rpm: float, torque_nm: float) -> Zone:
    """Whether a torque can be held for good at a speed."""
    return "continuous" if abs(torque_nm) <= envelope.continuous_torque_nm(speed_rpm) else "short_time"


def _at(envelope: Envelope, speed_rpm: float, fraction: float) -> float:
    bound = envelope.torque_max_nm(speed_rpm) if fraction >= 0 else -envelope.torque_min_nm(speed_rpm)
    # Rounded towards zero to what the command can carry: the set-point that is recorded is the one that was sent, and
    # never outside the envelope. The small addend lets 0.2 * 400 Nm be 80 Nm and not 79.95 Nm.
    step_nm = envelope.torque_step_nm
    return math.trunc(fraction * bound / step_nm + math.copysign(1e-6, fraction)) * step_nm


def _fraction(envelope: Envelope, speed_rpm: float, torque_nm: float) -> float:
    bound = envelope.torque_max_nm(speed_rpm) if torque_nm >= 0 else -envelope.torque_min_nm(speed_rpm)
    return torque_nm / bound if bound else 0.0


def _snake(rows: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    ordered: list[tuple[float, float, float]] = []
    for i, (_, row) in enumerate(groupby(rows, key=lambda entry: entry[0])):
        torques = list(row)
        ordered.extend(reversed(torques) if i % 2 else torques)
    return ordered


def _numbered(envelope: Envelope, entries: Sequence[tuple[float, float, float]]) -> tuple[OperatingPoint, ...]:
    return tuple(
        OperatingPoint(number, speed, round(torque, 6), fraction, zone_of(envelope, speed, torque))
        for number, (speed, torque, fraction) in enumerate(entries, 1)
    )
