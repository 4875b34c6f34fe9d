"""Driving a cycle: one request a second, values collected on the way, a book at the end of each phase."""

from collections.abc import Mapping
from itertools import pairwise

from bench.base.time import NS_PER_MS
from bench.schedule.requests import Collect, Collected, Now, Operation, Ramp, Record, Segment, Sleep
from bench.sequence.context import Context
from bench.sequence.cycle_book import Book, together
from bench.sequence.cycle_course import Course
from bench.sequence.cycle_keeper import Keeper, channels_of
from bench.sequence.cycle_parameters import DriveCycleParameters
from bench.sequence.cycle_row import reasons, row
from bench.sequence.drive import TORQUE, route, travel
from bench.sequence.position import Rates
from bench.sequence.ranges import fix

_REST_NS = 500 * NS_PER_MS
"""At the end: until the last values have come."""

Ramps = tuple[Ramp, ...]


def segments_of(context: Context, course: Course) -> list[Ramps]:
    """What is asked for at each second: to be at the next one's speed and torque when it comes."""
    ratio = context.bench.shaft_ratio
    channels = [f"{dyno}.speed_cmd" for dyno in context.roles.dynos]
    shaft_rpm, torque_nm = (course.speed_rpm / ratio).tolist(), course.torque_nm.tolist()
    found = []
    for (here_rpm, rpm), (here_nm, nm) in zip(pairwise(shaft_rpm), pairwise(torque_nm), strict=True):
        ramps = [Ramp(channel, rpm, abs(rpm - here_rpm)) for channel in channels] if rpm != here_rpm else []
        found.append((*ramps, *([Ramp(TORQUE, nm, abs(nm - here_nm))] if nm != here_nm else [])))
    return found


def approach(context: Context, course: Course) -> Operation[tuple[Mapping[str, float], str]]:
    """To standstill, with the analyzer's ranges fixed for the whole cycle: (ranges in force, "" or what went wrong)."""
    here, start = (context.position.speed_rpm, context.position.torque_nm), course.at(0)
    problem = ""
    if here != start:
        points = route(context, *start)
        yield from fix(context, [here, *points, *course.extremes])
        problem = yield from travel(context, points, Rates())
    ranges = yield from fix(context, course.extremes)
    return ranges, problem


class Repetition:
    """One run through the cycle. ``label`` says in the journal which one."""

    def __init__(
        self, context: Context, parameters: DriveCycleParameters, course: Course, segments: list[Ramps], number: int
    ) -> None:
        self.label = {"cycle": course.cycle.name, "repetition": number}
        self._context = context
        self._parameters = parameters
        self._course = course
        self._segments = segments
        self._traced = number == 1
        self._books: list[Book] = []

    def drive(self) -> Operation[list[str]]:
        """Drive it, journal ``cycle_phase`` for each phase and for the ``total``; why it does not pass. Raises ``Held``
        if a freeze came into it: then it may be driven again."""
        self._books = []
        ranges, problem = yield from approach(self._context, self._course)
        if problem:
            return [problem]
        position, phases = self._context.position, list(self._course.cycle.phases)
        yield Collect(channels_of(self._context))
        keeper = Keeper(self._context, self._course, ranges, (yield Now()))
        for second, ramps in enumerate(self._segments):
            position.speed_rpm, position.torque_nm = self._course.at(second + 1)
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
        return reasons(book, self._parameters.torque_error, limited=self._parameters.beyond == "limit")

    def _tell(self, name: str, book: Book, span: Mapping[str, int], wrong: list[str]) -> Operation[None]:
        verdict = {"verdict": "failed" if wrong else "passed", "reason": "; ".join(wrong)}
        figures = row(self._context, book, self._parameters.vehicle.auxiliary)
        yield Record("cycle_phase", {**self.label, "phase": name, **span, **verdict, **figures})
