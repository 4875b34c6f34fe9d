"""How long a value may be lost before a limit on it stops the bench.

One bad frame, one answer too late or one "no data" spoils the values it would have brought, and no more (F-05, F-08,
F-37, F-43). A loss that lasts is a stop: of a frame after three of its cycles and 10 ms (as F-01), of an instrument
when there was time for one retry on a fresh connection and that failed too.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from bench.base.channel import Channels
from bench.base.time import NS_PER_MS, ns
from bench.config.channels import is_commanded
from bench.config.rig import Rig
from bench.core.causes import Cause
from bench.core.design import Limit
from bench.layout.can import BenchCan

_OF_PERIPHERY = ("io", "coolant", "oil")


class Lost(NamedTuple):
    """How long values of a channel may be lost, and what stops the bench then."""

    patience_ns: int
    cause: Cause


def silent_cause(part: str) -> Cause:
    """Why the bench stops when nobody tells the channels of ``part`` any more."""
    return Cause.PERIPHERY_SILENT if part in _OF_PERIPHERY else Cause.INSTRUMENT_SILENT


def patience(rig: Rig, channels: Channels, can: BenchCan) -> dict[str, Lost]:
    """By channel; set-points are never lost."""
    asked, found = rig.asked_by_link, {}
    for name in channels.names:
        part = name.partition(".")[0]
        if part in asked and not is_commanded(name):
            found[name] = Lost(ns(asked[part].patience), silent_cause(part))
    for receive in can.receives:
        message = can.tables.messages[receive.message]
        lost = Lost(receive.max_age_ns or 3 * receive.period_ns + 10 * NS_PER_MS, Cause.SIGNAL_INVALID)
        for signal in can.tables.signals[message["first"] : message["last"]]:
            found[channels.names[int(signal["channel"])]] = lost
    return found


def with_patience(limits: tuple[Limit, ...], lost: Mapping[str, Lost]) -> tuple[Limit, ...]:
    """``limits`` that bear a loss as long as the slowest of their channels may last."""
    return tuple(_patient(limit, lost) for limit in limits)


def _patient(limit: Limit, lost: Mapping[str, Lost]) -> Limit:
    found = [lost[name] for name in (limit.channel, *(name for name, _ in limit.minus)) if name in lost]
    if not found:
        return limit
    slowest = max(found)
    cause = limit.cause if limit.cause == Cause.INSULATION else slowest.cause  # its text speaks of a silent monitor
    return replace(limit, lost_ns=slowest.patience_ns, cause_lost=cause)
