"""How far a run had come, from its journal: what a run that goes on from there takes over and does not do again.

Only what was journalled counts. A point, a reference or a repetition that was under way is measured again, from its
beginning: the bench was at rest meanwhile.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bench.record.journal import SUMMED_UP
from bench.schedule.requests import Operation, Record

Data = Mapping[str, Any]
OF_RUN = "of_run"
"""Names, in a record that was taken over, the run that has made it."""
RESUMED = "resumed"
"""The event after which a run has all that it takes over."""
_KEPT = (
    *("point", "reference", "cycle_phase", "cycle_trace", "reference_check", "measurement"),
    *("endurance_started", "check_point", "endurance_check", "endurance"),
)
_RUNNING = frozenset((*SUMMED_UP, *SUMMED_UP.values()))
"""What sums up, and what is summed up: only the last of the first is kept, and what follows."""
_TOTAL = "total"


class Told(Protocol):
    """A record of a journal."""

    @property
    def event(self) -> str:
        """What happened."""

    @property
    def data(self) -> dict[str, Any]:
        """With what."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What is taken over of one step; ``finished``: all of it. ``run``: who has made it."""

    run: str = ""
    finished: bool = False
    records: tuple[tuple[str, Data], ...] = ()

    def points(self) -> dict[int, Data]:
        """Finished points by number; one that was measured twice counts with its last record."""
        return {data["point"]: data for event, data in self.records if event == "point"}

    def references(self) -> list[Data]:
        """Reference points, in order."""
        return [data for event, data in self.records if event == "reference"]

    def repetitions(self) -> dict[int, Data]:
        """Whole repetitions of a drive cycle by number, with the row of the total."""
        totals = (data for event, data in self.records if event == "cycle_phase" and data["phase"] == _TOTAL)
        return {data["repetition"]: data for data in totals}

    def tell(self, step: int) -> Operation[None]:
        """Journal all of it again, as taken over."""
        yield Record("taken_over", {"step": step, "finished": self.finished, OF_RUN: self.run})
        for event, data in self.records:
            yield Record(event, {**data, OF_RUN: data.get(OF_RUN, self.run)})


@dataclass(frozen=True, slots=True)
class Progress:
    """All steps of a run that has ended too early. ``chain``: the end of the journal
    that it is from."""

    run: str = ""
    chain: str = ""
    steps: Mapping[int, Taken] = field(default_factory=dict)

    def tell(self) -> Operation[None]:
        """Journal everything that is taken over, before anything else is done; ``resumed`` comes last and says that all
        of it is there."""
        for step, taken in sorted(self.steps.items()):
            yield from taken.tell(step)
        yield Record(RESUMED, {"run": self.run, "chain": self.chain, "points": self.points})

    def of(self, step: int) -> Taken:
        """What is taken over of a step."""
        return self.steps.get(step, Taken(self.run))

    def told(self, event: str) -> Iterator[Data]:
        """What all steps have told of an event, in order."""
        for _, taken in sorted(self.steps.items()):
            yield from (data for name, data in taken.records if name == event)

    @property
    def points(self) -> int:
        """How many points are taken over."""
        return sum(len(taken.points()) for taken in self.steps.values())

    def first_open(self, count: int) -> int:
        """The first of ``count`` steps that has not finished."""
        return next((step for step in range(count) if not self.of(step).finished), count)


BEGINNING = Progress()
"""Nothing was done before."""


def progress_of(run: str, chain: str, records: Iterable[Told]) -> Progress:
    """How far ``run`` had come. A step that failed has ended the plan; it counts as unfinished."""
    kept: dict[int, list[tuple[str, Data]]] = {}
    finished: set[int] = set()
    step = -1
    for record in records:
        if record.event in ("step_started", "taken_over"):
            step = record.data["step"]
            kept.setdefault(step, [])
        elif record.event in _KEPT and step >= 0:
            kept[step].append((record.event, record.data))
        elif record.event in _RUNNING and step >= 0:
            if record.event in SUMMED_UP:
                kept[step] = [each for each in kept[step] if each[0] not in _RUNNING]
            kept[step].append((record.event, record.data))
        if record.data.get("finished") or (record.event == "step_finished" and record.data["verdict"] == "passed"):
            finished.add(step)
    taken = {step: Taken(run, step in finished, tuple(records)) for step, records in kept.items()}
    return Progress(run, chain, taken)
