"""The receiving half of an ISO-TP endpoint: gathers a message, says how the other side may go on."""

from enum import Enum, auto

from bench.canbus.isotp_events import Begun, Event, Failed, Ignored, Message, Result
from bench.canbus.isotp_pdu import CONTINUE, OVERFLOW, WAIT, Consecutive, First, Flow, Pdu, Single
from bench.canbus.isotp_settings import Settings


class _State(Enum):
    IDLE = auto()
    ANSWER = auto()  # a flow control frame is to be sent
    ON_WIRE = auto()  # it was handed out
    GATHER = auto()  # consecutive frames must come


class Receiver:
    """One message at a time. A fresh first or single frame ends what was under way (9.8.3)."""

    def __init__(self, settings: Settings, prefix: int) -> None:
        self._settings = settings
        self._prefix = prefix
        self._state = _State.IDLE
        self._message = bytearray()
        self._length = 0
        self._frame_bytes = 0  # of the first frame; all but the last consecutive one must have it too
        self._number = 0
        self._left = 0
        self._held = False
        self._waits = 0
        self._too_long = False  # an OVERFLOW is to be told
        self._next_ns = 0  # ANSWER: when the flow control is due; GATHER: when N_Cr ends

    @property
    def busy(self) -> bool:
        """Whether a message is under way."""
        return self._state is not _State.IDLE

    def stop(self) -> bool:
        """Forget the message; whether there was one."""
        was, self._state = self.busy and not self._too_long, _State.IDLE
        self._too_long = False
        return was

    def hold(self, on: bool, t_ns: int) -> None:
        """Have the other side wait, or go on."""
        self._held = on
        if not on and self._state is _State.ANSWER:
            self._next_ns = t_ns

    def take(self, pdu: Single | First | Consecutive, frame_bytes: int, t_ns: int) -> tuple[Event, ...]:
        """A frame of the other side that is no flow control."""
        if isinstance(pdu, Consecutive):
            return self._next(pdu, frame_bytes, t_ns)
        lost: tuple[Event, ...] = ()
        if self.stop():
            text = f"a new message came after {len(self._message)} of {self._length} bytes"
            lost = (Failed(Result.UNEXPECTED, text),)
        if isinstance(pdu, Single):
            return (*lost, Message(pdu.payload))
        return (*lost, *self._first(pdu, frame_bytes, t_ns))

    def _first(self, pdu: First, frame_bytes: int, t_ns: int) -> tuple[Event, ...]:
        self._state, self._next_ns, self._waits = _State.ANSWER, t_ns, 0
        if pdu.length > self._settings.length_max:
            self._too_long = True
            text = f"a message of {pdu.length} bytes; {self._settings.length_max} can be taken in"
            return (Failed(Result.OVERFLOW, text),)
        self._message, self._length = bytearray(pdu.part), pdu.length
        self._frame_bytes, self._number = frame_bytes, 0
        return (Begun(pdu.length),)

    def _next(self, pdu: Consecutive, frame_bytes: int, t_ns: int) -> tuple[Event, ...]:
        if self._state is not _State.GATHER:
            return (Ignored("a consecutive frame that belongs to no message, or came before it was allowed"),)
        missing = self._length - len(self._message)
        if len(pdu.part) < min(missing, self._frame_bytes - self._prefix - 1) or frame_bytes > self._frame_bytes:
            return (Ignored(f"a consecutive frame of {frame_bytes} bytes; this message has {self._frame_bytes}"),)
        expected = (self._number + 1) & 0xF
        if pdu.number != expected:
            self._state = _State.IDLE
            return (Failed(Result.WRONG_SN, f"consecutive frame {pdu.number} came where {expected} was due"),)
        self._number = expected
        self._message += pdu.part[:missing]
        if len(self._message) == self._length:
            self._state = _State.IDLE
            return (Message(bytes(self._message)),)
        self._left -= 1
        if self._left == 0:
            self._state, self._next_ns, self._waits = _State.ANSWER, t_ns, 0
        else:
            self._next_ns = t_ns + self._settings.n_cr_ns
        return ()

    def due(self, t_ns: int) -> list[Pdu]:
        """The flow control frame that is to be sent now, if any."""
        if self._state is not _State.ANSWER or t_ns < self._next_ns:
            return []
        self._state = _State.ON_WIRE
        if self._too_long or (self._held and self._waits >= self._settings.waits_max):
            self._too_long = True
            return [Flow(OVERFLOW)]
        if self._held:
            self._waits += 1
            return [Flow(WAIT)]
        self._waits, self._left = 0, self._settings.block or -1
        return [Flow(CONTINUE, self._settings.block, self._settings.separation_ns)]

    def confirmed(self, t_ns: int) -> tuple[Event, ...]:
        """The flow control frame of ``due`` is on the wire."""
        if self._state is not _State.ON_WIRE:
            return ()
        if self._too_long:
            told, self._too_long, self._state = self._waits > 0, False, _State.IDLE
            return (Failed(Result.WAITS, f"not ready after {self._waits} WAITs"),) if told else ()
        if self._waits:
            self._state, self._next_ns = _State.ANSWER, t_ns + self._settings.n_br_ns
        else:
            self._state, self._next_ns = _State.GATHER, t_ns + self._settings.n_cr_ns
        return ()

    def advance(self, t_ns: int) -> tuple[Event, ...]:
        """Judge N_Cr."""
        if self._state is not _State.GATHER or t_ns < self._next_ns:
            return ()
        self._state = _State.IDLE
        text = f"no consecutive frame within {self._settings.n_cr_ns / 1e6:g} ms, after {len(self._message)} bytes"
        return (Failed(Result.TIMEOUT_CR, text),)

    def due_ns(self) -> int | None:
        """When something is to be sent, or a timer ends."""
        return self._next_ns if self._state in (_State.ANSWER, _State.GATHER) else None
