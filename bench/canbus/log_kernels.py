"""Compiled loops over all frames of a log: which message a frame is of, and one signal of many frames."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import compiled
from bench.canbus.message import EXTENDED, STANDARD_MAX, parameter_group

Table = NDArray[Any]

PLACE = np.dtype([("key", "u8"), ("index", "i4")], align=True)
"""A hash table with open addressing from a key to the message's index; -1 marks a free place."""

UNKNOWN = -1

GROUP = 1 << 32
"""Flag of a key that is a J1939 parameter group."""

_GOLDEN = np.uint64(0x9E37_79B9_7F4A_7C15)
_S32, _U0, _U1, _U8 = np.uint64(32), np.uint64(0), np.uint64(1), np.uint64(8)
_BYTE, _LAST_SHIFT = np.uint64(0xFF), np.uint64(56)

_group_of = compiled(parameter_group)


def places(keys: list[int]) -> Table:
    """The hash table of ``keys``; the index is the place in the list."""
    size = 8
    while size < 2 * len(keys):
        size *= 2
    table = np.zeros(size, PLACE)
    table["index"] = UNKNOWN
    for index, key in enumerate(keys):
        place = (key * int(_GOLDEN) & 0xFFFF_FFFF_FFFF_FFFF) >> 32 & size - 1
        while table["index"][place] != UNKNOWN:
            place = (place + 1) % size
        table[place] = (key, index)
    return table


@compiled
def _find(table: Table, key: np.uint64) -> int:
    last = np.uint64(table.shape[0] - 1)
    place = ((key * _GOLDEN) >> _S32) & last
    while table[place].index != UNKNOWN:
        if table[place].key == key:
            return int(table[place].index)
        place = (place + _U1) & last
    return UNKNOWN


@compiled
def assign(table: Table, index_of: Table, ids: Table, message: Table, counts: Table) -> None:
    """The message of each frame into ``message`` (``UNKNOWN``: none), and into ``counts`` how many each one has.

    ``index_of`` says which message a key of ``table`` means.
    """
    last_id, last_index, since = np.int64(-1), np.int64(UNKNOWN), 0
    for i in range(ids.shape[0]):
        frame_id = np.int64(ids[i])
        if frame_id != last_id:
            if last_index != UNKNOWN:
                counts[last_index] += i - since
            last_id, since = frame_id, i
            if STANDARD_MAX < frame_id < EXTENDED:
                frame_id |= EXTENDED
            found = _find(table, np.uint64(frame_id))
            if found == UNKNOWN and frame_id >= EXTENDED:
                found = _find(table, np.uint64(_group_of(int(frame_id)) | GROUP))
            last_index = np.int64(UNKNOWN) if found == UNKNOWN else np.int64(index_of[found])
        message[i] = last_index
    if last_index != UNKNOWN:
        counts[last_index] += ids.shape[0] - since


@compiled
def sort_rows(message: Table, first: Table, rows: Table) -> None:
    """The frames of each message one after the other in ``rows``, those of message m from ``first[m]`` on (moved)."""
    last, place = np.int64(UNKNOWN), np.int64(0)
    for i in range(message.shape[0]):
        m = np.int64(message[i])
        if m != last:
            if last != UNKNOWN:
                first[last] = place
            last, place = m, np.int64(0) if m == UNKNOWN else first[m]
        if m != UNKNOWN:
            rows[place] = i
            place += 1


@compiled
def count_other(lengths: Table, rows: Table, length: int, padded: int) -> int:
    """How many of the frames have neither length."""
    count = 0
    for i in range(rows.shape[0]):
        count += lengths[rows[i]] != length and lengths[rows[i]] != padded
    return count


@compiled
def gather(words: Table, rows: Table, big: bool, shift: int, out: Table) -> None:
    """The first eight bytes of the frames ``rows`` as integers: Intel, or Motorola shifted right by ``shift`` bits."""
    drop = np.uint64(shift)
    if not big:
        for i in range(rows.shape[0]):
            out[i] = words[rows[i], 0]
        return
    for i in range(rows.shape[0]):
        word, swapped = words[rows[i], 0], _U0
        for _ in range(8):
            swapped = (swapped << _U8) | (word & _BYTE)
            word >>= _U8
        out[i] = swapped >> drop


@compiled
def pick(words: Table, shift: int, mask: np.uint64, out: Table) -> None:
    """The raw bits of a signal of up to eight bytes."""
    by = np.uint64(shift)
    for i in range(words.shape[0]):
        out[i] = (words[i] >> by) & mask


@compiled
def whole(words: Table, shift: int, mask: np.uint64, sign: np.uint64, scale: int, offset: int, out: Table) -> None:
    """raw * scale + offset in int64; the caller sees to it that nothing overflows."""
    by = np.uint64(shift)
    for i in range(words.shape[0]):
        raw = (words[i] >> by) & mask
        out[i] = np.int64((raw ^ sign) - sign) * np.int64(scale) + np.int64(offset)


@compiled
def linear(words: Table, shift: int, mask: np.uint64, sign: np.uint64, scale: float, offset: float, out: Table) -> None:
    """raw * scale + offset in float64, for raw values below 2**63."""
    by = np.uint64(shift)
    for i in range(words.shape[0]):
        raw = (words[i] >> by) & mask
        out[i] = np.float64(np.int64((raw ^ sign) - sign)) * scale + offset


@compiled
def pick_long(data: Table, rows: Table, first_bit: int, length: int, big: bool, out: Table) -> None:
    """The raw bits of a signal of up to 64 bits anywhere in a long frame: it touches at most nine bytes."""
    first, last = first_bit // 8, (first_bit + length - 1) // 8
    mask = ~_U0 >> np.uint64(64 - length)
    lead, tail = np.uint64(first_bit % 8), np.uint64(8 * (last + 1) - first_bit - length)
    for i in range(rows.shape[0]):
        row, raw = rows[i], _U0
        if big:
            raw = np.uint64(data[row, last]) >> tail
            for n in range(1, last - first + 1):
                raw |= np.uint64(data[row, last - n]) << (np.uint64(8 * n) - tail)
        else:
            raw = np.uint64(data[row, first]) >> lead
            for n in range(1, last - first + 1):
                raw |= np.uint64(data[row, first + n]) << (np.uint64(8 * n) - lead)
        out[i] = raw & mask
