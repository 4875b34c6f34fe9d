"""A whole log to columns: every signal with its own times, and a word on every frame that gave none.

Nothing is invented: a frame with an unknown id, a wrong length or a page that the database does not have is counted and
gives no value, and a multiplexed signal has rows only where it was sent.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.errors import CodecError
from bench.canbus.column import LogFrames, MessageFrames
from bench.canbus.log_kernels import GROUP, UNKNOWN, assign, count_other, places, sort_rows
from bench.canbus.message import LENGTH_MAX, Message, Signal
from bench.canbus.shelf import Entry

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Column:
    """One signal: ``values`` in ``signal.unit`` at ``t_ns``, from the frames ``rows`` of the log.

    int64 where factor and offset are integers (uint64 or Python's integers where that is too short), else float64.
    """

    signal: Signal
    t_ns: NDArray[np.int64]
    values: NDArray[Any]
    rows: Rows


@dataclass(frozen=True, slots=True)
class MessageLog(Mapping[str, Column]):
    """The columns of one message by signal. ``rows`` are its frames that were taken in.

    ``wrong_length`` and ``unknown_page`` are its frames that gave no value: the multiplexer had a value that selects
    nothing in the database.
    """

    message: Message
    columns: Mapping[str, Column]
    rows: Rows
    wrong_length: Rows
    unknown_page: Rows

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)


@dataclass(frozen=True, slots=True)
class DecodedLog(Mapping[str, MessageLog]):
    """The messages that a log holds, by name. ``unknown``: how many frames had which id that no message has."""

    messages: Mapping[str, MessageLog]
    unknown: Mapping[int, int]

    def __getitem__(self, name: str) -> MessageLog:
        return self.messages[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.messages)

    def __len__(self) -> int:
        return len(self.messages)

    @property
    def findings(self) -> tuple[str, ...]:
        """What gave no value, one line each."""
        lines = [f"id {number:#x}: {count} frames of no known message" for number, count in self.unknown.items()]
        for name, log in self.messages.items():
            if len(log.wrong_length):
                lines.append(
                    f"{name}: {len(log.wrong_length)} frames have not its {log.message.length} bytes, "
                    f"the first is frame {log.wrong_length[0]}"
                )
            if len(log.unknown_page):
                lines.append(
                    f"{name}: {len(log.unknown_page)} frames with a multiplexer value that the database does not have, "
                    f"the first is frame {log.unknown_page[0]}"
                )
        return tuple(lines)


def frames_of(ids: Any, data: Any, t_ns: Any, lengths: Any = None) -> LogFrames:
    """The arguments of ``Database.decode_log`` as arrays that fit together. Raises ``CodecError`` where they do not."""
    if lengths is None and not isinstance(data, np.ndarray):
        lengths, data = _joined(data)
    bytes_, times, numbers = np.asarray(data), np.asarray(t_ns), np.asarray(ids)
    if bytes_.dtype != np.uint8 or bytes_.ndim != 2 or bytes_.shape[1] > LENGTH_MAX:
        raise CodecError(f"data must be uint8 of frames x up to {LENGTH_MAX} bytes, not {bytes_.dtype} {bytes_.shape}")
    sizes = np.full(len(bytes_), bytes_.shape[1], np.uint8) if lengths is None else np.asarray(lengths)
    for name, array in (("ids", numbers), ("t_ns", times), ("lengths", sizes)):
        if array.shape != (len(bytes_),) or (array.dtype.kind not in "iu" and len(array)):
            raise CodecError(f"{name} must be one integer for each of the {len(bytes_)} frames, not {array.shape}")
    if len(sizes) and not 0 <= sizes.min() <= sizes.max() <= bytes_.shape[1]:
        span = f"{sizes.min()} to {sizes.max()}"
        raise CodecError(f"lengths must be 0 to {bytes_.shape[1]}, the width of data, not {span}")
    return LogFrames(numbers, _padded(bytes_), times.astype(np.int64, copy=False), sizes)


def _joined(data: Sequence[bytes]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Frames of bytes as a table, and their lengths."""
    try:
        lengths = np.fromiter(map(len, data), np.int64, len(data))
        width = int(lengths.max(initial=0))
        joined = b"".join([bytes(frame).ljust(width, b"\0") for frame in data])
    except TypeError as error:
        raise CodecError(f"data must be an array of bytes or one bytes object for each frame: {error}") from None
    return lengths, np.frombuffer(joined, np.uint8).reshape(len(data), width)


def _padded(data: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """``data`` in rows of whole 64-bit words."""
    width = max(8, -(-data.shape[1] // 8) * 8)
    if data.shape[1] == width:
        return np.ascontiguousarray(data)
    wide = np.zeros((len(data), width), np.uint8)
    wide[:, : data.shape[1]] = data
    return wide


class LogDecoder:
    """Decodes logs with the messages of one database.

    ``groups`` are the places of those that any source of J1939 may send, by parameter group.
    """

    def __init__(self, messages: Sequence[Message], entries: Sequence[Entry], groups: Mapping[int, int]) -> None:
        self._messages = messages
        keys = {entry.id: place for place, entry in enumerate(entries)}
        keys |= {group | GROUP: place for group, place in groups.items()}
        self._places, self._index_of = places(list(keys)), np.array([*keys.values(), 0], np.int64)

    def decode(self, frames: LogFrames, truncated: bool) -> DecodedLog:
        """All columns of ``frames``."""
        message, counts = np.empty(len(frames.ids), np.int32), np.zeros(len(self._messages), np.int64)
        assign(self._places, self._index_of, frames.ids, message, counts)
        ends = np.cumsum(counts)
        rows = np.empty(int(counts.sum()), np.int64)
        sort_rows(message, ends - counts, rows)
        logs = {}
        for m in np.flatnonzero(counts).tolist():
            mine = rows[ends[m] - counts[m] : ends[m]]
            logs[self._messages[m].name] = _decoded(self._messages[m], frames, mine, truncated)
        unknown = Counter(frames.ids[message == UNKNOWN].tolist()) if len(rows) < len(message) else {}
        return DecodedLog(logs, dict(sorted(unknown.items())))


def _decoded(message: Message, frames: LogFrames, rows: Rows, truncated: bool) -> MessageLog:
    wrong = rows[:0]
    if count_other(frames.lengths, rows, message.length, message.wire_length):
        lengths = frames.lengths[rows]
        right = (lengths == message.length) | (lengths == message.wire_length)
        right |= truncated and lengths < message.length
        rows, wrong = rows[right], rows[~right]
    there = _Presence(message, frames, rows, truncated)
    unknown = rows[:0]
    if there.bad.any():
        unknown, rows = rows[there.bad], rows[~there.bad]
        there = _Presence(message, frames, rows, truncated)
    times, found = frames.t_ns.take(rows), MessageFrames(message, frames, rows)
    columns = {}
    for signal in message.signals:
        mask = there.masks.get(signal.name)
        mine, at = (rows, times) if mask is None else (rows[mask], times[mask])
        columns[signal.name] = Column(signal, at, found.values(signal, mask), mine)
    return MessageLog(message, columns, rows, wrong, unknown)


class _Presence:
    """Which of the frames ``rows`` hold which signal: ``masks`` by name (none: all do), and ``bad`` pages."""

    def __init__(self, message: Message, frames: LogFrames, rows: Rows, truncated: bool) -> None:
        self.bad = np.zeros(len(rows), np.bool_)  # a page that the database does not have
        self.masks: dict[str, NDArray[np.bool_]] = {}
        self._frames = MessageFrames(message, frames, rows)
        self._below: dict[str, list[Signal]] = {}
        self._bits = 8 * frames.lengths[rows].astype(np.int64) if truncated else None
        if message.multiplexed or self._bits is not None:
            for signal in message.signals:
                self._below.setdefault(signal.selector, []).append(signal)
            for signal in self._below.get("", []):
                self._place(signal, np.ones(len(rows), np.bool_))

    def _place(self, signal: Signal, mask: NDArray[np.bool_]) -> None:
        """Note that ``signal`` is in the frames of ``mask``, if they are long enough, and what it selects there."""
        if self._bits is not None:
            mask = mask & (self._bits >= signal.bits_end)
        if not mask.all():
            self.masks[signal.name] = mask
        below = self._below.get(signal.name, [])
        if not signal.is_selector or not (below or signal.choices):
            return
        values, which = np.unique(self._frames.values(signal, mask), return_inverse=True)
        pages = [int(value) for value in values]
        known = np.array([p in signal.choices or any(s.selected_by(p) for s in below) for p in pages], np.bool_)
        self.bad[mask] |= ~known[which]
        for other in below:
            selected = np.zeros(len(mask), np.bool_)
            selected[mask] = np.array([other.selected_by(page) for page in pages], np.bool_)[which]
            self._place(other, selected)
