"""The gate in front of the parser: it bounds what would make the parser hang, and takes out what it would refuse.

The parser gets a text in which every message can be laid out at once. What stands out of bounds is taken out with its
place and a remedy; multiplexing is read here, since the parser lays out every page of every multiplexer.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from bench.base.errors import InputError, Problem
from bench.canbus.message import EXTENDED, LENGTH_MAX, STANDARD_MAX
from bench.canbus.multiplexing import Marks, Ranges

INDEPENDENT = "VECTOR__INDEPENDENT_SIG_MSG"
"""The message in which Vector's tools keep signals without a message."""

TEXT_MAX = 10_000  # characters of one comment; the parser takes 150 bytes of memory for each
TOKENS_MAX = 400_000  # the largest public car databases have half of them
MESSAGES_MAX = 10_000
NODES_MAX = 2_000
SENDERS_MAX = 200  # of one message
SIGNALS_MAX = 1_000  # of one message: multiplexed ones have hundreds

_TEXT_OR_REMARK = re.compile(r'"(?:[^"\\]++|\\"?+)*+"|//[^\n]*')
_TOKEN = re.compile(r"[\w.]+|[^\s\w.]")
_HUGE = re.compile(r"[\d._][eE]\+?[\d_]{4,}")
_HUGE_TEXT = re.compile(r'"\s*[-+]?[\d._]+[eE]\+?[\d_]{4,}\s*"')
_WHOLE = re.compile(
    r"(?<![\w.])BO_\s+(?P<id>[-+]?\d+)\s+(?P<message>\w+)\s*:\s*(?P<length>[-+]?\d+)(?![\w.])"
    r"|(?<![\w.])SG_\s+(?P<signal>\w+)(?:\s+(?P<mark>\w+))?\s*:"
    r"\s*(?P<start>[-+]?\d+)\s*\|\s*(?P<bits>[-+]?\d+)\s*@"
)
_BEGUN = re.compile(r"^[ \t]*((?P<signal>SG_)|BO_[ \t]+(?P<id>\d+)[ \t]+(?P<message>\w+))(?!\w)", re.MULTILINE)
_STATEMENT = re.compile(r"(?<![\w.])(?!SG_\b)[A-Z]+(?:_[A-Z]+)*_(?!\w)|\Z")
_OF_SIGNAL = re.compile(r"(?<![\w.])(?:VAL_|SIG_VALTYPE_)\s+(\d+)\s+(\w+)[^;]*;?")
_PAGES = re.compile(r"(?<![\w.])SG_MUL_VAL_\s+(\d+)\s+(\w+)\s+(\w+)\s+([^;]*);?")
_RANGES = re.compile(r"\s*\d{1,18}\s*-\s*\d{1,18}(?:\s*,\s*\d{1,18}\s*-\s*\d{1,18})*\s*")
_DEFINED = re.compile(r'(?<![\w.])BA_DEF_(?:REL_)?\s+(?:\w+_\s+)?("[^"]*")')
_ATTRIBUTE = re.compile(r'(?<![\w.])BA_(?:REL_)?\s+("[^"]*")[^;]*;?')
_NODES = re.compile(r"(?<![\w.])BU_\s*:([\s\w]*)")
_SENDERS = re.compile(r"(?<![\w.])BO_TX_BU_\s+(\d+)\s*:([^;]*);?")


@dataclass(slots=True)
class Block:
    """One message of the file as the gate sees it; ``marks`` has each signal's multiplexing, in the file's order."""

    line: int
    id: int
    name: str
    begin: int
    end: int
    marks: Marks = field(default_factory=Marks)
    opened: int = 0
    reason: str = ""


@dataclass(slots=True)
class Admitted:
    """What the parser may read, the messages in it and those that were taken out, and what else is wrong, by line."""

    text: str
    blocks: list[Block]
    findings: list[tuple[int, str]]


class _Lines:
    """Lines of places in a text."""

    def __init__(self, text: str) -> None:
        self._breaks = np.flatnonzero(np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32) == ord("\n"))

    def at(self, place: int) -> int:
        """The line of ``place``, from 1."""
        return int(np.searchsorted(self._breaks, place)) + 1


def admit(text: str, name: str) -> Admitted:
    """What of ``text`` may go to the parser. Raises ``InputError`` for what no part can be taken out of."""
    shell = _TEXT_OR_REMARK.sub(_blank, text)
    lines = _Lines(text)
    if problems := list(_endless(text, shell, lines, name)):
        raise InputError(problems)
    blocks = list(_blocks(shell, lines))
    if len(blocks) > MESSAGES_MAX:
        raise InputError([Problem(name, 0, 0, f"has {len(blocks)} messages; at most {MESSAGES_MAX} are read")])
    edits, findings = list(_without(blocks)), []
    for begin, end, new, told in (*_repairs(text, shell, blocks), *_short_texts(text)):
        edits.append((begin, end, new))
        findings += [(lines.at(begin), told)] if told else []
    return Admitted(_edited(text, edits), blocks, findings)


def _blank(match: re.Match[str]) -> str:
    """As long as it was, and with its line ends: places stay the same."""
    blank = "\n".join(" " * len(line) for line in match[0].split("\n"))
    return f'"{blank[1:-1]}"' if match[0][0] == '"' else blank


def _edited(text: str, edits: list[tuple[int, int, str]]) -> str:
    parts, last = [], 0
    for begin, end, new in sorted(edits):
        if begin >= last:  # what lies in a part that is out already needs no edit of its own
            parts += [text[last:begin], new]
            last = end
    return "".join([*parts, text[last:]])


def _endless(text: str, shell: str, lines: _Lines, name: str) -> Iterator[Problem]:
    """What would take the parser minutes or all memory, and belongs to no message."""
    if shell.count('"') % 2:
        yield Problem(name, lines.at(shell.rindex('"')), 1, "text without an end; is the file cut off?")
    if sum(1 for _ in islice(_TOKEN.finditer(shell), TOKENS_MAX + 1)) > TOKENS_MAX:
        yield Problem(name, 0, 0, f"has more than {TOKENS_MAX} words and signs; is it a DBC file?")
    for pattern, where in ((_HUGE, shell), (_HUGE_TEXT, text)):
        for match in pattern.finditer(where):
            yield Problem(name, lines.at(match.start()), 1, f"number {match[0][:40]} with an exponent of four digits")
    for match in _NODES.finditer(shell):
        if (count := len(match[1].split())) > NODES_MAX:
            yield Problem(name, lines.at(match.start()), 1, f"has {count} nodes; at most {NODES_MAX} are read")
    senders: dict[str, int] = {}
    for match in _SENDERS.finditer(shell):
        senders[match[1]] = senders.get(match[1], 0) + match[2].count(",") + 1
        if senders[match[1]] > SENDERS_MAX:
            yield Problem(name, lines.at(match.start()), 1, f"gives message {match[1]} more than {SENDERS_MAX} senders")


def _blocks(shell: str, lines: _Lines) -> Iterator[Block]:
    """All messages the file begins, also those that the parser would not understand."""
    begun = {match.start(1): match for match in _BEGUN.finditer(shell)}
    whole = {match.start(): match for match in _WHOLE.finditer(shell)}
    block = None
    for begin, match in sorted((begun | whole).items()):
        found = match.groupdict()
        if found["message"]:
            if block is not None:
                yield _closed(block, shell)
            block = Block(lines.at(begin), int(found["id"][:20]), found["message"], begin, match.end())
            block.reason = _header_reason(block, found.get("length"))
        elif block is not None:
            block.opened += 1
            block.end = match.end()
            if "mark" in found:
                place = match.span("mark") if found["mark"] else (begin, begin)
                block.marks.add(found["signal"], found["mark"] or "", place)
                block.reason = block.reason or _signal_reason(match)
    if block is not None:
        yield _closed(block, shell)


def _closed(block: Block, shell: str) -> Block:
    """With its end, and all reasons known."""
    last = _STATEMENT.search(shell, block.end)
    block.end = last.start() if last else len(shell)
    if block.opened > SIGNALS_MAX:
        block.reason = f"has {block.opened} signals; at most {SIGNALS_MAX} are read"
    return block


def _header_reason(block: Block, length: str | None) -> str:
    if block.name == INDEPENDENT or length is None:
        return ""
    if len(length) > 5 or not 0 <= int(length) <= LENGTH_MAX:
        return f"has {length[:20]} bytes; CAN FD carries at most {LENGTH_MAX}"
    bare = block.id & ~EXTENDED
    if block.id < 0 or bare > (0x1FFF_FFFF if block.id & EXTENDED else STANDARD_MAX):
        return f"has the id {block.id}; standard ids end at {STANDARD_MAX}, extended ones have 29 bits and bit 31 set"
    return ""


def _signal_reason(match: re.Match[str]) -> str:
    start, bits = match["start"], match["bits"]
    if len(start) > 5 or len(bits) > 5 or not (0 <= int(start) < 8 * LENGTH_MAX and 1 <= int(bits) <= 8 * LENGTH_MAX):
        return f"has signal {match['signal']} at bit {start[:20]} with {bits[:20]} bits, which fits no CAN frame"
    if match["mark"] and not re.fullmatch(r"M|m\d{1,18}M?", match["mark"], re.ASCII):
        return f"has signal {match['signal']} with the multiplexer mark {match['mark']}; known are M, m0 and m0M"
    return ""


def _without(blocks: list[Block]) -> Iterator[tuple[int, int, str]]:
    """The edits that take out messages with a reason, and all marks."""
    for block in blocks:
        if block.reason:
            yield block.begin, block.end, "\n"
        else:
            for begin, end in block.marks.places:
                if begin < end:
                    yield begin, end, ""


def _repairs(text: str, shell: str, blocks: list[Block]) -> Iterator[tuple[int, int, str, str]]:
    """Statements that the parser must not see: (begin, end, new, finding)."""
    known: dict[int, Block] = {}
    for block in blocks:
        known.setdefault(block.id, block)
    for match in _PAGES.finditer(shell):
        owner = known.get(int(match[1][:20]))
        if _RANGES.fullmatch(match[4]):
            told = "" if owner else f"SG_MUL_VAL_ for message {match[1]}, which is not in the file; take it out"
            yield match.start(), match.end(), "", told
            if owner:
                owner.marks.add_pages(match[2], match[3], _ranges(match[4]))
    for match in _OF_SIGNAL.finditer(shell):
        owner = known.get(int(match[1][:20]))
        what, signal = match[0].split(maxsplit=1)[0], match[2]
        gone = owner is not None and (bool(owner.reason) or owner.name == INDEPENDENT)
        if gone or owner is None or signal not in owner.marks.names:
            told = f"{what} for signal {signal} of message {match[1]}, which is not in the file; take it out"
            yield match.start(), match.end(), "", "" if gone else told
    defined = {text[slice(*match.span(1))] for match in _DEFINED.finditer(shell)}
    for match in _ATTRIBUTE.finditer(shell):
        if (attribute := text[slice(*match.span(1))]) not in defined:
            yield match.start(), match.end(), "", f"attribute {attribute[:80]} is nowhere defined; add its BA_DEF_"


def _ranges(text: str) -> Ranges:
    return tuple((int(a), int(b)) for a, b in re.findall(r"(\d+)\s*-\s*(\d+)", text))


def _short_texts(text: str) -> Iterator[tuple[int, int, str, str]]:
    for match in _TEXT_OR_REMARK.finditer(text):
        if len(match[0]) > TEXT_MAX and match[0][0] == '"':
            told = f"a text of {len(match[0])} characters is cut to {TEXT_MAX}; shorten it"
            yield match.start(), match.end(), '"' + match[0][1:TEXT_MAX].rstrip("\\") + '"', told
