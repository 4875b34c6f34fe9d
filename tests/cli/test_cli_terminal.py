"""What comes from files and devices reaches the terminal without orders for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.cli.terminal import clean


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07name", "name"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b2Jcleared", "cleared"),
        ("a\rb\x08c", "abc"),
        ("\u202egnp.exe", "gnp.exe"),
        ("45 °C, Δ 3 µs\n\tdone", "45 °C, Δ 3 µs\n\tdone"),
        ("\x1bPq#0\x1b\\sixel", "sixel"),
    ],
)
def test_escape_sequences_are_taken_out(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(st.text())
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    left = clean(text)
    assert not any((ord(letter) < 32 and letter not in "\n\t") or 0x7F <= ord(letter) < 0xA0 for letter in left)
    assert clean(left) == left
