"""The files that make a bench: rig, DUT and the CAN databases that these two name."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from bench.config.dut import Dut
from bench.config.located import Located, load_located
from bench.config.rig import Rig, load_rig
from bench.config.search import find, shown


class BenchFiles(NamedTuple):
    """Rig and DUT, checked, and where the database of each bus is, by role.

    ``insulation``: that of a monitor on the bus of role ``bench_io``."""

    rig: Located[Rig]
    dut: Located[Dut]
    databases: Mapping[str, Path]


def find_bench(rig: str, dut: str | None = None, near: Path | None = None) -> BenchFiles:
    """The bench ``rig`` with ``dut`` (none: the one that the rig names); paths count from here or from ``near``.

    A database is looked for beside the file that names it: the rig's own, or else the DUT's. Raises ``InputError``.
    """
    rig_path = find("rig", rig, near)
    loaded = load_rig(rig_path, shown(rig_path))
    dut_path = find("dut", dut, near) if dut else find("dut", loaded.value.dut, rig_path.parent)
    unit = load_located(dut_path, Dut, shown(dut_path))
    databases: dict[str, Path] = {}
    for bus in loaded.value.can.values():
        text, by = (bus.dbc, rig_path) if bus.dbc else (unit.value.inverter.dbc, dut_path)
        databases[bus.role] = find("dbc", text, by.parent)
    if loaded.value.insulation.dbc is not None:
        databases["insulation"] = find("dbc", loaded.value.insulation.dbc, rig_path.parent)
    return BenchFiles(loaded, unit, databases)
