"""Channels: everything the bench knows has a name (``part.quantity``), a unit and a place in the image."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.base.units import Unit

_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Channel:
    """One quantity of the bench, such as ``dyno_l.speed`` in rpm."""

    name: str
    unit: Unit
    description: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"channel name {self.name!r} is not of the form part.quantity (a-z, 0-9, _)")


class Channels:
    """The ordered, frozen set of a bench's channels; the position is the index into the image."""

    def __init__(self, channels: Iterable[Channel]) -> None:
        self._channels = tuple(channels)
        self._index = {channel.name: i for i, channel in enumerate(self._channels)}
        if len(self._index) != len(self._channels):
            names = [channel.name for channel in self._channels]
            twice = sorted({name for name in names if names.count(name) > 1})
            raise ValueError(f"channels defined twice: {', '.join(twice)}")

    def __len__(self) -> int:
        return len(self._channels)

    def __iter__(self) -> Iterator[Channel]:
        return iter(self._channels)

    def __contains__(self, name: object) -> bool:
        return name in self._index

    def __getitem__(self, name: str) -> Channel:
        return self._channels[self.index(name)]

    def index(self, name: str) -> int:
        """The place of ``name`` in the image. Raises ``KeyError`` with the name."""
        return self._index[name]

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in image order."""
        return tuple(channel.name for channel in self._channels)
