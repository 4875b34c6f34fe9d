"""What is recorded continuously: CAN channels and set-points by the clock, each instrument at its own rate."""

from collections.abc import Collection, Iterator

from bench.base.channel import Channels
from bench.base.time import NS_PER_S
from bench.config.monitors import is_monitor
from bench.core.design import SampleGroup

_OF_ANALYZER = ("dc", "ac", "field", "aux")
_MONITORS_A_SECOND = 400  # of 4 bytes: 46 MB in 8 h


def sample_groups(channels: Channels, on_can: Collection[str] = ()) -> tuple[SampleGroup, ...]:
    """One group for what the CAN buses bring (10 Hz, 100 Hz around measuring windows), one for each instrument, and
    one for the CAN monitors: once a second, less often where there are so many that the file would grow without bound.
    ``on_can``: dynos and flanges that speak in frames.
    """
    watched = tuple(name for name in channels.names if is_monitor(name))
    slow_ns = NS_PER_S * max(1, len(watched) // _MONITORS_A_SECOND)
    slow = (SampleGroup("monitors", watched, slow_ns, slow_ns, rows=64),) if watched else ()
    return (SampleGroup("can", tuple(_clocked(channels, on_can))), *_triggered(channels, on_can), *slow)


def _part(name: str) -> str:
    return name.partition(".")[0]


def _is_instrument(name: str, on_can: Collection[str]) -> bool:
    part, _, quantity = name.partition(".")
    if part in on_can:
        return False
    return not quantity.endswith("_cmd") and (
        part in _OF_ANALYZER or part in ("supply", "scanner") or part.startswith(("dyno", "flange"))
    )


def _clocked(channels: Channels, on_can: Collection[str]) -> Iterator[str]:
    return (
        name
        for name in channels.names
        if not _is_instrument(name, on_can) and not is_monitor(name) and name != "io.watchdog"
    )


def _triggered(channels: Channels, on_can: Collection[str]) -> Iterator[SampleGroup]:
    read = [name for name in channels.names if _is_instrument(name, on_can)]
    analyzer = tuple(n for n in read if _part(n) in _OF_ANALYZER or _part(n).startswith("flange"))
    yield SampleGroup("analyzer", analyzer, trigger="dc.voltage")
    yield SampleGroup("supply", tuple(n for n in read if _part(n) == "supply"), trigger="supply.voltage")
    if "scanner.open" in channels:
        yield SampleGroup("scanner", tuple(n for n in read if _part(n) == "scanner"), trigger="scanner.open")
    for dyno in dict.fromkeys(_part(n) for n in read if _part(n).startswith("dyno")):
        yield SampleGroup(dyno, tuple(n for n in read if _part(n) == dyno), trigger=f"{dyno}.speed")
