"""A run in the formats of other tools. The run itself is only read: its seal stays whole."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.assembly import draw, load_inputs
from bench.base.errors import InputError, Problem
from bench.core.program import Program
from bench.io.disk import DiskStorage
from bench.record.manifest import NAME
from bench.record.storage import StorageError
from bench.service.export.bus import WRITERS, export_bus
from bench.service.export.mdf import export_hdf5, export_mf4
from bench.service.export.tables import export_csv, export_parquet

_OF_SAMPLES: Mapping[str, Callable[[DiskStorage, Path], list[Path]]] = {
    "parquet": export_parquet,
    "csv": export_csv,
    "mf4": export_mf4,
    "hdf5": export_hdf5,
}
FORMATS = (*_OF_SAMPLES, *WRITERS)


def export(run: DiskStorage, kind: str, folder: Path, note: Callable[[str], object] = lambda _text: None) -> list[Path]:
    """Write the run as ``kind`` (of ``FORMATS``) into ``folder``, made if it is not there; the files. ``note`` hears
    what is missing in them. Raises ``InputError``, also where ``folder`` is inside the run."""
    if folder.resolve().is_relative_to(run.folder.resolve()):
        raise InputError([Problem(str(folder), 0, 0, "is inside the run, which is sealed; choose another --out")])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if kind in _OF_SAMPLES:
            return _OF_SAMPLES[kind](run, folder)
        manifest = json.loads(run.read(NAME))
        program = _program(run, manifest)
        if program is None:
            note("this version of the bench has another core: what it received is exported, what it sent is not")
        return export_bus(run, folder, kind, manifest["start_s"], program)
    except (StorageError, OSError, ValueError, KeyError) as error:
        raise InputError([Problem(str(run.folder), 0, 0, f"cannot be exported as {kind}: {error}")]) from error


def _program(run: DiskStorage, manifest: Mapping[str, Any]) -> Program | None:
    """The core of the run, from its inputs; ``None`` where this version has another."""
    plan, rig, dut = (str(run.folder / "inputs" / f"{name}.yaml") for name in ("plan", "rig", "dut"))
    try:
        blueprint = draw(load_inputs(plan, rig, dut), heartbeats=manifest["world"] != "virtual", log_full=True)
    except InputError:
        return None
    return blueprint.program if blueprint.program_hash == manifest["program"] else None
