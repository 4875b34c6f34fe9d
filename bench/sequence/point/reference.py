"""The reference point: measured again and again, so that drift of bench or unit shows."""

from dataclasses import dataclass, field, replace
from typing import Self

from bench.analysis.drift import Drift, drift
from bench.config.grid import OperatingPoint
from bench.schedule.requests import Operation, Record
from bench.sequence.context import Context
from bench.sequence.point.map_parameters import MapParameters, ReferenceParameters
from bench.sequence.point.point import Task, perform, task_of
from bench.sequence.progress import Taken
from bench.sequence.repeating import repeated

_THERMAL = ("dut.winding_temp", "dut.rotor_temp", "dut.oil_temp")


@dataclass(slots=True)
class References:
    """All references of a step so far: efficiencies 0..1, and the reasons of those that could not be used."""

    efficiencies: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    count: int = 0

    @classmethod
    def of(cls, taken: Taken) -> Self:
        """Those of the run that this one goes on from: drift is judged against the first of all."""
        references = cls()
        for data in taken.references():
            references.note(data["eta_edu"], data["reason"])
        return references

    def note(self, eta: float | None, reasons: str) -> None:
        """One more; one that was derated has no efficiency."""
        self.count += 1
        if eta is None:
            self.failed.append(f"reference {self.count}: {reasons or 'no efficiency'}")
        else:
            self.efficiencies.append(eta)

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
    task = reference_task(context, parameters, wanted, references.count + 1)
    measured = yield from repeated(lambda: perform(context, task), task.label)
    reason = "; ".join(measured.reasons)
    references.note(measured.columns["eta_edu"], reason)
    found = references.judge(wanted.drift)
    judged = {"drift_pp": found.now_pp, "largest_pp": found.largest_pp, "limit_pp": wanted.drift}
    data = {**task.label, "within": found.within, **judged, "verdict": measured.verdict, "reason": reason}
    yield Record("reference", {**data, **measured.columns})
