"""Messages and signals as tables for the compiled codec, and the state that belongs to each message."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from bench.base.by_reference import by_reference
from bench.base.errors import InputError, Problem
from bench.canbus.database import Database, Message, Signal
from bench.canbus.e2e_receiver import E2E_STATE, begin
from bench.canbus.protection import PROTECTION, fill_protection
from bench.canbus.signal_rows import PAGES, SIGNAL, rows_of

MESSAGE = np.dtype(
    [
        ("period_ns", "i8"),
        ("id", "u4"),  # bit 31: extended
        ("first", "i4"),  # its signals are signals[first:last]
        ("last", "i4"),
        ("selectors", "i4"),  # its multiplexers are signals[last:selectors]
        ("paged", "u1"),  # 1: multiplexed, not every frame has every signal
        ("bus", "u1"),
        ("length", "u1"),
        ("protected", "u1"),  # 1: as its row of ``CanTables.protections`` says
        ("base", "u1", (64,)),  # bits of signals that are bound to nothing, and what never changes in a header
    ],
    align=True,
)

LOOKUP = np.dtype([("key", "u8"), ("index", "i4")], align=True)
"""A hash table with open addressing from bus and id (or parameter group) to the message's index; -1: a free place."""

GROUP = 1 << 63
"""Flag of a key that is a J1939 parameter group."""

RX_STATE = np.dtype(
    [
        ("arrived_ns", "i8"),  # last frame of this message, good or bad; 0, the start of the run, before the first
        ("good_ns", "i8"),  # last frame that was taken in; 0 before the first
        ("ok", "i8"),
        ("bad_length", "i8"),
        ("bad_crc", "i8"),
        ("bad_counter", "i8"),
        ("bad_range", "i8"),
        ("not_valid", "i8"),  # good frames that were not taken in, since the receiver did not trust the sender
        *((name, E2E_STATE[name]) for name in E2E_STATE.names or ()),
        ("history", "u2"),  # the last ten frames, newest in bit 0; 1 = bad length, CRC or counter
    ],
    align=True,
)
"""With the fields of E2E_STATE; of a message without protection only ``seen`` moves, and ``state`` is DEINIT."""

TX_STATE = np.dtype([("sent", "i8"), ("refused", "i8"), ("counter", "i8")], align=True)
"""``counter`` is the next one to be sent."""


@by_reference
class CanTables(NamedTuple):
    """All messages of all buses; the index of a message is its place in the entries given to ``build_tables``."""

    messages: np.ndarray
    signals: np.ndarray
    pages: np.ndarray
    lookup: np.ndarray
    protections: np.ndarray


def build_tables(
    entries: Sequence[tuple[Database, int, str]],
    bind: Callable[[str, str], int],
    *,
    protected: bool = True,
    own_node: str = "",
) -> CanTables:
    """Tables for ``entries`` of (database, bus, message name), in this order.

    ``bind(message, signal)`` gives the index of the signal in the image, or -1: ignored on reception, sent with its
    initial value. CRC and counter of protected messages are never bound, unless ``protected`` is False, which makes
    them signals like any other. A signal on several ranges of pages has a row for each. A J1939 message that stands for
    its parameter group in its database is found by that, but not one that ``own_node`` sends: others may send the same
    group from their addresses. Raises ``InputError`` for unknown messages, signals and pages that the core cannot
    handle, and ids and groups used twice on a bus.
    """
    found = [(database.message(name), bus) for database, bus, name in entries]
    keys = [_keys(database, bus, name, own_node) for database, bus, name in entries]
    _refuse_twins(entries, keys)
    messages, protections = np.zeros(len(found), MESSAGE), np.zeros(len(found), PROTECTION)
    signals: list[tuple[object, ...]] = []
    pages: list[tuple[int, int]] = []
    for record, rule, (message, bus), entry in zip(messages, protections, found, entries, strict=True):
        _fill_message(record, message, bus)
        if protected and message.protection:
            fill_protection(rule, message.protection, message.length)
            record["protected"], record["base"] = 1, rule["fixed"]
        bound = []
        for signal in _bindable(message, protected):
            channel = bind(message.name, signal.name)
            if channel >= 0:
                bound.append((signal, channel))
            elif not signal.selector:
                _preset(record["base"], signal)
            elif signal.initial:
                told = f"{message.name}: {signal.name} is on a page and has a start value; bind it, or take that out"
                raise InputError([Problem(entry[0].name, 0, 0, told)])
        rows = rows_of(message, bound, len(signals), len(pages), entry[0].name)
        record["first"], record["last"] = len(signals), len(signals) + len(rows.own)
        record["selectors"], record["paged"] = record["last"] + len(rows.selectors), message.multiplexed
        signals += rows.own + rows.selectors
        pages += rows.pages
    return CanTables(messages, np.array(signals, SIGNAL), np.array(pages, PAGES), _lookup_table(keys), protections)


def make_rx_state(tables: CanTables) -> np.ndarray:
    """A fresh RX_STATE record for each message: nothing seen yet."""
    state = np.zeros(len(tables.messages), RX_STATE)
    begin(state, tables.messages["protected"] != 0)
    return state


def make_tx_state(tables: CanTables) -> np.ndarray:
    """A fresh TX_STATE record for each message."""
    return np.zeros(len(tables.messages), TX_STATE)


def _keys(database: Database, bus: int, name: str, own_node: str) -> tuple[int, ...]:
    """By which a message is found: its id and, maybe, its parameter group."""
    message, group = database.message(name), database.group_of(name)
    key = bus << 32 | message.id
    return (key,) if group is None or own_node in message.senders else (key, GROUP | bus << 32 | group)


def _refuse_twins(entries: Sequence[tuple[Database, int, str]], keys: Sequence[tuple[int, ...]]) -> None:
    seen: dict[int, str] = {}
    problems = []
    for (database, bus, name), mine in zip(entries, keys, strict=True):
        others = [seen[key] for key in mine if key in seen]
        if others:
            what = "id" if mine[0] in seen else "parameter group"
            text = f"{name} and {others[0]} have the same {what} on bus {bus}; take one out of the rig"
            problems.append(Problem(database.name, 0, 0, text))
        seen |= dict.fromkeys(mine, name)
    if problems:
        raise InputError(problems)


def _bindable(message: Message, protected: bool) -> Iterable[Signal]:
    header = message.protection.places if protected and message.protection else 0
    return (signal for signal in message.signals if not signal.bits() & header)


def _fill_message(record: np.void, message: Message, bus: int) -> None:
    record["id"], record["bus"], record["length"] = message.id, bus, message.length
    record["period_ns"] = message.period_ms * 1_000_000


def _preset(base: np.ndarray, signal: Signal) -> None:
    """Write the initial raw value of an unbound signal, bit by bit (at start-up only)."""
    for i in range(signal.length):
        n = signal.first_bit + i
        raw_bit = signal.length - 1 - i if signal.big_endian else i
        place = 7 - n % 8 if signal.big_endian else n % 8
        base[n // 8] |= (signal.initial >> raw_bit & 1) << place


def hash_place(key: int, size: int) -> int:
    """Where the search for ``key`` begins in a lookup table of ``size`` places (a power of two)."""
    return (key * 0x9E37_79B9_7F4A_7C15 & 0xFFFF_FFFF_FFFF_FFFF) >> 32 & size - 1


def _lookup_table(keys: Sequence[tuple[int, ...]]) -> np.ndarray:
    size = 8
    while size < 2 * sum(map(len, keys)):
        size *= 2
    table = np.zeros(size, LOOKUP)
    table["index"] = -1
    for index, mine in enumerate(keys):
        for key in mine:
            place = hash_place(key, size)
            while table["index"][place] >= 0:
                place = (place + 1) % size
            table[place] = (key, index)
    return table
