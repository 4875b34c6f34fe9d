"""Flow on a wire that takes no time: a sender waits for readers, but never for one that stands still."""

import time

from bench.io.wire_file import WireFile

_FRAMES = 8_000  # how far a reader may be behind before it is waited for
_EVERY = 64  # frames between two looks
_PATIENCE_NS = 200_000_000
_NAP_S = 200e-6


class Flow:
    """What one sender knows of the readers."""

    def __init__(self, wire: WireFile) -> None:
        self._wire = wire
        self._ignored: dict[int, int] = {}
        """Members that stood still, and where; they count again when they move."""
        self._sent = 0

    def before_sending(self, wait_s: float) -> None:
        """Wait until nobody is far behind, but for no member longer than ``wait_s`` or 0.2 s without it moving.

        Raises ``WireBusy``."""
        self._sent += 1
        if self._sent % _EVERY:
            return
        patience_ns = min(_PATIENCE_NS, int(wait_s * 1e9))
        lag, who = self._wire.lag(self._ignored)
        seen, since_ns = (who, self._place(who)), time.monotonic_ns()
        while lag > _FRAMES:
            if time.monotonic_ns() - since_ns > patience_ns:
                self._ignored[who] = seen[1]
            else:
                self._wire.sweep(wait_s)  # the dead do not move
                time.sleep(_NAP_S)
            lag, who = self._wire.lag(self._ignored)
            if (who, self._place(who)) != seen:
                seen, since_ns = (who, self._place(who)), time.monotonic_ns()

    def _place(self, member: int) -> int:
        return self._wire.position(member) if member >= 0 else 0
