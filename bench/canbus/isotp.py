"""ISO-TP (ISO 15765-2:2016): messages of any length over CAN frames, both directions, without a clock or a thread.

An ``Endpoint`` is one side of one connection. Whoever owns it hands in frames and the time, and takes out frames::

    endpoint.send(message, t_ns)             # may raise
    for data in endpoint.frames(t_ns): ...   # to the wire, at once
    endpoint.sent(t_ns)                      # they are on the wire
    events = endpoint.receive(data, t_ns)    # a frame of the other side
    events = endpoint.advance(endpoint.due_ns())

What happened comes as events (``Message``, ``Begun``, ``Sent``, ``Failed``, ``Ignored``), never as an exception: on a
bus others make mistakes. Both directions are independent (full duplex); each knows one message at a time.

Timers (9.8, all handed-in time): N_As and N_Ar from ``frames`` to ``sent``, N_Bs until the flow control comes, N_Cr
until the next consecutive frame comes; of our own duty N_Br (between two WAITs) and N_Cs (a consecutive frame later
than that is not sent any more: the other side has given up).
"""

from dataclasses import dataclass

from bench.canbus.isotp_events import Event, Failed, Ignored, Result
from bench.canbus.isotp_pdu import CLASSIC_BYTES, FD_LENGTHS, LENGTH_MAX, Flow, PduError, decode, encode, padded
from bench.canbus.isotp_receiver import Receiver
from bench.canbus.isotp_sender import Sender
from bench.canbus.isotp_settings import Settings


@dataclass(frozen=True, slots=True)
class Addressing:
    """``target`` and ``source``: the address bytes of extended addressing, before ours and before the other's frames.

    Both ``None``: normal addressing, the CAN identifiers tell it all.
    """

    target: int | None = None
    source: int | None = None

    def __post_init__(self) -> None:
        if (self.target is None) != (self.source is None):
            raise ValueError("extended addressing needs both addresses, normal addressing none")
        if not all(0 <= byte <= 0xFF for byte in (self.target or 0, self.source or 0)):
            raise ValueError(f"addresses {self.target}, {self.source} are no bytes")

    @property
    def bytes(self) -> int:
        """How many bytes of each frame are an address."""
        return 0 if self.target is None else 1


NORMAL = Addressing()


class Endpoint:
    """One side of one connection; see the module for its use."""

    def __init__(self, settings: Settings | None = None, addressing: Addressing = NORMAL) -> None:
        self.settings = settings or Settings()
        self._addressing = addressing
        self._prefix = b"" if addressing.target is None else bytes([addressing.target])
        self._sender = Sender(self.settings, addressing.bytes)
        self._receiver = Receiver(self.settings, addressing.bytes)
        self._on_wire = 0  # frames handed out and not yet confirmed
        self._wire_ns = 0

    @property
    def sending(self) -> bool:
        """Whether a message is under way from here."""
        return self._sender.busy

    @property
    def receiving(self) -> bool:
        """Whether a message is under way to here."""
        return self._receiver.busy

    def send(self, message: bytes, t_ns: int) -> None:
        """Begin to send. Raises ``ValueError`` for an empty message, one too long, or while one is under way."""
        if not 0 < len(message) <= LENGTH_MAX:
            raise ValueError(f"a message has 1 .. {LENGTH_MAX} bytes, not {len(message)}")
        if self._sender.busy:
            raise ValueError("a message is under way; wait for Sent or Failed, or abort it")
        self._sender.start(bytes(message), t_ns)

    def abort(self) -> None:
        """Forget both directions: nothing that was under way is finished."""
        self._sender.stop()
        self._receiver.stop()
        self._on_wire = 0

    def hold(self, on: bool, t_ns: int) -> None:
        """``True``: nothing more can be taken in; the other side is told to WAIT. ``False``: it may go on."""
        self._receiver.hold(on, t_ns)

    def frames(self, t_ns: int) -> list[bytes]:
        """What has to go to the wire now, in order; tell ``sent`` when it is there."""
        if self._on_wire:
            return []
        pdus = [*self._receiver.due(t_ns), *self._sender.due(t_ns)]
        self._on_wire, self._wire_ns = len(pdus), t_ns
        size, padding = self.settings.frame_bytes, self.settings.padding
        return [padded(encode(pdu, size, self._prefix), padding) for pdu in pdus]

    def sent(self, t_ns: int) -> tuple[Event, ...]:
        """The frames taken last are on the wire."""
        if not self._on_wire:
            return ()
        self._on_wire = 0
        return (*self._receiver.confirmed(t_ns), *self._sender.confirmed(t_ns))

    def receive(self, data: bytes, t_ns: int) -> tuple[Event, ...]:
        """A frame of the other side (its whole CAN data). What it brought about, lateness first."""
        events = self.advance(t_ns)
        source = self._addressing.source
        if source is not None and data[:1] != bytes([source]):
            return events  # to another address: nothing to do with this connection
        if len(data) not in FD_LENGTHS or (len(data) > CLASSIC_BYTES and not self.settings.fd):
            return (*events, Ignored(f"a frame of {len(data)} bytes does not belong on this bus"))
        try:
            pdu = decode(data, self._addressing.bytes)
        except PduError as error:
            return (*events, Ignored(str(error)))
        if isinstance(pdu, Flow):
            return (*events, *self._sender.flow(pdu, t_ns))
        return (*events, *self._receiver.take(pdu, len(data), t_ns))

    def advance(self, t_ns: int) -> tuple[Event, ...]:
        """Let the timers run out that end by ``t_ns``."""
        if self._on_wire and t_ns >= self._wire_ns + self.settings.n_as_ns:
            self._on_wire = 0
            sending = self._sender.stop()
            receiving = self._receiver.stop()
            text = f"a frame was not sent within {self.settings.n_as_ns / 1e6:g} ms"
            return (Failed(Result.TIMEOUT_A, text, outgoing=sending),) if sending or receiving else ()
        return (*self._sender.advance(t_ns), *self._receiver.advance(t_ns))

    def due_ns(self) -> int | None:
        """When to ask for ``frames`` or ``advance`` again; ``None``: only a frame can change anything."""
        if self._on_wire:
            return self._wire_ns + self.settings.n_as_ns
        times = [t_ns for t_ns in (self._sender.due_ns(), self._receiver.due_ns()) if t_ns is not None]
        return min(times, default=None)
