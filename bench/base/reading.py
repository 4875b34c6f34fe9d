"""One value with its validity and its two times."""

from typing import NamedTuple

from bench.base.quality import Quality


class Reading(NamedTuple):
    """What a driver hands over, and what a step reads from the image.

    ``t_ns`` is the middle of the measurement interval; ``arrived_ns`` (set by the core) decides staleness.
    """

    channel: str
    value: float
    quality: Quality
    t_ns: int
    arrived_ns: int = -1

    @property
    def good(self) -> bool:
        """Whether the value may be used."""
        return self.quality == Quality.GOOD
