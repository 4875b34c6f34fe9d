"""Drive cycles in the report: the table's rows, the curves of a repetition, and the figures on top."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.record.cycles import STARTED, TOTAL, TRACE, cycles_table
from bench.record.journal import JournalRecord
from bench.record.points import Row

_CURVES = ("wanted_kmh", "speed_kmh", "torque_nm", "dc_kw")


@dataclass(frozen=True, slots=True)
class Trace:
    """One repetition second by second, as far as it was kept; ``phases``: name and last second of each."""

    cycle: str
    repetition: int
    curves: Mapping[str, NDArray[np.float64]]
    phases: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Cycles:
    """All drive cycles of a run. ``limited``: (s, Nm wanted, Nm allowed) of each second at which the plan allows it."""

    rows: tuple[Row, ...]
    traces: tuple[Trace, ...]
    limited: tuple[tuple[float, float, float], ...]

    @property
    def totals(self) -> tuple[Row, ...]:
        """One row a repetition."""
        return tuple(row for row in self.rows if row["phase"] == TOTAL)

    def mean(self, name: str) -> float | None:
        """Of a column over all repetitions; none where no repetition has it."""
        values = [float(row[name]) for row in self.totals if row.get(name) is not None]
        return sum(values) / len(values) if values else None


def cycles_of(records: Sequence[JournalRecord]) -> Cycles | None:
    """``None`` if no cycle was driven."""
    rows = tuple(cycles_table(records))
    if not rows:
        return None
    limited = [tuple(second) for record in records if record.event == STARTED for second in record.data["limited"]]
    return Cycles(rows, _traces([record.data for record in records if record.event == TRACE]), tuple(limited))


def _traces(told: Sequence[Mapping[str, Any]]) -> tuple[Trace, ...]:
    """Phases of the same repetition in a row are one trace."""
    groups: list[list[Mapping[str, Any]]] = []
    for data in told:
        follows = groups and groups[-1][-1]["repetition"] == data["repetition"] and data["first_s"] > 0
        groups[-1].append(data) if follows else groups.append([data])
    return tuple(_trace(group) for group in groups)


def _trace(group: Sequence[Mapping[str, Any]]) -> Trace:
    first, last = group[0], group[-1]
    seconds = last["first_s"] + len(last["wanted_kmh"])
    curves = {name: np.full(seconds, np.nan) for name in _CURVES}
    for data in group:
        for name in _CURVES:
            values = data.get(name, ())
            curves[name][data["first_s"] : data["first_s"] + len(values)] = values
    phases = tuple((str(data["phase"]), int(data["first_s"] + len(data["wanted_kmh"]) - 1)) for data in group)
    return Trace(str(first["cycle"]), int(first["repetition"]), curves, phases)
