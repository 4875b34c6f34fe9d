"""Every row of a command table has its behaviour in the emulator, and every behaviour its row."""

import pytest

from bench.emulators.instruments.behaviour import Behaviour, Behaviours
from drivers.command import Command
from drivers.scpi_table import Dialect, Table

TABLE = Table(Dialect(), (Command("voltage", "[SOURce:]VOLTage", "", reply="NR2"), Command("reset", "*RST", "")))


def _get(*_: object) -> bytes:
    return b"1"


def _set(*_: object) -> None:
    return None


WHOLE = {"voltage": Behaviour(_set, _get), "reset": Behaviour(_set)}


def test_all_rows_and_behaviours_agree() -> None:
    Behaviours(TABLE, WHOLE)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"reset": Behaviour(_set)}, "voltage"),
        ({**WHOLE, "current": Behaviour(_set)}, "current"),
        ({**WHOLE, "voltage": Behaviour(_set)}, "voltage"),
        ({**WHOLE, "reset": Behaviour(_set, _get)}, "reset"),
    ],
)
def test_a_row_without_its_behaviour_and_a_behaviour_without_its_row_are_named(
    wrong: dict[str, Behaviour], named: str
) -> None:
    with pytest.raises(ValueError, match=f"differ in {named};"):
        Behaviours(TABLE, wrong)


def test_a_message_is_resolved_once() -> None:
    behaviours = Behaviours(TABLE, WHOLE)
    first = behaviours.resolve(b"VOLT 1;VOLT?;:NONSENSE\n")
    assert behaviours.resolve(b"VOLT 1;VOLT?;:NONSENSE\n") is first
    assert [(a.set is _set, a.get is _get, a.argument) for a in first] == [
        (True, False, "1"),
        (False, True, ""),
        (False, False, ""),
    ]
