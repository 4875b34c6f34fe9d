"""Whole messages over a diagnostic connection: ISO-TP with the job's own requests (``Frames``, ``Now``)."""

from collections import deque

from bench.base.errors import LinkError, LinkTimeout
from bench.canbus.isotp import Endpoint
from bench.canbus.isotp_events import Event, Failed, Message, Sent
from bench.schedule.requests import Frames, Now, Operation

_NOW = Now()
_FAR_NS = 1 << 62  # the endpoint's own timers end every wait before that


class MessageLine:
    """One connection of the part ``part``; its operations run one after the other, never at once."""

    def __init__(self, part: str, endpoint: Endpoint) -> None:
        self._part = part
        self._endpoint = endpoint
        self._arrived: deque[bytes] = deque()

    def clear(self) -> Operation[None]:
        """Throw away what was under way and what has arrived: it answers an older question."""
        self._endpoint.abort()
        yield Frames()
        self._arrived.clear()

    def send(self, message: bytes) -> Operation[None]:
        """Send ``message``; ends when it is out. Raises ``LinkError``."""
        self._endpoint.send(message, (yield _NOW))
        while True:
            for event in (yield from self._turn(_FAR_NS)):
                if isinstance(event, Sent):
                    return
                if isinstance(event, Failed) and event.outgoing:
                    raise LinkError(f"{self._part}: {event.result.value}: {event.text}")

    def receive(self, begin_by_ns: int) -> Operation[bytes]:
        """The next message, which must begin by ``begin_by_ns``. Raises ``LinkTimeout`` and ``LinkError``."""
        while True:
            if self._arrived:
                return self._arrived.popleft()
            if not self._endpoint.receiving and (yield _NOW) >= begin_by_ns:
                raise LinkTimeout(f"{self._part}: no answer in time")
            for event in (yield from self._turn(_FAR_NS if self._endpoint.receiving else begin_by_ns)):
                if isinstance(event, Failed):
                    raise LinkError(f"{self._part}: {event.result.value}: {event.text}")

    def _turn(self, until_ns: int) -> Operation[tuple[Event, ...]]:
        """Send what is due, wait for frames or the next timer; what has happened. Messages are kept."""
        endpoint = self._endpoint
        now_ns: int = yield _NOW
        events = list(endpoint.advance(now_ns))
        frames = tuple(endpoint.frames(now_ns))
        events += endpoint.sent(now_ns)  # the core takes one a cycle; nobody tells when it is on the wire
        due_ns = endpoint.due_ns()
        wait_ns = 0 if events else min(until_ns, _FAR_NS if due_ns is None else due_ns)
        arrived = yield Frames(frames, wait_ns)
        now_ns = yield _NOW
        for data in arrived:
            events += endpoint.receive(data, now_ns)
        self._arrived.extend(event.payload for event in events if isinstance(event, Message))
        return tuple(events)
