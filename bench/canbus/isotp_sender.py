"""The sending half of an ISO-TP endpoint: first frame, flow control, consecutive frames in their time."""

from enum import Enum, auto

from bench.canbus.isotp_events import Event, Failed, Ignored, Result, Sent
from bench.canbus.isotp_pdu import (
    CONTINUE,
    OVERFLOW,
    SHORT_MAX,
    WAIT,
    Consecutive,
    First,
    Flow,
    Pdu,
    Single,
    single_max,
)
from bench.canbus.isotp_settings import Settings


class _State(Enum):
    IDLE = auto()
    BEGIN = auto()  # a single or first frame is to be sent
    FLOW = auto()  # the other side must say how to go on
    SEPARATE = auto()  # a consecutive frame is to be sent at its time
    ON_WIRE = auto()  # a frame was handed out


class Sender:
    """One message at a time."""

    def __init__(self, settings: Settings, prefix: int) -> None:
        self._settings = settings
        self._prefix = prefix
        self._state = _State.IDLE
        self._message = b""
        self._done = 0
        self._number = 0
        self._left = 0  # frames until the next flow control; below 0: no end
        self._separation_ns = 0
        self._waits = 0
        self._next_ns = 0  # FLOW: when N_Bs ends; otherwise when the next frame is due

    @property
    def busy(self) -> bool:
        """Whether a message is under way."""
        return self._state is not _State.IDLE

    def start(self, message: bytes, t_ns: int) -> None:
        """Begin with ``message``."""
        self._message, self._done, self._number, self._waits, self._left = message, 0, 0, 0, 0
        self._state, self._next_ns = _State.BEGIN, t_ns

    def stop(self) -> bool:
        """Forget the message; whether there was one."""
        was, self._state = self.busy, _State.IDLE
        return was

    def due(self, t_ns: int) -> list[Pdu]:
        """The frame that is to be sent now, if any."""
        if self._state not in (_State.BEGIN, _State.SEPARATE) or t_ns < self._next_ns:
            return []
        pdu = self._begin() if self._state is _State.BEGIN else self._consecutive()
        self._state = _State.ON_WIRE
        return [pdu]

    def _begin(self) -> Pdu:
        message, size = self._message, self._settings.frame_bytes
        if len(message) <= single_max(size, self._prefix):
            self._done = len(message)
            return Single(message)
        self._done = size - self._prefix - (2 if len(message) <= SHORT_MAX else 6)
        return First(len(message), message[: self._done])

    def _consecutive(self) -> Pdu:
        self._number = (self._number + 1) & 0xF
        part = self._message[self._done : self._done + self._settings.frame_bytes - self._prefix - 1]
        self._done += len(part)
        self._left -= 1
        return Consecutive(self._number, part)

    def confirmed(self, t_ns: int) -> tuple[Event, ...]:
        """The frame of ``due`` is on the wire."""
        if self._state is not _State.ON_WIRE:
            return ()
        if self._done >= len(self._message):
            self._state = _State.IDLE
            return (Sent(),)
        if self._left == 0:  # after the first frame, and after each block
            self._expect_flow(t_ns)
        else:
            self._state, self._next_ns = _State.SEPARATE, t_ns + self._separation_ns
        return ()

    def flow(self, flow: Flow, t_ns: int) -> tuple[Event, ...]:
        """The other side says how to go on."""
        if self._state is not _State.FLOW:
            return (Ignored("a flow control frame that nobody waits for"),)
        if flow.state == CONTINUE:
            self._left = flow.block or -1
            self._separation_ns, self._waits = flow.separation_ns, 0
            self._state, self._next_ns = _State.SEPARATE, t_ns
            return ()
        if flow.state == WAIT:
            self._waits += 1
            if self._waits > self._settings.waits_max:
                return self._fail(Result.WAITS, f"told to wait more than {self._settings.waits_max} times")
            self._expect_flow(t_ns)
            return ()
        if flow.state == OVERFLOW:
            return self._fail(Result.OVERFLOW, f"{len(self._message)} bytes are too many for the other side")
        return self._fail(Result.INVALID_FS, f"flow state {flow.state} is reserved")

    def _expect_flow(self, t_ns: int) -> None:
        self._state, self._next_ns = _State.FLOW, t_ns + self._settings.n_bs_ns

    def advance(self, t_ns: int) -> tuple[Event, ...]:
        """Judge the timers."""
        if self._state is _State.FLOW and t_ns >= self._next_ns:
            return self._fail(Result.TIMEOUT_BS, f"no flow control within {self._settings.n_bs_ns / 1e6:g} ms")
        if self._state is _State.SEPARATE and t_ns >= self._next_ns + self._settings.n_cs_ns:
            return self._fail(Result.TIMEOUT_CS, "nobody has taken the next frame in time; the other side has given up")
        return ()

    def due_ns(self) -> int | None:
        """When something is to be sent, or a timer ends."""
        return None if self._state in (_State.IDLE, _State.ON_WIRE) else self._next_ns

    def _fail(self, result: Result, text: str) -> tuple[Event, ...]:
        self._state = _State.IDLE
        return (Failed(result, text, outgoing=True),)
