"""The drivers of a rig's instruments, each with what the rig file says about it."""

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any

from bench.base.errors import InputError, Problem
from bench.base.time import ns
from bench.config.instrument import Instrument
from bench.config.rig import Rig
from bench.links.device import Device
from bench.links.link import Pace
from drivers.registry import ENTRY_POINTS, driver_class


def instruments_of(rig: Rig) -> dict[str, Instrument]:
    """All instruments of a rig by part, in the order of arming."""
    return {"analyzer": rig.analyzer, **rig.ak_dynos, "supply": rig.supply}


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
    for part, instrument in instruments_of(rig).items():
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
    """How often each instrument is read and written. The analyzer sets its own pace: each answer is one update."""
    periods = {name: ns(dyno.setpoint_period) for name, dyno in rig.ak_dynos.items()}
    return {
        part: Pace(0 if part == "analyzer" else ns(instrument.poll), periods.get(part, 0))
        for part, instrument in instruments_of(rig).items()
    }
