"""How much of the disk a run will need, and a refusal, before a folder is made, where that is not there."""

import shutil
from pathlib import Path

from bench.assembly import Blueprint
from bench.base.errors import InputError, Problem
from bench.base.time import NS_PER_S
from bench.record.mf4 import record_dtype
from bench.record.space import MIB, RESERVE_BYTES, STOP, watermark
from bench.record.storage import Room
from bench.sequence.estimate import estimate

_TRIGGERED_HZ = 20.0
"""Readings of instruments a second; ten of most."""
_LOGGED_BYTES = 12.0
"""Of a record of the inbox log, packed (measured: 11997 bytes for 1000 records of an efficiency map)."""
_FIXED_BYTES = 16 * MIB
"""Report, tables, journal of a short plan."""
_POINT_BYTES = 8192


def disk_need(blueprint: Blueprint) -> int:
    """Bytes that the plan of ``blueprint`` writes at most, if it takes as long as estimated."""
    expected = estimate(blueprint.inputs.plan.value, blueprint.inputs.kinds, blueprint.context)
    rate = _samples_rate(blueprint) + (_inbox_rate(blueprint) if blueprint.design.log_full else 0.0)
    return _FIXED_BYTES + _POINT_BYTES * expected.points + int(rate * expected.total_s)


def require_room(parent: Path, blueprint: Blueprint) -> None:
    """Raises ``InputError`` with the figures where the run would not fit on the disk of ``parent``, which exists."""
    usage = shutil.disk_usage(parent)
    need = disk_need(blueprint) + RESERVE_BYTES + watermark(STOP, Room(usage.free, usage.total))
    if usage.free < need:
        told = (
            f"{usage.free / MIB:.0f} MiB are free, and the run needs up to {need / MIB:.0f} MiB "
            f"({disk_need(blueprint) / MIB:.0f} MiB of records, the rest stays free); free the disk, or use --out"
        )
        raise InputError([Problem(str(parent), 0, 0, told)])


def _samples_rate(blueprint: Blueprint) -> float:
    """Bytes a second of all groups, always fast."""
    sizes = {group.name: record_dtype(group).itemsize for group in blueprint.groups()}
    rates = {g.name: _TRIGGERED_HZ if g.trigger else NS_PER_S / g.fast_ns for g in blueprint.design.groups}
    return sum(size * rates[name] for name, size in sizes.items())


def _inbox_rate(blueprint: Blueprint) -> float:
    frames = sum(NS_PER_S / received.period_ns for received in blueprint.design.receives)
    readings = sum(_TRIGGERED_HZ * len(group.channels) for group in blueprint.design.groups if group.trigger)
    return _LOGGED_BYTES * (frames + readings)
