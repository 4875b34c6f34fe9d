"""Readings for people and their scripts: values with units and validity, by name."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from bench.base.errors import DeviceError
from bench.base.quality import Quality
from bench.base.reading import Reading
from bench.base.units import Unit
from bench.config.channels import find_channel


class Quantity:
    """A measured value with its unit, its validity, and the middle of its interval in ns of this session's clock.

    ``float(...)`` gives the value, and raises ``DeviceError`` where it is not good.
    """

    __slots__ = ("name", "quality", "t_ns", "unit", "value")

    def __init__(self, name: str, unit: Unit | None, reading: Reading) -> None:
        self.name = name
        self.unit = unit
        self.value = reading.value
        self.quality = reading.quality
        self.t_ns = reading.t_ns

    def __float__(self) -> float:
        if self.quality is not Quality.GOOD:
            raise DeviceError(f"{self.name} has no good value ({self.quality.name.lower()}); look at its quality first")
        return self.value

    def __str__(self) -> str:
        if self.quality is not Quality.GOOD:
            return f"no value ({self.quality.name.lower().replace('_', ' ')})"
        return f"{self.value:.7g}" if self.unit in (None, Unit.ONE) else f"{self.value:.7g} {self.unit}"

    def __repr__(self) -> str:
        return f"<{self.name}: {self}>"


class Readings(Mapping[str, Quantity]):
    """One consistent set of values by name: the channel, without the instrument's own name before it."""

    def __init__(self, part: str, readings: Sequence[Reading]) -> None:
        self._places = _places(part, tuple([reading.channel for reading in readings]))
        self._readings = readings

    def __getitem__(self, name: str) -> Quantity:
        reading = self._readings[self._places[name]]
        return Quantity(name, _unit(reading.channel), reading)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __str__(self) -> str:
        width = max(map(len, self._places), default=0)
        return "\n".join(f"{name:{width}}  {quantity}" for name, quantity in self.items())


@lru_cache
def _places(part: str, channels: tuple[str, ...]) -> Mapping[str, int]:
    return {channel.removeprefix(f"{part}."): place for place, channel in enumerate(channels)}


def _unit(channel: str) -> Unit | None:
    known = find_channel(channel)
    return known.unit if known else None
