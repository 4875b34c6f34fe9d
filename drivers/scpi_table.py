"""Command tables of SCPI instruments: rows with long and short forms, optional nodes and indices, in one dialect.

``:NUMeric[:NORMal]:ITEM<x>`` means NUM:ITEM3, :NUMERIC:NORMAL:ITEM3, ... in any case, and nothing between the short
and the long form (SCPI-99 volume 1, 6.2.1). The driver writes headers from the table, the emulator finds them there.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from drivers.command import Command

_PART = re.compile(r"\[([^\]]*)\]|([^\[\]]+)")
_NODE = re.compile(r"(\*?[A-Za-z]+)(<x>)?")
_PATTERN = re.compile(r"(?:\*[A-Za-z]+|[A-Za-z:\[][A-Za-z:<>\[\]]*)\??")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one family speaks, beyond the standard.

    ``full``: headers are written with every node as the manual prints it, else in short form without optional nodes;
    ``colon``: a header at the start of a message begins with one; ``flat``: headers have no levels, so none needs a
    colon to begin at the root; ``commands_max``: how many a message may hold (0: any number); ``message_max``: bytes
    the instrument can take in one; ``pace_ns``: least time from an answer to the next message; ``undefined``: the error
    that an unknown header causes; ``no_data`` and ``over_range``: words for no value.
    """

    full: bool = False
    colon: bool = False
    flat: bool = False
    commands_max: int = 0
    pace_ns: int = 0
    message_max: int = 65_536
    undefined: tuple[int, str] = (-113, "Undefined header")
    no_data: bytes = b"9.91E+37"
    over_range: bytes = b"9.9E+37"


class Found(NamedTuple):
    """A row, and which of the nodes given carry an index."""

    command: Command
    indexed: tuple[bool, ...]


class Table:
    """Rows by ``name``, in the ``dialect`` of one family.

    Raises ``ValueError`` for two rows of one name or one spelling, or a text that is no header.
    """

    def __init__(self, dialect: Dialect, commands: Iterable[Command]) -> None:
        self.dialect = dialect
        self.commands = tuple(commands)
        self.rows: Mapping[str, Command] = {command.name: command for command in self.commands}
        if len(self.rows) != len(self.commands):
            raise ValueError("two rows of the command table have one name; every row needs its own")
        self._texts = {command.name: _written(command.text, dialect.full) for command in self.commands}
        self._found: dict[tuple[str, bool], Found] = {}
        for command in self.commands:
            self._enter(command)

    def _enter(self, command: Command) -> None:
        if _PATTERN.fullmatch(command.text) is None:
            raise ValueError(f"{command.text!r} is no SCPI header; write it as the manual prints it")
        ways = [query for query, possible in ((False, command.sets), (True, command.asks)) if possible]
        for spelling, indexed in spellings(command.text):
            for query in ways:
                other = self._found.setdefault((spelling, query), Found(command, indexed)).command
                if other is not command:
                    raise ValueError(f"{command.text!r} and {other.text!r} can both be spelled {spelling!r}")

    def find(self, spelling: str, query: bool) -> Found | None:
        """The row of a header in capitals without indices (``NUM:ITEM``), set or asked; ``None``: undefined."""
        return self._found.get((spelling, query))

    def header(self, name: str, *indices: int) -> str:
        """The header as the driver writes it, with its indices in order: ``:MOTor1:SYNChronize``, ``VOLT``."""
        parts = self._texts[name].split("<x>")
        if len(parts) != len(indices) + 1:
            raise ValueError(f"{self.rows[name].text} has {len(parts) - 1} indices, {len(indices)} were given")
        text = parts[0] + "".join(f"{index}{part}" for index, part in zip(indices, parts[1:], strict=True))
        return f":{text}" if self.dialect.colon and not text.startswith((":", "*")) else text

    def question(self, *names: str) -> bytes:
        """One message that asks for all of ``names``."""
        return self.message(*(f"{self.header(name)}?" for name in names))

    def message(self, *units: str) -> bytes:
        """One message of ``units``, each from the root of the tree. Raises ``ValueError`` if the dialect forbids it."""
        most = self.dialect.commands_max
        if most and len(units) > most:
            raise ValueError(f"this instrument takes {most} commands a message, not {len(units)}")
        bare = range(len(units)) if self.dialect.flat else (0,)
        text = ";".join(
            unit if i in bare or unit.startswith((":", "*")) else f":{unit}" for i, unit in enumerate(units)
        )
        if len(text) >= self.dialect.message_max:
            raise ValueError(f"{len(text)} bytes in one message; the instrument takes {self.dialect.message_max}")
        return text.encode("ascii") + b"\n"


def short(node: str) -> str:
    """The short form of a node or word: its capitals, ``NUM`` of ``NUMeric``."""
    return "".join(letter for letter in node if not letter.islower())


def spellings(pattern: str) -> Iterator[tuple[str, tuple[bool, ...]]]:
    """Every way to write ``pattern``, in capitals without indices, and which nodes carry an index."""
    choices: list[list[tuple[tuple[str, bool], ...]]] = []
    for optional, nodes in _parts(pattern):
        forms = [[((form, index),) for form in dict.fromkeys((short(node), node.upper()))] for node, index in nodes]
        whole = [tuple(node for chosen in way for node in chosen) for way in product(*forms)]
        choices.append([(), *whole] if optional else whole)
    for way in product(*choices):
        chosen = [node for part in way for node in part]
        yield ":".join(name for name, _ in chosen), tuple(index for _, index in chosen)


def _parts(pattern: str) -> Iterator[tuple[bool, list[tuple[str, bool]]]]:
    """Stretches of the pattern: whether it may be left out, and its nodes."""
    for optional, plain in _PART.findall(pattern):
        nodes = [(node, bool(index)) for node, index in _NODE.findall(optional or plain)]
        if nodes:
            yield bool(optional), nodes


def _written(pattern: str, full: bool) -> str:
    text = pattern.rstrip("?")
    if full:
        return text.replace("[", "").replace("]", "")
    nodes = [node for optional, part in _parts(text) if not optional for node in part]
    return ":".join(short(node) + "<x>" * index for node, index in nodes)
