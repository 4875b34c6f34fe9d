"""Program messages: what an instrument reads. Units between semicolons, headers with levels, indices, arguments.

A header after ``;`` stays on its level unless it begins with ``:``; common commands (``*``) leave the level as it is
(SCPI-99 volume 1, 6.2.4). Quotes and blocks hide semicolons (IEEE 488.2, 7.7.5 and 7.7.6).
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from drivers.command import Command
from drivers.scpi_table import Table

_HEADER = re.compile(r"(\*[A-Za-z]+|:?[A-Za-z]+[0-9]{0,6}(?::[A-Za-z]+[0-9]{0,6})*)(\?)?(?:[ \t]+(.*))?", re.DOTALL)
_HIDING = re.compile(r"""[;"']|#[0-9]""")
_DIGITS = "0123456789"


class Unit(NamedTuple):
    """One unit of a message. ``command`` is ``None`` where the instrument knows no such header."""

    command: Command | None
    query: bool
    indices: tuple[int, ...]
    argument: str
    text: str


def units(table: Table, message: bytes) -> Iterator[Unit]:
    """The units of one message, in order, its end stripped. Any bytes are taken; what is no header has no command."""
    level: tuple[str, ...] = ()
    for text in split(message.decode("latin-1").strip("\r\n ")):
        match = _HEADER.fullmatch(text.strip(" \t"))
        if match is None:
            yield Unit(None, False, (), "", text)
            continue
        header, query, argument = match[1], match[2] is not None, (match[3] or "").strip()
        nodes = tuple(header.lstrip(":").upper().split(":"))
        if header.startswith("*"):
            yield _unit(table, nodes, query, argument, text)
            continue
        if not header.startswith(":"):
            nodes = (*level, *nodes)
        level = nodes[:-1]
        yield _unit(table, nodes, query, argument, text)


def _unit(table: Table, nodes: tuple[str, ...], query: bool, argument: str, text: str) -> Unit:
    names = [node.rstrip(_DIGITS) for node in nodes]
    digits = [node[len(name) :] for node, name in zip(nodes, names, strict=True)]
    found = table.find(":".join(names), query)
    if found is None or any(d and not i for d, i in zip(digits, found.indexed, strict=True)):
        return Unit(None, query, (), argument, text)
    indices = tuple(int(d or 1) for d, i in zip(digits, found.indexed, strict=True) if i)
    return Unit(found.command, query, indices, argument, text)


def split(text: str) -> list[str]:
    """At semicolons outside quotes and definite blocks; empty units are left out."""
    parts, start, at = [], 0, 0
    while (match := _HIDING.search(text, at)) is not None:
        at = match.end()
        if match[0] == ";":
            parts.append(text[start : match.start()])
            start = at
        elif match[0][0] == "#":
            at = _after_block(text, match.start())
        else:
            closing = text.find(match[0], at)
            at = len(text) if closing < 0 else closing + 1
    parts.append(text[start:])
    return [part for part in parts if part.strip()]


def _after_block(text: str, at: int) -> int:
    """Past the block that begins at ``at``: definite by its length, indefinite (``#0``) to the end."""
    digits = int(text[at + 1])
    count = text[at + 2 : at + 2 + digits]
    if digits == 0:
        return len(text)
    if len(count) < digits or not (count.isascii() and count.isdigit()):
        return at + 2
    return at + 2 + digits + int(count)
