"""Frames into the image and the image into frames, by tables, compiled.

Frames of up to 8 bytes are one 64-bit word (and its byte-swapped twin for Motorola signals): shift, mask, scale.
``data`` is always a uint8 array of at least 8 bytes, for longer frames of 64, whatever the frame's length.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import compiled
from bench.base.quality import GOOD, NOT_A_NUMBER, WRONG
from bench.canbus.e2e import write_header
from bench.canbus.e2e_receiver import ERROR, OK, VALID, judge
from bench.canbus.message import EXTENDED, parameter_group
from bench.canbus.signal_rows import FLOAT32, INTEGER
from bench.canbus.tables import GROUP, CanTables

Table = NDArray[Any]

FRAME_OK, BAD_LENGTH, BAD_CRC, BAD_COUNTER, BAD_RANGE, NOT_VALID = 0, 1, 2, 3, 4, 5
"""What ``receive`` returns, and ``EV_FRAME_BAD`` tells."""

HISTORY = np.uint16(0x3FF)
"""Ten frames back."""

_U0, _U1, _U7, _U8 = np.uint64(0), np.uint64(1), np.uint64(7), np.uint64(8)
_BYTE = np.uint64(0xFF)
_GOLDEN = np.uint64(0x9E37_79B9_7F4A_7C15)
_S32 = np.uint64(32)
_GROUP = np.uint64(GROUP)


_group_of = compiled(parameter_group)


@compiled
def lookup(tables: CanTables, bus: int, frame_id: int) -> int:
    """The index of the message with ``frame_id`` (bit 31: extended) on ``bus``, or -1.

    Where no message has the very id, the one that stands for its parameter group (J1939), as ``Database.by_id`` does.
    """
    on_bus = np.uint64(bus) << _S32
    index = _find(tables.lookup, on_bus | np.uint64(frame_id))
    if index >= 0 or frame_id < EXTENDED:
        return index
    return _find(tables.lookup, _GROUP | on_bus | np.uint64(_group_of(int(frame_id))))


@compiled
def _find(table: Table, key: np.uint64) -> int:
    """The index that a key of LOOKUP leads to, or -1."""
    last = np.uint64(table.shape[0] - 1)
    place = ((key * _GOLDEN) >> _S32) & last
    while table[place].index >= 0:
        if table[place].key == key:
            return int(table[place].index)
        place = (place + _U1) & last
    return -1


@compiled
def _swapped(word: np.uint64) -> np.uint64:
    """The bytes of ``word`` in opposite order."""
    swapped = _U0
    for _ in range(8):
        swapped = (swapped << _U8) | (word & _BYTE)
        word = word >> _U8
    return swapped


@compiled
def _word(data: Table, byte: int) -> np.uint64:
    """Eight bytes from ``byte`` on as one integer, the first one lowest."""
    word = _U0
    for i in range(8):
        word |= np.uint64(data[byte + i]) << np.uint64(8 * i)
    return word


@compiled
def _put_word(data: Table, byte: int, word: np.uint64) -> None:
    for i in range(8):
        data[byte + i] = np.uint8((word >> np.uint64(8 * i)) & _BYTE)


@compiled
def _bit_place(signal: Any, i: int) -> tuple[int, np.uint64, np.uint64]:
    """Byte, bit and place in the raw value of a wide signal's bit ``i``."""
    n = int(signal.first_bit) + i
    if signal.big_endian:
        return n // 8, np.uint64(7 - n % 8), np.uint64(int(signal.length) - 1 - i)
    return n // 8, np.uint64(n % 8), np.uint64(i)


@compiled
def _long_raw(signal: Any, data: Table) -> Any:
    """The raw bits of a signal in a frame of more than 8 bytes."""
    if not signal.wide:
        word = _word(data, int(signal.byte))
        return ((_swapped(word) if signal.big_endian else word) >> np.uint64(signal.shift)) & signal.mask
    raw = _U0
    for i in range(signal.length):
        byte, bit, place = _bit_place(signal, i)
        raw |= ((np.uint64(data[byte]) >> bit) & _U1) << place
    return raw


@compiled
def _put_long_raw(signal: Any, data: Table, raw: np.uint64) -> None:
    """Set the raw bits of a signal (all zero before) in a frame of more than 8 bytes."""
    if not signal.wide:
        shifted = raw << np.uint64(signal.shift)
        word = _word(data, int(signal.byte)) | (_swapped(shifted) if signal.big_endian else shifted)
        _put_word(data, int(signal.byte), word)
        return
    for i in range(signal.length):
        byte, bit, place = _bit_place(signal, i)
        data[byte] |= np.uint8(((raw >> place) & _U1) << bit)


@compiled
def _physical(signal: Any, raw: np.uint64) -> Any:
    """The physical value of raw bits."""
    if signal.kind == INTEGER:
        if signal.sign:
            return float(np.int64((raw ^ signal.sign) - signal.sign)) * signal.scale + signal.offset
        return float(raw) * signal.scale + signal.offset
    if signal.kind == FLOAT32:
        return float(np.uint32(raw).view(np.float32)) * signal.scale + signal.offset
    return np.uint64(raw).view(np.float64) * signal.scale + signal.offset


@compiled
def _raw(signal: Any, value: float) -> tuple[bool, np.uint64]:
    """(fits, raw bits) of a physical value, rounded half to even. Finite, in range and in the bits, or it fits not."""
    if not (signal.low <= value <= signal.high):
        return False, _U0
    number = (value - signal.offset) / signal.scale
    if signal.kind == INTEGER:
        number = np.rint(number)
    if not (signal.raw_low <= number <= signal.raw_high) or not math.isfinite(number):
        return False, _U0
    if signal.kind == INTEGER:
        raw = np.uint64(np.int64(number)) if signal.sign else np.uint64(number)
        return True, raw & signal.mask
    if signal.kind == FLOAT32:
        return True, np.uint64(np.float32(number).view(np.uint32))
    return True, np.float64(number).view(np.uint64)


@compiled
def _judge(message: Any, rule: Any, state: Any, data: Table, length: int, t_ns: int) -> int:
    """Length, CRC and counter of a frame, and whether the receiver trusts the sender."""
    status = OK
    if message.protected:
        status = judge(rule, state, data, length, t_ns)
    if length != message.length:
        state.bad_length += 1
        return BAD_LENGTH
    if not message.protected:
        state.seen = 1
        return FRAME_OK
    if status == ERROR:
        state.bad_crc += 1
        return BAD_CRC
    if status != OK:
        state.bad_counter += 1
        return BAD_COUNTER
    if state.state != VALID:
        state.not_valid += 1
        return NOT_VALID
    return FRAME_OK


@compiled
def _put(channel: Any, signal: Any, raw: np.uint64, t_ns: int, arrived_ns: int) -> int:
    """One signal into its record of the image; ``BAD_RANGE`` if it is out of its range or not finite."""
    value = _physical(signal, raw)
    channel.value, channel.t_ns, channel.arrived_ns, channel.quality = value, t_ns, arrived_ns, GOOD
    if signal.low <= value <= signal.high and math.isfinite(value):
        return FRAME_OK
    channel.quality = WRONG if math.isfinite(value) else NOT_A_NUMBER
    return BAD_RANGE


@compiled
def _take_in(signals: Table, message: Any, image: Table, data: Table, t_ns: int, arrived_ns: int) -> int:
    """All signals of a frame of up to 8 bytes into the image."""
    little, reason = _word(data, 0), FRAME_OK
    big = _swapped(little)
    for i in range(message.first, message.last):
        signal = signals[i]
        raw = ((big if signal.big_endian else little) >> np.uint64(signal.shift)) & signal.mask
        reason |= _put(image[signal.channel], signal, raw, t_ns, arrived_ns)
    return reason


@compiled
def _selected(signals: Table, signal: Any, data: Table) -> bool:
    """Whether ``data`` has the page that a multiplexed signal is on, and those of all multiplexers above it."""
    first, last, place = signal.page_first, signal.page_last, signal.selector
    while place >= 0:
        selector = signals[place]
        if not first <= _page(selector, data) <= last:
            return False
        first, last, place = selector.page_first, selector.page_last, selector.selector
    return True


@compiled
def _page(selector: Any, data: Table) -> np.int64:
    """The page that a multiplexer's row selects."""
    return np.int64((_long_raw(selector, data) ^ selector.sign) - selector.sign)


@compiled
def _strays(tables: CanTables, place: int, data: Table) -> bool:
    """Whether the multiplexer of row ``place`` is there and selects a page that the database does not have."""
    selector = tables.signals[place]
    if not _selected(tables.signals, selector, data):
        return False
    page = _page(selector, data)
    for i in range(selector.known_first, selector.known_last):
        if tables.pages[i].first <= page <= tables.pages[i].last:
            return False
    return True


@compiled
def _distrust(signals: Table, message: Any, image: Table, stray: int) -> None:
    """Row ``stray`` selects an unknown page: neither its value nor anything below it can be trusted any more."""
    if signals[stray].channel >= 0:
        image[signals[stray].channel].quality = WRONG
    for i in range(message.first, message.last):
        above = signals[i].selector
        while above >= 0 and above != stray:
            above = signals[above].selector
        if above == stray:
            image[signals[i].channel].quality = WRONG


@compiled
def _take_in_long(tables: CanTables, message: Any, image: Table, data: Table, t_ns: int, arrived_ns: int) -> int:
    """All signals that are there, of a multiplexed frame or one of more than 8 bytes, into the image."""
    signals, reason = tables.signals, FRAME_OK
    for i in range(message.first, message.last):
        signal = signals[i]
        if signal.selector >= 0 and not _selected(signals, signal, data):
            continue
        reason |= _put(image[signal.channel], signal, _long_raw(signal, data), t_ns, arrived_ns)
    for place in range(message.last, message.selectors):
        if _strays(tables, place, data):
            _distrust(signals, message, image, place)
            reason = BAD_RANGE
    return reason


@compiled
def receive(
    tables: CanTables,
    rx_state: Table,
    image: Table,
    index: int,
    data: Table,
    length: int,
    t_ns: int,
    arrived_ns: int,
) -> int:
    """Take the frame ``data`` of message ``index`` into ``image``.

    Returns 0, or the reason (1 length, 2 CRC, 3 counter, 4 range, 5 the frame is good, but the E2E receiver is not in
    VALID). With reason 4 only the channels out of range become ``WRONG`` (``NOT_A_NUMBER`` if not finite); with the
    others no value changes and all its channels become ``WRONG``. Channels of signals on another page of a multiplexed
    message keep what they have, and grow old. A page that the database does not have is out of range: then the
    multiplexer and all that it selects, on any page, become ``WRONG``; what is on no page is taken in.
    """
    signals, message, state = tables.signals, tables.messages[index], rx_state[index]
    state.arrived_ns = arrived_ns
    reason = _judge(message, tables.protections[index], state, data, length, arrived_ns)
    bad = reason != FRAME_OK and reason != NOT_VALID
    state.history = ((state.history << np.uint16(1)) | np.uint16(bad)) & HISTORY
    if reason != FRAME_OK:
        for i in range(message.first, message.last):
            image[signals[i].channel].quality = WRONG
        return reason
    state.good_ns = arrived_ns
    if message.length <= 8 and not message.paged:
        reason = _take_in(signals, message, image, data, t_ns, arrived_ns)
    else:
        reason = _take_in_long(tables, message, image, data, t_ns, arrived_ns)
    if reason == FRAME_OK:
        state.ok += 1
    else:
        state.bad_range += 1
    return reason


@compiled
def _pack(signals: Table, message: Any, image: Table, data: Table) -> bool:
    """All bound signals of a frame of up to 8 bytes into ``data``, which holds the base; False if one fits not."""
    little, big = _U0, _U0
    for i in range(message.first, message.last):
        signal = signals[i]
        fits, raw = _raw(signal, image[signal.channel].value)
        if not fits:
            return False
        if signal.big_endian:
            big |= raw << np.uint64(signal.shift)
        else:
            little |= raw << np.uint64(signal.shift)
    _put_word(data, 0, _word(data, 0) | little | _swapped(big))
    return True


@compiled
def _pack_long(tables: CanTables, message: Any, image: Table, data: Table) -> bool:
    """The same for a multiplexed frame or one of more than 8 bytes: multiplexers come before what they select.

    A page that the database does not have cannot be sent.
    """
    signals = tables.signals
    for i in range(message.first, message.last):
        signal = signals[i]
        if signal.selector >= 0 and not _selected(signals, signal, data):
            continue
        fits, raw = _raw(signal, image[signal.channel].value)
        if not fits:
            return False
        _put_long_raw(signal, data, raw)
    known = True
    for place in range(message.last, message.selectors):
        known = known and not _strays(tables, place, data)
    return known


@compiled
def transmit(tables: CanTables, tx_state: Table, image: Table, index: int, frame: Any) -> int:
    """Fill ``frame`` (id, bus, length, data) of message ``index`` from the values in ``image``.

    Returns 0, or 1 if a value is not finite, out of its range, does not fit its bits or names no page of a multiplexed
    message: then the frame must not be sent, and its counter has not moved. ``t_ns`` and ``sender`` are the caller's.
    """
    signals, message, state, data = tables.signals, tables.messages[index], tx_state[index], frame.data
    for i in range(64):
        data[i] = message.base[i]
    short = message.length <= 8 and not message.paged
    fits = _pack(signals, message, image, data) if short else _pack_long(tables, message, image, data)
    if not fits:
        state.refused += 1
        return 1
    frame.id, frame.bus, frame.length = message.id, message.bus, message.length
    if message.protected:
        rule = tables.protections[index]
        write_header(rule, data, state.counter)
        state.counter = state.counter + 1 if state.counter + 1 < rule.cycle else 0
    state.sent += 1
    return 0
