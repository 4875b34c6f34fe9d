"""The nodes of a plan's tree: steps, and what says how often, in which order and beside what steps are done.

They are validated after the plan has grown (``bench.config.plan_growth``): parameters have values, a sweep has its
passes, a call has the steps of the plan that it calls.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, Field, GetCoreSchemaHandler, ValidationError, model_validator
from pydantic_core import PydanticCustomError, core_schema

from bench.config.expression import PARAMETERS, ConditionText
from bench.config.file_model import FileModel, Finding, several
from bench.config.names import Line, Reference
from bench.config.quantity import Seconds
from bench.config.suggest import nearest, suggestion
from bench.config.wording import plain_findings
from bench.config.yaml_tree import Path

STEPS_MAX = 500
"""In one list of a file."""
RETRIES_MAX = 10
CLEANUP, LAST, ELSE = ".cleanup", ".last", ".else"
FIGURES = object()
"""The key, in an entry that has grown, of the parameters that its expressions may name."""
PASSES_MAX = 1_000_000
BRANCHES_MAX = 8
Duration = Annotated[Seconds, Field(gt=0, le=10_000 * 3600.0)]


class Node:
    """A part of a plan's tree."""

    def bodies(self) -> Iterator["Body"]:
        """The lists of nodes below, in the order of running."""
        yield from ()


Nodes = tuple[Node, ...]


class Body(NamedTuple):
    """A list of nodes below another node: its ``path`` in the file from there, and what is added to that node's place
    (``bench.sequence.tree.place``): ``.1`` for the second of several lists, ``/*`` for any pass of a repeat."""

    path: Path
    place: str
    nodes: Nodes


class _AsNode:
    """Annotation: one entry of a list of steps, as it stands in a file."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(lambda value, info: _node(value, info))


_Entry = Annotated[Node, _AsNode]
Steps = Annotated[tuple[_Entry, ...], Field(min_length=1, max_length=STEPS_MAX)]
MaybeSteps = Annotated[tuple[_Entry, ...], Field(max_length=STEPS_MAX)]


class Rule(FileModel):
    """What is done when something fails: begin it anew ``retry`` times, then leave it out (``skip``) or ``end`` the
    plan. Written as ``skip``, ``end`` or ``{retry: 2, then: skip}``."""

    retry: Annotated[int, Field(ge=0, le=RETRIES_MAX)] = 0
    then: Literal["skip", "end"] = "end"

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: Any) -> Any:
        if value in ("skip", "end"):
            return {"then": value}
        if not isinstance(value, dict | Rule):
            _refuse("on_fail is 'skip', 'end' or {retry: <how often>, then: skip}; write one of them")
        return value


class Care(FileModel):
    """What any node may have: how it is called, how long it may take, what is done when it fails, and what is done
    at its end in any case."""

    name: Line | None = None
    deadline: Duration | None = None
    """Then the bench is stopped, and ``on_fail`` counts."""
    on_fail: Rule | None = None
    """Without it the nearest one above counts."""
    cleanup: MaybeSteps = ()
    """Done at its end in any case; an error in it does not keep the rest of it from being done."""


@dataclass(frozen=True, slots=True)
class Step(Node):
    """One step: its kind, and the parameters as that kind's own model."""

    kind: str
    parameters: Any
    care: Care = field(default_factory=Care)

    def bodies(self) -> Iterator[Body]:
        yield Body(("cleanup",), CLEANUP, self.care.cleanup)


class Control(Care, Node):
    """A node that is no step. ``kind``: its key in a plan."""

    kind: ClassVar[str]

    @property
    def care(self) -> Care:
        """As of a step."""
        return self

    def inner(self) -> Iterator[Body]:
        """``bodies`` without the cleanup."""
        yield from ()

    def bodies(self) -> Iterator[Body]:
        """``inner``, then the cleanup."""
        for path, place, nodes in (*self.inner(), Body(("cleanup",), CLEANUP, self.cleanup)):
            yield Body((self.kind, *path), place, nodes)


class Sequence(Control):
    """Steps that belong together: they fail, are begun anew and cleaned up as one."""

    kind = "sequence"
    steps: Steps

    def inner(self) -> Iterator[Body]:
        yield Body(("steps",), "", self.steps)


class Repeat(Control):
    """Steps that are done again and again: ``times``, or ``for`` a duration (a pass that has begun is finished).
    ``on_fail`` counts for each pass."""

    kind = "repeat"
    times: Annotated[int, Field(ge=1, le=PASSES_MAX)] | None = None
    for_: Annotated[Duration | None, Field(alias="for")] = None
    steps: Steps

    def rules(self) -> Iterator[Finding]:
        if (self.times is None) == (self.for_ is None):
            yield (), "a repeat needs either 'times' or 'for'; give one of them"

    def inner(self) -> Iterator[Body]:
        yield Body(("steps",), "/*", self.steps)


class Pass(FileModel):
    """One pass of a sweep: the values of its variables, as written, and its steps with them put in."""

    values: dict[str, Any]
    steps: Steps


class Sweep(Control):
    """Steps that are done for each combination of values. ``on_fail`` counts for each pass."""

    kind = "sweep"
    passes: Annotated[tuple[Pass, ...], Field(min_length=1)]

    def inner(self) -> Iterator[Body]:
        for number, one in enumerate(self.passes):
            yield Body(("passes", number, "steps"), f".{number}", one.steps)


class Call(Control):
    """Another plan, done here, with its own ``on_fail`` and ``cleanup``; its ``limits`` are in force for the whole
    run."""

    kind = "call"
    plan: Reference
    title: str = ""
    each: Rule | None = None
    """What it does itself when one of its steps fails."""
    steps: Steps
    last: MaybeSteps = ()
    """The other plan's own cleanup."""

    def inner(self) -> Iterator[Body]:
        yield Body(("steps",), "", self.steps)
        yield Body(("last",), LAST, self.last)


class Parallel(Control):
    """Lists of steps that are done beside each other; when one fails, the others end."""

    kind = "parallel"
    branches: Annotated[tuple[Steps, ...], Field(min_length=2, max_length=BRANCHES_MAX)]

    def inner(self) -> Iterator[Body]:
        for number, branch in enumerate(self.branches):
            yield Body(("branches", number), f".{number}", branch)


class When(Control):
    """``steps`` where a condition holds at that moment, ``else`` where it does not. Where nobody knows, since a value
    is not good, the node fails."""

    kind = "when"
    condition: ConditionText
    steps: Steps
    otherwise: Annotated[MaybeSteps, Field(alias="else")] = ()

    def inner(self) -> Iterator[Body]:
        yield Body(("steps",), "", self.steps)
        yield Body(("else",), ELSE, self.otherwise)


CONTROLS: dict[str, type[Control]] = {node.kind: node for node in (Sequence, Repeat, Sweep, Parallel, When, Call)}


def walk(nodes: Nodes, path: Path) -> Iterator[tuple[Path, Node]]:
    """All nodes below, each with the path of its entry in the file."""
    for i, node in enumerate(nodes):
        yield (*path, i), node
        for body in node.bodies():
            yield from walk(body.nodes, (*path, i, *body.path))


def _node(value: Any, info: core_schema.ValidationInfo) -> Node:
    if isinstance(value, Node):
        return value
    kinds: Mapping[str, type[BaseModel]] = (info.context or {}).get("kinds", {})
    if not isinstance(value, dict):
        _refuse("a step is one kind with its parameters; write '- soak: {...}'")
    figures, value = value.get(FIGURES, {}), {key: inner for key, inner in value.items() if key is not FIGURES}
    cares = {key: value[key] for key in Care.model_fields if key in value}
    named = [key for key in value if key not in cares]
    if len(named) > 1 and (strange := [key for key in named if key not in kinds and key not in CONTROLS]):
        several([((key,), f"unknown key {key!r}; {suggestion(str(key), Care.model_fields)}") for key in strange])
    if len(named) != 1:
        _refuse("a step is one kind with its parameters; write '- soak: {...}'")
    kind, context = named[0], {**(info.context or {}), PARAMETERS: figures}
    if kind in CONTROLS:
        if cares:
            several([((key,), f"{key!r} stands inside of {kind!r}; move it there") for key in cares])
        control: Control = _validated(CONTROLS[kind], value[kind], (kind,), context)
        return control
    if kind not in kinds:
        remedy = nearest(kind, (*kinds, *CONTROLS)) or suggestion(kind, kinds)
        several([((kind,), f"unknown key {kind!r}: no kind of step has this name; {remedy}")])
    parameters = _validated(kinds[kind], value[kind], (kind,), context)
    return Step(kind, parameters, _validated(Care, cares, (), context)) if cares else Step(kind, parameters)


def _validated(model: type[Any], value: Any, path: Path, context: Mapping[str, Any]) -> Any:
    try:
        return model.model_validate({} if value is None else value, context=context)
    except ValidationError as error:
        several([((*path, *inner), message) for inner, message in plain_findings(error, model)])
        raise  # not reached: a ValidationError has findings


def _refuse(message: str) -> None:
    raise PydanticCustomError("rule", "{text}", {"text": message})
