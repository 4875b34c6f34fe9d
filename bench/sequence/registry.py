"""Every kind of step: ours, and those of installed packages (entry-point group ``bench.steps``).

A new kind is one class with the face of ``StepKind``; its package names it in the group, and nothing here changes.
"""

from collections.abc import Mapping
from importlib.metadata import entry_points

from pydantic import BaseModel

from bench.base.errors import InputError, Problem
from bench.sequence.step import StepKind
from bench.sequence.steps.drive_cycle import DriveCycle
from bench.sequence.steps.dwell import Dwell
from bench.sequence.steps.efficiency_map import EfficiencyMap
from bench.sequence.steps.endurance import EnduranceStep
from bench.sequence.steps.latency import Latency
from bench.sequence.steps.loss_points import LossPoints
from bench.sequence.steps.measure import Measure
from bench.sequence.steps.net_power_curve import NetPowerCurve
from bench.sequence.steps.no_load_drag import NoLoadDrag
from bench.sequence.steps.notify import Notify
from bench.sequence.steps.peak_power import PeakPower
from bench.sequence.steps.prompt import Prompt
from bench.sequence.steps.ramp import Ramp
from bench.sequence.steps.reference_point import ReferencePoint
from bench.sequence.steps.set import Set
from bench.sequence.steps.settle import Settle
from bench.sequence.steps.soak import Soak
from bench.sequence.steps.thirty_minute_power import ThirtyMinutePower
from bench.sequence.steps.uds import Uds
from bench.sequence.steps.wait_until import WaitUntil
from bench.sequence.steps.zero_check import ZeroCheck

GROUP = "bench.steps"
_OWN: tuple[StepKind, ...] = (
    Soak(),
    EfficiencyMap(),
    Dwell(),
    DriveCycle(),
    Latency(),
    ZeroCheck(),
    NoLoadDrag(),
    PeakPower(),
    ThirtyMinutePower(),
    LossPoints(),
    NetPowerCurve(),
    ReferencePoint(),
    EnduranceStep(),
    Set(),
    Ramp(),
    Settle(),
    Measure(),
    WaitUntil(),
    Prompt(),
    Notify(),
    Uds(),
)


def step_kinds() -> dict[str, StepKind]:
    """All kinds by name. Raises ``InputError`` for an installed kind that is none, or takes a name that is in use."""
    kinds: dict[str, StepKind] = {kind.name: kind for kind in _OWN}
    problems = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        made = entry.load()
        kind = made() if isinstance(made, type) else made
        if not isinstance(kind, StepKind):
            problems.append(Problem(entry.value, 0, 0, f"is no kind of step; it needs the face of {StepKind.__name__}"))
        elif kind.name in kinds:
            problems.append(
                Problem(entry.value, 0, 0, f"the step kind {kind.name!r} exists already; choose another name")
            )
        else:
            kinds[kind.name] = kind
    if problems:
        raise InputError(problems)
    return kinds


def parameter_models(kinds: Mapping[str, StepKind]) -> dict[str, type[BaseModel]]:
    """The parameter model of each kind, as ``bench.config.plan.load_plan`` wants them."""
    return {name: kind.parameters for name, kind in kinds.items()}
