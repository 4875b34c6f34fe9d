"""Everything before a run, with nothing energised: files, their fit, the static check. All problems in one pass."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from bench.assembly import Blueprint, draw, load_inputs
from bench.base.errors import InputError, Problem
from bench.config.calibration import expired
from bench.config.dut import Dut
from bench.config.located import Located, load_located
from bench.config.plan import load_plan
from bench.config.rig import load_rig
from bench.config.search import find, shown
from bench.config.yaml_tree import Tree, read_tree
from bench.io.foreign_database import load_database
from bench.layout.remarks import layout_remarks
from bench.schedule.faults import Fault
from bench.sequence.check import check_plan
from bench.sequence.pause.pauses import Scripted
from bench.sequence.registry import parameter_models, step_kinds
from bench.service.fault_lines import read_faults, unread_parameters

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a run can start from. ``answers``: given to the plan's prompts, one by one; ``script``: its
    pauses."""

    blueprint: Blueprint
    faults: tuple[Fault, ...]
    answers: tuple[str, ...] = ()
    script: tuple[Scripted, ...] = ()


def prepare(
    plan: str,
    rig: str | None = None,
    dut: str | None = None,
    fault_lines: tuple[str, ...] = (),
    *,
    settings: Mapping[str, str] | None = None,
    heartbeats: bool = False,
    log_full: bool = False,
    when_read: Callable[[], object] = lambda: None,
) -> Prepared:
    """Load, fit together and check; ``settings``: values of the plan's parameters, as text. Raises ``InputError`` with
    every problem of every file and line.

    ``when_read`` is called when all files are right by themselves, before compiled code is needed for the first time.
    """
    problems: list[Problem] = []
    inputs = _noting(problems, lambda: load_inputs(plan, rig, dut, settings))
    if inputs is None:
        problems = _problems_of_files(plan, rig, dut, settings) or problems
    faults = _noting(problems, lambda: read_faults(fault_lines, inputs.rig.value if inputs else None))
    if inputs is None or faults is None:
        raise InputError(dict.fromkeys(problems))
    when_read()
    blueprint = draw(inputs, heartbeats=heartbeats, log_full=log_full)
    problems += check_plan(inputs.plan, inputs.kinds, blueprint.context)
    problems += unread_parameters(faults, blueprint.context.examination.parameters)
    if problems:
        raise InputError(problems)
    return Prepared(blueprint, faults)


def remarks(blueprint: Blueprint, today: str) -> list[str]:
    """What the gate of the CAN databases has to say about messages that nobody needs here, what nobody protects, and
    which calibrations have expired by ``today`` (such as 2031-12-31)."""
    inputs = blueprint.inputs
    findings = [finding for database in inputs.databases.values() for finding in database.findings]
    old = [f"the calibration of {name} expired on {found.due}" for name, _, found in expired(inputs.rig.value, today)]
    return [*inputs.plan.unused, *findings, *layout_remarks(inputs.dut.value, blueprint.inverter, blueprint.can), *old]


def _noting(problems: list[Problem], attempt: Callable[[], T]) -> T | None:
    try:
        return attempt()
    except InputError as error:
        problems.extend(error.problems)
        return None


def _problems_of_files(
    plan: str, rig: str | None, dut: str | None, settings: Mapping[str, str] | None
) -> list[Problem]:
    """Each file by itself, so that one broken file hides no other."""
    problems: list[Problem] = []
    plan_path = _noting(problems, lambda: find("plan", plan))
    near = plan_path.parent if plan_path else None
    tree: Tree | None = None
    named: dict[str, str] = {}
    if plan_path is not None:
        tree = _tree_of(plan_path)
        models = _noting(problems, lambda: parameter_models(step_kinds()))
        loaded = _noting(problems, lambda: load_plan(plan_path, models or {}, shown(plan_path), settings))
        named = {"rig": loaded.value.rig, "dut": loaded.value.dut} if loaded else _names_in(tree)
    rig_file = _load(problems, "rig", rig, named, tree, near, load_rig)
    dut_file = _load(problems, "dut", dut, named, tree, near, lambda path, name: load_located(path, Dut, name))
    bus_dut = rig_file[1].value.bus("dut").dbc if rig_file else None
    bus_io = rig_file[1].value.bus("bench_io").dbc if rig_file else None
    dut_dbc = dut_file[1].value.inverter.dbc if dut_file else None
    _database(problems, bus_dut or dut_dbc, (dut_file or rig_file or (None,))[0])
    _database(problems, (bus_io or "bench_io") if rig_file else None, (rig_file or (None,))[0])
    _database(problems, rig_file[1].value.insulation.dbc if rig_file else None, (rig_file or (None,))[0])
    return problems


def _tree_of(plan: Path) -> Tree | None:
    """Where everything stands in a plan, however broken it is."""
    try:
        return read_tree(plan.read_text(encoding="utf-8-sig"), shown(plan))
    except (OSError, UnicodeDecodeError):
        return None


def _names_in(tree: Tree | None) -> dict[str, str]:
    """Rig and DUT as a broken plan names them."""
    data = tree.data if tree else None
    return {key: value for key, value in data.items() if isinstance(value, str)} if isinstance(data, dict) else {}


def _load(
    problems: list[Problem], kind: Any, asked: str | None, named: Mapping[str, str], plan: Tree | None,
    near: Path | None, loader: Callable[[Path, str], Located[M]],
) -> tuple[Path, Located[M]] | None:  # fmt: skip
    """The file that was ``asked`` for, or that the plan has ``named``: then a wrong name has a place in the plan."""
    text = asked or named.get(kind)
    if not text:
        return None
    try:
        path = find(kind, text, near)
    except InputError as error:
        of_plan = plan if not asked else None
        problems += [of_plan.problem((kind,), f"{text!r}: {p.message}") if of_plan else p for p in error.problems]
        return None
    loaded = _noting(problems, lambda: loader(path, shown(path)))
    return (path, loaded) if loaded else None


def _database(problems: list[Problem], text: str | None, near: Path | None) -> None:
    if text:
        path = _noting(problems, lambda: find("dbc", text, near.parent if near else None))
        if path is not None:
            _noting(problems, lambda: load_database(path))
