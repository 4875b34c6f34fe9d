"""The folder of a run: its name, its inputs, its results, its seal."""

import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.assembly import Blueprint
from bench.base.errors import InputError, Problem
from bench.base.time import NS_PER_S
from bench.config.plan import LocatedPlan
from bench.io.disk import DiskStorage
from bench.record.manifest import Manifest
from bench.service.disk_need import require_room

_PACKAGES = ("edu-bench", "numpy", "numba", "python-can", "cantools", "pyvisa", "pydantic")


@dataclass(frozen=True, slots=True)
class Labels:
    """What a run is called and where it happens."""

    world: str
    seed: int
    start_s: int


def folder_name(plan: str, dut: str, labels: Labels) -> str:
    """``<time>_<plan>_<dut>``; the time is the run's own, virtual or not."""
    stamp = datetime.fromtimestamp(labels.start_s, UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{stamp}_{plan}_{dut}"


def make_folder(parent: Path, blueprint: Blueprint, labels: Labels) -> DiskStorage:
    """A new, empty run folder; a name that is taken gets a number. Raises ``InputError`` if none can be made, or the
    run would not fit on the disk."""
    inputs = blueprint.inputs
    name = folder_name(inputs.plan.value.plan, inputs.dut.value.name, labels)
    try:
        parent.mkdir(parents=True, exist_ok=True)
        require_room(parent, blueprint)
        for number in range(1, 10_000):
            folder = parent / (name if number == 1 else f"{name}_{number}")
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            return DiskStorage(folder)
    except OSError as error:
        raise InputError(
            [Problem(str(parent), 0, 0, f"no run folder can be made here: {error.strerror}; use --out")]
        ) from None
    raise InputError([Problem(str(parent), 0, 0, f"{name}_2 to _9999 exist already; use another --out")])


def make_manifest(storage: DiskStorage, blueprint: Blueprint, labels: Labels, resumes: str = "") -> Manifest:
    """Copy the inputs, and begin the manifest with their hashes. ``resumes``: name of the run that this one goes on
    from."""
    inputs = blueprint.inputs
    for name, text in inputs.texts.items():
        storage.write(name, text.encode())
    return Manifest(
        storage,
        plan=inputs.plan.value.plan,
        dut=inputs.dut.value.name,
        rig=inputs.rig.value.rig,
        world=labels.world,
        seed=labels.seed,
        program=blueprint.program_hash,
        versions=versions(),
        inputs=inputs.texts,
        more={"title": inputs.plan.value.title, "start_s": labels.start_s, **_more(inputs.plan, resumes)},
    )


def _more(plan: LocatedPlan, resumes: str) -> dict[str, Any]:
    """Which values the plan's parameters have, which of them were set, and what the run goes on from."""
    parameters = {"parameters": dict(plan.values), "set": sorted(plan.settings)} if plan.values else {}
    return {**parameters, **({"resumes": resumes} if resumes else {})}


def versions() -> dict[str, str]:
    """Of the interpreter and of what decides about results."""
    return {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}


def start_ns(labels: Labels) -> int:
    """Unix time of run time zero, in ns."""
    return labels.start_s * NS_PER_S
