"""Parameters of a plan: names with a default, set from the command line or by the plan that calls; ``$name`` is one.

A value stays what is written (``3000 rpm``, 5, a text, a list); its unit, or that it is a text, is its kind, and who
sets a parameter gives a value of the same kind.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field, model_validator

from bench.base.units import Unit, UnitError, parse_any
from bench.config.expression import expression
from bench.config.expression_parser import Figure
from bench.config.expression_tokens import ExpressionError
from bench.config.file_model import FileModel, Finding
from bench.config.names import PART_FORM, Line, PartName
from bench.config.quantity import expected
from bench.config.suggest import suggestion
from bench.config.yaml_tree import read_tree

VALUES_MAX = 1000
"""In a parameter that is a list."""
_NAME = re.compile(PART_FORM)
_WORD = re.compile(r"[a-z][a-z0-9_]*")


class Parameter(FileModel):
    """A default; ``min`` and ``max`` where it is a quantity or a number. Short form: the default alone."""

    default: Any
    min: Any = None
    max: Any = None
    help: Line = "-"

    @model_validator(mode="before")
    @classmethod
    def _from_default(cls, value: Any) -> Any:
        return value if isinstance(value, dict | Parameter) else {"default": value}

    def rules(self) -> Iterator[Finding]:
        if text := _no_value(self.default):
            yield ("default",), text
            return
        for key in ("min", "max"):
            bound = getattr(self, key)
            if bound is not None and (measured(bound) is None or kind_of(bound) != kind_of(self.default)):
                yield (key,), f"{bound!r} is no bound of a default like {self.default!r}; give it the same unit"
                return
        if text := self.refusal(self.default):
            yield ("default",), text

    def refusal(self, value: Any) -> str:
        """Why the parameter cannot have this value; empty when it can."""
        if text := _no_value(value):
            return text
        if kind_of(value) != kind_of(self.default):
            return f"{value!r} is not of the kind of its default {self.default!r}; write {_like(self.default)}"
        number = measured(value)
        for bound, word in ((self.min, "at least"), (self.max, "at most")):
            limit = measured(bound) if bound is not None else None
            if number is None or limit is None:
                continue
            if number[0] < limit[0] if word == "at least" else number[0] > limit[0]:
                return f"{value!r} is out of range; it must be {word} {bound}"
        return ""


Parameters = Annotated[dict[PartName, Parameter], Field(max_length=100)]


@dataclass(slots=True)
class Scope:
    """The names that can be referred to at one place of a plan, and what they stand for. ``used`` collects those that
    were referred to, in all scopes inside of one plan. ``doubtful``: something is wrong with the parameters, which is
    told, so nothing is said about their use."""

    values: dict[str, Any] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    doubtful: bool = False

    def inside(self, more: Mapping[str, Any]) -> "Scope":
        """With the variables of a loop."""
        return Scope({**self.values, **more}, self.used, self.doubtful)

    def resolve(self, text: str) -> tuple[Any, str]:
        """(what the scalar ``text`` stands for, or why it stands for nothing)."""
        if not text.startswith("$"):
            self.used.update(self.named_in(text))  # it may be an expression
            return text, ""
        if text.startswith("${"):
            return self._worked_out(text)
        if text.startswith("$$"):
            return text[1:], ""
        name = text[1:]
        if not _NAME.match(name):
            return None, f"{text!r} is no reference; write $name, ${{...}}, or $$ for a text that begins with $"
        if name not in self.values:
            return None, f"there is no parameter {name!r}; {suggestion(name, self.values)}"
        self.used.add(name)
        return self.values[name], ""

    def named_in(self, text: str) -> set[str]:
        """The names of this scope that stand in a text."""
        known = {name.lower() for name in self.values} if self.doubtful else self.values.keys()
        return {word for word in _WORD.findall(text) if word in known} if known else set()

    def figures(self) -> dict[str, Figure]:
        """What expressions may name: the quantities and numbers."""
        found = {name: measured(value) for name, value in self.values.items()}
        return {name: figure for name, figure in found.items() if figure is not None}

    def _worked_out(self, text: str) -> tuple[Any, str]:
        if not text.endswith("}"):
            return None, f"{text!r} does not end; close it with }}"
        inner = text[2:-1]
        self.used.update(self.named_in(inner))
        try:
            found = expression(inner, self.figures())
        except ExpressionError as error:
            return None, f"{text!r}: {error}"
        if found.channels or found.unit is None:
            wrong = "names a channel" if found.channels else "is true or false"
            return None, f"{text!r} {wrong}; what stands in a plan is known before it runs: write a quantity"
        value = found.of_values({})
        if value is None:
            return None, f"{text!r} has no value; see that nothing is divided by zero"
        return write(float(value), found.unit), ""


def measured(value: Any) -> tuple[float, Unit] | None:
    """The number and the unit of a value as written; ``None`` where it is no quantity and no number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return parse_any(str(value))
    except UnitError:
        return None


def write(value: float, unit: Unit) -> Any:
    """A value as it would be written in a plan; a plain number stays one."""
    if unit is Unit.ONE:
        return int(value) if value == int(value) and abs(value) < 2**53 else value
    return f"{value:.15g} {unit}"


def kind_of(value: Any) -> str:
    """The unit of a quantity; ``text``, ``switch`` (true or false) or ``list``."""
    if isinstance(value, bool):
        return "switch"
    if isinstance(value, list):
        kinds = {kind_of(item) for item in value}
        return f"list of {kinds.pop()}" if len(kinds) == 1 else "list"
    found = measured(value)
    return "text" if found is None else str(found[1])


def written(text: str) -> Any:
    """What somebody means by a value on the command line: read as in a plan."""
    tree = read_tree(text, "--set")
    return text if tree.problems or not tree.complete else tree.data


def _no_value(value: Any) -> str:
    if isinstance(value, list):
        if not value or len(value) > VALUES_MAX:
            return f"a list has {len(value)} values; write 1 to {VALUES_MAX}"
        return next(filter(None, (_no_value(item) if not isinstance(item, list) else _PLAIN for item in value)), "")
    if value is None or not isinstance(value, str | int | float):
        return _PLAIN
    return "a value cannot refer to another parameter; write it out" if str(value).startswith("$") else ""


_PLAIN = "a parameter is a quantity, a number, a text, true or false, or a list of them; write one of these"


def _like(default: Any) -> str:
    found = measured(default)
    if isinstance(default, list):
        return f"a list like {default!r}"
    if found is None:
        return "true or false" if isinstance(default, bool) else "a text"
    return f"a quantity in {expected(found[1])}" if found[1] is not Unit.ONE else "a plain number"
