"""Running a plan: arm, sign check, steps, stop, verdict. Every way out leads through a confirmed stop."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from bench.base.errors import DeviceError, LinkError
from bench.config.plan import Plan, Step
from bench.core.causes import Cause
from bench.record.eta import FORESEEN
from bench.schedule.outcomes import Held, SetpointRefused, Stopped
from bench.schedule.requests import BusReport, Operation, Record, StopReport
from bench.sequence.arming import arm
from bench.sequence.charts import EVENT as REFERENCE_CHECK
from bench.sequence.context import Context
from bench.sequence.diagnosis import examine_after
from bench.sequence.estimate import estimate
from bench.sequence.failures import SequenceFailed
from bench.sequence.foreseen import Foreseen
from bench.sequence.progress import BEGINNING, OF_RUN, Progress, Taken
from bench.sequence.sign_check import sign_check
from bench.sequence.step import StepKind, commands_of
from bench.sequence.stop import after_stop, request_stop
from bench.sequence.verdict import PASSED, RunVerdict, StepVerdict, judge_run

FINISHED, STOPPED, ABORTED = "finished", "stopped", "aborted"


@dataclass(slots=True)
class _Ending:
    """How the plan's part of the run ended, before the stop is confirmed."""

    outcome: str = FINISHED
    reasons: tuple[str, ...] = ()
    cause: Cause = Cause.END_OF_PLAN
    stopped: Stopped | None = None


def _run_step(index: int, step: Step, kind: StepKind, context: Context) -> Operation[StepVerdict]:
    yield Record("step_started", {"step": index, "kind": step.kind})
    verdict = yield from kind.run(step.parameters, context)
    data = {"step": index, "kind": step.kind, "verdict": verdict.verdict, "reasons": list(verdict.reasons)}
    yield Record("step_finished", data)
    return verdict


@dataclass(frozen=True, slots=True)
class _Course:
    """The steps of a plan, and what is taken over of them from a run that has ended too early."""

    plan: Plan
    kinds: Mapping[str, StepKind]
    progress: Progress

    def again(self) -> set[int]:
        """Finished steps that are done again: the last of each preparing kind before the first open step, since the
        bench was at rest meanwhile; one for each set of things that they command."""
        last: dict[tuple[str, ...], int] = {}
        count = len(self.plan.steps)
        first_open = self.progress.first_open(count)
        for index in range(first_open if first_open < count else 0):
            step = self.plan.steps[index]
            kind = self.kinds[step.kind]
            if getattr(kind, "prepares", False):
                last[(step.kind, *commands_of(kind, step.parameters))] = index
        return set(last.values())


def _skip(index: int, step: Step, context: Context, taken: Taken) -> Operation[StepVerdict]:
    """Nothing is left to do in it; its points count."""
    yield Record("step_skipped", {"step": index, "kind": step.kind, OF_RUN: taken.run})
    for data in taken.points().values():
        context.tally.add(data["verdict"])
    return StepVerdict()


def _steps(course: _Course, context: Context, done: list[StepVerdict]) -> Operation[None]:
    """Arm, check the signs, run the steps in order; a failed step ends the plan."""
    yield from arm(context)
    yield from sign_check(context)
    again = course.again()
    for index, step in enumerate(course.plan.steps):
        taken = course.progress.of(index)
        if taken.finished and index not in again:
            verdict = yield from _skip(index, step, context, taken)
        else:
            verdict = yield from _run_step(index, step, course.kinds[step.kind], replace(context, taken=taken))
        done.append(verdict)
        if verdict.verdict != PASSED:
            return


def _attempt(course: _Course, context: Context, done: list[StepVerdict]) -> Operation[_Ending]:
    """Run the steps; whatever goes wrong becomes an ending with a cause."""
    try:
        yield from _steps(course, context, done)
    except Stopped as stop:
        return _Ending(ABORTED if stop.operator else STOPPED, (str(stop),), stopped=stop)
    except SequenceFailed as failure:
        # a failed sign check is a verdict on the bench's wiring; a failed arming is a fault that ended the run
        outcome = FINISHED if failure.cause_code == Cause.SIGN_CHECK else STOPPED
        return _Ending(outcome, failure.reasons, Cause(failure.cause_code))
    except (Held, SetpointRefused, LinkError, DeviceError) as failure:
        return _Ending(STOPPED, (str(failure),), Cause.STEP_FAILED)
    return _Ending()


def _stop(ending: _Ending) -> Operation[StopReport]:
    """Stop, or wait for the stop that the core has begun; a core's stop may overtake our own."""
    if ending.stopped is not None:
        return (yield from after_stop(ending.stopped))
    try:
        return (yield from request_stop(ending.cause))
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
    steps = [step.kind for step in plan.steps]
    yield Record("run_started", {**names, **figures, "steps": steps, "efficiencies": list(context.efficiencies)})
    if foreseen is not None:
        yield Record(FORESEEN, foreseen.told())
    if progress.run:
        context.charts.take_over(progress.told(REFERENCE_CHECK))
        yield from progress.tell()
    done: list[StepVerdict] = []
    try:
        ending = yield from _attempt(_Course(plan, kinds, progress), context, done)
    except Exception as error:
        report = yield from _stop(_Ending(STOPPED, (), Cause.STEP_FAILED))
        yield from _finish(plan, context, done, _Ending(STOPPED, (f"internal error: {error!r}",)), report)
        raise
    report = yield from _stop(ending)
    return (yield from _finish(plan, context, done, ending, report))


def _finish(
    plan: Plan, context: Context, done: list[StepVerdict], ending: _Ending, report: StopReport
) -> Operation[RunVerdict]:
    """Ask the unit once more, journal what was seen of the buses, judge, and journal ``run_finished``."""
    yield from examine_after(context.examination)
    confirmed = report.ended and report.confirmed
    verdict = judge_run(done, context.tally, plan.allowance / 100.0, ending.outcome, ending.reasons, confirmed)
    for seen in (yield BusReport()):
        yield Record("can_message", seen)
    yield Record("run_finished", {**asdict(verdict), "reasons": list(verdict.reasons)})
    return verdict
