"""The drivers of a rig's instruments, each with what the rig file says about it."""

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any

from bench.base.errors import InputError, Problem
from bench.base.time import ns
from bench.config.rig import Rig
from bench.links.device import Device
from bench.links.link import Pace
from drivers.registry import ENTRY_POINTS, driver_class


def any_driver_class(name: str) -> type[Any]:
    """The class behind ``name``, of ours or of another package. Raises ``KeyError`` that names the nearest one."""
    return driver_class(name, {entry.name: entry.value for entry in entry_points(group=ENTRY_POINTS)})


def drivers_of(rig: Rig, index_of: Callable[[str], int]) -> dict[str, Device]:
    """A driver for each instrument, bound to the image. Raises ``InputError`` that names every unknown driver, and what
    the rig file asks of a known one that it cannot do.

    A driver class makes itself: ``from_rig(part, rig)`` gets the whole rig file as plain mappings, because an analyzer
    also has to know the flanges that are wired to it.
    """
    plain: Mapping[str, Any] = rig.model_dump()
    drivers: dict[str, Device] = {}
    problems = []
    for part, instrument in rig.instruments.items():
        try:
            driver = any_driver_class(instrument.driver).from_rig(part, plain)
        except (KeyError, ValueError) as error:
            problems.append(Problem(rig.rig, 0, 0, f"{part}: {error.args[0]}"))
            continue
        driver.bind(index_of)
        drivers[part] = driver
    if problems:
        raise InputError(problems)
    return drivers


def paces_of(rig: Rig) -> dict[str, Pace]:
    """How often each instrument is read and written. The analyzer sets its own pace: each answer is one update.
    Periphery is tried again soon: its watchdog relay waits for nobody."""
    return {part: _pace(rig, part, ns(instrument.poll)) for part, instrument in rig.instruments.items()}


def _pace(rig: Rig, part: str, poll_ns: int) -> Pace:
    if part == "analyzer":
        return Pace(0)
    if part in rig.modbus:
        return Pace(poll_ns, retry_ns=max(poll_ns, Pace().idle_ns))
    return Pace(poll_ns, ns(rig.linked_dynos[part].setpoint_period) if part in rig.linked_dynos else 0)
