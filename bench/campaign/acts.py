"""What goes wrong that no line of a fault script can tell: the sequence and those who use it, at one instant."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.assembly import Virtual
from bench.base.errors import BenchError
from bench.core import inbox
from bench.core.causes import Cause
from bench.core.design import Design
from bench.emulators.faulty_disk import FaultyStorage
from bench.record.storage import Room
from bench.schedule.scheduler import Job

_NOWHERE_NM = 5000.0
_SMALL_NM, _STEEP_NM_PER_S = 30.0, 1e6
_SCARCE = Room(1 << 20, 1 << 34)


@dataclass(frozen=True, slots=True)
class Scene:
    """What an act may touch: the bench, its sequence, and the disk that the run is recorded on."""

    made: Virtual
    design: Design
    job: Job
    disk: FaultyStorage


Act = Callable[[Scene], None]


class _Broken(BenchError):
    """What a step raises that has a mistake of ours in it."""


def _operator_stop(scene: Scene) -> None:
    scene.made.desk.stop()


def _step_raises(scene: Scene) -> None:
    clock = scene.made.bench.scheduler
    clock.wake(scene.job, clock.t_ns, error=_Broken("a mistake in a step"))


def _two_stops(scene: Scene) -> None:
    for cause, stop_class in ((Cause.LIMIT, 1), (Cause.CHAIN_OPEN, 0), (Cause.OPERATOR, 1)):
        inbox.post(scene.made.rings.inbox_sequence, inbox.stop_now(cause, stop_class))


def _disk_fails(scene: Scene) -> None:
    scene.disk.told = _SCARCE


def _set_torque(nm: float, rate: float = 0.0) -> Act:
    def act(scene: Scene) -> None:
        place = [setpoint.channel for setpoint in scene.design.setpoints].index("dut.torque_cmd")
        inbox.post(scene.made.rings.inbox_sequence, inbox.set_point(place, nm, rate))

    return act


ACTS: Mapping[str, Act] = {
    "operator_stop": _operator_stop,
    "step_raises": _step_raises,
    "two_stops": _two_stops,
    "disk_fails": _disk_fails,
    "torque_nan": _set_torque(float("nan")),
    "torque_endless": _set_torque(float("inf")),
    "torque_at_once": _set_torque(_SMALL_NM, _STEEP_NM_PER_S),
    "torque_outside": _set_torque(_NOWHERE_NM),
}
"""By the name that a way of the catalogue gives, behind its ``!``."""
