"""The reference point: measured again and again, so that drift of bench or unit shows."""

from dataclasses import dataclass, field, replace

from bench.analysis.drift import Drift, drift
from bench.config.grid import OperatingPoint
from bench.schedule.requests import Operation, Record
from bench.sequence.context import Context
from bench.sequence.map_parameters import MapParameters, ReferenceParameters
from bench.sequence.point import Task, perform, task_of
from bench.sequence.repeating import repeated

_THERMAL = ("dut.winding_temp", "dut.rotor_temp", "dut.oil_temp")


@dataclass(slots=True)
class References:
    """All references of a step so far: efficiencies 0..1, and the reasons of those that could not be used."""

    efficiencies: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    count: int = 0

    def judge(self, limit_pp: float) -> Drift:
        """Drift so far."""
        return drift(self.efficiencies, limit_pp)


def reference_task(context: Context, parameters: MapParameters, wanted: ReferenceParameters, number: int) -> Task:
    """The reference as a task: as a continuous point, with tighter temperatures (the rotor's too)."""
    point = OperatingPoint(number, wanted.speed, wanted.torque, 0.0, "continuous")
    task = task_of(context, parameters, point, {"reference": number})
    criteria = replace(task.criteria, temperature_k=wanted.temperature, temperatures=_THERMAL)
    return replace(task, criteria=criteria)


def measure_reference(context: Context, parameters: MapParameters, references: References) -> Operation[None]:
    """Measure it once, judge the drift, journal ``reference``."""
    wanted = parameters.reference
    if wanted is None:
        return
    references.count += 1
    task = reference_task(context, parameters, wanted, references.count)
    measured = yield from repeated(lambda: perform(context, task), task.label)
    eta = measured.columns["eta_edu"]
    if eta is None or measured.derated:
        references.failed.append(f"reference {references.count}: {'; '.join(measured.reasons) or 'no efficiency'}")
    else:
        references.efficiencies.append(eta)
    found = references.judge(wanted.drift)
    judged = {"drift_pp": found.now_pp, "largest_pp": found.largest_pp, "limit_pp": wanted.drift}
    reason = "; ".join(measured.reasons)
    data = {**task.label, "within": found.within, **judged, "verdict": measured.verdict, "reason": reason}
    yield Record("reference", {**data, **measured.columns})
