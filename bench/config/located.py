"""Files -> checked models; every mistake of one pass with ``file:line:column`` and its remedy.

The only reader of plan, rig and DUT files. ``load`` gives the model; ``load_located`` also keeps places and text, so
that later checks (a plan against its DUT) can point into the file, and the run folder can hold exactly what was read.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from bench.base.errors import InputError, Problem
from bench.config.wording import findings
from bench.config.yaml_tree import SIZE_MAX, Path, Tree, read_tree

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Located(Generic[M]):
    """A checked model, the text it came from, and where everything stands in it."""

    value: M
    text: str
    tree: Tree

    def problem(self, path: Path, message: str) -> Problem:
        """A problem at ``path`` (keys and indices, as written in the file)."""
        return self.tree.problem(path, message)

    def problems(self, found: Iterable[tuple[Path, str]]) -> list[Problem]:
        """A problem for each (path, message); what is the same in many passes of a sweep is told once."""
        return self.tree.told((path, message, False) for path, message in found)


def load(source: FilePath | str, model: type[M], name: str | None = None) -> M:
    """The ``model`` in ``source``: a ``Path`` is read, a ``str`` is YAML text. Raises ``InputError`` with all problems.

    ``name`` is what messages call the file.
    """
    return load_located(source, model, name).value


def load_located(
    source: FilePath | str, model: type[M], name: str | None = None, context: Mapping[str, Any] | None = None,
    grown: Callable[[Tree], Tree] = lambda tree: tree,
) -> Located[M]:  # fmt: skip
    """As ``load``, with text and places; ``context`` is handed to the validators, ``grown`` makes of what is written
    what is validated."""
    text, file = (source, name or "<text>") if isinstance(source, str) else (_read(source, name), name or str(source))
    tree = read_tree(text, file)
    if tree.complete and tree.data is None:
        raise InputError([Problem(file, 1, 1, "is empty; it must hold a mapping (key: value)")])
    tree = grown(tree) if tree.complete else tree
    problems, value = list(tree.problems), None
    if tree.complete:
        try:
            value = model.model_validate(tree.data, context={**(context or {}), "file": True})
        except ValidationError as error:
            problems.extend(_without_echo(tree, _problems(error, model, tree)))
    if problems or value is None:
        raise InputError(problems)
    return Located(value, text, tree)


def _read(path: FilePath, name: str | None) -> str:
    file = name or str(path)
    try:
        if path.stat().st_size > SIZE_MAX:
            raise InputError([Problem(file, 0, 0, f"is larger than {SIZE_MAX} bytes; split it")])
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError([Problem(file, 0, 0, f"is no UTF-8 text (byte {error.start}); save it as UTF-8")]) from None
    except OSError as error:
        raise InputError([Problem(file, 0, 0, f"cannot be read: {error.strerror or error}")]) from None


def _problems(error: ValidationError, model: type[BaseModel], tree: Tree) -> list[Problem]:
    return tree.told((_existing(tree, path), text, of_key) for path, text, of_key in findings(error, model))


def _existing(tree: Tree, path: Path) -> Path:
    """``path`` without the parts that pydantic adds for its own use (names of union members and validators)."""
    kept: Path = ()
    for part in path:
        if (*kept, part) in tree.values:
            kept = (*kept, part)
    return kept


def _without_echo(tree: Tree, problems: list[Problem]) -> list[Problem]:
    """A broken form must not be told again by the model."""
    told = {(problem.line, problem.column) for problem in tree.problems}
    return [problem for problem in dict.fromkeys(problems) if (problem.line, problem.column) not in told]
