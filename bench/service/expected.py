"""What is told of a plan before it runs: duration, points, energy, storage, heat. Nothing here refuses it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.assembly import Blueprint
from bench.sequence.estimate import Estimate, estimate
from bench.sequence.foreseen import Foreseen
from bench.service.foresight import foresee
from bench.service.volume import Volume, volume

_HEAT = ("dut.winding_temp", "dut.rotor_temp", "dut.junction_temp", "dut.oil_temp")


@dataclass(frozen=True, slots=True)
class Expected:
    """``foreseen`` and ``stored`` are None where the plan cannot be gone through: the steps' own estimate is left."""

    estimate: Estimate
    foreseen: Foreseen | None
    stored: Volume | None

    @property
    def duration_s(self) -> float:
        """Of the whole run, from arming to the end of the stop."""
        return self.foreseen.total_s if self.foreseen else self.estimate.total_s

    def figures(self) -> dict[str, Any]:
        """For machines."""
        told: dict[str, Any] = {"points": self.estimate.points, "estimate_s": round(self.duration_s, 1)}
        if self.foreseen is None or self.stored is None:
            return told
        parts = {kind: getattr(self.stored, kind) for kind in ("samples", "journal", "inbox", "reports")}
        hottest = {name: round(degc, 1) for name, degc in self.foreseen.hottest_degc.items()}
        prompts = {"prompts": list(self.foreseen.prompts)}
        return {
            **told,
            "energy_wh": self.foreseen.energy,
            "storage_bytes": {**parts, "total": self.stored.total},
            "hottest_degc": hottest,
            **prompts,
        }

    def remarks(self) -> Iterator[str]:
        """What the model doubts: heat, and a verdict that would not be passed."""
        if self.foreseen is None:
            yield "the plan cannot be gone through on the model; duration is the sum of its steps' estimates"
            return
        if self.foreseen.derates:
            hot = ", ".join(f"{name} {self.foreseen.hottest_degc[name]:.0f} degC" for name in _HEAT)
            told = "on the model the unit limits its torque for heat"
            yield f"{told} ({hot}); hold such points for a shorter time, or cool the unit before them"
        if self.foreseen.verdict != "passed":
            reasons = "; ".join(self.foreseen.reasons[:3]) or "points are flagged"
            yield f"on the model the plan does not pass: {reasons}"


def expect(blueprint: Blueprint) -> Expected:
    """Of the plan of ``blueprint`` from its beginning."""
    inputs = blueprint.inputs
    foreseen = foresee(blueprint)
    stored = volume(blueprint, foreseen) if foreseen else None
    return Expected(estimate(inputs.plan.value, inputs.kinds, blueprint.context), foreseen, stored)
