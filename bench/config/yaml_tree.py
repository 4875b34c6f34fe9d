"""YAML 1.2 text -> plain data with the place of every key and value.

Only the parser's events of ruamel.yaml are used, and the tree is built here, without recursion: so depth, size and
number of nodes are bounded, nothing is ever constructed from a tag, and anchors (the stuff of YAML bombs) are refused.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from bench.base.errors import Problem

SIZE_MAX = 200_000  # characters; the largest sensible plan is some 50 kB, and a hostile one costs a second at most
DEPTH_MAX = 24
NODES_MAX = 20_000
KEY_LENGTH_MAX = 100
MESSAGE_LENGTH_MAX = 300

Path = tuple[str | int, ...]
Place = tuple[int, int]

# YAML 1.2 core schema; all other plain scalars are text ("yes", "4_0" and dates too)
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?", re.ASCII)
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(slots=True)
class Tree:
    """Plain data of one file; ``values`` and ``keys`` give line and column (from 1) by path.

    Of a plan that has grown: what stands at and below a path of ``files`` is from that file, and what stands below one
    of ``passes`` is there once for each pass of a sweep, whose values it names. What is wrong at or below a path of
    ``spoilt`` follows from something that is told already.
    """

    file: str
    data: Any = None
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    complete: bool = False  # whether the text could be read to its end
    files: dict[Path, str] = field(default_factory=dict)
    passes: dict[Path, str] = field(default_factory=dict)
    spoilt: set[Path] = field(default_factory=set)

    def place(self, path: Path, of_key: bool = False) -> Place:
        """Where ``path`` stands; where it is absent, the nearest enclosing thing that does."""
        if of_key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, (1, 1))

    def problem(self, path: Path, message: str, of_key: bool = False) -> Problem:
        """A problem at ``path``."""
        return Problem(self._file(path), *self.place(path, of_key), message)

    def told(self, found: Iterable[tuple[Path, str, bool]]) -> list[Problem]:
        """A problem for each (path, message, whether the key is meant); what is the same in many passes of a sweep is
        told once, with the values of the first."""
        first: dict[Problem, str] = {}
        for path, message, of_key in found:
            if self.spoilt and any(path[:n] in self.spoilt for n in range(1, len(path) + 1)):
                continue
            problem = self.problem(path, message, of_key)
            if problem not in first:
                first[problem] = "".join(f" (with {text})" for text in self._passes(path))
        return [Problem(p.file, p.line, p.column, p.message + values) for p, values in first.items()]

    def _file(self, path: Path) -> str:
        while path and path not in self.values:
            path = path[:-1]
        nearest = next((path[:n] for n in range(len(path), 0, -1) if path[:n] in self.files), None)
        return self.file if nearest is None else self.files[nearest]

    def _passes(self, path: Path) -> list[str]:
        if not self.passes:
            return []
        return [self.passes[path[:n]] for n in range(1, len(path) + 1) if path[:n] in self.passes]


@dataclass(slots=True)
class _Open:
    """A mapping or sequence that is still being read."""

    path: Path
    container: Any
    key: str | None = None
    awaits_key: bool = True


class _TooMuchError(Exception):
    pass


class _Builder:
    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._stack: list[_Open] = []
        self._nodes = 0
        self._documents = 0

    def feed(self, event: Any) -> None:
        """Take one event of the parser."""
        match event:
            case DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    self._refuse(event, "a second document starts here; a file holds one, so remove the '---'")
                    raise _TooMuchError
            case SequenceEndEvent() | MappingEndEvent():
                self._stack.pop()
            case NodeEvent():
                self._count(event)
                self._node(event)

    def _node(self, event: Any) -> None:
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            sign = "*" if isinstance(event, AliasEvent) else "&"
            self._refuse(event, f"anchors and aliases ({sign}{event.anchor}) are not allowed; write the value out")
        if getattr(event, "tag", None) and not str(event.tag).startswith("tag:yaml.org,2002:str"):
            self._refuse(event, f"tags ({event.tag}) are not allowed in plain data; remove it")
        match event:
            case MappingStartEvent():
                self._open(event, {})
            case SequenceStartEvent():
                self._open(event, [])
            case ScalarEvent():
                self._value(event, _scalar(event))
            case _:
                self._value(event, None)

    def _count(self, event: Any) -> None:
        self._nodes += 1
        if self._nodes > NODES_MAX or len(self._stack) > DEPTH_MAX:
            what = f"more than {NODES_MAX} values" if self._nodes > NODES_MAX else f"nested deeper than {DEPTH_MAX}"
            self._refuse(event, f"the file is {what}; split or simplify it")
            raise _TooMuchError

    def _open(self, event: Any, container: Any) -> None:
        path = self._value(event, container)
        self._stack.append(_Open(path, container))

    def _value(self, event: Any, value: Any) -> Path:
        """Put ``value`` where it belongs and return its path."""
        if not self._stack:
            self._tree.data = value
            path: Path = ()
        else:
            top = self._stack[-1]
            if isinstance(top.container, list):
                path = (*top.path, len(top.container))
                top.container.append(value)
            elif top.awaits_key:
                return self._key(event, top, value)
            else:
                top.awaits_key = True
                if top.key is None:  # the value of a refused key
                    return (*top.path, "?")
                path = (*top.path, top.key)
                top.container[top.key] = value
        block = isinstance(value, dict | list) and not event.flow_style
        # a block begins a line below its key; people look for the key
        self._tree.values[path] = self._tree.keys[path] if block and path in self._tree.keys else _place(event)
        return path

    def _key(self, event: Any, top: _Open, value: Any) -> Path:
        top.awaits_key, top.key = False, None
        if not isinstance(event, ScalarEvent) or len(event.value) > KEY_LENGTH_MAX:
            self._refuse(event, f"a key must be a short text (at most {KEY_LENGTH_MAX} characters)")
            return (*top.path, "?")
        path = (*top.path, event.value)
        if path in self._tree.keys:
            line = self._tree.keys[path][0]
            self._refuse(event, f"key {event.value!r} is given twice (first in line {line}); remove one")
            return path
        self._tree.keys[path] = _place(event)
        top.key = event.value
        return path

    def _refuse(self, event: Any, message: str) -> None:
        self._tree.problems.append(Problem(self._tree.file, *_place(event), _shown(message)))


def read_tree(text: str, file: str) -> Tree:
    """Parse ``text``. Mistakes of form are in ``problems``; what could be read is in ``data`` all the same."""
    tree = Tree(file)
    if len(text) > SIZE_MAX:
        tree.problems.append(Problem(file, 0, 0, f"has {len(text)} characters, more than {SIZE_MAX}; split it"))
        return tree
    builder = _Builder(tree)
    try:
        for event in _events(text):
            builder.feed(event)
        tree.complete = True
    except _TooMuchError:
        pass
    except (YAMLError, ValueError) as error:
        tree.problems.append(_syntax(error, text, file))
    return tree


def _events(text: str) -> Iterator[Any]:
    yield from YAML(typ="safe", pure=True).parse(text)


def _place(event: Any) -> Place:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _shown(message: str) -> str:
    """Short, and without control characters: a hostile file must not write to the terminal."""
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in message[: MESSAGE_LENGTH_MAX + 1])
    return text if len(message) <= MESSAGE_LENGTH_MAX else f"{text[:MESSAGE_LENGTH_MAX]}..."


def _scalar(event: Any) -> Any:
    text = event.value
    if event.style not in (None, "") or event.tag:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _code(character: int | str | bytes) -> int:
    return character if isinstance(character, int) else ord(character)


def _syntax(error: Exception, text: str, file: str) -> Problem:
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        why = ": ".join(part for part in (error.context, error.problem) if part)
        return Problem(file, mark.line + 1, mark.column + 1, _shown(f"no valid YAML: {why}"))
    if isinstance(error, ReaderError):
        before = text[: error.position]  # told here, because the reader counts from its own buffer
        line, column = before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1
        return Problem(
            file, line, column, f"character U+{_code(error.character):04X} is not allowed in YAML; remove it"
        )
    return Problem(file, 1, 1, _shown(f"no valid YAML: {str(error).splitlines()[0] if str(error) else 'unreadable'}"))
