"""A CAN database: cantools parses, a gate in front bounds it, and what comes out are plain frozen records.

Usable are messages of at most 64 bytes whose signals fit, do not overlap and have finite, non-zero factors.
Everything else is a finding with file, line and remedy; a message with a finding cannot be asked for.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

from bench.base.compiled import sources_hash
from bench.base.errors import CodecError, InputError, Problem
from bench.canbus.frame_codec import FrameCodec, Values
from bench.canbus.gate import admit
from bench.canbus.log import DecodedLog, LogDecoder, frames_of
from bench.canbus.message import (
    EXTENDED,
    NULL_ADDRESS,
    STANDARD_MAX,
    Message,
    Signal,
    parameter_group,
)
from bench.canbus.parse import sorted_out
from bench.canbus.shelf import Entry, Finding, StoredMessages, find, keep

__all__ = ["EXTENDED", "Database", "Message", "Signal", "read_text"]

SIZE_MAX = 4_000_000
"""Bytes of a database file; the largest public car databases have 2 MB."""


class Database:
    """The usable messages of one DBC file, by name and by id, and the findings about the rest."""

    def __init__(self, name: str, messages: Iterable[Message], findings: Iterable[str]) -> None:
        self.name = name
        self.messages: Sequence[Message] = messages if isinstance(messages, StoredMessages) else tuple(messages)
        self.findings = tuple(findings)
        entries = entries_of(self.messages)
        self._by_name = {entry.name: place for place, entry in enumerate(entries)}
        self._by_id = {entry.id: place for place, entry in enumerate(entries)}
        self._by_group = _groups(entries)
        self._log_decoder: LogDecoder | None = None
        self._codecs: dict[str, FrameCodec] = {}
        self._decoders: dict[int, Callable[[bytes], Values]] = {}
        self._encoders: dict[str, Callable[[Mapping[str, Any]], bytes]] = {}

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read ``path``. Raises ``InputError`` when the file cannot be read or used at all."""
        try:
            with Path(path).open("rb") as file:
                content = file.read(SIZE_MAX + 1)
        except OSError as error:
            raise InputError([Problem(str(path), 0, 0, f"cannot be read: {error.strerror}")]) from None
        name, code = str(path), _code()
        if (kept := find(content, code)) is not None:
            return cls(name, kept[0], _told(name, kept[1]))
        messages, findings = _parsed(_decoded(content), name)
        keep(content, code, messages, findings)
        return cls(name, messages, _told(name, findings))

    @classmethod
    def from_text(cls, text: str, name: str) -> Self:
        """Parse DBC ``text``; ``name`` is the file's name in messages. Raises ``InputError``."""
        messages, findings = _parsed(text, name)
        return cls(name, messages, _told(name, findings))

    def message(self, name: str) -> Message:
        """The message ``name``. Raises ``InputError`` that says why it is missing."""
        place = self._by_name.get(name)
        if place is None:
            told = [finding for finding in self.findings if f" {name} " in finding]
            why = told[0] if told else f"it has {', '.join(sorted(self._by_name)[:12])}"
            raise InputError([Problem(self.name, 0, 0, f"has no usable message {name!r}: {why}")])
        return self.messages[place]

    def by_id(self, frame_id: int) -> Message:
        """The message with ``frame_id`` (bit 31: extended). Raises ``KeyError``.

        Numbers above 0x7FF are extended without the flag, too. Where no message has the very id, one of J1939 with
        the same parameter group is taken, whatever the source and the priority.
        """
        if STANDARD_MAX < frame_id < EXTENDED:
            frame_id |= EXTENDED
        place = self._by_id.get(frame_id)
        if place is None and frame_id & EXTENDED:
            place = self._by_group.get(parameter_group(frame_id))
        if place is None:
            raise KeyError(f"{self.name} has no message with the id {frame_id:#x} (bit 31 set: extended)")
        return self.messages[place]

    def group_of(self, name: str) -> int | None:
        """The parameter group (``parameter_group``) that message ``name`` stands for, whatever source sends it.

        None where it is none of J1939, or one of several sources of its group. Raises ``InputError``.
        """
        message = self.message(name)
        group = parameter_group(message.id)
        return group if message.j1939 and self._by_group.get(group) == self._by_name[name] else None

    def decode(self, frame_id: int, data: bytes, *, choices: bool = False, truncated: bool = False) -> dict[str, Any]:
        """The physical values of a frame by signal, in the signals' units (of a multiplexed message those that it has).

        Integers where factor and offset are integers. ``frame_id`` as in ``by_id``. ``choices``: the text instead of
        the number where the database has one. ``truncated``: a frame that is too short gives the signals that it holds
        whole. Raises ``CodecError`` for an unknown id, a wrong length, or a page that the database does not have.
        """
        if not (choices or truncated):
            decoder = self._decoders.get(frame_id)
            if decoder is not None:
                return decoder(data)
        codec = self._codec_of(frame_id)
        values = codec.decode_part(data) if truncated else codec.decode(data)
        return codec.texts(data, values) if choices else values

    def decode_log(self, ids: Any, data: Any, t_ns: Any, lengths: Any = None, *, truncated: bool = False) -> DecodedLog:
        """All frames of a log as columns by message and signal, each with its own times: ``log[message][signal]``.

        ``ids`` (bit 31: extended) and ``t_ns`` are integers, one for each frame. ``data`` is uint8 of frames x up to 64
        bytes with ``lengths`` (default: all of them), or a bytes object for each frame. The order of times is that of
        the log. ``truncated`` as in ``decode``. What gives no value is told: ``unknown`` ids, and of each message the
        rows of ``wrong_length`` and ``unknown_page``; ``findings`` says it in words. Raises ``CodecError`` for arrays
        that do not fit together.
        """
        if self._log_decoder is None:
            self._log_decoder = LogDecoder(self.messages, entries_of(self.messages), self._by_group)
        return self._log_decoder.decode(frames_of(ids, data, t_ns, lengths), truncated)

    def encode(self, name: str, values: Mapping[str, Any]) -> bytes:
        """The frame of message ``name`` with exactly these physical values (or texts of choices); other bits are 0.

        Values between two steps go to the nearest, half to even. Raises ``CodecError`` for an unknown message, a
        missing or unknown signal, a wrong type, and a value that is not finite, out of range or too wide for its bits.
        """
        encoder = self._encoders.get(name)
        if encoder is None:
            if name not in self._by_name:
                raise CodecError(f"{self.name} has no usable message {name!r}; see its findings")
            encoder = self._encoders[name] = self._codec(self.messages[self._by_name[name]]).encode
        return encoder(values)

    def _codec_of(self, frame_id: int) -> FrameCodec:
        try:
            codec = self._codec(self.by_id(frame_id))
        except KeyError as error:
            raise CodecError(str(error.args[0])) from None
        if len(self._decoders) < 2 * len(self.messages) + 1024:  # sources of J1939 are many
            self._decoders[frame_id] = codec.decode
        return codec

    def _codec(self, message: Message) -> FrameCodec:
        if message.name not in self._codecs:
            self._codecs[message.name] = FrameCodec(message)
        return self._codecs[message.name]


def entries_of(messages: Sequence[Message]) -> Sequence[Entry]:
    """Names and ids, without making a message that nobody has asked for."""
    if isinstance(messages, StoredMessages):
        return messages.entries
    return [Entry(message.name, message.id, message.j1939) for message in messages]


def _groups(entries: Iterable[Entry]) -> dict[int, int]:
    """J1939 messages by parameter group. Of several the one from the null address, else none: which is open."""
    groups: dict[int, list[tuple[int, int]]] = {}
    for place, entry in enumerate(entries):
        if entry.j1939:
            groups.setdefault(parameter_group(entry.id), []).append((entry.id & 0xFF, place))
    found = {}
    for group, those in groups.items():
        general = [place for source, place in those if source == NULL_ADDRESS or len(those) == 1]
        if len(general) == 1:
            found[group] = general[0]
    return found


def _told(name: str, findings: Iterable[Finding]) -> list[str]:
    return [f"{name}:{line}: {text}" for line, text in findings]


@cache
def _code() -> str:
    """A hash of all that makes a database from a text."""
    return sources_hash(Path(__file__).resolve()) + version("cantools")


def _parsed(text: str, name: str) -> tuple[list[Message], list[Finding]]:
    """The usable messages of a DBC text, and what is wrong, by line."""
    if len(text) > SIZE_MAX:
        raise InputError([Problem(name, 0, 0, f"is larger than {SIZE_MAX} bytes; is it a DBC file?")])
    admitted = admit(text, name)
    import cantools  # brings python-can and asammdf, half a second: only for those who read a file

    logging.getLogger("cantools").setLevel(logging.ERROR)  # it warns of what the gate reports with its place
    try:
        parsed: Any = cantools.database.load_string(admitted.text, "dbc", strict=False, sort_signals=None)
    except Exception as error:  # cantools raises many types for a broken file (measured)
        message = f"is no usable DBC file: {' '.join(str(error).split()) or type(error).__name__}"
        raise InputError([Problem(name, 0, 0, message)]) from None
    good, wrong = sorted_out(parsed, admitted.blocks)
    findings = sorted([*wrong, *admitted.findings])
    if not good:
        raise InputError([Problem(name, 0, 0, "has no usable message; " + " ".join(_told(name, findings)[:3]))])
    return good, findings


def read_text(path: Path) -> str:
    """The text of a database file, decoded as ``Database.load`` does."""
    return _decoded(path.read_bytes())


def _decoded(content: bytes) -> str:
    """UTF-8, or else what Vector's tools write."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
