"""SCPI grammar of an emulated instrument: a command table with short and long forms, levels, indices and queries.

``:NUMeric[:NORMal]:ITEM<x>`` is understood as NUM:ITEM3, :NUMERIC:NORMAL:ITEM3, ... in any case; a header after ``;``
stays on its level unless it begins with ``:`` (SCPI-99 volume 1, 6.2.4). Whole messages are resolved once and kept.
"""

import re
from collections.abc import Callable, Iterator
from itertools import product
from typing import NamedTuple

Setter = Callable[[tuple[int, ...], str, int], None]
"""(indices, argument, t_ns) -> None; raises ``ScpiError`` to put an entry into the error queue."""
Getter = Callable[[tuple[int, ...], str, int], bytes]

_NODE = re.compile(r"(\[)?:?([A-Za-z*]+)(<x>)?:?(\])?")
_HEADER = re.compile(r"(\*[A-Za-z]+|:?[A-Za-z]+[0-9]*(?::[A-Za-z]+[0-9]*)*)(\?)?(?:[ \t]+(.*))?", re.DOTALL)
_MESSAGES_KEPT = 1024


class ScpiError(Exception):
    """An entry for the error queue."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code, self.text = code, text


class Row(NamedTuple):
    """One line of the command table."""

    pattern: str
    set: Setter | None
    get: Getter | None


class Action(NamedTuple):
    """One resolved program message unit. ``set`` or ``get`` is ``None``; both: the header is not known."""

    set: Setter | None
    get: Getter | None
    indices: tuple[int, ...]
    argument: str
    header: str


class ScpiTree:
    """Resolves messages into actions."""

    def __init__(self, rows: tuple[Row, ...]) -> None:
        self._known: dict[str, tuple[Row, tuple[bool, ...]]] = {}
        for row in rows:
            for key, indexed in _spellings(row.pattern):
                self._known[key] = (row, indexed)
        self._kept: dict[bytes, tuple[Action, ...]] = {}

    def resolve(self, message: bytes) -> tuple[Action, ...]:
        """The actions of one message, in order."""
        actions = self._kept.get(message)
        if actions is None:
            actions = tuple(self._units(message.decode("latin-1").strip("\r\n ")))
            if len(self._kept) >= _MESSAGES_KEPT:
                self._kept.clear()
            self._kept[message] = actions
        return actions

    def _units(self, text: str) -> Iterator[Action]:
        level: tuple[str, ...] = ()
        for unit in _split(text):
            match = _HEADER.fullmatch(unit.strip())
            if match is None:
                yield Action(None, None, (), "", unit)
                continue
            header, query, argument = match[1], match[2] is not None, (match[3] or "").strip()
            nodes = tuple(header.lstrip(":").upper().split(":"))
            if not header.startswith((":", "*")):
                nodes = (*level, *nodes)
            if not header.startswith("*"):
                level = nodes[:-1]
            yield self._action(nodes, query, argument, unit)

    def _action(self, nodes: tuple[str, ...], query: bool, argument: str, unit: str) -> Action:
        names = [node.rstrip("0123456789") for node in nodes]
        found = self._known.get(":".join(names))
        digits = [node[len(name) :] for node, name in zip(nodes, names, strict=True)]
        if found is None or any(d and not i for d, i in zip(digits, found[1], strict=True)):
            return Action(None, None, (), argument, unit)
        row, indexed = found
        indices = tuple(int(d or 1) for d, i in zip(digits, indexed, strict=True) if i)
        return Action(None if query else row.set, row.get if query else None, indices, argument, unit)


def _split(text: str) -> list[str]:
    """At semicolons outside quotes."""
    units, quoted, start = [], False, 0
    for i, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif letter == ";" and not quoted:
            units.append(text[start:i])
            start = i + 1
    units.append(text[start:])
    return [unit for unit in units if unit.strip()]


def _spellings(pattern: str) -> Iterator[tuple[str, tuple[bool, ...]]]:
    choices = []
    for optional, node, index, _ in _NODE.findall(pattern):
        short = "".join(letter for letter in node if not letter.islower())
        forms: list[tuple[str, bool] | None] = [(form, bool(index)) for form in dict.fromkeys((short, node.upper()))]
        choices.append([None, *forms] if optional else forms)
    for chosen in product(*choices):
        nodes = [node for node in chosen if node is not None]
        yield ":".join(name for name, _ in nodes), tuple(index for _, index in nodes)
