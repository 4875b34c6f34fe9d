"""The model of a plan: what to do with which DUT on which rig, as data. Plans never execute code."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, GetCoreSchemaHandler, ValidationError
from pydantic_core import PydanticCustomError, core_schema

from bench.config.file_model import FileModel, several
from bench.config.limits import LimitRule
from bench.config.located import Located, load_located
from bench.config.names import Line, Name, PartName, Reference
from bench.config.quantity import Percent
from bench.config.suggest import suggestion
from bench.config.suspend_when import SuspendWhen
from bench.config.wording import plain_findings

STEPS_MAX = 500


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its kind, and the parameters as that kind's own model."""

    kind: str
    parameters: Any

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(lambda value, info: _step(value, info))


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
    limits: tuple[LimitRule, ...] = ()
    """For this plan alone; they may only be tighter than those of DUT and rig."""
    suspend_when: SuspendWhen | None = None
    """Suspends the plan by itself: the unit goes to warm idle and comes back."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=STEPS_MAX)]

    def paths(self) -> Iterator[tuple[tuple[str | int, ...], Step]]:
        """Each step with the path of its parameters in the file."""
        for i, step in enumerate(self.steps):
            yield ("steps", i, step.kind), step


def load_plan(path: Path, kinds: Mapping[str, type[BaseModel]], name: str | None = None) -> Located[Plan]:
    """The plan at ``path``; ``kinds`` gives the parameter model of every kind of step.

    Raises ``InputError`` with every problem. ``Located.problem`` points into the file for later checks; the path of a
    parameter is ``("steps", <index>, <kind>, <key>, ...)``.
    """
    return load_located(path, Plan, name, {"kinds": kinds})


def parse_plan(text: str, kinds: Mapping[str, type[BaseModel]], name: str = "<text>") -> Located[Plan]:
    """As ``load_plan``, from YAML text."""
    return load_located(text, Plan, name, {"kinds": kinds})


def _step(value: Any, info: core_schema.ValidationInfo) -> Step:
    if isinstance(value, Step):
        return value
    kinds: Mapping[str, type[BaseModel]] = (info.context or {}).get("kinds", {})
    if not isinstance(value, dict) or len(value) != 1:
        _refuse("a step is one kind with its parameters; write '- soak: {...}'")
    kind, parameters = next(iter(value.items()))
    if kind not in kinds:
        several([((kind,), f"unknown key {kind!r}: no kind of step has this name; {suggestion(kind, kinds)}")])
    try:
        return Step(kind, kinds[kind].model_validate({} if parameters is None else parameters, context=info.context))
    except ValidationError as error:
        several([((kind, *path), message) for path, message in plain_findings(error, kinds[kind])])
        raise  # not reached: a ValidationError has findings


def _refuse(message: str) -> None:
    raise PydanticCustomError("rule", "{text}", {"text": message})
