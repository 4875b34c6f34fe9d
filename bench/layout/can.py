"""The frames of a bench: which the core sends and which it hears, from the databases of its buses.

A signal belongs to the channel that its attribute ``BenchChannel`` names. What a database's node ``BENCH`` sends is
sent by the core; everything else that carries a channel is heard.
"""

from collections.abc import Collection, Mapping, Set
from dataclasses import replace
from typing import NamedTuple

from bench.base.channel import Channels
from bench.base.errors import InputError, Problem
from bench.base.time import NS_PER_MS
from bench.canbus.database import Database
from bench.canbus.message import Message, Signal
from bench.canbus.tables import CanTables, build_tables
from bench.config.channels import SIDES
from bench.config.rig import Rig
from bench.core.causes import Cause
from bench.core.design import Receive, Transmit
from bench.core.tables import MODE_ARMED, MODE_ENERGISED
from bench.layout.monitors import Watched

OWN_NODE = "BENCH"
_SLOW_MS = 1000


class BenchCan(NamedTuple):
    """Tables of all buses, and how each message is sent or judged."""

    tables: CanTables
    receives: tuple[Receive, ...]
    transmits: tuple[Transmit, ...]
    messages: tuple[str, ...]
    watched: tuple[Watched, ...]
    raw: Mapping[str, tuple[float, float, int, bool]]
    """By channel: factor, offset, length in bits and sign of its raw integer, for recordings."""
    heard: Set[str]
    """Channels that frames bring."""
    unprotected: tuple[str, ...]
    """Messages with set-points that the core sends without CRC and counter."""


def bench_can(
    databases: Mapping[int, Database],
    channels: Channels,
    absent: Set[str] = frozenset(),
    restbus: Set[str] = frozenset(),
) -> BenchCan:
    """The frames of all buses, ``databases`` by bus number, without the messages of parts that are ``absent``.

    ``restbus``: messages that are sent for ECUs that are not there. Raises ``InputError`` for channels that do not
    exist.
    """
    _refuse_unknown(databases, channels, absent)
    every = [(db, bus, message) for bus, db in sorted(databases.items()) for message in db.messages]
    entries = [(db, bus, m.name) for db, bus, m in every if m.name in restbus or _wanted(m, absent)]
    wanted = len(entries)
    entries += _merely_watched(databases, {(bus, name) for _, bus, name in entries}, absent)
    of_signal = {(m, s.name): s.channel for db, _, m in entries for s in db.message(m).signals if s.channel}

    def bind(message: str, signal: str) -> int:
        name = of_signal.get((message, signal), "")
        return channels.index(name) if name else -1

    receives, transmits, unprotected, offset_ns = [], [], [], 0
    heard: set[str] = set()
    for index, (db, _, name) in enumerate(entries[:wanted]):
        message = db.message(name)
        period_ns = message.period_ms * NS_PER_MS
        if OWN_NODE not in message.senders:
            receives.append(_receive(message, index, period_ns))
            heard.update(s.channel for s in message.signals if s.channel)
            continue
        toggle = next((s.channel for s in message.signals if s.channel == "io.watchdog"), "")
        transmits.append(Transmit(name, index, period_ns, offset_ns, toggle))
        offset_ns += NS_PER_MS  # our own frames do not all meet in one millisecond
        if message.protection is None and name not in restbus:
            unprotected.append(name)
    messages = tuple(name for _, _, name in entries)
    sent = {transmit.message for transmit in transmits}
    watched = tuple(
        Watched(bus, name, index in sent, db.message(name).protection is not None)
        for index, (db, bus, name) in enumerate(entries)
    )
    made, rules = build_tables(entries, bind, own_node=OWN_NODE), (tuple(receives), tuple(transmits), messages, watched)
    return BenchCan(made, *rules, _raw(databases, absent), frozenset(heard), tuple(unprotected))


def without(database: Database, names: Collection[str]) -> Database:
    """``database`` less the messages ``names``."""
    return Database(database.name, [m for m in database.messages if m.name not in names], database.findings)


def mirrored(database: Database, signs: Mapping[str, float]) -> Database:
    """``database`` with the signals of some channels times -1: where the device counts the other way."""

    def turned(signal: Signal) -> Signal:
        if signs.get(signal.channel, 1.0) > 0.0:
            return signal
        return replace(signal, scale=-signal.scale, offset=-signal.offset, low=-signal.high, high=-signal.low)

    messages = (replace(m, signals=tuple(turned(s) for s in m.signals)) for m in database.messages)
    return Database(database.name, messages, database.findings)


def _merely_watched(
    databases: Mapping[int, Database], taken: Set[tuple[int, str]], absent: Set[str]
) -> list[tuple[Database, int, str]]:
    """Messages without a channel: only length, CRC, counter and cycle time are judged, and nothing stops.

    Nobody looks at their signals, so it does not matter whether the bench could use them (multiplexed ones).
    """
    found = []
    for bus, db in sorted(databases.items()):
        others = [m for m in db.messages if (bus, m.name) not in taken and not _of_absent(m, absent)]
        bare = Database(db.name, [replace(message, signals=()) for message in db.messages], ())
        found += [(bare, bus, message.name) for message in others]
    return found


def signs_on_can(rig: Rig) -> dict[str, float]:
    """By channel: -1 where a dyno or flange on CAN counts the other way than the bench."""
    signs: dict[str, float] = {}
    for name, dyno in rig.dynos.items():
        signs |= {f"{name}.{quantity}": float(dyno.sign) for quantity in ("speed_cmd", "speed", "torque")}
    for name, flange in rig.flanges.items():
        signs |= {f"{name}.torque": float(flange.sign), f"{name}.speed": float(flange.speed_sign)}
        signs[f"{name}.power"] = float(flange.sign * flange.speed_sign)
    return signs


def absent_parts(rig: Rig) -> frozenset[str]:
    """Parts of channels that the database may know, but that are not on this bench's CAN."""
    sides = {side for layout in SIDES.values() for side in layout}
    known = {f"{part}_{side}" for part in ("dyno", "flange") for side in sides} - set(rig.on_can)
    return frozenset(known | rig.asked_by_link.keys())


def _wanted(message: Message, absent: Set[str]) -> bool:
    named = any(signal.channel for signal in message.signals)
    return message.period_ms > 0 and named and not _of_absent(message, absent)


def _of_absent(message: Message, absent: Set[str]) -> bool:
    named = [signal.channel for signal in message.signals if signal.channel]
    return bool(named) and all(_part(channel) in absent for channel in named)


def _part(channel: str) -> str:
    return channel.partition(".")[0]


def _refuse_unknown(databases: Mapping[int, Database], channels: Channels, absent: Set[str]) -> None:
    problems = [
        Problem(db.name, 0, 0, f"{m.name}.{s.name}: BenchChannel {s.channel!r} does not exist in this layout")
        for db in databases.values()
        for m in db.messages
        for s in m.signals
        if s.channel and s.channel not in channels and _part(s.channel) not in absent
    ]
    if problems:
        raise InputError(problems)


def _receive(message: Message, index: int, period_ns: int) -> Receive:
    fast = message.period_ms < _SLOW_MS
    cause = Cause.INSULATION if message.name.startswith("IMD") else Cause.STATUS_FRAME_MISSING
    return Receive(
        message.name,
        index,
        period_ns,
        # a monitor that speaks once a second is late after two of its cycles (F-29)
        max_age_ns=0 if fast else 2 * period_ns + 10 * NS_PER_MS,
        cause_age=cause,
        modes=MODE_ARMED | MODE_ENERGISED if fast else MODE_ENERGISED,
    )


def _raw(databases: Mapping[int, Database], absent: Set[str]) -> dict[str, tuple[float, float, int, bool]]:
    return {
        s.channel: (s.scale, s.offset, s.length, s.signed)
        for db in databases.values()
        for m in db.messages
        for s in m.signals
        if s.channel and not s.is_float and _part(s.channel) not in absent
    }
