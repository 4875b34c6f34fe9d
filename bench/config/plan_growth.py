"""A plan as it is written grows into the plan as it is run: values for references, passes of sweeps, called plans.

It grows as plain data, before any model sees it, and every value keeps its place: in this file, or in that of the plan
that is called. What grows is bounded, and nothing of it is executed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from bench.base.errors import InputError, Problem
from bench.config.file_model import FileModel
from bench.config.plan_files import Part, PlanFiles
from bench.config.plan_nodes import CONTROLS, FIGURES
from bench.config.plan_parameters import Parameter, Parameters, Scope, written
from bench.config.suggest import suggestion
from bench.config.sweep import PASSES_MAX, Column, Range, SweepForm, Values, column_of, combinations
from bench.config.wording import findings
from bench.config.yaml_tree import Path, Tree, read_tree

GROWN_MAX = 10_000
"""Steps of a plan, with all passes of its sweeps; those of a ``repeat`` count once."""
VALUES_MAX = 500_000
NESTED_MAX = 24
CALLS_MAX = 8
"""Plans that call each other."""
_LISTS = ("steps", "cleanup", "else")
_NESTING = (*_LISTS, "branches", "last")
_OF_A_RUN = ("identity", "clear_dtcs")
"""What a called plan cannot ask for by itself."""


class TooLargeError(Exception):
    """The plan has grown beyond its bound, which is told."""


class _Defined(FileModel):
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class _Here:
    """What is being read: which file, where, and which names are known there."""

    tree: Tree
    scope: Scope
    part: Part | None = None
    calls: tuple[Part, ...] = ()

    def inside(self, values: Values) -> "_Here":
        return _Here(self.tree, self.scope.inside(values), self.part, self.calls)


@dataclass(slots=True)
class Growth:
    """Grows one plan. ``tree`` is what has grown; ``unused`` are the parameters that nothing refers to, by what
    the file is called; ``values`` those of the plan itself."""

    tree: Tree
    files: PlanFiles
    known: Iterable[str]
    """The keys of a plan."""
    values: Values = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    _steps: int = 0
    _values: int = 0
    _limits: list[Any] = field(default_factory=list)
    _own_limits: int = 0
    _sources: dict[str, Tree] = field(default_factory=dict)

    def grow(self, source: Tree) -> None:
        """Fill ``tree`` from a plan as it is written; mistakes are in its ``problems``."""
        if not isinstance(source.data, dict):
            self.tree.data, self.tree.values, self.tree.keys = source.data, source.values, source.keys
            return
        here = _Here(source, self._scope(source, dict(self.files.settings), None))
        self.values = here.scope.values
        self._own_limits = len(_list_of(source.data, "limits"))
        try:
            data = {key: self._entry(here, (key,), (key,), value) for key, value in source.data.items()}
        except TooLargeError as error:
            data, self.tree.complete = {}, False  # there is nothing to be validated
            self._told(source, ("steps",), f"{error}; let it repeat, or split it")
        self._copy_place(here, (), ())
        if self._limits:
            self.tree.values.setdefault(("limits",), (1, 1))
            data["limits"] = [*_list_of(data, "limits"), *self._limits]
        self.tree.data = data
        self._note_unused(here)

    # --- values ---------------------------------------------------------------------------------------------------
    def _scope(self, source: Tree, given: Mapping[str, Any], asker: tuple[_Here, Path] | None) -> Scope:
        """The parameters of one plan: their defaults, and what was ``given``; ``asker``: by the plan that calls."""
        data = source.data.get("parameters") or {}
        try:
            defined = _Defined.model_validate({"parameters": data}, context={"file": True}).parameters
        except ValidationError as error:
            if asker is not None:  # of the plan itself, the model of the plan tells them
                for path, message, of_key in findings(error, _Defined):
                    self._told(source, path, message, of_key)
            return Scope(_defaults_of(data), doubtful=True)
        values = {name: parameter.default for name, parameter in defined.items()}
        for name, value in given.items():
            value = value if asker else written(value)
            wrong = defined[name].refusal(value) if name in defined else _no_parameter(source, name, defined)
            if not wrong:
                values[name] = value
            elif asker:
                self._told(asker[0].tree, (*asker[1], "with", name), wrong, name not in defined)
            else:
                self.tree.problems.append(Problem(f"--set {name}", 0, 0, wrong))
        return Scope(values)

    def _entry(self, here: _Here, at: Path, to: Path, value: Any) -> Any:
        """One key of a plan or of a node."""
        if at == ("parameters",):
            return self._raw(here, at, to, value)
        if at[-1] in _LISTS and isinstance(value, list):
            return self._list(here, at, to, value)
        return self._value(here, at, to, value)

    def _value(self, here: _Here, at: Path, to: Path, value: Any) -> Any:
        """A value of any depth, with what its references stand for."""
        self._copy_place(here, at, to)
        self._values += 1
        if self._values > VALUES_MAX:
            raise TooLargeError(f"the plan grows to more than {VALUES_MAX} values")
        if isinstance(value, dict):
            return {key: self._value(here, (*at, key), (*to, key), inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._value(here, (*at, i), (*to, i), inner) for i, inner in enumerate(value)]
        if not isinstance(value, str):
            return value
        found, wrong = here.scope.resolve(value)
        if here.scope.doubtful and here.scope.named_in(value):
            self.tree.spoilt.add(to)
        elif wrong:
            self._told(here.tree, at, wrong)
            self.tree.spoilt.add(to)
        return found

    def _raw(self, here: _Here, at: Path, to: Path, value: Any) -> Any:
        for path in [path for path in here.tree.values if path[: len(at)] == at]:
            self._copy_place(here, path, (*to, *path[len(at) :]))
        return value

    # --- nodes ----------------------------------------------------------------------------------------------------
    def _list(self, here: _Here, at: Path, to: Path, entries: list[Any]) -> list[Any]:
        self._copy_place(here, at, to)
        return [self._node(here, (*at, i), (*to, i), entry) for i, entry in enumerate(entries)]

    def _node(self, here: _Here, at: Path, to: Path, entry: Any) -> Any:
        self._steps += 1
        if self._steps > GROWN_MAX:
            raise TooLargeError(f"the plan grows to more than {GROWN_MAX} steps")
        if sum(part in _NESTING for part in to) > NESTED_MAX:
            raise TooLargeError(f"steps are nested deeper than {NESTED_MAX}")
        self._copy_place(here, at, to)
        if not isinstance(entry, dict):
            return self._value(here, at, to, entry)
        grown = {"sweep": self._sweep, "call": self._call}
        found: dict[Any, Any] = {FIGURES: here.scope.figures()} if here.scope.values else {}
        for key, value in entry.items():
            below = (*at, key), (*to, key)
            self._copy_place(here, *below)
            if key in grown and isinstance(value, dict):
                found[key] = grown[key](here, *below, value)
            elif key in CONTROLS and isinstance(value, dict):
                found[key] = self._keys(here, *below, value)
            else:
                found[key] = self._entry(here, *below, value)
        return found

    def _keys(self, here: _Here, at: Path, to: Path, value: dict[str, Any], but: Iterable[str] = ()) -> dict[str, Any]:
        """The keys of a control node."""
        return {key: self._key(here, (*at, key), (*to, key), inner) for key, inner in value.items() if key not in but}

    def _key(self, here: _Here, at: Path, to: Path, value: Any) -> Any:
        if at[-1] != "branches" or not isinstance(value, list) or not all(isinstance(branch, list) for branch in value):
            return self._entry(here, at, to, value)
        self._copy_place(here, at, to)
        return [self._list(here, (*at, i), (*to, i), branch) for i, branch in enumerate(value)]

    def _sweep(self, here: _Here, at: Path, to: Path, value: dict[str, Any]) -> dict[str, Any]:
        own = self._keys(here, at, to, value, ("over", "order", "seed", "steps"))
        form = self._value(here, at, to, {key: value[key] for key in ("over", "order", "seed") if key in value})
        rows = self._rows(here, at, form)
        if not rows:
            self.tree.spoilt.add(to)
        self._copy_place(here, at, (*to, "passes"))
        steps = value.get("steps")
        passes = []
        for number, row in enumerate(rows):
            place = (*to, "passes", number)
            self._copy_place(here, at, place)
            self.tree.passes[place] = ", ".join(f"{name} = {shown}" for name, shown in row.items())
            inner = {"steps": self._entry(here.inside(row), (*at, "steps"), (*place, "steps"), steps)} if steps else {}
            passes.append({"values": row, **inner})
        return {**own, "passes": passes}

    def _rows(self, here: _Here, at: Path, form: dict[str, Any]) -> list[Values]:
        checked = self._checked(here.tree, at, SweepForm, form)
        if checked is None:
            return []
        axes = {}
        for name, axis in checked.over.items():
            if name in here.scope.values:
                self._told(here.tree, (*at, "over", name), f"the name {name!r} is in use already; choose another", True)
            axes[name] = self._axis(here, (*at, "over", name), axis)
        count = 1
        for values in axes.values():
            count *= len(values)
        if count > PASSES_MAX:
            self._told(here.tree, (*at, "over"), f"{count} combinations are too many; {PASSES_MAX} are allowed")
            return []
        rows, wrong = combinations(axes, checked.order, checked.seed)
        if wrong:
            self._told(here.tree, (*at, "order"), wrong)
        return rows

    def _axis(self, here: _Here, at: Path, axis: Any) -> list[Any]:
        if (
            isinstance(axis, list)
            and axis
            and not any(isinstance(value, list | dict) or value is None for value in axis)
        ):
            return axis
        if isinstance(axis, dict) and "file" in axis:
            column = self._checked(here.tree, at, Column, axis)
            return self._column(here, at, column) if column else []
        if isinstance(axis, dict):
            spaced = self._checked(here.tree, at, Range, axis)
            return spaced.values() if spaced else []
        self._told(
            here.tree, at, "a variable has a list of values, {from, to, count} or {file, column}; write one of them"
        )
        return []

    def _column(self, here: _Here, at: Path, column: Column) -> list[Any]:
        try:
            part = self.files.take(column.file, here.part, table=True)
        except InputError as error:
            self._told(here.tree, (*at, "file"), f"{column.file!r}: {error.problems[0].message}")
            return []
        values, wrong = column_of(part.text, column)
        if wrong:
            self._told(here.tree, (*at, "column"), f"{part.name}: {wrong}")
        return values

    def _call(self, here: _Here, at: Path, to: Path, value: dict[str, Any]) -> dict[str, Any]:
        """The steps of another plan in the place of the call."""
        own = self._keys(here, at, to, value, ("with",))
        given = self._value(here, (*at, "with"), (*to, "with"), value.get("with") or {})
        if not isinstance(own.get("plan"), str) or not isinstance(given, dict):
            wrong = "a call names a 'plan', and the values of its parameters: 'with: {name: value}'; add it"
            self._told(here.tree, at, wrong)
            self.tree.spoilt.add(to)
            return own
        part = self._part(here, (*at, "plan"), own["plan"])
        source = self._source(part) if part else None
        if part is None or source is None or not self._readable(here, at, source):
            self.tree.spoilt.add(to)
            return own
        there = _Here(source, self._scope(source, given, (here, at)), part, (*here.calls, part))
        return {**own, **self._called(there, to, source.data)}

    def _called(self, there: _Here, to: Path, data: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {"title": str(data.get("title", ""))}
        for key, name in (("steps", "steps"), ("cleanup", "last"), ("on_fail", "each")):
            if key in data:
                self.tree.files[(*to, name)] = there.tree.file
                found[name] = self._entry(there, (key,), (*to, name), data[key])
        for i, rule in enumerate(_list_of(data, "limits")):
            place = ("limits", self._own_limits + len(self._limits))
            self.tree.files[place] = there.tree.file
            self._limits.append(self._value(there, ("limits", i), place, rule))
        self._note_unused(there)
        return found

    def _source(self, part: Part) -> Tree:
        """What is called over and over is read once."""
        if part.copy not in self._sources:
            self._sources[part.copy] = read_tree(part.text, part.name)
        return self._sources[part.copy]

    def _part(self, here: _Here, at: Path, asked: str) -> Part | None:
        try:
            part = self.files.take(asked, here.part)
        except InputError as error:
            self._told(here.tree, at, f"{asked!r}: {error.problems[0].message}")
            return None
        if len(here.calls) >= CALLS_MAX:
            self._told(here.tree, at, f"plans call each other deeper than {CALLS_MAX}; put some of them together")
        elif part.path in (self.files.plan, *(one.path for one in here.calls)):
            chain = " -> ".join((self.tree.file, *(one.name for one in here.calls), part.name))
            self._told(here.tree, at, f"the plan would call itself: {chain}; take the call out")
        else:
            return part
        return None

    def _readable(self, here: _Here, at: Path, source: Tree) -> bool:
        self.tree.problems += source.problems
        if not isinstance(source.data, dict) or "steps" not in source.data:
            self._told(here.tree, (*at, "plan"), f"{source.file} is no plan; it has no 'steps'")
            return False
        for key in source.data:
            if key not in self.known:
                self._told(source, (key,), f"unknown key {key!r}; {suggestion(str(key), self.known)}", True)
            elif key in _OF_A_RUN and source.data[key]:
                wrong = f"{key!r} is a matter of the whole run; write it into {self.tree.file}, and take it out here"
                self._told(source, (key,), wrong, True)
        return not source.problems

    # --- places ---------------------------------------------------------------------------------------------------
    def _copy_place(self, here: _Here, at: Path, to: Path) -> None:
        if at in here.tree.values:
            self.tree.values[to] = here.tree.values[at]
        if at in here.tree.keys:
            self.tree.keys[to] = here.tree.keys[at]

    def _told(self, source: Tree, path: Path, message: str, of_key: bool = False) -> None:
        problem = source.problem(path, message, of_key)
        if problem not in self.tree.problems:
            self.tree.problems.append(problem)

    def _checked(self, source: Tree, at: Path, model: type[Any], value: Any) -> Any:
        try:
            return model.model_validate(value, context={"file": True})
        except ValidationError as error:
            for path, message, of_key in findings(error, model):
                self._told(source, (*at, *path), message, of_key)
            return None

    def _note_unused(self, here: _Here) -> None:
        defined = here.tree.data.get("parameters")
        names = defined if isinstance(defined, dict) else {}
        for name in names:
            if name not in here.scope.used:
                self.unused.append(
                    f"{here.tree.problem(('parameters', name), f'nothing refers to parameter {name!r}', True)}"
                )


def _list_of(data: Mapping[str, Any], key: str) -> list[Any]:
    """What stands there, if it is a list; of anything else the model tells."""
    found = data.get(key)
    return found if isinstance(found, list) else []


def _defaults_of(data: Any) -> Values:
    """As far as they can be told where something is wrong with the parameters, so that no reference seems unknown."""
    found = data.items() if isinstance(data, dict) else ()
    return {name: value.get("default") if isinstance(value, dict) else value for name, value in found}


def _no_parameter(source: Tree, name: str, known: Mapping[str, Parameter]) -> str:
    return f"{source.file} has no parameter {name!r}; {suggestion(name, known)}"
