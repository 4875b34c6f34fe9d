"""A CAN database: cantools parses, a gate in front bounds it, and what comes out are plain frozen records.

Usable are messages of at most 64 bytes whose signals fit, do not overlap and have finite, non-zero factors.
Everything else is a finding with file, line and remedy; a message with a finding cannot be asked for.
"""

import logging
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bench.base.errors import InputError, Problem
from bench.canbus.e2e import DataIdMode

SIZE_MAX = 8_000_000
"""Bytes of a database file; the largest public car databases have 2 MB."""

LENGTH_MAX = 64
"""Bytes of a CAN FD frame."""

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_OPENING = re.compile(r"^[ \t]*(?:BO_[ \t]+(\d+)[ \t]+(\w+)|(SG_)[ \t])", re.MULTILINE)
_MESSAGE = re.compile(r"^[ \t]*BO_\s+(\d+)\s+(\w+)\s*:\s*(\d+)\s", re.MULTILINE)
_SIGNAL = re.compile(r"^[ \t]*SG_\s+(\w+)[^:\n]*:\s*(\d+)\|(\d+)@", re.MULTILINE)
_INDEPENDENT = "VECTOR__INDEPENDENT_SIG_MSG"


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
class Protection:
    """E2E profile 1 of a message (attributes ``E2E...``); ``max_delta`` counts the steps between two good counters."""

    data_id: int
    mode: DataIdMode
    max_delta: int


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


EXTENDED = 0x8000_0000
"""Flag of a 29-bit identifier in ``FRAME.id`` and ``Message.id``, as SocketCAN's ``CAN_EFF_FLAG``."""


class Database:
    """The usable messages of one DBC file, by name and by id, and the findings about the rest."""

    def __init__(self, name: str, messages: Iterable[Message], findings: Iterable[str]) -> None:
        self.name = name
        self.messages = tuple(messages)
        self.findings = tuple(findings)
        self._by_name = {message.name: message for message in self.messages}
        self._by_id = {message.id: message for message in self.messages}

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read ``path``. Raises ``InputError`` when the file cannot be read or used at all."""
        try:
            with Path(path).open("rb") as file:
                content = file.read(SIZE_MAX + 1)
        except OSError as error:
            raise InputError([Problem(str(path), 0, 0, f"cannot be read: {error.strerror}")]) from None
        return cls.from_text(_decoded(content), str(path))

    @classmethod
    def from_text(cls, text: str, name: str) -> Self:
        """Parse DBC ``text``; ``name`` is the file's name in messages. Raises ``InputError``."""
        if len(text) > SIZE_MAX:
            raise InputError([Problem(name, 0, 0, f"is larger than {SIZE_MAX} bytes; is it a DBC file?")])
        bare = _TEXT.sub(lambda match: '""' + "\n" * match[0].count("\n"), text)  # a comment may look like a message
        if problems := list(_outside_bounds(bare, name)):
            raise InputError(problems)
        import cantools  # brings python-can and asammdf, half a second: only for those who read a file

        logging.getLogger("cantools").setLevel(logging.ERROR)  # it warns of what the gate reports with its place
        try:
            parsed: Any = cantools.database.load_string(text, database_format="dbc", strict=False, sort_signals=None)
        except Exception as error:  # cantools raises many types for a broken file (measured)
            message = f"is no usable DBC file: {' '.join(str(error).split()) or type(error).__name__}"
            raise InputError([Problem(name, 0, 0, message)]) from None
        good, findings = _sorted_out(parsed, _openings(bare), name)
        if not good:
            raise InputError([Problem(name, 0, 0, "has no usable message; " + " ".join(findings[:3]))])
        return cls(name, good, findings)

    def message(self, name: str) -> Message:
        """The message ``name``. Raises ``InputError`` that says why it is missing."""
        found = self._by_name.get(name)
        if found is None:
            told = [finding for finding in self.findings if f" {name} " in finding]
            why = told[0] if told else f"it has {', '.join(sorted(self._by_name)[:12])}"
            raise InputError([Problem(self.name, 0, 0, f"has no usable message {name!r}: {why}")])
        return found

    def by_id(self, frame_id: int) -> Message:
        """The message with ``frame_id`` (bit 31: extended). Raises ``KeyError``."""
        return self._by_id[frame_id]


def _place(text: str, index: int) -> tuple[int, int]:
    """Line and column of ``index``, both from 1."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _outside_bounds(text: str, name: str) -> Iterable[Problem]:
    """What would make the parser hang: it is refused before parsing."""
    for match in _MESSAGE.finditer(text):
        if match[2] != _INDEPENDENT and (len(match[3]) > 3 or int(match[3]) > LENGTH_MAX):
            told = f"message {match[2]} has {match[3]} bytes; CAN FD carries at most {LENGTH_MAX}"
            yield Problem(name, *_place(text, match.start(3)), told)
    for match in _SIGNAL.finditer(text):
        if len(match[3]) > 3 or int(match[3]) > 8 * LENGTH_MAX or len(match[2]) > 4:
            told = f"signal {match[1]} at bit {match[2]} with {match[3]} bits fits no CAN frame"
            yield Problem(name, *_place(text, match.start(2)), told)


@dataclass(slots=True)
class _Opening:
    """Where a message begins in the file, and how many signals follow."""

    line: int
    signals: int


def _openings(text: str) -> dict[tuple[int, str], _Opening]:
    """All messages the file begins, by id and name: the parser leaves out what it does not understand at the end."""
    found: dict[tuple[int, str], _Opening] = {}
    last = _Opening(0, 0)
    for match in _OPENING.finditer(text):
        if match[3]:
            last.signals += 1
        else:
            last = found[int(match[1]), match[2]] = _Opening(_place(text, match.start(1))[0], 0)
    return found


def _attribute(database: Any, owner: Any, name: str, default: Any) -> Any:
    """An attribute of a message or signal: its own value, else the file's default, else ``default``; enums as text."""
    definition = database.dbc.attribute_definitions.get(name) if database.dbc else None
    if definition is None:
        return default
    own = owner.dbc.attributes.get(name) if owner.dbc else None
    value = definition.default_value if own is None else own.value
    if definition.type_name == "ENUM" and isinstance(value, int) and 0 <= value < len(definition.choices):
        return definition.choices[value]
    return default if value is None else value


def _signal(database: Any, raw: Any) -> Signal:
    low = -math.inf if raw.minimum is None else float(raw.minimum)
    high = math.inf if raw.maximum is None else float(raw.maximum)
    return Signal(
        name=raw.name,
        start=raw.start,
        length=raw.length,
        big_endian=raw.byte_order == "big_endian",
        signed=raw.is_signed,
        is_float=raw.is_float,
        scale=float(raw.scale),
        offset=float(raw.offset),
        low=low,
        high=high,
        unit=raw.unit or "",
        initial=int(raw.raw_initial or 0),
        comment=raw.comment or "",
        channel=str(_attribute(database, raw, "BenchChannel", "")),
        choices={int(value): str(text) for value, text in (raw.choices or {}).items()},
        multiplexed=bool(raw.is_multiplexer or raw.multiplexer_ids),
    )


def _protection(database: Any, raw: Any) -> Protection | None:
    profile = _attribute(database, raw, "E2EProfile", "None")
    if profile == "None":
        return None
    if profile != "P01":
        raise ValueError(f"has E2EProfile {profile!r}; known are None and P01")
    mode = str(_attribute(database, raw, "E2EDataIDMode", "BOTH"))
    if mode not in DataIdMode.__members__:
        raise ValueError(f"has E2EDataIDMode {mode!r}; known are {', '.join(DataIdMode.__members__)}")
    data_id = int(_attribute(database, raw, "E2EDataID", 0))
    if not 0 <= data_id <= 0xFFFF:
        raise ValueError(f"has E2EDataID {data_id}; it has 16 bits")
    return Protection(data_id, DataIdMode[mode], int(_attribute(database, raw, "E2EMaxDeltaCounter", 3)))


def _message(database: Any, raw: Any) -> Message:
    return Message(
        name=raw.name,
        id=raw.frame_id | (EXTENDED if raw.is_extended_frame else 0),
        length=raw.length,
        period_ms=int(_attribute(database, raw, "GenMsgCycleTime", 0)),
        senders=tuple(raw.senders),
        comment=raw.comment or "",
        protection=_protection(database, raw),
        signals=tuple(_signal(database, signal) for signal in raw.signals),
    )


def _sorted_out(
    database: Any, openings: Mapping[tuple[int, str], _Opening], file: str
) -> tuple[list[Message], list[str]]:
    """The usable messages, and what is wrong with the others."""
    good: list[Message] = []
    lost = dict(openings)
    findings: list[str] = []
    for raw in database.messages:
        number = raw.frame_id | (EXTENDED if raw.is_extended_frame else 0)
        opening = lost.pop((number, raw.name), _Opening(0, len(raw.signals)))
        try:
            message = _message(database, raw)
            reason = _incomplete(message, opening) or _twin(message, good) or _unusable(message)
        except (ValueError, OverflowError) as error:  # an attribute that means nothing to us
            reason = str(error)
        if reason:
            findings.append(f"{file}:{opening.line}: message {raw.name} {reason}")
        else:
            good.append(message)
    for (_, name), opening in lost.items():
        if name != _INDEPENDENT:
            findings.append(f"{file}:{opening.line}: message {name} cannot be read; is the file cut off?")
    return good, findings


def _incomplete(message: Message, opening: _Opening) -> str:
    if len(message.signals) == opening.signals:
        return ""
    return f"has {opening.signals} signals in the file, {len(message.signals)} can be read; is the file cut off?"


def _twin(message: Message, good: list[Message]) -> str:
    for other in good:
        if other.name == message.name or other.id == message.id:
            return f"has the name or id of {other.name}; rename it or take it out"
    return ""


def _unusable(message: Message) -> str:
    """Why a message cannot be used, with the remedy, or an empty text."""
    taken = 0
    for signal in message.signals:
        at = f"has signal {signal.name}"
        if not (math.isfinite(signal.scale) and signal.scale and math.isfinite(signal.offset)):
            return f"{at} with factor {signal.scale}, offset {signal.offset}; both must be finite, the factor not 0"
        if signal.low > signal.high:
            return f"{at} with minimum {signal.low} above maximum {signal.high}; swap them"
        if not 1 <= signal.length <= 64 or (signal.is_float and signal.length not in (32, 64)):
            return f"{at} of {signal.length} bits; integers have 1 to 64, floats 32 or 64"
        bits = signal.bits()
        if bits.bit_length() > 8 * message.length:
            return f"{at} outside of its {message.length} bytes; correct start, length or DLC"
        if not signal.multiplexed and taken & bits:
            return f"{at} on bits of another signal; correct its start"
        taken |= 0 if signal.multiplexed else bits
    return _unprotectable(message)


def _unprotectable(message: Message) -> str:
    """Why the header of E2E profile 1 does not stand where it must."""
    if message.protection is None:
        return ""
    places = {signal.bits(): signal for signal in message.signals}
    if message.length < 2 or 0x00FF not in places or 0x0F00 not in places:
        return "is protected by P01 and needs an 8-bit CRC signal in byte 0 and a counter in the low nibble of byte 1"
    if not 1 <= message.protection.max_delta < 15:
        return "has an E2EMaxDeltaCounter outside 1 to 14"
    return ""


def read_text(path: Path) -> str:
    """The text of a database file, decoded as ``Database.load`` does."""
    return _decoded(path.read_bytes())


def _decoded(content: bytes) -> str:
    """UTF-8, or else what Vector's tools write."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
