"""Step ``reference_point``: a fixed operating point, measured as often as asked for, and the drift verdict so far.

No public clause says how: durability standards (GB/T 29307, ISO 21782-6) ask for measurements before, between and after
the load. Assumed are the chart (two-sided cumulative sum, ``bench.analysis.cusum``), its figures, and that the unit
must be as warm as it was for the baseline.
"""

from typing import Annotated

from pydantic import Field

from bench.schedule.requests import Operation
from bench.sequence.context import Context
from bench.sequence.point.charts import EVENT
from bench.sequence.point.reference_check import CheckParameters, chart_of, check_findings, measure_check, missing
from bench.sequence.point.steady import steady_s
from bench.sequence.step import Finding
from bench.sequence.travel.position import Rates
from bench.sequence.verdict import FAILED, StepVerdict


class ReferencePointParameters(CheckParameters):
    """The reference point at the motor shaft, when it is steady, and how its drift is judged."""

    repeats: Annotated[int, Field(ge=1, le=1000)] = 1
    """Checks; the first step with this ``name`` measures its baseline before."""


class ReferencePoint:
    """The step kind ``reference_point``."""

    name = "reference_point"
    parameters = ReferencePointParameters

    def check(self, parameters: ReferencePointParameters, context: Context) -> list[Finding]:
        """Envelopes of unit and dynos, updates, and enough load."""
        return check_findings(parameters, context)

    def points(self, parameters: ReferencePointParameters, context: Context) -> int:
        """None: checks stand in a table of their own."""
        return 0

    def estimate_s(self, parameters: ReferencePointParameters, context: Context) -> float:
        """Travel, settling and measuring, seconds; as if no earlier step had the baseline, which is not known here."""
        place = (parameters.speed, parameters.torque)
        return steady_s(context, parameters, [place] * (parameters.baseline + parameters.repeats), Rates())

    def run(self, parameters: ReferencePointParameters, context: Context) -> Operation[StepVerdict]:
        """Complete the baseline if need be, then the checks; those of an interrupted run count."""
        chart = chart_of(context, parameters)
        before = sum(event == EVENT and not data["in_baseline"] for event, data in context.taken.records)
        while missing(context, parameters) and not chart.failed:
            yield from measure_check(context, parameters, {"in_baseline": True})
        for _ in range(before, parameters.repeats):
            yield from measure_check(context, parameters, {"in_baseline": False})
        reasons = chart.reasons(parameters.tolerated)
        return StepVerdict(FAILED if reasons else "passed", tuple(reasons))
