"""What the monitors have seen of every CAN identifier, as records for the journal: one ``can_message`` each."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.core.design import Design

Table = NDArray[Any]

_NS = 1e9
_BAD = ("bad_length", "bad_counter", "bad_crc", "bad_range")


def bus_report(design: Design, seen: Table, rx: Table) -> list[Mapping[str, Any]]:
    """One mapping for each message of the tables, then for each identifier that no database knows.

    ``seen``: what the monitors know (SEEN), ``rx``: what the receivers know (RX_STATE).
    """
    return [*_known(design, seen, rx), *_unknown(design, seen)]


def _known(design: Design, seen: Table, rx: Table) -> Iterator[Mapping[str, Any]]:
    for monitor in design.monitors:
        row, heard = seen[monitor.message], rx[monitor.message]
        bad = {} if monitor.sent else {name: int(heard[name]) for name in _BAD}
        yield {**_statistics(design, row), "message": monitor.name, "sent": monitor.sent, **bad}


def _unknown(design: Design, seen: Table) -> Iterator[Mapping[str, Any]]:
    rows = seen[len(design.can.messages) :]
    for row in rows[rows["frames"] > 0]:
        yield {**_statistics(design, row), "message": "", "sent": False}


def _statistics(design: Design, row: np.void) -> dict[str, Any]:
    gaps = int(row["gaps"])
    figures = {name: int(row[name]) for name in ("frames", "late", "missing", "burst", "foreign")}
    times_ns = {"min": row["min_ns"], "mean": row["sum_ns"] / max(gaps, 1), "p99": row["p99_ns"], "max": row["max_ns"]}
    periods = {f"period_{name}_s": float(time_ns) / _NS if gaps else None for name, time_ns in times_ns.items()}
    return {
        "bus": design.buses[int(row["bus"])].name,
        "id": f"0x{int(row['id']) & 0x1FFF_FFFF:X}",
        "extended": bool(int(row["id"]) >> 31),
        "cycle_s": int(row["period_ns"]) / _NS or None,
        **figures,
        **periods,
    }
