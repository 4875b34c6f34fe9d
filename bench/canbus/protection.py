"""How a message is protected end to end: the profile, its header, and when a receiver trusts the sender.

A header is a CRC and a counter, in some profiles also the frame's length and the data id; where they stand is one row
of ``HEADERS``. Source: AUTOSAR PRS E2EProtocol, as given in the project's reference (equal to the package autosar-e2e
and to an independent model; not compared with the AUTOSAR document).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from bench.canbus.crc import CRC8_J1850


class Profile(IntEnum):
    """AUTOSAR's E2E profiles by number; ``J1850`` is the plain CRC-8 SAE J1850 and a counter, without a data id."""

    NONE = 0
    P01 = 1
    P02 = 2
    P04 = 4
    P05 = 5
    P06 = 6
    P07 = 7
    P11 = 11
    P22 = 22
    J1850 = 100


class DataIdMode(IntEnum):
    """Which part of the data id the CRC takes in (profiles 1 and 11); numbered as ``E2EDataIDMode``."""

    BOTH = 0  # low byte, high byte
    ALT = 1  # low byte with an even counter, high byte with an odd one
    LOW = 2  # low byte
    NIBBLE = 3  # low byte, 0; the low nibble of the high byte is sent in the high nibble of the counter's byte


class Part(NamedTuple):
    """One part of a header: first byte (from the header's own first) and bits; 4 bits are a nibble."""

    byte: int
    bits: int
    big_endian: bool = True
    high_nibble: bool = False

    def places(self, offset: int) -> int:
        """The occupied places of a frame whose header begins at byte ``offset``, as ``Signal.bits`` tells them."""
        return (1 << self.bits) - 1 << 8 * (offset + self.byte) + 4 * self.high_nibble


class Header(NamedTuple):
    """The parts of a profile's header, its bytes, and how many values its counter has."""

    size: int
    cycle: int
    crc: Part
    counter: Part
    length: Part | None = None
    data_id: Part | None = None


_SHORT_15 = Header(2, 15, Part(0, 8), Part(1, 4))  # a 15 is never sent
_SHORT_16 = Header(2, 16, Part(0, 8), Part(1, 4))

HEADERS = {
    Profile.P01: _SHORT_15,
    Profile.P11: _SHORT_15,
    Profile.P02: _SHORT_16,
    Profile.P22: _SHORT_16,
    Profile.J1850: _SHORT_16,
    Profile.P04: Header(12, 1 << 16, Part(8, 32), Part(2, 16), Part(0, 16), Part(4, 32)),
    Profile.P05: Header(3, 1 << 8, Part(0, 16, big_endian=False), Part(2, 8)),
    Profile.P06: Header(5, 1 << 8, Part(0, 16), Part(4, 8), Part(2, 16)),
    Profile.P07: Header(20, 1 << 32, Part(0, 64), Part(12, 32), Part(8, 32), Part(16, 32)),
}

_MODES = {Profile.P01: tuple(DataIdMode), Profile.P11: (DataIdMode.BOTH, DataIdMode.NIBBLE)}
_ID_BITS = {Profile.P02: 0, Profile.P22: 0, Profile.J1850: 0, Profile.P04: 32, Profile.P07: 32}

WINDOW_MAX = 64
"""Longest window of the receiver's state machine, in cycles."""


class Window(NamedTuple):
    """What is asked of the last ``size`` cycles: at least ``min_ok`` good ones, at most ``max_error`` errors."""

    size: int
    min_ok: int
    max_error: int


class Windows(NamedTuple):
    """The windows of the receiver's states INIT, VALID and INVALID.

    The defaults lose trust at the third error of ten (F-05) or after ten cycles of silence, and regain it by three
    cycles without an error, two of them good.
    """

    init: Window = Window(3, 1, 0)
    valid: Window = Window(10, 1, 2)
    invalid: Window = Window(3, 2, 0)

    def problems(self) -> Iterator[str]:
        """What contradicts AUTOSAR's rules for the windows, each with its remedy."""
        for name, window in zip(("Init", "Valid", "Invalid"), self, strict=True):
            if not 1 <= window.size <= WINDOW_MAX:
                yield f"has E2EWindowSize{name} {window.size}; it is 1 to {WINDOW_MAX}"
            if window.max_error < 0:
                yield f"has E2EMaxErrorState{name} {window.max_error}; it is 0 or more"
            if window.min_ok + window.max_error > window.size:
                yield (
                    f"has E2EMinOkState{name} {window.min_ok} + E2EMaxErrorState{name} {window.max_error} above "
                    f"E2EWindowSize{name} {window.size}; enlarge the window"
                )
        init, valid, invalid = self
        if not 1 <= valid.min_ok <= init.min_ok <= invalid.min_ok:
            yield (
                f"has E2EMinOkState Valid {valid.min_ok}, Init {init.min_ok}, Invalid {invalid.min_ok}; "
                "they must be 1 or more and must not fall in this order"
            )
        if not valid.max_error >= init.max_error >= invalid.max_error:
            yield (
                f"has E2EMaxErrorState Valid {valid.max_error}, Init {init.max_error}, Invalid {invalid.max_error}; "
                "they must not rise in this order"
            )
        if max(init.size, invalid.size) > valid.size:
            yield (
                f"has E2EWindowSize Init {init.size}, Invalid {invalid.size} above Valid {valid.size}; "
                "the window of VALID is the longest"
            )


DEFAULT_WINDOWS = Windows()


@dataclass(frozen=True, slots=True)
class Protection:
    """The protection of one message (attributes ``E2E...`` of a database).

    ``max_delta`` counts the steps between two good counters, ``offset`` the bytes before the header, ``id_list`` is
    for profiles 2 and 22 (one byte for each counter), ``mode`` for 1 and 11. ``period_ns`` is the cycle after which
    silence is judged; 0: never.
    """

    profile: Profile
    data_id: int = 0
    mode: DataIdMode = DataIdMode.BOTH
    max_delta: int = 3
    id_list: bytes = b""
    offset: int = 0
    windows: Windows = DEFAULT_WINDOWS
    period_ns: int = 0

    @property
    def header(self) -> Header:
        """The profile's header."""
        return HEADERS[self.profile]

    def parts(self) -> Iterator[tuple[str, Part]]:
        """The header's parts with their names."""
        header = self.header
        yield from (("CRC", header.crc), ("counter", header.counter))
        if header.length:
            yield "length", header.length
        if header.data_id:
            yield "data id", header.data_id
        if self.mode is DataIdMode.NIBBLE:
            yield "data id's nibble", Part(header.counter.byte, 4, high_nibble=True)

    @property
    def places(self) -> int:
        """The places of a frame that the header occupies, as ``Signal.bits`` tells them."""
        return sum(part.places(self.offset) for _, part in self.parts())

    def problems(self, length: int) -> Iterator[str]:
        """What is wrong with this protection for a message of ``length`` bytes, each with its remedy."""
        name, header = self.profile.name, self.header
        id_bits = 12 if self.mode is DataIdMode.NIBBLE else _ID_BITS.get(self.profile, 16)
        if id_bits and not 0 <= self.data_id < 1 << id_bits:
            yield f"has E2EDataID {self.data_id}; with {name} and mode {self.mode.name} it has {id_bits} bits"
        modes = _MODES.get(self.profile, (DataIdMode.BOTH,))
        if self.mode not in modes:
            yield f"has E2EDataIDMode {self.mode.name}; {name} knows {', '.join(mode.name for mode in modes)}"
        if self.profile in (Profile.P02, Profile.P22) and len(self.id_list) != 16:
            yield f"has an E2EDataIDList of {len(self.id_list)} bytes; {name} needs 16, one for each counter"
        if not 1 <= self.max_delta < header.cycle:
            yield f"has an E2EMaxDeltaCounter outside 1 to {header.cycle - 1}"
        if self.offset < 0 or self.offset + header.size > length:
            yield (
                f"has {length} bytes; the header of {name} takes {header.size} from byte {self.offset} (E2EOffset): "
                "lengthen the message or choose another profile"
            )
        yield from self.windows.problems()


PROTECTION = np.dtype(
    [
        ("period_ns", "i8"),
        ("wait_ns", "i8"),  # silence counts from here after a frame: half a period after the next one was due
        ("cycle", "i8"),  # values of the counter
        ("max_delta", "i8"),
        ("data_id", "u4"),
        ("profile", "u1"),  # Profile; 0: not protected
        ("length", "u1"),  # of the frame in bytes
        ("crc_at", "u1"),  # byte of the frame
        ("counter_at", "u1"),
        ("counter_bytes", "u1"),  # 0: the low nibble
        ("crc_even", "u1"),  # P01, P11: CRC after the data id's part, by parity of the counter
        ("crc_odd", "u1"),
        ("fixed_first", "u1"),  # these bytes have the bits of ``fixed`` under ``fixed_mask``: length, data id
        ("fixed_last", "u1"),
        ("crc_bytes", "u1"),
        ("crc_little", "u1"),
        ("tail", "u1", (16,)),  # data ids that the CRC takes in last: P02, P22 by counter; P05, P06 the first two
        ("size", "u1", (3,)),  # windows of INIT, VALID and INVALID
        ("min_ok", "u1", (3,)),
        ("max_error", "u1", (3,)),
        ("fixed", "u1", (64,)),
        ("fixed_mask", "u1", (64,)),
    ],
    align=True,
)
"""One ``Protection`` as the compiled functions need it."""


def crc_starts(data_id: int, mode: DataIdMode) -> tuple[int, int]:
    """Profiles 1 and 11: the CRC after the data id's part, for an even and for an odd counter."""
    low, high = data_id & 0xFF, data_id >> 8 & 0xFF
    one = int(CRC8_J1850[low])
    match mode:
        case DataIdMode.BOTH:
            one = int(CRC8_J1850[one ^ high])
        case DataIdMode.ALT:
            return one, int(CRC8_J1850[high])
        case DataIdMode.NIBBLE:
            one = int(CRC8_J1850[one])
        case DataIdMode.LOW:
            pass
    return one, one


def fill_protection(record: np.void, protection: Protection, length: int) -> None:
    """Set ``record`` (PROTECTION, all zero) for messages of ``length`` bytes."""
    header, offset = protection.header, protection.offset
    record["profile"], record["length"], record["cycle"] = protection.profile, length, header.cycle
    record["period_ns"], record["wait_ns"] = protection.period_ns, protection.period_ns * 3 // 2
    record["max_delta"] = protection.max_delta
    record["data_id"] = protection.data_id
    record["crc_at"], record["counter_at"] = offset + header.crc.byte, offset + header.counter.byte
    record["counter_bytes"] = header.counter.bits // 8
    record["crc_even"], record["crc_odd"] = crc_starts(protection.data_id, protection.mode)
    record["crc_bytes"], record["crc_little"] = header.crc.bits // 8, not header.crc.big_endian
    tail = protection.id_list
    if protection.profile in (Profile.P05, Profile.P06):
        tail = protection.data_id.to_bytes(2, "little" if protection.profile is Profile.P05 else "big")
    record["tail"][: len(tail)] = np.frombuffer(tail, np.uint8)
    for name in Window._fields:
        record[name] = [getattr(window, name) for window in protection.windows]
    _fix(record, header.length, offset, length)
    _fix(record, header.data_id, offset, protection.data_id)
    if protection.mode is DataIdMode.NIBBLE:
        record["fixed"][offset + 1], record["fixed_mask"][offset + 1] = (protection.data_id >> 8 & 0xF) << 4, 0xF0
    used = np.flatnonzero(record["fixed_mask"])
    if len(used):
        record["fixed_first"], record["fixed_last"] = used[0], used[-1] + 1


def _fix(record: np.void, part: Part | None, offset: int, value: int) -> None:
    """Ask for ``value`` in a part of the header that never changes."""
    if part is None:
        return
    first, last = offset + part.byte, offset + part.byte + part.bits // 8
    record["fixed"][first:last] = np.frombuffer(value.to_bytes(last - first, "big"), np.uint8)
    record["fixed_mask"][first:last] = 0xFF
