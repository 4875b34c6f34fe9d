"""The drift charts of a run: one for each reference point, by name, from all its checks in whatever step they were."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from bench.analysis.cusum import Cusum, Verdict, chart_for
from bench.analysis.window import mean_std
from bench.sequence.verdict import FAILED, PASSED

EVENT = "reference_check"
TEMPERATURES = {"winding": "dut.winding_temp", "rotor": "dut.rotor_temp", "oil": "dut.oil_temp"}
"""What a check must agree in with its baseline, by the name of its column."""


@dataclass(slots=True)
class Chart:
    """All checks of one reference point. ``failed``: those that could not be used, with the reason."""

    cusum: Cusum
    verdict: Verdict = field(default_factory=lambda: Verdict(0.0, 0.0, 0.0, 0, 0.0))
    checks: int = 0
    failed: list[str] = field(default_factory=list)
    degc: dict[str, list[float]] = field(default_factory=dict)

    def note(self, data: Mapping[str, Any]) -> None:
        """One check, as it stands in the journal; one that is flagged has no place in the chart."""
        self.checks += 1
        eta = data.get("eta_edu")
        if eta is None or data["reason"]:
            self.failed.append(f"check {self.checks}: {data['reason'] or 'no efficiency'}")
            return
        if not self.cusum.ready:
            for name in TEMPERATURES:
                self.degc.setdefault(name, []).append(data[f"{name}_degc"])
        self.verdict = self.cusum.take([eta])

    def usual_degc(self) -> dict[str, float]:
        """The mean temperatures of the baseline, once it is there."""
        return {name: mean_std(values)[0] for name, values in self.degc.items()} if self.cusum.ready else {}

    def columns(self, tolerated_pp: float) -> dict[str, Any]:
        """How the chart looks now, for the journal."""
        reasons = self.reasons(tolerated_pp)
        cusum, verdict, chart = self.cusum, self.verdict, chart_for(self.cusum.baseline)
        return {
            "baseline": cusum.baseline,
            "repeatability_pp": cusum.repeatability_pp,
            "chart_k": chart.k,
            "chart_h": chart.h,
            "reference_eta": cusum.reference if cusum.values else None,
            "measured_pp": cusum.measured_pp if len(cusum.values) > 1 else None,
            "apart_pp": verdict.apart_pp,
            "up": verdict.up,
            "down": verdict.down,
            "found_at": verdict.found_at,
            "shift_pp": verdict.shift_pp if verdict.found_at else None,
            "tolerated_pp": tolerated_pp,
            "chart_verdict": FAILED if reasons else PASSED,
            "chart_reason": "; ".join(reasons),
        }

    def reasons(self, tolerated_pp: float) -> list[str]:
        """Why this is no stable unit, or no chart. ``tolerated_pp``: a drift up to here is told, and allowed."""
        cusum, verdict = self.cusum, self.verdict
        found = list(self.failed)
        if cusum.scattered:
            told = f"{cusum.measured_pp:.3f} pp, worse than the {cusum.repeatability_pp:g} pp expected"
            found.append(f"the baseline repeats to {told}: its chart is worth nothing; settle longer, or expect less")
        if verdict.found_at and abs(verdict.shift_pp) > tolerated_pp:
            allowed = f"; {tolerated_pp:g} pp are tolerated" if tolerated_pp else ""
            found.append(f"drift of {verdict.shift_pp:+.3f} pp, found at check {verdict.found_at}{allowed}")
        return found


class Key(NamedTuple):
    """What makes two checks belong to one chart: name, operating point, and how the chart is kept."""

    name: str
    speed_rpm: float
    torque_nm: float
    baseline: int
    repeatability_pp: float

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """From a record."""
        return cls(*(data[name] for name in cls._fields))


class Charts:
    """Charts by what they are of. A run that goes on begins with the checks of the one before."""

    def __init__(self) -> None:
        self._charts: dict[Key, Chart] = {}

    def of(self, key: Key) -> Chart:
        """The chart; a new one if there is none yet."""
        return self._charts.setdefault(key, Chart(Cusum(key.baseline, key.repeatability_pp)))

    def take_over(self, told: Iterable[Mapping[str, Any]]) -> None:
        """Checks of another run, in order."""
        for data in told:
            self.of(Key.of(data)).note(data)
