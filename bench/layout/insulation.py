"""Limits on the insulation: the rig's own, those of its monitor, and what makes its value doubtful (F-28, F-29)."""

from collections.abc import Container, Iterator, Mapping

from bench.base.errors import Problem
from bench.base.time import NS_PER_S
from bench.canbus.database import Database
from bench.canbus.joined import INSULATION
from bench.config.insulation import DOUBTS
from bench.config.located import Located
from bench.config.rig import Rig
from bench.core.causes import Cause
from bench.core.design import Limit
from bench.core.tables import MODE_ENERGISED, WARN

_PASSING = ("imd.self_test", "imd.calibrating", "imd.outdated", "imd.untested")
"""These end by themselves; they may last as long as silence may: two cycles of the monitor."""
_PATIENCE_NS = 2 * NS_PER_S


def insulation_problems(rig: Located[Rig], files: Mapping[str, Database]) -> Iterator[Problem]:
    """What is wrong with the database of the monitor: it tells the insulation, and nothing that is not its business."""
    if INSULATION not in files:
        return
    told = {signal.channel for message in files[INSULATION].messages for signal in message.signals if signal.channel}
    if "imd.insulation" not in told:
        text = "no signal of this database has the BenchChannel 'imd.insulation'; name another, or take it out"
        yield rig.problem(("insulation", "dbc"), text)
    for channel in sorted(channel for channel in told if not channel.startswith("imd.")):
        text = f"the database of an insulation monitor tells {channel!r}; name another, or correct it"
        yield rig.problem(("insulation", "dbc"), text)


def insulation_limits(rig: Rig, heard: Container[str]) -> Iterator[Limit]:
    """All of them; ``heard``: channels that frames bring. Silence is judged by the age of the monitor's message."""
    own, bad = rig.insulation, Cause.INSULATION
    yield Limit("insulation", "imd.insulation", own.trip, cause=bad, modes=MODE_ENERGISED)
    yield Limit("insulation", "imd.insulation", own.warn, level=WARN, modes=MODE_ENERGISED)
    if own.dbc is not None and "imd.alarm" in heard:
        yield Limit("insulation alarm of the monitor", "imd.alarm", -0.5, 0.5, cause=bad, modes=MODE_ENERGISED)
    if own.dbc is not None and "imd.warning" in heard:
        yield Limit("insulation warning of the monitor", "imd.warning", -0.5, 0.5, level=WARN, modes=MODE_ENERGISED)
    for channel in own.doubts(heard):
        patience_ns = _PATIENCE_NS if channel in _PASSING else 0
        yield Limit(DOUBTS[channel], channel, -0.5, 0.5, cause=bad, debounce_ns=patience_ns, modes=MODE_ENERGISED)
