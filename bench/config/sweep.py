"""A sweep as it is written: which values its variables take, and in which order the combinations come."""

import csv
import hashlib
import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Annotated, Any, Literal

from pydantic import Field

from bench.base.units import Unit
from bench.config.file_model import FileModel, Finding
from bench.config.names import Line, PartName, Reference
from bench.config.plan_parameters import kind_of, measured, write

AXIS_MAX = 1000
PASSES_MAX = 10_000
Order = Literal["given", "snake", "high_to_low_load", "thermal", "random"]
_LOADS = (Unit.NM, Unit.WATT, Unit.AMPERE)
"""By the first of these that a variable has, its values count as load."""

Values = dict[str, Any]


class Range(FileModel):
    """Evenly spaced values, both ends included: ``count`` of them, or one each ``step``."""

    from_: Annotated[Any, Field(alias="from")]
    to: Any
    count: Annotated[int, Field(ge=2, le=AXIS_MAX)] | None = None
    step: Any = None

    def rules(self) -> Iterator[Finding]:
        ends = measured(self.from_), measured(self.to)
        if ends[0] is None or ends[1] is None or ends[0][1] is not ends[1][1]:
            yield (), f"{self.from_!r} and {self.to!r} are no ends of a range; write two quantities of one unit"
        elif (self.count is None) == (self.step is None):
            yield (), "a range needs either 'count' or 'step'; give one of them"
        elif self.step is not None:
            yield from self._of_step(ends[0][0], ends[1][0])

    def _of_step(self, low: float, high: float) -> Iterator[Finding]:
        step = measured(self.step)
        unit = kind_of(self.from_)
        wanted = str(Unit.KELVIN) if unit == str(Unit.DEGC) else unit
        if step is None or str(step[1]) != wanted or step[0] == 0.0:
            yield ("step",), f"{self.step!r} is no step from {self.from_} to {self.to}; write a quantity in {wanted}"
            return
        count = (high - low) / step[0]
        if not 0.0 < count < AXIS_MAX or abs(count - round(count)) > 1e-9 * max(count, 1.0):
            yield (
                ("step",),
                f"steps of {self.step} from {self.from_} do not come to {self.to}; correct one of the three",
            )

    def values(self) -> list[Any]:
        """As they would be written."""
        (low, unit), (high, _) = _sure(self.from_), _sure(self.to)
        count = self.count if self.count is not None else 1 + round((high - low) / _sure(self.step)[0])
        return [write(float(f"{low + (high - low) * i / (count - 1):.12g}"), unit) for i in range(count)]


class Column(FileModel):
    """Values of a CSV file with a head line, in ``unit`` where they have none of their own."""

    file: Reference
    column: Line
    unit: Line | None = None


class SweepForm(FileModel):
    """``over``: by name of the variable its values: a list, ``{from, to, count}``, ``{from, to, step}`` or ``{file,
    column}``; several give every combination, the last one the quickest. ``$name`` is the value of the pass."""

    over: Annotated[dict[PartName, Any], Field(min_length=1, max_length=6)]
    order: Order = "given"
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None

    def rules(self) -> Iterator[Finding]:
        if (self.order == "random") != (self.seed is not None):
            yield (), "'seed' belongs to the order 'random', which needs one; give both or neither"


def column_of(text: str, axis: Column) -> tuple[list[Any], str]:
    """(the values of a column, "" or what is wrong with it)."""
    rows = list(csv.reader(io.StringIO(text)))
    head = [cell.strip() for cell in rows[0]] if rows else []
    if axis.column not in head:
        return [], f"the file has no column {axis.column!r}; it has {', '.join(head) or 'none'}"
    place = head.index(axis.column)
    cells = [row[place].strip() if place < len(row) else "" for row in rows[1:] if any(cell.strip() for cell in row)]
    found = [f"{cell} {axis.unit}" if axis.unit else cell for cell in cells]
    wrong = next((i for i, value in enumerate(found) if not cells[i] or (axis.unit and measured(value) is None)), None)
    if wrong is not None:
        return [], f"value {wrong + 1} of column {axis.column!r} is {found[wrong]!r}, no quantity; correct it"
    return found, "" if found else f"column {axis.column!r} has no values"


def combinations(axes: Mapping[str, Sequence[Any]], order: Order, seed: int | None) -> tuple[list[Values], str]:
    """(every combination in its order, "" or why there is no such order)."""
    names = list(axes)
    if order == "snake":
        return [dict(zip(names, row, strict=True)) for row in _snake(list(axes.values()))], ""
    rows = [dict(zip(names, row, strict=True)) for row in product(*axes.values())]
    if order == "random":
        return _shuffled(rows, seed or 0), ""
    if order == "given":
        return rows, ""
    load = _load(axes)
    if load is None:
        return [], f"{order} is an order of loads; let a variable be a torque, a power or a current"
    falling = sorted(rows, key=lambda row: -load(row))
    return (falling if order == "high_to_low_load" else _in_turn(falling)), ""


def _sure(value: Any) -> tuple[float, Unit]:
    found = measured(value)
    assert found is not None, "the rules of the model have seen to it"
    return found


def _snake(axes: list[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """Each variable turns round at its ends, so that only one of them moves from pass to pass."""
    if not axes:
        yield ()
        return
    for i, value in enumerate(axes[0]):
        rest = list(_snake(axes[1:]))
        for row in rest if i % 2 == 0 else reversed(rest):
            yield (value, *row)


def _shuffled(rows: list[Values], seed: int) -> list[Values]:
    """By a hash of seed and number, so that every version of every library gives the same order."""
    return [rows[i] for i in sorted(range(len(rows)), key=lambda i: hashlib.sha256(f"{seed}:{i}".encode()).digest())]


def _load(axes: Mapping[str, Sequence[Any]]) -> Callable[[Values], float] | None:
    for unit in _LOADS:
        for name, values in axes.items():
            if all(kind_of(value) == str(unit) for value in values):
                return lambda row, name=name: abs(_sure(row[name])[0])  # type: ignore[misc]
    return None


def _in_turn(falling: list[Values]) -> list[Values]:
    """The highest load, the lowest, the second highest ...: the unit's mean temperature stays even."""
    half = math.ceil(len(falling) / 2)
    high, low = falling[:half], falling[half:][::-1]
    return [row for pair in zip(high, low, strict=False) for row in pair] + high[len(low) :]
