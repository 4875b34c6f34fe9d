"""Signs of a fault that no journal tells, since they are nobody's decision: a link opened afresh, a value not good."""

from bench.assembly import Virtual
from bench.base.quality import GOOD

OPENED, INVALID = "opened", "invalid"
_TOLD_BY = {
    "supply": "supply.voltage",
    "dyno_l": "dyno_l.speed",
    "dyno_r": "dyno_r.speed",
    "analyzer": "dc.power",
}
"""A channel of each instrument."""


class Signs:
    """Notes when each sign was first seen from ``fault_ns`` on. ``parts``: the instruments that are looked at."""

    def __init__(self, made: Virtual, channels: dict[str, int], parts: set[str], fault_ns: int) -> None:
        self._image, self._clock, self._fault_ns = made.state.image, made.bench.scheduler, fault_ns
        self._places = [channels[part] for part in sorted(parts) if part in channels]
        self.seen_ns: dict[str, int] = {}
        for part in sorted(parts & made.world.devices.keys()):
            self._listen(made.world.devices[part])

    def look(self) -> None:
        """Whether a value is not good now."""
        if any(self._image["quality"][place] != GOOD for place in self._places):
            self._note(INVALID)

    def _note(self, sign: str) -> None:
        if self._clock.t_ns >= self._fault_ns:
            self.seen_ns.setdefault(sign, self._clock.t_ns)

    def _listen(self, device: object) -> None:
        opened = device.opened  # type: ignore[attr-defined]

        def noted(t_ns: int) -> None:
            self._note(OPENED)
            opened(t_ns)

        device.opened = noted  # type: ignore[attr-defined]


def places(index: object) -> dict[str, int]:
    """The place in the image of each instrument's channel; ``index``: from name to place."""
    return {part: index(channel) for part, channel in _TOLD_BY.items()}  # type: ignore[operator]
