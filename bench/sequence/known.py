"""What a step may know of this bench's channels: which there are, how often they are told, what may be set."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from bench.config.suggest import suggestion
from bench.core.design import Design

VOLTAGE = "supply.voltage_cmd"


@dataclass(frozen=True, slots=True)
class Reach:
    """Of a set-point: lowest and highest value, and the highest rate a second, in the unit of its channel."""

    low: float
    high: float
    rate_max: float = math.inf


@dataclass(frozen=True, slots=True)
class Known:
    """By channel: ``updates_s``, seconds between two values where that is known; ``reach`` of set-points. ``names``
    empty: nothing is known, and nothing refused for it."""

    names: frozenset[str] = frozenset()
    updates_s: Mapping[str, float] = field(default_factory=dict)
    reach: Mapping[str, Reach] = field(default_factory=dict)

    def absent(self, channel: str) -> str:
        """Why nobody can read ``channel`` here; \"\" if it is there."""
        if not self.names or channel in self.names:
            return ""
        return f"this bench has no channel {channel!r}; {suggestion(channel, self.names)}"

    def too_short(self, channel: str, seconds: float, values: int = 2) -> str:
        """Why ``seconds`` are too short to see ``values`` values of ``channel``; \"\" if they are not."""
        update_s = self.updates_s.get(channel, 0.0)
        least_s = values * update_s
        if seconds >= least_s:
            return ""
        told = f"{channel} is told every {update_s:g} s"
        return f"{seconds:g} s are too short, {told}; raise it to {least_s:g} s or more"

    def complaints(self, channels: Mapping[str, float], values: int = 2) -> Iterator[str]:
        """``absent`` and ``too_short`` of several channels, each with its seconds; 0 s are not judged."""
        for channel, seconds in sorted(channels.items()):
            text = self.absent(channel) or (self.too_short(channel, seconds, values) if seconds > 0.0 else "")
            if text:
                yield text


def known_of(design: Design, updates_s: Mapping[str, float], volts: tuple[float, float]) -> Known:
    """Of a core's design; ``volts``: what the unit can bear of the supply's voltage."""
    reach = {one.channel: Reach(one.low, one.high, one.rate_max) for one in design.setpoints}
    supply = reach[VOLTAGE]
    reach[VOLTAGE] = replace(supply, low=max(supply.low, volts[0]), high=min(supply.high, volts[1]))
    return Known(frozenset(design.channels.names), updates_s, reach)
