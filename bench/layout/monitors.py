"""The monitors of a bench: a block of channels for every message on its buses and for each bus."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bench.base.channel import Channel
from bench.canbus.monitors import STATISTICS
from bench.config.monitors import BUS_STATISTICS, BUSES, MESSAGE_STATISTICS
from bench.config.rig import Rig
from bench.core.design import BusMonitor, Monitor

_CYCLE = STATISTICS[:8]
_OF_RECEIVED = (*_CYCLE, "bad_length", "bad_counter", "bad_crc", "bad_range")
_OF_PROTECTED = (*_OF_RECEIVED, "e2e_state", "e2e_refused")
_OF_SENT = (*_CYCLE, "foreign")


class Watched(NamedTuple):
    """A message of the core's tables: its bus, its name, whether it is ours, and whether it is protected."""

    bus: int
    name: str
    sent: bool
    protected: bool


class Monitors(NamedTuple):
    """What the core's design needs, and the channels that come after all others."""

    messages: tuple[Monitor, ...]
    buses: tuple[BusMonitor, ...]
    channels: tuple[Channel, ...]


def monitors(rig: Rig, messages: Iterable[Watched]) -> Monitors:
    """The monitors of ``messages``, in the order of the core's tables."""
    parts = {rig.bus(role).bus: part for role, part in BUSES.items()}
    rates = {bus.bus: bus.bitrate for bus in rig.can.values()}
    told, channels = [], []
    for index, (message, stem) in enumerate(_stems(messages)):
        statistics = _OF_SENT if message.sent else _OF_PROTECTED if message.protected else _OF_RECEIVED
        names = {each: f"{parts[message.bus]}.{stem}_{each}" for each in statistics}
        channels += [Channel(name, *MESSAGE_STATISTICS[each]) for each, name in names.items()]
        told.append(Monitor(index, names, message.name, message.sent))
    buses = [BusMonitor(rates.get(number, 500_000)) for number in range(max(rates) + 1)]
    for number, part in parts.items():
        of_bus = [Channel(f"{part}.{each}", *about) for each, about in BUS_STATISTICS.items()]
        channels += of_bus
        buses[number] = BusMonitor(rates[number], tuple(channel.name for channel in of_bus), part)
    return Monitors(tuple(told), tuple(buses), tuple(channels))


def _stems(messages: Iterable[Watched]) -> Iterator[tuple[Watched, str]]:
    """Each message with its part of the name; two that differ in upper and lower case only are numbered."""
    used: dict[tuple[int, str], int] = {}
    for message in messages:
        stem = message.name.lower().strip("_") or "message"
        stem = stem if stem[0].isalpha() else f"m{stem}"
        count = used[message.bus, stem] = used.get((message.bus, stem), 0) + 1
        yield message, stem if count == 1 else f"{stem}_{count}"
