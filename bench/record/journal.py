"""The journal: what was decided, one JSON object a line, chained and durable. The single truth about a run.

A line is ``{"data":{...},"event":"point","seq":7,"t_ns":123,"chain":"0123456789abcdef"}``. ``chain`` is the head of
SHA-256 over the previous chain and the line's own bytes before it, so that a changed, lost, moved or inserted line
is found. Keys are sorted, floats are written with the fewest digits that read back equal, NaN and infinity as null.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any, NamedTuple

from bench.record.storage import File

GENESIS = "0" * 16
SUMMED_UP = {"endurance_state": "endurance_cycle"}
"""Events that say all that those of another kind before them have said."""
_MANY = frozenset(event.encode() for event in SUMMED_UP.values())
_CHAIN = b',"chain":"'
_EVENT = b',"event":"'
_HOLE, _WRITE_BYTES_MAX = bytes(2), 1 << 16
_TAIL_BYTES = len(_CHAIN) + 16 + len(b'"}')


class JournalRecord(NamedTuple):
    """One decision: its number, run time, event and data."""

    seq: int
    t_ns: int
    event: str
    data: dict[str, Any]


def plain(value: Any) -> Any:
    """``value`` as JSON can hold it: numpy scalars and arrays unwrapped, not-finite numbers as ``None``."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes):
        return [plain(item) for item in (sorted(value) if isinstance(value, set | frozenset) else value)]
    raise TypeError(f"{type(value).__name__} cannot be journalled; give numbers, texts, lists and mappings")


def canonical(value: Any) -> bytes:
    """The one way ``value`` is written: sorted keys, no blanks, UTF-8."""
    text = json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode(errors="replace")  # half a surrogate pair must not keep a stop out of the journal


def _link(chain: str, payload: bytes) -> str:
    return hashlib.sha256(chain.encode() + payload).hexdigest()[:16]


class Journal:
    """Writes a journal; ``append`` and ``extend`` return when their records are durable. ``chain`` and ``seq``: where
    it goes on, in a file that holds records already."""

    def __init__(self, file: File, chain: str = GENESIS, seq: int = 0) -> None:
        self._file = file
        self._chain = chain
        self._seq = seq

    def append(self, t_ns: int, event: str, data: Mapping[str, Any] | None = None) -> JournalRecord:
        """Journal ``event``; it is on the disk before this returns. The record as a reader will see it."""
        return self.extend([(t_ns, event, data or {})])[0]

    def extend(self, items: Iterable[tuple[int, str, Mapping[str, Any]]]) -> list[JournalRecord]:
        """Journal several events (time, event, data) with one sync: a flood of them must not drown the disk."""
        chain, lines, payloads = self._chain, bytearray(), []
        for seq, (t_ns, event, data) in enumerate(items, start=self._seq):
            payload = canonical({"seq": seq, "t_ns": int(t_ns), "event": event, "data": data})
            chain = _link(chain, payload)
            lines += payload[:-1] + _CHAIN + chain.encode() + b'"}\n'
            payloads.append(payload)
        if payloads:
            self._file.append(bytes(lines))
            self._file.sync()
        self._chain = chain
        self._seq += len(payloads)
        return [_record(payload) for payload in payloads]

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_journal(data: bytes, *, whole: bool = True) -> tuple[list[JournalRecord], list[str]]:
    """All records up to the first damage, and what is wrong. Without ``whole`` those are left out that a later one sums
    up (``SUMMED_UP``): a million cycles of a durability run need not be held.

    What was being written when the power went was never acknowledged: it is left out and is no problem. That is a last
    line without a newline, or an end with zeros where the system had not yet put the bytes. Any other changed byte is.
    """
    records: list[JournalRecord | bytes] = []  # bytes: not parsed, since it may not be needed
    chain, tail, number, place = GENESIS, b"", 0, 0
    for line in BytesIO(data):
        if not line.endswith(b"\n"):
            tail = line
            break
        number, place = number + 1, place + len(line)
        payload = line[: -_TAIL_BYTES - 1] + b"}"
        chain = _link(chain, payload)
        if line != payload[:-1] + _CHAIN + chain.encode() + b'"}\n':
            if _never_whole(data[place - len(line) :]):
                return _parsed(records), []
            told = f"journal line {number}: changed, or a line before it is missing; later lines not trusted"
            return _parsed(records), [told]
        if not whole and _event(payload) in _MANY:
            records.append(payload)
            continue
        record = _record(payload)
        if record.seq != number - 1:
            return _parsed(records), [f"journal line {number}: has number {record.seq}, expected {number - 1}"]
        if not whole and record.event in SUMMED_UP:
            summed = _behind_sum(records)
            records[summed:] = [each for each in records[summed:] if isinstance(each, JournalRecord)]
        records.append(record)
    problems = [] if _may_be_torn(tail, chain) else [f"journal line {number + 1}: its end was changed"]
    return _parsed(records), problems


def _event(payload: bytes) -> bytes:
    """The event of a record that is not parsed: only numbers stand behind it."""
    begin = payload.rfind(_EVENT) + len(_EVENT)
    return payload[begin : payload.find(b'"', begin)]


def _behind_sum(records: Sequence[JournalRecord | bytes]) -> int:
    """The place behind the last record that sums up."""
    place = len(records)
    while place:
        each = records[place - 1]
        if isinstance(each, JournalRecord) and each.event in SUMMED_UP:
            break
        place -= 1
    return place


def _parsed(records: Iterable[JournalRecord | bytes]) -> list[JournalRecord]:
    return [record if isinstance(record, JournalRecord) else _record(record) for record in records]


def _record(payload: bytes) -> JournalRecord:
    item = json.loads(payload)
    return JournalRecord(item["seq"], item["t_ns"], item["event"], item["data"])


def _never_whole(rest: bytes) -> bool:
    """Whether ``rest`` has a hole, as one write of several sectors has that reached the disk in part. A line of ours
    has no zero byte, and a flipped bit makes one zero, not two."""
    return len(rest) <= _WRITE_BYTES_MAX and _HOLE in rest


def _may_be_torn(tail: bytes, chain: str) -> bool:
    """A torn line stops inside the record; a whole record followed by something else had its newline changed."""
    payload = tail[: -_TAIL_BYTES - 1] + b"}"
    whole = payload[:-1] + _CHAIN + _link(chain, payload).encode() + b'"}'
    return tail[:-1] != whole
