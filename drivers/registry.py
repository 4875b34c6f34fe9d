"""The drivers that come with the bench: name in the rig file -> ``module:Class``. Others come by entry points."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from drivers.inverters.protocol import InverterProtocol

ENTRY_POINTS = "bench.drivers"
"""The entry-point group in which a package offers its own drivers (looked up by the assembly)."""

BUILT_IN: Mapping[str, str] = {
    "yokogawa_wt5000": "drivers.power_analyzers.yokogawa_wt:YokogawaWT5000",
    "yokogawa_wt3000e": "drivers.power_analyzers.yokogawa_wt:YokogawaWT3000E",
    "yokogawa_wt1800e": "drivers.power_analyzers.yokogawa_wt:YokogawaWT1800E",
    "zes_lmg670": "drivers.power_analyzers.zes_lmg:ZesLmg670",
    "hioki_pw8001": "drivers.power_analyzers.hioki_pw:HiokiPW8001",
    "ea_psb": "drivers.supplies.ea_psb:EaPsb",
    "itech_it6000c": "drivers.supplies.itech_it6000c:ItechIt6000c",
    "keysight_rp7900": "drivers.supplies.keysight_rp7900:KeysightRp7900",
    "keysight_daq970a": "drivers.scanners.keysight_daq970a:KeysightDaq970a",
    "ak_dyno": "drivers.dynos.ak_dyno:AkDyno",
    "magtrol_dsp": "drivers.dynos.magtrol_dsp:MagtrolDsp",
    "bench_io_modbus": "drivers.periphery.bench_io_modbus:BenchIoModbus",
    "conditioner_modbus": "drivers.periphery.conditioner_modbus:ConditionerModbus",
}

INVERTERS: Mapping[str, str] = {
    "gen5": "drivers.inverters.gen5:protocol",
    "cascadia_cm": "drivers.inverters.cascadia_cm:protocol",
}
"""Protocols of inverters: name in the DUT file -> ``module:function``."""


def inverter_protocol(name: str, forward: bool = True) -> InverterProtocol:
    """The protocol behind ``name``. Raises ``KeyError`` that names the nearest one, ``ValueError`` if it cannot be."""
    if name not in INVERTERS:
        raise KeyError(_unknown(name, INVERTERS, "protocol of an inverter"))
    module, _, attribute = INVERTERS[name].partition(":")
    made: InverterProtocol = getattr(import_module(module), attribute)(forward)
    return made


def driver_class(name: str, others: Mapping[str, str] | None = None) -> type[Any]:
    """The class behind ``name``, imported only now. Raises ``KeyError`` that names the nearest one."""
    table = {**BUILT_IN, **(others or {})}
    if name not in table:
        raise KeyError(_unknown(name, table))
    module, _, attribute = table[name].partition(":")
    found: type[Any] = getattr(import_module(module), attribute)
    return found


def _unknown(name: str, table: Iterable[str], kind: str = "driver") -> str:
    near = get_close_matches(name, list(table), 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(sorted(table))}"
    return f"no {kind} {name!r}; {hint}"
