"""Messages and signals of a CAN database as plain frozen records."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.canbus.protection import Protection

LENGTH_MAX = 64
"""Bytes of a CAN FD frame."""

EXTENDED = 0x8000_0000
"""Flag of a 29-bit identifier in ``FRAME.id`` and ``Message.id``, as SocketCAN's ``CAN_EFF_FLAG``."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal: physical value = raw * ``scale`` + ``offset``, in ``unit``, valid from ``low`` to ``high``."""

    name: str
    start: int  # as the DBC counts: least significant bit (Intel) or most significant bit (Motorola)
    length: int
    big_endian: bool
    signed: bool
    is_float: bool
    scale: float
    offset: float
    low: float
    high: float
    unit: str
    initial: int  # raw value sent when nothing is bound
    comment: str
    channel: str  # attribute BenchChannel: the channel this signal belongs to, or ""
    choices: Mapping[int, str]
    multiplexed: bool

    @property
    def first_bit(self) -> int:
        """The first bit in reading order of its byte order: from bit 0 up (Intel), from the front (Motorola)."""
        return self.start // 8 * 8 + 7 - self.start % 8 if self.big_endian else self.start

    def bits(self) -> int:
        """The occupied places as an integer with bit ``8 * byte + bit`` set."""
        span = range(self.first_bit, self.first_bit + self.length)
        return sum(1 << (n // 8 * 8 + 7 - n % 8 if self.big_endian else n) for n in span)


@dataclass(frozen=True, slots=True)
class Message:
    """One message; ``id`` has bit 31 set if it is extended (29 bit), as in every frame of this program."""

    name: str
    id: int
    length: int
    period_ms: int  # attribute GenMsgCycleTime, 0 if not cyclic
    senders: tuple[str, ...]
    comment: str
    protection: Protection | None
    signals: tuple[Signal, ...]

    def signal(self, name: str) -> Signal:
        """The signal ``name``. Raises ``KeyError``."""
        for signal in self.signals:
            if signal.name == name:
                return signal
        raise KeyError(f"{self.name} has no signal {name!r}; it has {', '.join(s.name for s in self.signals)}")
