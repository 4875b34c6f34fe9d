"""Driving a cycle: one request a second, values collected on the way, a book at the end of each phase."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from bench.base.time import NS_PER_MS
from bench.schedule.requests import Collect, Collected, Now, Operation, Ramp, Record, Segment, Sleep
from bench.sequence.context import Context
from bench.sequence.cycle.book import Book, together
from bench.sequence.cycle.course import Course, course_of
from bench.sequence.cycle.keeper import Keeper, channels_of
from bench.sequence.cycle.parameters import DriveCycleParameters
from bench.sequence.cycle.row import reasons, row
from bench.sequence.point.ranges import fix, fix_for, needed
from bench.sequence.travel.drive import TORQUE, route, travel
from bench.sequence.travel.position import Rates

_REST_NS = 500 * NS_PER_MS
"""At the end: until the last values have come."""

Ramps = tuple[Ramp, ...]


@dataclass(frozen=True, slots=True)
class Ride:
    """What all repetitions have in common: the course, what is asked for at each second (to be at the next one's speed
    and torque when it comes), and what the analyzer's ranges must hold."""

    context: Context
    parameters: DriveCycleParameters
    course: Course
    segments: tuple[Ramps, ...]
    highest: Mapping[str, float]

    @classmethod
    def of(cls, context: Context, parameters: DriveCycleParameters) -> Self:
        """The ride of a plan on this bench."""
        course = course_of(parameters, context)
        return cls(context, parameters, course, _segments(context, course), needed(context, course.extremes))

    def approach(self) -> Operation[tuple[Mapping[str, float], str]]:
        """To its beginning, with the ranges for all of it: (ranges in force, "" or why it did not get there)."""
        context, problem = self.context, ""
        here, start = (context.position.speed_rpm, context.position.torque_nm), self.course.at(0)
        if here != start:
            points = route(context, *start)
            yield from fix(context, [here, *points, *self.course.ends])
            problem = yield from travel(context, points, Rates())
        return (yield from fix_for(context, self.highest)), problem


def _segments(context: Context, course: Course) -> tuple[Ramps, ...]:
    ratio = context.bench.shaft_ratio
    channels = [f"{dyno}.speed_cmd" for dyno in context.roles.dynos]
    shaft_rpm, torque_nm = (course.speed_rpm / ratio).tolist(), course.torque_nm.tolist()
    found = []
    for (here_rpm, rpm), (here_nm, nm) in zip(pairwise(shaft_rpm), pairwise(torque_nm), strict=True):
        ramps = [Ramp(channel, rpm, abs(rpm - here_rpm)) for channel in channels] if rpm != here_rpm else []
        found.append((*ramps, *([Ramp(TORQUE, nm, abs(nm - here_nm))] if nm != here_nm else [])))
    return tuple(found)


class Repetition:
    """One run through the cycle. ``label`` says in the journal which one."""

    def __init__(self, ride: Ride, number: int) -> None:
        self.label = {"cycle": ride.course.cycle.name, "repetition": number}
        self._ride = ride
        self._traced = number == 1
        self._books: list[Book] = []

    def drive(self) -> Operation[list[str]]:
        """Drive it, journal ``cycle_phase`` for each phase and for the ``total``; why it does not pass. Raises ``Held``
        if a freeze came into it: then it may be driven again."""
        self._books = []
        ride, context, course = self._ride, self._ride.context, self._ride.course
        ranges, problem = yield from ride.approach()
        if problem:
            return [problem]
        phases = list(course.cycle.phases)
        yield Collect(channels_of(context))
        keeper = Keeper(context, course, ranges, (yield Now()))
        for second, ramps in enumerate(ride.segments):
            context.position.speed_rpm, context.position.torque_nm = course.at(second + 1)
            yield Segment(ramps, keeper.time_ns(second + 1))
            # a second late, so that the last values have come, and while the bench is on its way
            if second >= phases[0][2]:
                yield from self._close(keeper, *phases.pop(0))
        yield Sleep(_REST_NS)
        yield from self._close(keeper, *phases[0], final=True)
        return (yield from self._finish())

    def _close(self, keeper: Keeper, name: str, first: int, last: int, final: bool = False) -> Operation[None]:
        window = yield Collected(keeper.time_ns(last), final)
        book = keeper.book(window, first, last)
        self._books.append(book)
        span = {"start_ns": keeper.time_ns(first), "end_ns": keeper.time_ns(last)}
        wrong = self._wrong(book)
        yield from self._tell(name, book, span, wrong)
        if self._traced or wrong:
            yield Record(
                "cycle_trace", {**self.label, "phase": name, "first_s": first, **keeper.trace(window, first, last)}
            )

    def _finish(self) -> Operation[list[str]]:
        book = together(self._books)
        wrong = self._wrong(book)
        yield from self._tell("total", book, {}, wrong)
        return wrong

    def _wrong(self, book: Book) -> list[str]:
        return reasons(book, self._ride.parameters.torque_error, limited=self._ride.parameters.beyond == "limit")

    def _tell(self, name: str, book: Book, span: Mapping[str, int], wrong: list[str]) -> Operation[None]:
        verdict = {"verdict": "failed" if wrong else "passed", "reason": "; ".join(wrong)}
        figures = row(self._ride.context, book, self._ride.parameters.vehicle.auxiliary)
        yield Record("cycle_phase", {**self.label, "phase": name, **span, **verdict, **figures})
