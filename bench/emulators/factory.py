"""What the emulated nodes were built with: the shipped databases, whatever the bench under test uses."""

from collections.abc import Mapping
from functools import cache

from bench.base.errors import InputError, Problem
from bench.canbus.database import Database
from bench.canbus.joined import BENCH_IO, INSULATION, by_bus
from bench.config.dut import Dut
from bench.config.rig import Rig
from bench.config.search import find

_OF_INVERTER = {"gen5": "edu_gen5", "cascadia_cm": "cascadia_cm"}
_OF_MONITOR = "bender_iso165c"


def factory_of(rig: Rig, dut: Dut) -> Mapping[str, Database]:
    """The databases of the other side of a bench, by role of the bus. Raises ``InputError``."""
    return factory_databases(dut.inverter.driver, monitor=rig.insulation.dbc is not None)


@cache
def factory_databases(driver: str = "gen5", *, monitor: bool = False) -> Mapping[str, Database]:
    """The same for an inverter's ``driver``; ``monitor``: that of the insulation speaks for itself.

    Raises ``InputError`` when there is no such emulated inverter.
    """
    if driver not in _OF_INVERTER:
        raise InputError([Problem("inverter", 0, 0, f"there is no emulated inverter {driver!r}; run on hardware")])
    shipped = {"dut": _OF_INVERTER[driver], BENCH_IO: "bench_io", **({INSULATION: _OF_MONITOR} if monitor else {})}
    return by_bus({role: Database.load(find("dbc", name)) for role, name in shipped.items()})
