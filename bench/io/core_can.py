"""The diagnostic link's way to the wire in wall time: frames through the core's gate, answers from its ring.

Only the core sends. This process puts its wishes into a ring of which the core takes one a cycle, if it lets them pass.
"""

from bench.base.errors import LinkError
from bench.base.ring import drain, push, waiting
from bench.core import inbox
from bench.core.design import DiagnosticRoute
from bench.core.rings import Rings
from bench.io.clock import MonotonicClock
from bench.io.links_process import LinkPart
from bench.links.answering import Answering, link
from bench.schedule.requests import Exchange, Frames

_LOOK_NS = 1_000_000
_WAIT_MAX_NS = 1_000_000_000  # then the job is asked again, so that it is seen to live


class CoreCan:
    """One diagnostic connection; ``route``: bus and identifier of its requests. The one writer of
    ``inbox_diagnostics``, and the one reader of ``heard``."""

    def __init__(self, rings: Rings, route: tuple[int, int], clock: MonotonicClock) -> None:
        self._rings = rings
        self._route = route
        self._clock = clock

    def frames(self, request: Frames) -> tuple[bytes, ...]:
        """Answer a ``Frames``; with nothing after a second at the latest."""
        for data in request.data:
            if not push(self._rings.inbox_diagnostics, inbox.diagnostic(*self._route, data)[0]):
                raise LinkError("the core does not take in diagnostic frames; its inbox is full")
        now_ns = self._clock.now_ns()
        until_ns = min(request.until_ns, now_ns + _WAIT_MAX_NS)
        while not waiting(self._rings.heard) and now_ns < until_ns:
            self._clock.sleep_until(min(until_ns, now_ns + _LOOK_NS))
            now_ns = self._clock.now_ns()
        return tuple(frame["data"][: frame["length"]].tobytes() for frame in drain(self._rings.heard))

    def exchange(self, request: Exchange) -> bytes:
        """Refused: on this connection there are frames, no streams of bytes."""
        raise LinkError(f"{request.data!r} cannot be sent over CAN; ask for Frames")

    def reopen(self, timeout_ns: int) -> None:
        """Nothing to open: the core has the bus."""

    def close(self) -> None:
        """Nothing to close."""


def unit_part(route: DiagnosticRoute, unit: Answering, rings: Rings, clock: MonotonicClock) -> LinkPart:
    """The link to the drive unit itself."""
    can = CoreCan(rings, (route.bus, route.request), clock)
    return LinkPart(can, lambda mailbox: link(unit, mailbox), {Frames: can.frames})
