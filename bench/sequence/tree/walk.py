"""Walks the tree of a plan: every node in its order, as often and under the conditions that the plan asks for.

What fails is raised as ``Failed`` and goes up the tree. Each node on the way does its cleanup, or owes it until a stop
has ended; the first rule above decides whether something is begun anew or left out (``bench.sequence.tree.restarts``).
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from bench.base.time import ns, seconds
from bench.config import plan_nodes as nodes_of
from bench.config.plan import Plan
from bench.config.plan_nodes import CLEANUP, Care, Control, Node, Nodes, Rule, Step
from bench.schedule.requests import Alarm, Now, Operation, Outcome, Record, StoodStill, Together, Withdraw
from bench.sequence.arm.arming import arm
from bench.sequence.arm.sign_check import sign_check
from bench.sequence.commands import reset
from bench.sequence.context import Context
from bench.sequence.failures import Failed, failure_of
from bench.sequence.progress import LEFT_AT, OF_RUN, PASS, RETRIED, Progress
from bench.sequence.step import METER, SPEED, TORQUE, StepKind, commands_of
from bench.sequence.stop import stop_for
from bench.sequence.travel.targets import send
from bench.sequence.tree.actuators import commanded, needs_armed
from bench.sequence.tree.deciding import decided
from bench.sequence.tree.forecast import Forecast
from bench.sequence.tree.marking import marked
from bench.sequence.tree.place import CLEANUP_OF_PLAN, Place, any_pass, below, lies_below, steps_by_place, steps_of
from bench.sequence.tree.preparing import again, moves
from bench.sequence.tree.restarts import SKIP, Restarts
from bench.sequence.verdict import FAILED, PASSED, StepVerdict

Body = Callable[[], Operation[None]]
Owed = list[tuple[Place, Node]]
_WRONG_MAX = 50


class Walk:
    """One run through a plan. ``wrong``: what has failed and has not ended it; ``progress``: what is taken over from
    the run that this one goes on from."""

    def __init__(self, plan: Plan, kinds: Mapping[str, StepKind], context: Context, progress: Progress) -> None:
        self.wrong: list[StepVerdict] = []
        self._plan = plan
        self._kinds = kinds
        self._context = context
        self._progress = progress
        self._forecast = Forecast(kinds, context)
        self._restarts = Restarts()
        self._left: dict[str, tuple[Place, tuple[float, float]]] = {}  # where steps have left the bench
        self._back: tuple[float, float] | None = None  # where it was left before a break, and is not now
        self._preparing = False
        self._prepared = self._taken_over()
        self._ready = False  # what prepares the bench was done since it was armed
        self._in_branch = False
        self._ending = False

    def whole(self) -> Operation[None]:
        """Arm, check the signs, then the plan. Raises ``Failed`` when it does not come to its end."""
        plan = self._plan
        body = partial(self._timed, "the plan", plan.deadline, self._from_rest)
        yield from self._cared(_entries(plan.cleanup, CLEANUP_OF_PLAN), body)

    def _from_rest(self) -> Operation[None]:
        yield from arm(self._context)
        yield from sign_check(self._context)
        yield from self._nodes(self._plan.steps, "", self._plan.on_fail)

    def _nodes(self, nodes: Nodes, prefix: str, each: Rule | None = None) -> Operation[None]:
        """Nodes in a row; ``each``: the rule that counts for every one of them."""
        for place, node in _entries(nodes, prefix):
            yield from self._unit(place, each, partial(self._node, node, place))

    def _node(self, node: Node, place: Place) -> Operation[None]:
        match node:
            case Step():
                care, body = node.care, partial(self._step, node, place)
            case Control():
                care, body = node, partial(self._control, node, place)
            case _:
                raise TypeError(f"{node!r} is no node of a plan")
        of_passes = isinstance(node, nodes_of.Repeat | nodes_of.Sweep)
        timed = partial(self._timed, _called(node, place), care.deadline, body)
        unit = partial(self._unit, place, None if of_passes else care.on_fail, timed)
        yield from self._cared(_entries(care.cleanup, f"{place}{CLEANUP}"), unit)

    # --- failing ----------------------------------------------------------------------------------------------------
    def _guarded(self, body: Body) -> Operation[None]:
        """Every way to fail as ``Failed``."""
        try:
            yield from body()
        except Failed:
            raise
        except Exception as error:
            raise failure_of(error) from error

    def _timed(self, what: str, deadline_s: float | None, body: Body) -> Operation[None]:
        if deadline_s is None:
            yield from self._guarded(body)
            return
        now_ns: int = yield Now()
        alarm = Alarm(now_ns + ns(deadline_s), f"{what} did not end within {deadline_s:g} s")
        yield alarm
        try:
            yield from self._guarded(body)
        except Failed as failed:
            yield Withdraw(alarm)
            if failed.alarm is alarm:
                failed.alarm = None
            raise
        yield Withdraw(alarm)

    def _unit(self, place: Place, rule: Rule | None, body: Body) -> Operation[None]:
        """What a rule of the plan counts for: begun anew as a whole, or left out as a whole."""
        if rule is None:
            yield from self._guarded(body)
            return
        tally, attempt = asdict(self._context.tally), 0
        while (failed := (yield from self._tried(body))) is not None:
            if failed.final or failed.alarm is not None or (self._in_branch and not failed.at_work):
                raise failed
            action = self._restarts.decide(failed, rule, attempt, (yield Now()))
            if not action:
                failed.final = True
                raise failed
            yield from self._go_on(failed, place)
            attempt += 1
            if action == SKIP:
                self._count(failed.reasons)
                yield Record("left_out", {"step": place, "reasons": list(failed.reasons)})
                return
            for name, count in tally.items():
                setattr(self._context.tally, name, count)
            self._progress = self._progress.without(place)
            yield Record(RETRIED, {"step": place, "attempt": attempt, "reasons": list(failed.reasons)})

    def _tried(self, body: Body) -> Operation[Failed | None]:
        try:
            yield from self._guarded(body)
        except Failed as failed:
            return failed
        return None

    def _go_on(self, failed: Failed, unit: Place) -> Operation[None]:
        """After a failure: where the bench has stopped, or must, its stop first, then a full arming. What prepares it
        is done again before the next step."""
        if failed.at_work:
            return
        try:
            failed.report = yield from stop_for(failed.cause, failed.stopped)
            owed, failed.owed = failed.owed, []
            yield from self.clean_at_rest(owed)
            if not (failed.report.ended and failed.report.confirmed):
                raise failed
            yield reset()  # while a stop is in force, nothing can be waited for
            yield from arm(self._context)
            yield from sign_check(self._context)
        except Exception as error:
            worse = failure_of(error)
            worse.final, worse.reasons = True, tuple(dict.fromkeys((*failed.reasons, *worse.reasons)))
            raise worse from None
        self._ready = False
        self._prepared = {key: found for key, found in self._prepared.items() if not lies_below(found[0], unit)}
        self._left = {key: found for key, found in self._left.items() if not lies_below(found[0], unit)}

    # --- cleanup ----------------------------------------------------------------------------------------------------
    def _cared(self, owed: Owed, body: Body) -> Operation[None]:
        """A node, then its cleanup: at once while the bench is at work, else after its stop."""
        try:
            yield from self._guarded(body)
        except Failed as failed:
            if not failed.at_work:
                failed.owed += owed
            else:
                yield from self._clean_after(failed, owed)
            raise
        yield from self._clean(owed)

    def _clean_after(self, failed: Failed, owed: Owed) -> Operation[None]:
        try:
            yield from self._at_the_end()._clean(owed)
        except Failed as worse:
            worse.reasons = (*failed.reasons, *worse.reasons)
            raise worse from None

    def _clean(self, owed: Owed) -> Operation[None]:
        """An error in it is told and counts; only what stops the bench keeps the rest from being done at once."""
        for number, (place, node) in enumerate(owed):
            failed = yield from self._tried(partial(self._node, node, place))
            if failed is None:
                continue
            if not failed.at_work and (failed.stopped or failed.error or failed.alarm or failed.report):
                failed.owed += owed[number + 1 :]
                raise failed
            yield from self._note(place, failed)

    def clean_at_rest(self, owed: Owed) -> Operation[None]:
        """After a stop: of the cleanup only what needs no armed bench."""
        for place, node in owed:
            if needs_armed(node, self._kinds):
                yield Record("left_out", {"step": place, "reasons": ["it needs an armed bench, which has stopped"]})
                continue
            failed = yield from self._tried(partial(self._at_the_end()._node, node, place))
            if failed is not None:
                yield from self._note(place, failed)

    def _note(self, place: Place, failed: Failed) -> Operation[None]:
        reasons = tuple(f"{place}: {reason}" for reason in failed.reasons)
        self._count(reasons)
        yield Record("cleanup_failed", {"step": place, "reasons": list(failed.reasons)})

    def _count(self, reasons: tuple[str, ...]) -> None:
        """A run of a million passes must not grow with those that fail."""
        if len(self.wrong) < _WRONG_MAX:
            self.wrong.append(StepVerdict(FAILED, reasons))
        elif len(self.wrong) == _WRONG_MAX:
            self.wrong.append(StepVerdict(FAILED, ("more has failed; the journal has all of it",)))

    def _at_the_end(self) -> "Walk":
        """Whose steps count as done in this run only: a run that goes on from it comes to its own end."""
        walk = copy.copy(self)
        walk._ending = walk._ready = True
        return walk

    # --- steps ------------------------------------------------------------------------------------------------------
    def _step(self, step: Step, place: Place) -> Operation[None]:
        taken = self._progress.of(place)
        if taken.finished and not self._ending:
            yield Record("step_skipped", {"step": place, "kind": step.kind, OF_RUN: taken.run})
            for data in taken.points().values():
                self._context.tally.add(data["verdict"])
            return
        yield from self._prepare()
        yield from self._run(step, place)

    def _run(self, step: Step, place: Place) -> Operation[None]:
        kind, name = self._kinds[step.kind], {"name": step.care.name} if step.care.name else {}
        yield Record("step_started", {"step": place, "kind": step.kind, **name})
        yield from self._go_back(step)
        context, here = replace(self._context, taken=self._progress.of(place)), self._context.position
        before = (here.speed_rpm, here.torque_nm)
        verdict = yield from marked(kind.run(step.parameters, context), place)
        ending: dict[str, Any] = {"ending": True} if self._ending else {}
        there = here.speed_rpm, here.torque_nm
        if there != before and not self._preparing:
            ending[LEFT_AT] = list(there)
            self._note_left(place, there)
        data = {"step": place, "kind": step.kind, "verdict": verdict.verdict, "reasons": list(verdict.reasons)}
        yield Record("step_finished", {**data, **ending})
        if verdict.verdict != PASSED:
            where = "" if isinstance(place, int) else f"{_called(step, place)}: "
            raise Failed(tuple(f"{where}{reason}" for reason in verdict.reasons), at_work=True)
        self._note_prepared(step, place)

    def _prepare(self) -> Operation[None]:
        """Before the first step after arming: the last of each kind that prepares, since the bench was at rest; one
        for each set of things that they command."""
        if self._ready:
            return
        self._ready = True
        there, here = next(reversed(self._left.values()), None), self._context.position
        self._preparing = True
        try:
            for step, place in again(self._prepared.values(), self._kinds):
                yield from self._run(step, place)
        finally:
            self._preparing = False
        self._back = there[1] if there is not None and there[1] != (here.speed_rpm, here.torque_nm) else None

    def _go_back(self, step: Step) -> Operation[None]:
        """A step that works where the bench was left, and comes first after a break, finds it there."""
        kind = self._kinds[step.kind]
        if getattr(kind, "here", False) and self._back is not None:
            problem = yield from send(self._context, dict(zip((SPEED, TORQUE), self._back, strict=True)), {})
            if problem:
                raise Failed((f"after a break, on the way back: {problem}",), at_work=True)
        if moves(commands_of(kind, step.parameters)) or getattr(kind, "here", False):
            self._back = None

    def _note_left(self, place: Place, there: tuple[float, float]) -> None:
        self._left.pop(any_pass(place), None)
        self._left[any_pass(place)] = place, there

    def _note_prepared(self, step: Step, place: Place) -> None:
        if getattr(self._kinds[step.kind], "prepares", False):
            self._prepared.pop(any_pass(place), None)
            self._prepared[any_pass(place)] = place, step

    def _taken_over(self) -> dict[str, tuple[Place, Step]]:
        """The steps that have prepared the bench in the run before, the last one last."""
        steps, self._prepared = steps_by_place(self._plan), {}
        for place, kind in self._progress.finished():
            step = steps.get(any_pass(place))
            if step is not None and step.kind == kind:
                self._note_prepared(step, place)
            if (there := self._progress.of(place).left_at) is not None:
                self._note_left(place, there)
        return self._prepared

    # --- the other nodes --------------------------------------------------------------------------------------------
    def _control(self, node: Control, place: Place) -> Operation[None]:
        name = {"name": node.name} if node.name else {}
        yield Record("group_started", {"step": place, "kind": node.kind, **name})
        match node:
            case nodes_of.Sequence():
                yield from self._nodes(node.steps, str(place))
            case nodes_of.Repeat():
                yield from self._repeat(node, place)
            case nodes_of.Sweep():
                yield from self._sweep(node, place)
            case nodes_of.Parallel():
                yield from self._parallel(node, place)
            case nodes_of.When():
                yield from self._when(node, place)
            case nodes_of.Call():
                called = partial(self._nodes, node.steps, str(place), node.each)
                yield from self._cared(_entries(node.last, f"{place}{nodes_of.LAST}"), called)
        yield Record("group_finished", {"step": place, "kind": node.kind, **name})

    def _repeat(self, node: nodes_of.Repeat, place: Place) -> Operation[None]:
        """A pass that has begun is finished; whole passes of the run before are not done again."""
        points, expected = self._forecast.of(node.steps).points, self._forecast.passes(node)
        number, elapsed_s = self._progress.of(place).passes()
        for taken in self._progress.of_passes(place, number):
            for data in taken.points().values():
                self._context.tally.add(data["verdict"])
        while number < node.times if node.times is not None else elapsed_s < (node.for_ or 0.0):
            number += 1
            self._context.tally.planned += points if number > expected else 0
            begin_ns = yield from _plan_clock()
            here = f"{place}/{number}"
            yield Record("pass_started", {"step": place, "pass": number, "of": node.times or 0})
            yield from self._unit(here, node.on_fail, partial(self._nodes, node.steps, here))
            elapsed_s += seconds((yield from _plan_clock()) - begin_ns)
            yield Record(PASS, {"step": place, "pass": number, "elapsed_s": elapsed_s})
        self._context.tally.planned -= points * max(0, expected - number)

    def _sweep(self, node: nodes_of.Sweep, place: Place) -> Operation[None]:
        for number, one in enumerate(node.passes):
            here = f"{place}.{number}"
            told = {"step": place, "pass": number + 1, "of": len(node.passes), "values": one.values}
            yield Record("pass_started", told)
            yield from self._unit(here, node.on_fail, partial(self._nodes, one.steps, here))

    def _parallel(self, node: nodes_of.Parallel, place: Place) -> Operation[None]:
        open_steps = (where for where, _ in steps_of(node, place) if not self._progress.of(where).finished)
        if any(open_steps):
            yield from self._prepare()
        driving = [i for i, steps in enumerate(node.branches) if commanded(steps, self._kinds) - {METER}]
        branches = (
            self._branch()._guarded(partial(self._nodes, steps, f"{place}.{i}"))
            for i, steps in enumerate(node.branches)
        )
        outcomes: tuple[Outcome, ...] = yield Together(tuple(branches), next(iter(driving), -1))
        errors = [failure_of(outcome.error) for outcome in outcomes if outcome.error is not None]
        if errors:
            # a stop before what fails at work, and that before what only ended with it
            first = min(errors, key=lambda failed: (failed.at_work, failed.final))
            first.owed = [entry for failed in errors for entry in failed.owed]
            first.reasons = tuple(dict.fromkeys(reason for failed in errors for reason in failed.reasons))
            raise first

    def _branch(self) -> "Walk":
        walk = copy.copy(self)
        walk._in_branch = True
        return walk

    def _when(self, node: nodes_of.When, place: Place) -> Operation[None]:
        holds = self._progress.of(place).decision()
        if holds is None:
            holds = yield from decided(node, place)
        either = self._forecast.of(node.steps).points, self._forecast.of(node.otherwise).points
        self._context.tally.planned += either[0 if holds else 1] - max(either)
        if holds:
            yield from self._nodes(node.steps, str(place))
        else:
            yield from self._nodes(node.otherwise, f"{place}{nodes_of.ELSE}")


def _plan_clock() -> Operation[int]:
    """The run time without that in which the plan was suspended, ns."""
    now_ns: int = yield Now()
    stood_ns: int = yield StoodStill()
    return now_ns - stood_ns


def _entries(nodes: Nodes, prefix: str) -> Owed:
    return [(below(prefix, number), node) for number, node in enumerate(nodes)]


def _called(node: Node, place: Place) -> str:
    """A node in messages."""
    care = node.care if isinstance(node, Step | Control) else Care()
    return f"{care.name} ({place})" if care.name else f"{getattr(node, 'kind', 'step')} {place}"
