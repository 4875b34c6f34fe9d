"""How far a run had come, from its journal: what a run that goes on from there takes over and does not do again.

Only what was journalled counts. A point, a reference or a repetition that was under way is measured again, from its
beginning: the bench was at rest meanwhile.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from bench.record.journal import SUMMED_UP
from bench.schedule.requests import Operation, Record
from bench.sequence.tree.place import Place, lies_below, pass_of

Data = Mapping[str, Any]
OF_RUN = "of_run"
"""Names, in a record that was taken over, the run that has made it."""
RESUMED = "resumed"
"""The event after which a run has all that it takes over."""
PASS, DECIDED, RETRIED = "pass_finished", "decided", "retried"
"""Events of the plan's nodes that are no steps: a whole pass, the branch that was taken, a part begun anew."""
LEFT_AT = "left_at"
_KEPT = (
    *("point", "reference", "cycle_phase", "cycle_trace", "reference_check", "measurement"),
    *("endurance_started", "check_point", "endurance_check", "endurance"),
    PASS,
    DECIDED,
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
    """What is taken over of one step or other node; ``finished``: all of it. ``run``: who has made it."""

    run: str = ""
    finished: bool = False
    records: tuple[tuple[str, Data], ...] = ()
    kind: str = ""
    left_at: tuple[float, float] | None = None
    """Motor speed in rpm and torque in Nm, where it has left the bench; ``None``: where it was."""

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

    def passes(self) -> tuple[int, float]:
        """(whole passes of a repeat, seconds that they took)."""
        last = next((data for event, data in reversed(self.records) if event == PASS), None)
        return (int(last["pass"]), float(last["elapsed_s"])) if last else (0, 0.0)

    def decision(self) -> bool | None:
        """Whether a condition held, if that was asked already."""
        return next((bool(data["holds"]) for event, data in self.records if event == DECIDED), None)

    def tell(self, step: Place) -> Operation[None]:
        """Journal all of it again, as taken over."""
        kind = {"kind": self.kind} if self.kind else {}
        left = {} if self.left_at is None else {LEFT_AT: list(self.left_at)}
        yield Record("taken_over", {"step": step, **kind, "finished": self.finished, **left, OF_RUN: self.run})
        for event, data in self.records:
            yield Record(event, {**data, OF_RUN: data.get(OF_RUN, self.run)})


@dataclass(frozen=True, slots=True)
class Progress:
    """All steps of a run that has ended too early, by place, in the order of their beginning. ``chain``: the end of the
    journal that it is from."""

    run: str = ""
    chain: str = ""
    steps: Mapping[Place, Taken] = field(default_factory=dict)

    def tell(self) -> Operation[None]:
        """Journal everything that is taken over, before anything else is done; ``resumed`` comes last and says that all
        of it is there."""
        for step, taken in self.steps.items():
            yield from taken.tell(step)
        yield Record(RESUMED, {"run": self.run, "chain": self.chain, "points": self.points})

    def of(self, step: Place) -> Taken:
        """What is taken over of a step."""
        return self.steps.get(step, Taken(self.run))

    def told(self, event: str) -> Iterator[Data]:
        """What all steps have told of an event, in order."""
        for taken in self.steps.values():
            yield from (data for name, data in taken.records if name == event)

    def without(self, unit: Place) -> "Progress":
        """For a part of the plan that is begun anew."""
        left = {step: taken for step, taken in self.steps.items() if not lies_below(step, unit)}
        return replace(self, steps=left)

    def of_passes(self, repeat: Place, count: int) -> list[Taken]:
        """What is taken over of the first ``count`` passes of a repeat."""
        return [taken for step, taken in self.steps.items() if 0 < pass_of(step, repeat) <= count]

    def finished(self) -> Iterator[tuple[Place, str]]:
        """(place, kind) of each step that has finished, the last one last."""
        yield from ((step, taken.kind) for step, taken in self.steps.items() if taken.finished and taken.kind)

    @property
    def points(self) -> int:
        """How many points are taken over."""
        return sum(len(taken.points()) for taken in self.steps.values())


BEGINNING = Progress()
"""Nothing was done before."""


def progress_of(run: str, chain: str, records: Iterable[Told]) -> Progress:
    """How far ``run`` had come. A step that failed has not finished, nor has cleanup after a failure."""
    known: dict[Place, _Known] = {}
    here: Place | None = None
    for record in records:
        event, data = record.event, record.data
        if event in ("step_started", "taken_over"):
            here = data["step"]
            known.setdefault(here, _Known()).kind = data.get("kind", "")
        elif event == RETRIED:
            known = {step: found for step, found in known.items() if not lies_below(step, data["step"])}
        elif (event in _KEPT or event in _RUNNING) and (place := data.get("step", here)) is not None:
            known.setdefault(place, _Known()).keep(event, data)
        passed = event == "step_finished" and data["verdict"] == "passed" and not data.get("ending")
        if here is not None and (passed or (event == "taken_over" and data["finished"])):
            known[data["step"]].finished, known[data["step"]].left_at = True, data.get(LEFT_AT)
            known[data["step"]] = known.pop(data["step"])
    taken = {step: found.taken(run) for step, found in _without_whole_passes(known).items()}
    return Progress(run, chain, taken)


@dataclass(slots=True)
class _Known:
    kind: str = ""
    finished: bool = False
    left_at: Sequence[float] | None = None
    records: list[tuple[str, Data]] = field(default_factory=list)

    def keep(self, event: str, data: Data) -> None:
        """Of passes only the last one matters, and of what is summed up what follows the last sum."""
        if event == PASS and self.records and self.records[-1][0] == PASS:
            self.records.pop()
        if event in SUMMED_UP:
            self.records = [each for each in self.records if each[0] not in _RUNNING]
        self.records.append((event, data))

    def taken(self, run: str) -> Taken:
        left_at = None if self.left_at is None else (float(self.left_at[0]), float(self.left_at[1]))
        return Taken(run, self.finished, tuple(self.records), self.kind, left_at)


def _without_whole_passes(known: dict[Place, _Known]) -> dict[Place, _Known]:
    """A step in a whole pass of a repeat is not asked for again: it stays for its points, as the last of its kind, or
    as the one that has left the bench where it is. So what is taken over does not grow with every pass."""
    last = {found.kind: step for step, found in known.items() if found.finished}
    mover = next((step for step in reversed(known) if known[step].left_at is not None), None)
    whole = {step: Taken("", False, tuple(found.records)).passes()[0] for step, found in known.items()}
    repeats = {step: count for step, count in whole.items() if count}

    def needed(step: Place, found: _Known) -> bool:
        over = any(0 < pass_of(step, repeat) <= count for repeat, count in repeats.items())
        results = any(event not in (PASS, DECIDED) for event, _ in found.records)
        return not over or results or step in (mover, last.get(found.kind))

    return {step: found for step, found in known.items() if needed(step, found)}
