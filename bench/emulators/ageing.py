"""An emulated unit that ages, hidden from whoever controls it: some of its parameters grow with the hours it runs.

A line of the fault script is ``unit.gear:10%/h@0s``: the losses of the meshes grow by about a tenth of what they were
with every hour of running from there on. How fast exactly is drawn from the run's seed, within a quarter either way.
Default: nothing ages. A run that goes on after a break begins with a young unit again: another world.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.base.noise import noise_state, uniform
from bench.base.time import NS_PER_S
from bench.base.units import Unit, parse
from bench.plant.plant import Plant
from bench.schedule.faults import Fault, of_place

PLACE = "unit"
GROWS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "bearing": (("machine", "bearing_torque_nm"), ("gear", "drag_a0_nm")),
    "gear": (("gear", "mesh_loss"),),
    "winding": (("machine", "resistance_20_ohm"),),
    "switches": (("stage", "igbt_slope_ohm"), ("stage", "diode_slope_ohm")),
}
"""What grows, by kind: friction, meshes, contacts and conductors, bond wires."""
_RATE = re.compile(r"(?P<percent>[0-9.]+ ?%)/h")
_LOOK_NS = NS_PER_S
_NS_PER_H = 3600 * NS_PER_S
_SPREAD = 0.25
_RUNNING_RPM = 10.0


def read_rate(fault: Fault) -> float:
    """Growth in an hour of running, as a share. Raises ``ValueError`` with the form that is expected."""
    match = _RATE.fullmatch(fault.argument)
    if match is None:
        raise ValueError(f"needs how fast, such as {fault.place}.{fault.kind}:10%/h@0s")
    return parse(match["percent"], Unit.PERCENT) / 100.0


class _Part(NamedTuple):
    """One parameter: its place, what it was, its growth in an hour, and from when to when."""

    field: NDArray[np.float64]
    young: float
    rate: float
    fault: Fault


class Ageing:
    """Lets a plant age. ``live`` is called as often as one likes; it looks once a second."""

    def __init__(self, plant: Plant, faults: tuple[Fault, ...], seed: int) -> None:
        self._plant = plant
        self._looked_ns = 0
        self._hours: dict[Fault, float] = {}
        self._parts: list[_Part] = []
        for fault in of_place(faults, PLACE):
            drawn = 1.0 + _SPREAD * (2.0 * float(uniform(noise_state(seed, f"ageing.{fault.kind}"))) - 1.0)
            self._hours[fault] = 0.0
            for part, name in GROWS[fault.kind]:
                field = plant.parameters[part][name]
                self._parts.append(_Part(field, float(field[0]), drawn * read_rate(fault), fault))

    @property
    def asked_for(self) -> bool:
        """Whether anything ages."""
        return bool(self._parts)

    def beside(self, collect: Callable[[int], None]) -> Callable[[int], None]:
        """What is done each virtual second: the unit ages meanwhile."""

        def both(t_ns: int) -> None:
            self.live(t_ns)
            collect(t_ns)

        return both

    def live(self, t_ns: int) -> None:
        """Up to ``t_ns``."""
        if t_ns < self._looked_ns + _LOOK_NS:
            return
        passed_h = (t_ns - self._looked_ns) / _NS_PER_H
        self._looked_ns = t_ns
        if self._plant.inputs["pwm_on"][0] < 0.5 or abs(self._plant.outputs["speed_motor_rpm"][0]) < _RUNNING_RPM:
            return
        for fault in self._hours:
            self._hours[fault] += passed_h if fault.active(t_ns) else 0.0
        for part in self._parts:
            part.field[0] = part.young * (1.0 + part.rate * self._hours[part.fault])
