"""Driving endurance cycles: one request a stage, one record a cycle, checks between them."""

import math
from collections.abc import Mapping
from typing import Any

from bench.base.time import NS_PER_S, ns
from bench.schedule.outcomes import Held, Stopped
from bench.schedule.requests import (
    Alike,
    Collect,
    Collected,
    Now,
    Operation,
    Ramp,
    Read,
    Record,
    Segment,
    Sleep,
    Window,
)
from bench.sequence.context import Context
from bench.sequence.endurance.book import Book
from bench.sequence.endurance.checks import Checks
from bench.sequence.endurance.course import Course, Point, Stage, course_of
from bench.sequence.endurance.parameters import EnduranceParameters, ThermalParameters
from bench.sequence.endurance.row import CHANNELS, Driven, RowKeeper
from bench.sequence.point.ranges import fix_for, needed
from bench.sequence.progress import Taken
from bench.sequence.travel.drive import TORQUE
from bench.sequence.travel.position import Rates
from bench.sequence.travel.transfer import go

CYCLE, STATE = "endurance_cycle", "endurance_state"
_LATE_S = 0.05
"""Values of frames and instruments come this late: a cycle's window ends so much before the cycle does."""
_ROWS = 200
"""The whole state is journalled after as many cycles: who reads on from it has few rows to take."""
_TRIES = 3
_COOLANT, _COOLANT_IN = "coolant.temp_cmd", "coolant.temp_in"
_LOOK_NS = NS_PER_S


def book_of(parameters: EnduranceParameters, taken: Taken) -> Book:
    """What has been counted so far, from the journal: the last whole state, and the cycles after it."""
    book = Book.begun(parameters.damage)
    for event, data in taken.records:
        if event == STATE:
            book = Book.of(data, parameters.damage)
        elif event == CYCLE:
            book.take(data)
    return book


class Endurance:
    """One step: its course, its books, its checks."""

    def __init__(self, context: Context, parameters: EnduranceParameters) -> None:
        self._context = context
        self._parameters = parameters
        self._course = course_of(parameters)
        self._segments = [_ramps(context, stage, here) for stage, here in self._course.ways()]
        self._highest = needed(context, self._course.corners)
        self._keeper: RowKeeper | None = None  # none while no cycles are driven
        self._thermal: ThermalParameters | None = parameters.thermal
        self.book = book_of(parameters, context.taken)
        self.last_wrong = ""
        """Why the last cycle that was out of band was."""
        self.checks = Checks(context, parameters.checks)

    @property
    def course(self) -> Course:
        """One cycle."""
        return self._course

    @property
    def share(self) -> float:
        """How much of the whole is done, 0..1."""
        asked = self._parameters
        return self.book.cycles / asked.cycles if asked.cycles else self.book.load_s / (asked.time or 1.0)

    @property
    def spoilt(self) -> bool:
        """Whether more cycles were out of band than may be."""
        return self.book.out_of_band > self._parameters.out_of_band

    def drive(self) -> Operation[str]:
        """All cycles and checks that are still open; \"\" or why it has ended early. What was counted stays, whatever
        stops it."""
        try:
            return (yield from self._drive())
        except Stopped:
            yield Record(STATE, self.book.state())
            raise

    def _drive(self) -> Operation[str]:
        tries = 0
        while True:
            if self.checks.due(self.book.under_s, self.share):
                yield from self._check()
            if self.share >= 1.0 or self.spoilt:
                break
            try:
                problem = yield from self._approach()
                if problem:
                    return problem
                if passed := (yield Alike(self._alike())):
                    self.book.pass_over(passed)
                    continue
                row = yield from self._cycle()
            except Held as held:
                tries += not held.wanted
                self._keeper = None
                if tries == _TRIES:
                    raise
                yield Record("repeated", {"cycle": self.book.rows + 1, "reason": str(held)})
                continue
            tries = 0
            yield from self._note(row)
        yield from self._rest()
        return ""

    def _alike(self) -> int:
        """How many cycles come now without a check between; the last of them is not counted."""
        book, asked = self.book, self._parameters
        if not book.rows:
            return 0
        each_s = book.under_s / book.rows
        left = asked.cycles - book.cycles if asked.cycles else math.ceil(((asked.time or 0.0) - book.load_s) / each_s)
        free = self.checks.free(book.under_s, self.share, each_s, (1.0 - self.share) / left)
        return max(0, min(left, free) - 1)

    def _note(self, row: Mapping[str, Any]) -> Operation[None]:
        self.last_wrong = row.get("why", self.last_wrong)
        yield Record(CYCLE, row)
        self.book.take(row)
        if self.book.rows % _ROWS == 0:
            yield Record(STATE, self.book.state())

    def _rest(self) -> Operation[None]:
        """No cycles for a while: the collection ends, and the whole state is kept."""
        if self._keeper is not None:
            yield Collected((yield Now()), last=True)
            self._keeper = None
        yield Record(STATE, self.book.state())

    def _check(self) -> Operation[None]:
        yield from self._rest()
        if self._thermal is not None:
            yield Ramp(_COOLANT, self._thermal.coolant.high)
        yield from self.checks.perform(self.book.under_s, self.share, self.book.cycles)

    def _approach(self) -> Operation[str]:
        """To where a cycle begins, with the analyzer's ranges for all of it; \"\" or why it did not get there."""
        if self._keeper is not None:
            return ""
        context, course = self._context, self._course
        _, problem = yield from go(context, *course.start, Rates())
        if problem:
            return problem
        yield from fix_for(context, self._highest)
        yield Collect(CHANNELS)
        yield Sleep(ns(_LATE_S))
        self._keeper = RowKeeper(self._parameters.damage, self._parameters.band)
        return ""

    def _cycle(self) -> Operation[dict[str, Any]]:
        assert self._keeper is not None, "a cycle begins where the last one ended, or after an approach"
        driven: list[Driven] = []
        at_ns: int = yield Now()
        for stage, ramps in zip(self._course.stages, self._segments, strict=True):
            self._context.position.speed_rpm, self._context.position.torque_nm = stage.point
            if stage.coolant_degc is None:
                end_ns = at_ns + ns(stage.seconds)
                yield Segment(ramps, end_ns)
                driven.append(Driven(stage, at_ns, end_ns))
            else:
                driven.append((yield from self._warm(stage, at_ns)))
                end_ns = driven[-1].end_ns
            at_ns = end_ns
        window: Window = yield Collected(at_ns - ns(_LATE_S))
        return self._keeper.row(window, driven, self.book.rows + 1, self.book.under_s)

    def _warm(self, stage: Stage, start_ns: int) -> Operation[Driven]:
        """The coolant to its temperature, and hold it there."""
        assert self._thermal is not None and stage.coolant_degc is not None
        yield Ramp(_COOLANT, stage.coolant_degc)
        at_ns, reached = start_ns, False
        while not reached and at_ns < start_ns + ns(stage.seconds):
            at_ns += _LOOK_NS
            yield Segment((), at_ns)  # unlike a wait for a condition, it tells of a freeze
            (coolant,) = yield Read((_COOLANT_IN,))
            reached = coolant.good and abs(coolant.value - stage.coolant_degc) <= self._thermal.band
        end_ns = at_ns + ns(stage.hold_s)
        yield Segment((), end_ns)
        asked = f"{stage.coolant_degc:g} degC within {stage.seconds:g} s"
        problem = "" if reached else f"{stage.name}: the coolant did not come to {asked}"
        return Driven(stage, start_ns, end_ns, problem)


def _ramps(context: Context, stage: Stage, here: Point) -> tuple[Ramp, ...]:
    """Both set-points on straight lines, there at the end of the stage."""
    (from_rpm, from_nm), (rpm, nm) = here, stage.point
    shaft_rpm, moved_rpm = context.flange_speed_rpm(rpm), abs(context.flange_speed_rpm(rpm - from_rpm))
    dynos = context.roles.dynos if moved_rpm else ()
    ramps = [Ramp(f"{dyno}.speed_cmd", shaft_rpm, moved_rpm / stage.seconds) for dyno in dynos]
    return (*ramps, *([Ramp(TORQUE, nm, abs(nm - from_nm) / stage.seconds)] if nm != from_nm else []))
