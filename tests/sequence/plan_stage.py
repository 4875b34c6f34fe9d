"""A stage for plans: a scheduler, a desk that only knows stops, branches and alarms, simple kinds of steps."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from bench.base.errors import BenchError
from bench.base.quality import Quality
from bench.base.reading import Reading
from bench.base.time import ns
from bench.config.file_model import FileModel
from bench.config.plan import LocatedPlan, parse_plan
from bench.config.quantity import Seconds
from bench.schedule.outcomes import Stopped
from bench.schedule.requests import BusReport, Command, Operation, Read, Record, Sleep, StopReport, UntilSafe
from bench.schedule.scheduler import Job, Scheduler
from bench.sequence.context import Context
from bench.sequence.desk.branching import Branching
from bench.sequence.progress import BEGINNING, Progress, progress_of
from bench.sequence.sequencer import run_plan
from bench.sequence.step import Finding
from bench.sequence.verdict import RunVerdict, StepVerdict

HEAD = "plan: p\ntitle: P\ndut: d\nrig: r\nallowance: 0 %\n"


class Acts(FileModel):
    """``say`` is journalled, ``time`` passes, and it fails as often as ``fails`` says, by what it says."""

    say: str
    time: Seconds = 1.0
    fails: int = 0


class Kind:
    """A kind of step that journals ``said``."""

    parameters: type[BaseModel] = Acts

    def __init__(self, name: str, commands: tuple[str, ...] | None, prepares: bool = False, points: int = 0) -> None:
        self.name = name
        self.prepares = prepares
        self.left: dict[str, int] = {}
        self._points = points
        if commands is not None:
            self.commands = commands

    def check(self, parameters: Acts, context: Context) -> list[Finding]:
        return [Finding(("say",), f"{parameters.say} is bad; say something else")] if "bad" in parameters.say else []

    def estimate_s(self, parameters: Acts, context: Context) -> float:
        return parameters.time

    def points(self, parameters: Acts, context: Context) -> int:
        return self._points

    def run(self, parameters: Acts, context: Context) -> Operation[StepVerdict]:
        left = self.left.setdefault(parameters.say, parameters.fails)
        yield Record("said", {"say": parameters.say})
        yield Sleep(ns(parameters.time))
        for number in range(self._points):
            known = context.taken.points()
            first = context.tally.points
            if first + 1 not in known:
                yield Record("point", {"point": first + 1, "verdict": "accepted", "number": number})
            context.tally.add("accepted")
        if left:
            self.left[parameters.say] = left - 1
            return StepVerdict("failed", (f"{parameters.say} went wrong",))
        return StepVerdict()


def kinds() -> dict[str, Any]:
    """``note`` commands nothing, ``drive`` the bench, ``warm`` prepares it, ``map`` makes two points, ``pump`` the
    coolant."""
    made = (
        Kind("note", ()),
        Kind("drive", None),
        Kind("warm", None, prepares=True),
        Kind("map", None, points=2),
        Kind("pump", ("coolant.temp_cmd",)),
    )
    return {kind.name: kind for kind in made}


def plan_of(steps: str, head: str = HEAD, known: dict[str, Any] | None = None, **settings: str) -> LocatedPlan:
    """A plan with these steps (or any keys, where they begin with one)."""
    text = head + ("steps:\n" + steps if steps.lstrip().startswith("- ") else steps)
    return parse_plan(text, {n: k.parameters for n, k in (known or kinds()).items()}, "p.yaml", settings)


class Stage:
    """Runs one plan. ``stops``: at which run time (s) the core stops, and why."""

    def __init__(self, context: Context, values: dict[str, float] | None = None) -> None:
        self.journal: list[tuple[float, str, dict[str, Any]]] = []
        self.armed = 0
        self.values = values or {}
        self._context = context
        self._jobs: list[Job] = []
        self._branching = Branching(self, lambda: self.scheduler)
        self._kill_after: int | None = None
        self.scheduler = Scheduler(
            {
                Record: self._record,
                Read: lambda _job, request: [self._reading(name) for name in request.channels],
                Command: lambda _job, _request: None,
                UntilSafe: lambda _job, _request: StopReport(True, True),
                BusReport: lambda _job, _request: [],
                **self._branching.handlers(),
            }
        )

    def attend(self, job: Job) -> None:
        self._jobs.append(job)

    def dismiss(self, job: Job) -> None:
        self._jobs.remove(job)

    def interrupt(self, job: Job, error: BenchError) -> None:
        self.scheduler.wake(job, self.scheduler.t_ns, error=error)

    def stop(self, at_s: float, code: int, operator: bool = False) -> None:
        def act() -> None:
            for job in list(self._jobs):
                self.scheduler.wake(job, self.scheduler.t_ns, error=Stopped(code, f"stop {code}", operator=operator))

        self.scheduler.call(ns(at_s), act)

    def run(self, plan: LocatedPlan, known: dict[str, Any] | None = None, progress: Progress = BEGINNING) -> RunVerdict:
        job = self.scheduler.spawn("plan", run_plan(plan.value, known or kinds(), self._context, progress))
        self.attend(job)
        while not job.done:
            due_ns = self.scheduler.next_ns()
            assert due_ns is not None, f"everybody waits: {self.journal[-3:]}"
            self.scheduler.run_due(due_ns)
        if job.error is not None:
            raise job.error
        verdict: RunVerdict = job.result
        return verdict

    def said(self) -> list[str]:
        """What the steps have said, in order."""
        return [data["say"] for _, event, data in self.journal if event == "said"]

    def events(self, *names: str) -> list[tuple[str, Any]]:
        """(event, place) of these events."""
        return [(event, data["step"]) for _, event, data in self.journal if event in names]

    def progress(self, records: int | None = None) -> Progress:
        """What is left of the run, had it been killed after so many records."""
        return progress_of("old", "chain", list(self._told(records)))

    def _told(self, records: int | None) -> Iterator[Any]:
        class Told:
            def __init__(self, event: str, data: dict[str, Any]) -> None:
                self.event, self.data = event, data

        yield from (Told(event, data) for _, event, data in self.journal[:records])

    def _record(self, _job: Job, request: Record) -> None:
        self.journal.append((self.scheduler.t_ns / 1e9, request.event, dict(request.data)))

    def _reading(self, name: str) -> Reading:
        good = name in self.values
        return Reading(name, self.values.get(name, 0.0), Quality.GOOD if good else Quality.STALE, 0, 0)
