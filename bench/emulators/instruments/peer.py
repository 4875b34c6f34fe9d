"""The instrument's end of one connection: bytes in, bytes out at their time. No socket, no clock."""

from collections import deque
from collections.abc import Callable

from bench.emulators.instruments.faults import FaultScript

INPUT_MAX = 65_536
Payload = bytes | Callable[[int], bytes]
"""What goes out: bytes, or what makes them at their time."""


class Peer:
    """Base of the emulators. A subclass implements ``handle(message, t_ns)`` and answers by ``reply``.

    The owner of the connection calls ``opened`` for each fresh connection (or ``receive(b"")`` when the client has
    gone), ``receive`` for what arrives, and ``produce`` when ``next_ns`` has come.
    """

    def __init__(self, end: bytes, faults: FaultScript | None = None, idle_close_ns: int = 0) -> None:
        self._end = end
        self._input = b""
        self._due: deque[tuple[int, Payload]] = deque()
        self._closed = False
        self._last_ns = -1
        self._idle_close_ns = idle_close_ns
        self.faults = faults or FaultScript()
        self._may_close = bool(self.faults) or idle_close_ns > 0
        self.unknown = 0
        """How many messages the instrument did not understand."""

    def handle(self, message: bytes, t_ns: int) -> None:
        """Obey one complete message, its end included."""
        raise AssertionError("a subclass handles its messages")

    def opened(self, t_ns: int) -> None:
        """A fresh connection, with nothing of the last one in the pipes; ``closed`` tells whether it is refused."""
        self._input = b""
        self._due.clear()
        self._last_ns = -1  # idle time counts from the first byte
        self._closed = bool(self.faults) and self.faults.active("close", t_ns) is not None

    def closed(self) -> bool:
        """Whether the instrument has closed the connection."""
        return self._closed

    def receive(self, data: bytes, t_ns: int) -> None:
        """Bytes from the wire, in any portions; none: the client has gone."""
        if not data:
            self.opened(t_ns)
        if not data or (self._may_close and self._must_close(t_ns)):
            return
        self._last_ns = t_ns
        if self._input or data.find(self._end) != len(data) - 1:
            self._receive_portions(data, t_ns)
        else:
            self.handle(data, t_ns)

    def next_ns(self) -> int | None:
        """When the next bytes go out, or ``None``."""
        return self._due[0][0] if self._due else None

    def produce(self, t_ns: int) -> bytes:
        """All bytes whose time has come."""
        due = self._due
        if not due or due[0][0] > t_ns or (self._may_close and self._must_close(t_ns)):
            return b""
        at_ns, payload = due.popleft()
        out = payload if isinstance(payload, bytes) else payload(at_ns)
        while due and due[0][0] <= t_ns:
            at_ns, payload = due.popleft()
            out += payload if isinstance(payload, bytes) else payload(at_ns)
        return out

    def reply(self, at_ns: int, payload: Payload, t_ns: int) -> None:
        """Answer at ``at_ns``, never before an earlier answer; the faults in force at ``t_ns`` are applied."""
        if self._due and self._due[-1][0] > at_ns:
            at_ns = self._due[-1][0]
        if self.faults:
            self._reply_faulty(at_ns, payload, t_ns)
        else:
            self._due.append((at_ns, payload))

    def _reply_faulty(self, at_ns: int, payload: Payload, t_ns: int) -> None:
        if self.faults.active("silence", t_ns):
            return
        if self.faults.active("garbage", t_ns):
            payload = b"?\x15" + self._end
        late = self.faults.active("late", t_ns)
        if late:
            at_ns += late.delay_ns
        partial = self.faults.active("partial", t_ns)
        if not partial:
            self._due.append((at_ns, payload))
            return
        whole = payload if isinstance(payload, bytes) else payload(at_ns)
        half = len(whole) // 2
        self._due.append((at_ns, whole[:half]))
        if partial.delay_ns:
            self._due.append((at_ns + partial.delay_ns, whole[half:]))

    def _must_close(self, t_ns: int) -> bool:
        if self._idle_close_ns and 0 <= self._last_ns < t_ns - self._idle_close_ns:
            self._closed = True
        if self.faults and self.faults.active("close", t_ns):
            self._closed = True
        return self._closed

    def _receive_portions(self, data: bytes, t_ns: int) -> None:
        *messages, self._input = (self._input + data).split(self._end)
        if len(self._input) > INPUT_MAX:
            self._input = b""
            self.unknown += 1
        for message in messages:
            self.handle(message + self._end, t_ns)
