"""Every row of every command table says what the manual says: meaning, unit, range, form of the answer, source."""

import re

import pytest

from drivers.command import SWITCH, UNVERIFIED, Command, Span, Words
from drivers.registry import BUILT_IN, driver_class
from drivers.scpi_table import Table

TABLES = [table for name in BUILT_IN if isinstance(table := getattr(driver_class(name), "table", None), Table)]
ROWS = [row for table in TABLES for row in table.commands]
"""Of SCPI instruments; AK functions and registers have forms of their own."""
PLACE = re.compile(r"\d|\w\.(py|cpp)\b")  # a page, or a file of a public program; words alone cannot be looked up
FORMS = re.compile(r'NR[123]( \w+)?|NR1,"text"( \.{3})?|word|text|list|block|list or block|word or NR3')
EACH = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.text)


def test_the_tables_of_scpi_instruments_are_among_them() -> None:
    assert {"*IDN?", "SYSTem:LOCK", ":RATE", "OUTPut:PROTection:WDOG:STATe"} <= {row.text for row in ROWS}


@EACH
def test_a_row_is_whole(row: Command) -> None:
    assert row.purpose
    assert row.source.startswith(UNVERIFIED) or PLACE.search(row.source) or UNVERIFIED in row.source, row
    assert not row.reply or FORMS.fullmatch(row.reply), row
    assert row.asks or row.sets
    assert row.unit == "" or row.range != "" or not row.sets, f"{row.text} has a unit but no range"
    if isinstance(row.range, Span):
        assert row.range.low < row.range.high and row.sets
    if isinstance(row.range, Words):
        assert len(set(row.range.spellings)) == len(row.range.spellings)
    if row.range == SWITCH:
        assert row.reply in ("", "word", "NR1")
    if with_unit := re.fullmatch(r"NR[123] (\w+)", row.reply):
        assert with_unit[1] == row.unit


def test_ranges_read_as_a_manual_prints_them() -> None:
    assert str(Span(0.0, 1.02, "nominal voltage")) == "0 .. 102 % of nominal voltage"
    assert (str(Span(1, 3600)), str(SWITCH)) == ("1 .. 3600", "ON, OFF")
    assert Span(0.0, 1.1, "nominal power").bounds(1000.0) == (0.0, 1100.0)
