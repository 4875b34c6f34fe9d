"""Messages and signals of a CAN database as plain frozen records."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.canbus.protection import Protection

LENGTH_MAX = 64
"""Bytes of a CAN FD frame."""

FD_LENGTHS: tuple[int, ...] = (*range(9), 12, 16, 20, 24, 32, 48, 64)
"""What the four bits of a DLC can say."""

STANDARD_MAX = 0x7FF
"""The highest 11-bit identifier."""

NULL_ADDRESS = 0xFE
"""J1939's source address of nobody: in a database it stands for any."""

EXTENDED = 0x8000_0000
"""Flag of a 29-bit identifier in ``FRAME.id`` and ``Message.id``, as SocketCAN's ``CAN_EFF_FLAG``."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal: physical value = raw * ``scale`` + ``offset``, in ``unit``, valid from ``low`` to ``high``.

    Factor and offset are integers where all values are: these are then exact at any length. A signal with a
    ``selector`` (the name of a multiplexer in the same message) is there only while the value of that one lies in one
    of ``pages`` (first and last, both included) and, where the selector has a selector itself, it is there, too.
    """

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
    is_selector: bool
    selector: str
    pages: tuple[tuple[int, int], ...]
    receivers: tuple[str, ...] = ()

    @property
    def multiplexed(self) -> bool:
        """Whether it selects other signals or is selected itself."""
        return self.is_selector or bool(self.selector)

    @property
    def bits_end(self) -> int:
        """Bits that a frame must have for this signal to be whole."""
        return self.first_bit + self.length

    def selected_by(self, page: int) -> bool:
        """Whether the signal is there while its selector has the value ``page``."""
        return any(first <= page <= last for first, last in self.pages)

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
    """One message; ``id`` has bit 31 set if it is extended (29 bit), as in every frame of this program.

    ``j1939``: the id stands for its parameter group, from any source and with any priority. ``attributes`` are the
    message's own and, where it has none, the file's defaults; enumerations as text.
    """

    name: str
    id: int
    length: int
    period_ms: int  # attribute GenMsgCycleTime, 0 if not cyclic
    senders: tuple[str, ...]
    comment: str
    fd: bool
    j1939: bool
    attributes: Mapping[str, int | float | str]
    protection: Protection | None
    signals: tuple[Signal, ...]

    def signal(self, name: str) -> Signal:
        """The signal ``name``. Raises ``KeyError``."""
        for signal in self.signals:
            if signal.name == name:
                return signal
        raise KeyError(f"{self.name} has no signal {name!r}; it has {', '.join(s.name for s in self.signals)}")

    @property
    def multiplexed(self) -> bool:
        """Whether not every frame carries every signal."""
        return any(signal.multiplexed for signal in self.signals)

    @property
    def wire_length(self) -> int:
        """Bytes of its frames on the wire: more than 8 come in CAN FD's steps only, the rest is padding."""
        return next(length for length in FD_LENGTHS if length >= self.length)


def parameter_group(frame_id: int) -> int:
    """The id's part that names a J1939 parameter group, with the flag: page, format and, from format 240 on, specific.

    Priority and source address are cleared, below format 240 the destination as well (SAE J1939-21).
    """
    return frame_id & (0x83FF_FF00 if frame_id >> 16 & 0xFF >= 0xF0 else 0x83FF_0000)
