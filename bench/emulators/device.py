"""What every emulated instrument is: bytes in, and bytes out when they are due. It knows no socket and no clock."""

from typing import Protocol, runtime_checkable

from bench.emulators.instruments.answers import Obeyed, Prepared
from drivers.usual import Write


class ByteDevice(Protocol):
    """One instrument's side of one connection."""

    def receive(self, data: bytes, t_ns: int) -> None:
        """Bytes have arrived."""

    def next_ns(self) -> int | None:
        """When the next bytes leave; ``None`` if nothing is under way."""

    def produce(self, t_ns: int) -> bytes:
        """The bytes that leave by ``t_ns``."""

    def closed(self) -> bool:
        """Whether the device has closed the connection."""

    def opened(self, t_ns: int) -> None:
        """A fresh connection; what was under way on the old one is gone. ``closed`` tells whether it is refused."""


@runtime_checkable
class Watched(Protocol):
    """An instrument that acts by itself when nobody speaks to it for too long."""

    def watchdog_ns(self) -> int | None:
        """When silence makes it act; ``None`` while that cannot be."""

    def expire(self, t_ns: int) -> None:
        """Act, if the time has come."""


@runtime_checkable
class Preparing(Protocol):
    """An instrument whose answers can be prepared, so that nobody has to ask it."""

    def prepared(self, message: bytes) -> Prepared | None:
        """What it would answer to ``message`` until it hears another one; ``None``: it has to be asked."""

    def heard(self, t_ns: int) -> None:
        """A prepared answer was given to the message of that time, the last one so far."""


@runtime_checkable
class MessageDevice(ByteDevice, Protocol):
    """An instrument that can be spoken to by protocols that know where a message ends, and whether an answer was read
    (IEEE 488.2, 6)."""

    def interrupted(self) -> None:
        """A new message came before the answer was read: the answer is dropped, and that is an error."""

    def cleared(self) -> None:
        """Device clear: nothing is left of what was said and not yet answered."""

    def status_byte(self) -> int:
        """What a serial poll sees."""


@runtime_checkable
class Obeying(Preparing, Protocol):
    """An instrument that also obeys a set-point without being asked."""

    def obeys(self, write: Write) -> Obeyed | None:
        """What it would make of such a set-point until it hears another message; ``None``: it has to be told."""

    def obeyed(self, value: float) -> None:
        """``value`` is the set-point in force, as it was written."""
