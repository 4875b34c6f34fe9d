"""One instrument behind several connections: it hears one message at a time, and answers it before it hears another.

Whoever opened a connection has a ``Line``. A raw socket uses it as if it were the instrument; HiSLIP and VXI-11, which
know where a message ends and whether an answer was read, ``say`` whole messages.
"""

from collections import deque

from bench.emulators.device import MessageDevice
from bench.emulators.lan.lock import Lock

END = b"\n"
WAITING_BYTES_MAX = 1 << 20
"""What may wait of one connection while another one is heard; beyond that the connection is closed."""
RAW = 0
"""The number of messages that came without one."""


class SharedDevice:
    """The instrument, and who is heard. ``lock`` keeps others waiting."""

    def __init__(self, device: MessageDevice) -> None:
        self.device = device
        self.lock: Lock[Line] = Lock()
        self.speaker: Line | None = None
        self._waiting: deque[Line] = deque()

    def line(self) -> "Line":
        """One more connection."""
        return Line(self)

    def settle(self, t_ns: int) -> None:
        """Hear those who wait, one message each in turn, until one is to be answered."""
        while self.speaker is None or self.device.next_ns() is None:
            self.speaker = next((line for line in self._waiting if self.lock.lets(line)), None)
            if self.speaker is None:
                return
            self._waiting.remove(self.speaker)
            self.device.receive(self.speaker.take(), t_ns)
            if self.speaker.waiting:
                self._waiting.append(self.speaker)

    def wait(self, line: "Line") -> None:
        """``line`` has a message."""
        if line not in self._waiting:
            self._waiting.append(line)

    def leave(self, line: "Line") -> None:
        """``line`` has nothing to say any more."""
        if line in self._waiting:
            self._waiting.remove(line)


class Line:
    """One connection's end of the instrument; a ``ByteDevice``."""

    def __init__(self, shared: SharedDevice) -> None:
        self._shared = shared
        self.waiting: deque[tuple[int, bytes]] = deque()
        self.number = RAW
        """Of the message that was answered last."""
        self._heard = RAW
        self._bytes = 0
        self._input = b""
        self._too_much = False

    # --- as a raw socket ------------------------------------------------------------------------------------------

    def opened(self, t_ns: int) -> None:
        """A fresh connection, with nothing of the last one; ``closed`` tells whether it is refused."""
        self.clear(t_ns)
        self._too_much = False
        if self._shared.speaker is None:
            self._shared.device.opened(t_ns)

    def receive(self, data: bytes, t_ns: int) -> None:
        """Bytes in any portions; none: the client has gone, and so has its lock."""
        if not data:
            self.leave(t_ns)
            return
        *messages, self._input = (self._input + data).split(END)
        for message in messages:
            self.say(message + END, RAW, t_ns)
        self._too_much = self._too_much or len(self._input) > WAITING_BYTES_MAX

    def next_ns(self) -> int | None:
        """When the next bytes of an answer go out."""
        return self._shared.device.next_ns() if self.speaks else None

    def produce(self, t_ns: int) -> bytes:
        """The bytes of answers whose time has come."""
        data = b""
        if self.speaks:
            data, self.number = self._shared.device.produce(t_ns), self._heard
        self._shared.settle(t_ns)
        return data

    def closed(self) -> bool:
        """Whether the instrument has closed the connection, or this client said too much."""
        return self._too_much or self._shared.device.closed()

    # --- as a message protocol ------------------------------------------------------------------------------------

    @property
    def speaks(self) -> bool:
        """Whether what the instrument answers is for this connection."""
        return self._shared.speaker is self

    @property
    def answering(self) -> bool:
        """Whether an answer for this connection is under way."""
        return self.next_ns() is not None

    @property
    def lock(self) -> "Lock[Line]":
        """The instrument's."""
        return self._shared.lock

    def say(self, message: bytes, number: int, t_ns: int) -> None:
        """One whole message; it waits while another connection is answered or has locked the instrument."""
        self._bytes += len(message)
        if self._bytes > WAITING_BYTES_MAX:
            self._too_much = True
            return
        self.waiting.append((number, message if message.endswith(END) else message + END))
        self._shared.wait(self)
        self._shared.settle(t_ns)

    def take(self) -> bytes:
        """The next message, to be heard now."""
        self._heard, message = self.waiting.popleft()
        self._bytes -= len(message)
        return message

    def interrupt(self, t_ns: int) -> None:
        """A new message comes before the last answer was read: the answer is dropped, and the instrument notes it."""
        if self._shared.speaker is None or self.speaks:
            self._shared.device.interrupted()
        self._shared.settle(t_ns)

    def clear(self, t_ns: int) -> None:
        """Device clear: what was said and not yet heard, and what was not yet answered, is forgotten."""
        self.waiting.clear()
        self._bytes, self._input = 0, b""
        self._shared.leave(self)
        if self.speaks:
            self._shared.device.cleared()
        self._shared.settle(t_ns)

    def leave(self, t_ns: int) -> None:
        """The client has gone."""
        while self.lock.release(self):
            pass
        self.clear(t_ns)

    def status_byte(self) -> int:
        """What a serial poll sees, without the bit for an answer: only a protocol knows whether it was read."""
        return self._shared.device.status_byte() & ~_ANSWER


_ANSWER = 0x10  # MAV (IEEE 488.2, 11.2.1.2)
