"""What the recorder was too slow for: rings that were full. A gap is recorded as a gap, never passed over."""

from bench.base.ring import DROPPED
from bench.core.rings import Rings


class Gaps:
    """Counts of records that found their ring full since the last look."""

    def __init__(self, rings: Rings) -> None:
        self._rings = rings
        self._seen = self._dropped()

    def _dropped(self) -> dict[str, int]:
        rings = self._rings
        counts = {"events": rings.events, "inbox": rings.inbox_log}
        found = {name: int(ring.header[DROPPED]) for name, ring in counts.items()}
        return {**found, "samples": int(rings.samples.header[:, DROPPED].sum())}

    def new(self) -> dict[str, int]:
        """By kind; empty when nothing was lost."""
        before, self._seen = self._seen, self._dropped()
        now = self._seen
        return {name: now[name] - before[name] for name in now if now[name] > before[name]}
