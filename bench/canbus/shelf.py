"""Compiled databases kept in the user's cache folder, by the hash of their content: plain text, one line a message.

An entry begins with a check sum over all that follows. Then it tells of which content and by which code it was made.
What does not fit all three is thrown away and made again: a damaged, foreign or outdated entry is never used.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, overload

from bench.canbus.e2e_attributes import read_protection
from bench.canbus.message import Message, Signal

ENTRIES_MAX = 64
"""Databases in the folder; the oldest go first."""

Finding = tuple[int, str]


class Entry(NamedTuple):
    """What is known of a message before it is made: ``j1939`` as ``Message.j1939``."""

    name: str
    id: int
    j1939: bool


class StoredMessages(Sequence[Message]):
    """Messages that are made when they are first asked for."""

    def __init__(self, entries: list[Entry], lines: list[bytes]) -> None:
        self.entries, self._lines = entries, lines
        self._made: dict[int, Message] = {}

    def __len__(self) -> int:
        return len(self.entries)

    @overload
    def __getitem__(self, place: int) -> Message: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Message]: ...
    def __getitem__(self, place: int | slice) -> Message | Sequence[Message]:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        place = range(len(self.entries))[place]
        if place not in self._made:
            self._made[place] = _made(self._lines[place])
        return self._made[place]


def folder() -> Path:
    """Where the databases are kept."""
    return Path("~/.cache/edu-bench/databases").expanduser()


def find(content: bytes, code: str) -> tuple[StoredMessages, list[Finding]] | None:
    """The messages and findings of a file with ``content``, as ``code`` (a hash of all sources) made them."""
    digest = _hash(content)
    try:
        stored = _path(digest, code).read_bytes()
        total, told, *lines = stored.split(b"\n")
        if total.decode() != _hash(stored[len(total) + 1 :]):
            return None
        head = json.loads(told)
        if head["content"] != digest or head["code"] != code or len(head["messages"]) != len(lines):
            return None
        findings = [(line, text) for line, text in head["findings"]]
        return StoredMessages([Entry(*entry) for entry in head["messages"]], lines), findings
    except (OSError, RuntimeError, ValueError, KeyError, TypeError):  # no home, no such file, or not one of ours
        return None


def keep(content: bytes, code: str, messages: Iterable[Message], findings: Iterable[Finding]) -> None:
    """Put a database on the shelf; where nothing is writable it is not kept."""
    made, digest = list(messages), _hash(content)
    try:
        head = {
            "content": digest,
            "code": code,
            "messages": [Entry(m.name, m.id, m.j1939) for m in made],
            "findings": list(findings),
        }
        body = "\n".join([json.dumps(head), *(json.dumps(_row(message)) for message in made)]).encode()
        path = _path(digest, code)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix="part-", delete=False) as file:
            file.write(_hash(body).encode() + b"\n" + body)
        Path(file.name).replace(path)  # whole or not at all
        for old in sorted(path.parent.iterdir(), key=lambda entry: entry.stat().st_mtime_ns)[:-ENTRIES_MAX]:
            old.unlink()
    except (OSError, RuntimeError, ValueError):
        return


def _hash(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=20).hexdigest()


def _path(digest: str, code: str) -> Path:
    return folder() / f"{digest}-{_hash(code.encode())[:16]}"


def _row(message: Message) -> list[object]:
    row = [getattr(message, name) for name in _MESSAGE]
    return [*row, [[_plain(getattr(signal, name)) for name in _SIGNAL] for signal in message.signals]]


def _plain(value: object) -> object:
    return list(value.items()) if isinstance(value, dict) else value


_MESSAGE = ("name", "id", "length", "period_ms", "senders", "comment", "fd", "j1939", "attributes")
_SIGNAL = tuple(Signal.__dataclass_fields__)


def _made(line: bytes) -> Message:
    *row, signals = json.loads(line)
    told = dict(zip(_MESSAGE, row, strict=True))
    told["senders"] = tuple(told["senders"])
    protection = read_protection(told["attributes"].get, told["length"], told["period_ms"])
    return Message(**told, protection=protection, signals=tuple(_signal(signal) for signal in signals))


def _signal(row: list[Any]) -> Signal:
    told: dict[str, Any] = dict(zip(_SIGNAL, row, strict=True))
    told["choices"], told["pages"] = dict(told["choices"]), tuple(map(tuple, told["pages"]))
    told["receivers"] = tuple(told["receivers"])
    return Signal(**told)
