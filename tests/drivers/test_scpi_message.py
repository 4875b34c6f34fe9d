"""Program messages against a command table: forms, levels, indices, quotes and blocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.command import Command
from drivers.scpi_message import split, units
from drivers.scpi_table import Dialect, Table

TABLE = Table(
    Dialect(),
    (
        Command("item", ":NUMeric[:NORMal]:ITEM<x>", "", reply="word"),
        Command("protection", "[SOURce:]VOLTage:PROTection", "", reply="NR2"),
        Command("reset", "*RST", ""),
        Command("measure", "MEASure[:SCALar:VOLTage]:DC?", "", reply="NR2"),
    ),
)


@pytest.mark.parametrize(
    ("message", "indices"),
    [
        (b":NUM:ITEM3?\n", [(3,)]),
        (b":numeric:normal:item?\n", [(1,)]),
        (b":NUM:NORM:ITEM3?;ITEM4?\n", [(3,), (4,)]),
        (b":NUM:ITEM1?;*RST;ITEM2?\n", [(1,), (), (2,)]),
        (b'VOLT:PROT "a;b";PROT?;:SOUR:VOLT:PROT?\n', [(), (), ()]),
        (b"VOLT:PROT 'a;b';PROT #13;;;;PROT?\r\n", [(), (), ()]),
        (b"MEAS:DC?;:MEASURE:SCALAR:VOLT:DC?\n", [(), ()]),
    ],
)
def test_forms_levels_and_indices(message: bytes, indices: list[tuple[int, ...]]) -> None:
    found = list(units(TABLE, message))
    assert [unit.indices for unit in found] == indices
    assert all(unit.command for unit in found)


@pytest.mark.parametrize(
    "message",
    [
        b":NUME:ITEM1?\n",
        b":NUM2:ITEM1?\n",
        b"ITEM1?\n",
        b"*RST?\n",
        b"?\n",
        b":NUM:\n",
        b"MEAS:SCAL:DC?\n",
        b"MEAS:DC 1\n",
        b":NUM:ITEM" + b"9" * 5000 + b"?\n",
    ],
)
def test_what_is_no_known_header(message: bytes) -> None:
    assert not any(unit.command for unit in units(TABLE, message))


@given(st.binary(max_size=60))
def test_any_bytes_resolve(message: bytes) -> None:
    assert list(units(TABLE, message)) is not None


@given(st.text("aA;\"'#0123 ", max_size=40))
def test_splitting_loses_no_letter_but_semicolons(text: str) -> None:
    parts = split(text)
    assert "".join(parts).replace(";", "").replace(" ", "") == text.replace(";", "").replace(" ", "")


def test_headers_are_written_in_the_dialect() -> None:
    full = Table(Dialect(full=True, colon=True), TABLE.commands)
    assert (TABLE.header("item", 3), full.header("item", 3)) == ("NUM:ITEM3", ":NUMeric:NORMal:ITEM3")
    assert (TABLE.header("protection"), full.header("protection")) == ("VOLT:PROT", ":SOURce:VOLTage:PROTection")
    assert TABLE.question("protection", "measure") == b"VOLT:PROT?;:MEAS:DC?\n"
    assert TABLE.message("*RST", "VOLT:PROT 1") == b"*RST;:VOLT:PROT 1\n"
    with pytest.raises(ValueError, match="has 1 indices, 0 were given"):
        TABLE.header("item")
    with pytest.raises(ValueError, match="takes 1 commands a message, not 2"):
        Table(Dialect(commands_max=1), TABLE.commands).question("protection", "measure")
    with pytest.raises(ValueError, match="the instrument takes 20"):
        Table(Dialect(message_max=20), TABLE.commands).question("protection", "measure")


@given(st.data())
def test_every_spelling_of_a_row_is_found_and_what_the_driver_writes_is_one(data: st.DataObject) -> None:
    full = Table(Dialect(full=True, colon=True), TABLE.commands)
    table = data.draw(st.sampled_from([TABLE, full]))
    row = data.draw(st.sampled_from(table.commands))
    indices = [data.draw(st.integers(0, 999))] * row.text.count("<x>")
    text = table.header(row.name, *indices) + "?" * row.asks
    text = "".join(data.draw(st.sampled_from([letter.upper(), letter.lower()])) for letter in text)
    (unit,) = units(table, text.encode() + b"\n")
    assert unit.command is row
    assert list(unit.indices) == indices


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ((Command("a", "VOLTage", ""), Command("a", "CURRent", "")), "have one name"),
        ((Command("a", "VOLTage", ""), Command("b", "[SOURce:]VOLTage", "")), "can both be spelled 'VOLT'"),
        ((Command("a", "volt age", ""),), "is no SCPI header"),
    ],
)
def test_a_table_that_cannot_be_is_refused(rows: tuple[Command, ...], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Table(Dialect(), rows)
