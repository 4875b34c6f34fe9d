"""Tables of the report: which value stands in which column, and how it is written."""

from collections.abc import Sequence
from typing import NamedTuple

from bench.record.points import Row

Cell = tuple[str, str, float | None]
"""Text, uncertainty text, and the share (0..1) for the bar behind an efficiency."""


class TableColumn(NamedTuple):
    """One column of a table: head, unit, where its value is, factor, digits; ``bar``: with a bar behind (0..1)."""

    head: str
    unit: str
    key: str
    factor: float = 1.0
    digits: int = 1
    uncertainty: str = ""
    bar: bool = False


def present(columns: Sequence[TableColumn], rows: Sequence[Row]) -> list[TableColumn]:
    """Those of which any row has a value."""
    return [column for column in columns if any(row.get(column.key) is not None for row in rows)]


def cell(row: Row, column: TableColumn) -> Cell:
    """The row's value as it stands in the table; empty where there is none."""
    value = row.get(column.key)
    if value is None:
        return "", "", None
    text = f"{column.factor * value:.{column.digits}f}".replace("-", "−")
    if not column.uncertainty:
        return text, "", None
    uncertainty = row.get(column.uncertainty)
    more = f"± {column.factor * uncertainty:.{column.digits}f}" if uncertainty is not None else ""
    return text, more, float(value) if column.bar else None
