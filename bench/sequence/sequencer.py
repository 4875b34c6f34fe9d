"""Running a plan: arm, sign check, steps, stop, verdict. Every way out leads through a confirmed stop."""

from collections.abc import Mapping
from dataclasses import asdict

from bench.config.plan import Plan
from bench.config.plan_nodes import Control, Step
from bench.record.eta import FORESEEN
from bench.schedule.outcomes import Stopped
from bench.schedule.requests import BusReport, Operation, Record, StopReport
from bench.sequence.arm.diagnosis import examine_after
from bench.sequence.context import Context
from bench.sequence.estimate import estimate
from bench.sequence.failures import ABORTED, STOPPED, Failed
from bench.sequence.foreseen import Foreseen
from bench.sequence.point.charts import EVENT as REFERENCE_CHECK
from bench.sequence.progress import BEGINNING, Progress
from bench.sequence.step import StepKind
from bench.sequence.stop import after_stop, stop_for
from bench.sequence.tree.walk import Walk
from bench.sequence.verdict import FAILED, RunVerdict, StepVerdict, judge_run


def _walked(walk: Walk) -> Operation[Failed]:
    """Walk the plan; how its part of the run ended, before the stop is confirmed."""
    try:
        yield from walk.whole()
    except Failed as failed:
        if failed.at_work:
            walk.wrong.append(StepVerdict(FAILED, failed.reasons))
            failed.reasons = ()
        return failed
    return Failed(())


def _stop(ending: Failed) -> Operation[StopReport]:
    """Stop, or wait for the stop that the core has begun; a core's stop may overtake our own."""
    if ending.report is not None:
        return ending.report
    try:
        return (yield from stop_for(ending.cause, ending.stopped))
    except Stopped as stop:
        ending.outcome = ABORTED if stop.operator else STOPPED
        ending.reasons = (*ending.reasons, str(stop))
        return (yield from after_stop(stop))


def run_plan(
    plan: Plan,
    kinds: Mapping[str, StepKind],
    context: Context,
    progress: Progress = BEGINNING,
    foreseen: Foreseen | None = None,
) -> Operation[RunVerdict]:
    """The whole run as one operation; journals each decision, returns the verdict.

    ``context`` gives the facts; position and tally are the run's own, so one context serves any number of runs.
    ``progress``: of the run that this one goes on from; what that has finished is taken over. ``foreseen``: what it
    will be like, for those who look on.
    Errors of our own (anything unexpected) are raised again after the bench was stopped.
    """
    context = context.fresh(plan.identity, plan.clear_dtcs)
    expected = estimate(plan, kinds, context)
    context.tally.planned = expected.points
    names = {"plan": plan.plan, "title": plan.title, "dut": context.dut.name, "layout": context.bench.layout}
    figures = {
        "points": expected.points,
        "estimate_s": foreseen.total_s if foreseen else expected.total_s,
        "allowance": plan.allowance / 100.0,
    }
    steps = [node.kind for node in plan.steps if isinstance(node, Step | Control)]
    yield Record("run_started", {**names, **figures, "steps": steps, "efficiencies": list(context.efficiencies)})
    if foreseen is not None:
        yield Record(FORESEEN, foreseen.told())
    if progress.run:
        context.charts.take_over(progress.told(REFERENCE_CHECK))
        yield from progress.tell()
    walk = Walk(plan, kinds, context, progress)
    ending = yield from _walked(walk)
    report = yield from _stop(ending)
    yield from walk.clean_at_rest(ending.owed)
    verdict = yield from _finish(plan, context, walk.wrong, ending, report)
    if ending.error is not None:
        raise ending.error
    return verdict


def _finish(
    plan: Plan, context: Context, wrong: list[StepVerdict], ending: Failed, report: StopReport
) -> Operation[RunVerdict]:
    """Ask the unit once more, journal what was seen of the buses, judge, and journal ``run_finished``."""
    yield from examine_after(context.examination)
    confirmed = report.ended and report.confirmed
    verdict = judge_run(wrong, context.tally, plan.allowance / 100.0, ending.outcome, ending.reasons, confirmed)
    for seen in (yield BusReport()):
        yield Record("can_message", seen)
    yield Record("run_finished", {**asdict(verdict), "reasons": list(verdict.reasons)})
    return verdict
