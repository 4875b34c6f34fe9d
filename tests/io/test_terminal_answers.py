"""Answers typed at a terminal: whole lines only, nothing from before the question, and a terminal that goes away."""

import io
import os
from collections.abc import Iterator

import pytest

from bench.io.terminal_answers import TerminalAnswers

if not hasattr(os, "openpty"):
    raise RuntimeError("these tests need a pseudo terminal")


@pytest.fixture
def typed() -> Iterator[tuple[int, TerminalAnswers, list[str]]]:
    """The keyboard's end, the answers, and what was said."""
    keyboard, terminal = os.openpty()
    said: list[str] = []
    with open(terminal) as stream:
        yield keyboard, TerminalAnswers(stream, said.append), said
    os.close(keyboard)


def until_line(answers: TerminalAnswers) -> str | None:
    """A pseudo terminal takes its time; at most 5 s."""
    import time

    for _ in range(500):
        if (found := answers.take()) is not None:
            return found
        time.sleep(0.01)
    return None


def test_a_line_is_an_answer_and_half_a_line_is_none(typed: tuple[int, TerminalAnswers, list[str]]) -> None:
    keyboard, answers, said = typed
    answers.ask("is the cover on?", ("yes", "no"))
    assert said == ["\ais the cover on? [yes / no]: "]
    os.write(keyboard, b"ye")
    assert answers.take() is None
    os.write(keyboard, b"s\nno\n")
    assert until_line(answers) == "yes" and until_line(answers) == "no" and answers.take() is None


def test_what_was_typed_before_the_question_is_forgotten(typed: tuple[int, TerminalAnswers, list[str]]) -> None:
    keyboard, answers, _ = typed
    os.write(keyboard, b"yes\n")
    assert until_line(answers) == "yes"  # the terminal has taken it in
    os.write(keyboard, b"no\n")
    while not answers._typed:
        answers._read()
    answers.ask("go?", ())
    assert answers.take() is None


def test_without_a_terminal_nobody_answers_and_nothing_is_said() -> None:
    said: list[str] = []
    answers = TerminalAnswers(io.StringIO("yes\n"), said.append)
    answers.ask("go?", ())
    assert not answers.present and answers.take() is None and said == []


def test_a_terminal_that_goes_away_gives_no_answers() -> None:
    keyboard, terminal = os.openpty()
    stream = open(terminal)  # noqa: SIM115
    answers = TerminalAnswers(stream, lambda _text: None)
    os.close(keyboard)
    assert answers.take() is None
    stream.close()
    assert not answers.present and answers.take() is None
