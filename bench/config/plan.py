"""The model of a plan: what to do with which DUT on which rig, as data. Plans never execute code."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field

from bench.config.file_model import FileModel
from bench.config.limits import LimitRule
from bench.config.located import Located, load_located
from bench.config.names import Line, Name, PartName, Reference
from bench.config.plan_files import PlanFiles
from bench.config.plan_growth import Growth
from bench.config.plan_nodes import Duration, MaybeSteps, Node, Rule, Step, Steps, walk
from bench.config.plan_parameters import Parameters
from bench.config.quantity import Percent
from bench.config.suspend_when import SuspendWhen
from bench.config.yaml_tree import Path as TreePath
from bench.config.yaml_tree import Tree

Settings = Mapping[str, str] | None
"""Other values than the default for a plan's parameters, as text."""


class Plan(FileModel):
    """A test plan. The kinds of steps come from outside (``load_plan``), so a new kind changes nothing here."""

    plan: Name
    title: str
    description: str = ""
    dut: Reference
    rig: Reference
    allowance: Annotated[Percent, Field(ge=0, le=100)] = 5.0
    """How many of the points may be flagged, in percent."""
    identity: Annotated[dict[PartName, Line], Field(default_factory=dict)]
    """What the drive unit must tell of itself, beyond its DUT file: ``{serial: ..}``."""
    clear_dtcs: bool = False
    """Clear the unit's trouble codes before the plan, after they have been stored."""
    parameters: Annotated[Parameters, Field(default_factory=dict)]
    """Names with a default each; ``$name`` stands for the value, ``--set name=value`` gives another."""
    limits: tuple[LimitRule, ...] = ()
    """For this plan alone, and those of the plans that it calls; they may only be tighter than those of DUT and rig."""
    suspend_when: SuspendWhen | None = None
    """Suspends the plan by itself: the unit goes to warm idle and comes back."""
    on_fail: Rule | None = None
    """What is done when one of ``steps`` fails; without it the plan ends."""
    deadline: Duration | None = None
    """For all of ``steps`` together."""
    steps: Steps
    cleanup: MaybeSteps = ()
    """Done at the end in any case."""

    def nodes(self) -> Iterator[tuple[TreePath, Node]]:
        """Every node of the tree with the path of its entry in the file."""
        yield from walk(self.steps, ("steps",))
        yield from walk(self.cleanup, ("cleanup",))

    def paths(self) -> Iterator[tuple[TreePath, Step]]:
        """Each step with the path of its parameters in the file."""
        for path, node in self.nodes():
            if isinstance(node, Step):
                yield (*path, node.kind), node


@dataclass(frozen=True, slots=True)
class LocatedPlan(Located[Plan]):
    """``values``: of the parameters, as set or by default; ``unused``: those that nothing refers to; ``parts``: what a
    run keeps of the plan, by file name; ``settings``: what was set."""

    values: Mapping[str, Any]
    unused: tuple[str, ...]
    parts: Mapping[str, str]
    settings: Mapping[str, str]


def load_plan(
    path: Path, kinds: Mapping[str, type[BaseModel]], name: str | None = None, settings: Settings = None
) -> LocatedPlan:
    """The plan at ``path``; ``kinds`` gives the parameter model of every kind of step, ``settings`` other values than
    the default for its parameters, as text.

    Raises ``InputError`` with every problem. ``Located.problem`` points into the file for later checks; the path of a
    parameter of a step is ``("steps", <index>, <kind>, <key>, ...)``.
    """
    return _grown(path, PlanFiles.beside(path, settings or {}), kinds, name)


def parse_plan(
    text: str, kinds: Mapping[str, type[BaseModel]], name: str = "<text>", settings: Settings = None
) -> LocatedPlan:
    """As ``load_plan``, from YAML text; what it names is looked for from here."""
    return _grown(text, PlanFiles(Path(), None, settings or {}), kinds, name)


def _grown(source: Path | str, files: PlanFiles, kinds: Mapping[str, type[BaseModel]], name: str | None) -> LocatedPlan:
    growth = Growth(Tree(""), files, tuple(Plan.model_fields))

    def grown(tree: Tree) -> Tree:
        growth.tree.file, growth.tree.complete = tree.file, True
        growth.tree.problems += tree.problems
        growth.grow(tree)
        return growth.tree

    found = load_located(source, Plan, name, {"kinds": kinds}, grown)
    parts, settings = {"plan.yaml": found.text, **files.texts()}, dict(files.settings)
    return LocatedPlan(found.value, found.text, found.tree, growth.values, tuple(growth.unused), parts, settings)
