"""The SCPI grammar of the emulators."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.emulators.instruments.scpi_tree import Row, ScpiTree


def _get(*_: object) -> bytes:
    return b"1"


def _set(*_: object) -> None:
    return None


TREE = ScpiTree(
    (
        Row(":NUMeric[:NORMal]:ITEM<x>", _set, _get),
        Row("[SOURce:]VOLTage:PROTection", _set, _get),
        Row("*RST", _set, None),
    )
)


@pytest.mark.parametrize(
    ("message", "indices"),
    [
        (b":NUM:ITEM3?\n", [(3,)]),
        (b":numeric:normal:item?\n", [(1,)]),
        (b":NUM:NORM:ITEM3?;ITEM4?\n", [(3,), (4,)]),
        (b":NUM:ITEM1?;*RST;ITEM2?\n", [(1,), (), (2,)]),
        (b'VOLT:PROT "a;b";PROT?;:SOUR:VOLT:PROT?\n', [(), (), ()]),
    ],
)
def test_forms_levels_and_indices(message: bytes, indices: list[tuple[int, ...]]) -> None:
    actions = TREE.resolve(message)
    assert [action.indices for action in actions] == indices
    assert all(action.get or action.set for action in actions)


@pytest.mark.parametrize("message", [b":NUME:ITEM1?\n", b":NUM2:ITEM1?\n", b"ITEM1?\n", b"*RST?\n", b"?\n", b":NUM:\n"])
def test_what_is_no_known_header(message: bytes) -> None:
    assert not any(action.get or action.set for action in TREE.resolve(message))


@given(st.binary(max_size=60))
def test_any_bytes_resolve(message: bytes) -> None:
    assert TREE.resolve(message) is not None
