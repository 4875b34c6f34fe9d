"""The drivers that come with the bench: name in the rig file -> ``module:Class``. Others come by entry points."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

ENTRY_POINTS = "bench.drivers"
"""The entry-point group in which a package offers its own drivers (looked up by the assembly)."""

BUILT_IN: Mapping[str, str] = {
    "yokogawa_wt5000": "drivers.power_analyzers.yokogawa_wt:YokogawaWT5000",
    "ea_psb": "drivers.supplies.ea_psb:EaPsb",
    "ak_dyno": "drivers.dynos.ak_dyno:AkDyno",
}


def driver_class(name: str, others: Mapping[str, str] | None = None) -> type[Any]:
    """The class behind ``name``, imported only now. Raises ``KeyError`` that names the nearest one."""
    table = {**BUILT_IN, **(others or {})}
    if name not in table:
        raise KeyError(_unknown(name, table))
    module, _, attribute = table[name].partition(":")
    found: type[Any] = getattr(import_module(module), attribute)
    return found


def _unknown(name: str, table: Iterable[str]) -> str:
    near = get_close_matches(name, list(table), 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(sorted(table))}"
    return f"no driver {name!r}; {hint}"
