"""The text of an expression as tokens with their columns. Bounded; every refusal names the column and a remedy."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bench.base.units import SPELLINGS
from bench.config.suggest import nearest

LENGTH_MAX = 1000
TOKENS_MAX = 300
KEYWORDS = ("and", "or", "not")

_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_LONGEST_FIRST = "|".join(re.escape(spelling) for spelling in sorted(SPELLINGS, key=len, reverse=True))
_UNIT = re.compile(rf"\s*({_LONGEST_FIRST})(?![\w°²])")
_WORD = re.compile(r"\s*([^\W\d][\w²/]*|[_°µμΩ][\w°²/]*)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*", re.ASCII)
_SIGN = re.compile(r"<=|>=|==|!=|[-+*/<>(),]")
_SPACE = re.compile(r"\s*")
_MEANT = {
    "&": "write 'and'",
    "|": "write 'or'",
    "!": "write 'not'",
    "=": "write '==' for a state, '>=' or '<=' for a quantity",
    "^": "write a product",
    "≤": "write '<='",
    "≥": "write '>='",
    "−": "write '-'",
    "·": "write '*'",
}


class ExpressionError(ValueError):
    """An expression that is none: ``column`` (from 1) inside the text, what is wrong there, and what to write."""

    def __init__(self, column: int, message: str) -> None:
        self.column, self.message = column, message
        super().__init__(f"column {column}: {message}" if column else message)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text; a ``number`` has its unit with it."""

    kind: Literal["number", "name", "sign", "end"]
    text: str
    column: int


def tokens(text: str) -> list[Token]:
    """All of them, and one of kind ``end``. Raises ``ExpressionError``."""
    if len(text) > LENGTH_MAX:
        raise ExpressionError(0, f"an expression of {len(text)} characters; write {LENGTH_MAX} at most, or several")
    found = list(_tokens(text))
    if len(found) > TOKENS_MAX:
        raise ExpressionError(0, f"an expression of {len(found)} parts; write {TOKENS_MAX} at most, or several")
    return found


def _tokens(text: str) -> Iterator[Token]:
    place = _after_space(text, 0)
    while place < len(text):
        if number := _NUMBER.match(text, place):
            end = _end_of_unit(text, number.end())
            yield Token("number", text[place:end], place + 1)
        elif name := _NAME.match(text, place):
            end = name.end()
            yield Token("name", name[0], place + 1)
        elif sign := _SIGN.match(text, place):
            end = sign.end()
            yield Token("sign", sign[0], place + 1)
        else:
            meant = _MEANT.get(text[place], "leave it out")
            raise ExpressionError(place + 1, f"{text[place]!r} has no meaning in an expression; {meant}")
        place = _after_space(text, end)
    yield Token("end", "", len(text) + 1)


def _end_of_unit(text: str, place: int) -> int:
    """Where the unit behind a number ends, or the number itself where none stands."""
    if unit := _UNIT.match(text, place):
        return unit.end()
    word = _WORD.match(text, place)
    if word and word[1] not in KEYWORDS:
        raise ExpressionError(word.start(1) + 1, f"unit {word[1]!r} is not known; {_unit_meant(word[1])}")
    return place


def _unit_meant(word: str) -> str:
    same = next((spelling for spelling in SPELLINGS if spelling.casefold() == word.casefold()), None)
    found = f"did you mean {same!r}?" if same else nearest(word, SPELLINGS)
    return found or "write a unit such as 'rpm', 'Nm', '°C', 'K', 's', or an operator"


def _after_space(text: str, place: int) -> int:
    space = _SPACE.match(text, place)
    return space.end() if space else place
