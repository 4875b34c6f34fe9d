"""What is recorded continuously: CAN channels and set-points by the clock, each instrument at its own rate."""

from collections.abc import Iterator

from bench.base.channel import Channels
from bench.core.design import SampleGroup

_OF_ANALYZER = ("dc", "ac", "field", "aux")


def sample_groups(channels: Channels) -> tuple[SampleGroup, ...]:
    """One group for what the CAN buses bring (10 Hz, 100 Hz around measuring windows), one for each instrument."""
    return (SampleGroup("can", tuple(_clocked(channels))), *_triggered(channels))


def _part(name: str) -> str:
    return name.partition(".")[0]


def _is_instrument(name: str) -> bool:
    part, _, quantity = name.partition(".")
    return not quantity.endswith("_cmd") and (
        part in _OF_ANALYZER or part == "supply" or part.startswith(("dyno", "flange"))
    )


def _clocked(channels: Channels) -> Iterator[str]:
    return (name for name in channels.names if not _is_instrument(name) and name != "io.watchdog")


def _triggered(channels: Channels) -> Iterator[SampleGroup]:
    read = [name for name in channels.names if _is_instrument(name)]
    analyzer = tuple(n for n in read if _part(n) in _OF_ANALYZER or _part(n).startswith("flange"))
    yield SampleGroup("analyzer", analyzer, trigger="dc.voltage")
    yield SampleGroup("supply", tuple(n for n in read if _part(n) == "supply"), trigger="supply.voltage")
    for dyno in dict.fromkeys(_part(n) for n in read if _part(n).startswith("dyno")):
        yield SampleGroup(dyno, tuple(n for n in read if _part(n) == dyno), trigger=f"{dyno}.speed")
