"""Step ``endurance``: cyclic load, counted cycle by cycle, with checks between the cycles.

Kinds of cycles, and the clauses that they follow, stand in ``bench.sequence.endurance.parameters``. The texts of ISO
21782-5, 21782-6 and GB/T 29307 are public in their contents only, so that all levels, times and rates are the plan's.
Common to all: a cycle counts if actual torque and speed came as near to those asked for as ``band`` says; one that did
not is driven again, and too many of these end the step.
"""

import math
from typing import Any

from bench.schedule.requests import Operation, Record
from bench.sequence.context import Context
from bench.sequence.endurance.check import endurance_findings
from bench.sequence.endurance.checks import checks_s
from bench.sequence.endurance.course import course_of
from bench.sequence.endurance.drive import Endurance
from bench.sequence.endurance.parameters import EnduranceParameters, clause_of
from bench.sequence.step import Finding
from bench.sequence.travel.drive import travel_s
from bench.sequence.travel.position import Rates
from bench.sequence.verdict import FAILED, PASSED, StepVerdict

STARTED, EVENT = "endurance_started", "endurance"


class EnduranceStep:
    """The step kind ``endurance``."""

    name = "endurance"
    parameters = EnduranceParameters

    def check(self, parameters: EnduranceParameters, context: Context) -> list[Finding]:
        """The way of a cycle against unit and dynos, rates, supply and analyzer, and every check between."""
        return endurance_findings(parameters, context)

    def points(self, parameters: EnduranceParameters, context: Context) -> int:
        """None: cycles and checks stand in tables of their own."""
        return 0

    def estimate_s(self, parameters: EnduranceParameters, context: Context) -> float:
        """Travel, cycles and checks, seconds."""
        course = course_of(parameters)
        cycles = parameters.cycles or math.ceil((parameters.time or 0.0) / course.period_s)
        under_s = cycles * course.period_s
        here = (context.position.speed_rpm, context.position.torque_nm)
        return travel_s(here, course.start, Rates()) + under_s + checks_s(parameters.checks, context, under_s)

    def run(self, parameters: EnduranceParameters, context: Context) -> Operation[StepVerdict]:
        """All cycles that are still open; journaled cycle by cycle, and at its end as ``endurance``."""
        endurance = Endurance(context, parameters)
        yield Record(STARTED, _told(parameters, endurance))
        problem = yield from endurance.drive()
        book, reasons = endurance.book, [problem] if problem else []
        if endurance.spoilt:
            allowed = f"{parameters.out_of_band} may be"
            reasons.append(f"{book.out_of_band} cycles were out of band, {allowed}; the last: {endurance.last_wrong}")
        reasons += endurance.checks.reasons()
        verdict = FAILED if reasons else PASSED
        told = {"kind": parameters.kind, **book.figures(), "verdict": verdict, "reason": "; ".join(reasons)}
        yield Record(EVENT, told)
        return StepVerdict(verdict, tuple(reasons))


def _told(parameters: EnduranceParameters, endurance: Endurance) -> dict[str, Any]:
    clause, assumed = clause_of(parameters)
    stages = [[stage.name, *stage.point, stage.seconds] for stage in endurance.course.stages]
    return {
        "kind": parameters.kind,
        "clause": clause,
        "assumed": assumed,
        "asked_cycles": parameters.cycles,
        "asked_s": parameters.time,
        "period_s": endurance.course.period_s,
        "stages": stages,
        "damage": parameters.damage.model_dump(),
        "begins_after": endurance.book.cycles,
    }
