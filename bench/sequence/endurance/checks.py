"""Checks between endurance cycles: at the beginning, and again after so much time or so large a share."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from bench.schedule.requests import Operation, Record
from bench.sequence.context import Context
from bench.sequence.endurance.parameters import InterleavedParameters, RecharacterisationParameters
from bench.sequence.point.point import perform
from bench.sequence.point.reference_check import chart_of, check_findings, measure_check, missing
from bench.sequence.point.steady import steady_s, steady_task
from bench.sequence.repeating import repeated
from bench.sequence.step import Finding, Path
from bench.sequence.steps.efficiency_map import place_findings
from bench.sequence.travel.position import Rates

DONE, POINT = "endurance_check", "check_point"
_SLACK = 1e-9
_MANY = 1e9


class Checks:
    """All checks of a step. Rounds count from 0, the one at the beginning."""

    def __init__(self, context: Context, wanted: tuple[InterleavedParameters, ...]) -> None:
        self._context = context
        self._wanted = wanted
        self._rounds = [0] * len(wanted)
        for event, data in context.taken.records:
            if event == DONE:
                self._rounds[data["check_of"]] = data["rounds"]

    def due(self, under_s: float, share: float) -> bool:
        """Whether any is, after so much time under cycles and this share (0..1) of the whole."""
        return any(True for _ in self._due(under_s, share))

    def perform(self, under_s: float, share: float, cycles: int) -> Operation[None]:
        """All that are due; a round that was missed (the time has run past it) is not made up for."""
        for number in list(self._due(under_s, share)):
            wanted, rounds = self._wanted[number], _rounds(self._wanted[number], under_s, share)
            label = {"check_of": number, "round": rounds - 1, "cycles": cycles, "under_s": under_s}
            if wanted.reference_point is not None:
                yield from self._reference(wanted, label)
            if wanted.points is not None:
                yield from self._points(wanted.points, label)
            self._rounds[number] = rounds
            yield Record(DONE, {**label, "rounds": rounds})

    def free(self, under_s: float, share: float, each_s: float, each_share: float) -> int:
        """How many cycles there are until one is due, if each takes so long and is such a share of the whole."""
        found = []
        for wanted, rounds in zip(self._wanted, self._rounds, strict=True):
            if wanted.every is not None:
                found.append((rounds * wanted.every - under_s) / each_s)
            else:
                found.append((rounds * (wanted.share or 100.0) / 100.0 - share) / each_share)
        return int(min(found, default=_MANY))

    def reasons(self) -> list[str]:
        """What the drift charts say against the unit, or against themselves."""
        return [
            reason
            for reference in (wanted.reference_point for wanted in self._wanted)
            if reference is not None
            for reason in chart_of(self._context, reference).reasons(reference.tolerated)
        ]

    def _due(self, under_s: float, share: float) -> Iterator[int]:
        for number, wanted in enumerate(self._wanted):
            if _rounds(wanted, under_s, share) > self._rounds[number]:
                yield number

    def _reference(self, wanted: InterleavedParameters, label: Mapping[str, Any]) -> Operation[None]:
        reference = wanted.reference_point
        assert reference is not None
        baseline = missing(self._context, reference)
        for in_baseline in [True] * baseline or [False]:
            yield from measure_check(self._context, reference, {**label, "in_baseline": in_baseline})

    def _points(self, wanted: RecharacterisationParameters, label: Mapping[str, Any]) -> Operation[None]:
        for number, place in enumerate(wanted.places, 1):
            own = {**label, "number": number}
            task = steady_task(self._context, wanted, (place.speed, place.torque), Rates(), own)
            measured = yield from repeated(partial(perform, self._context, task), own)
            judged = {"verdict": measured.verdict, "reason": "; ".join(measured.reasons)}
            yield Record(POINT, {**measured.columns, **own, **judged})


def _rounds(wanted: InterleavedParameters, under_s: float, share: float) -> int:
    """How many rounds there should have been by now."""
    passed = under_s / wanted.every if wanted.every is not None else 100.0 * share / (wanted.share or 100.0)
    return int(passed + _SLACK) + 1


def findings(wanted: tuple[InterleavedParameters, ...], context: Context) -> list[Finding]:
    """Every operating point inside the envelopes."""
    found: list[Finding] = []
    for number, each in enumerate(wanted):
        path: Path = ("checks", number)
        if each.reference_point is not None:
            found += check_findings(each.reference_point, context, (*path, "reference_point"))
        for n, place in enumerate(each.points.places if each.points else ()):
            where = (*path, "points", "places", n)
            found += place_findings(context, place.speed, place.torque, where, ("speed", "torque"))
    return found


def checks_s(wanted: tuple[InterleavedParameters, ...], context: Context, under_s: float) -> float:
    """How long all rounds take, over so much time under cycles."""
    total = 0.0
    for each in wanted:
        rounds = _rounds(each, under_s, 1.0)
        if (reference := each.reference_point) is not None:
            place, measured = (reference.speed, reference.torque), rounds - 1 + reference.baseline
            total += measured * steady_s(context, reference, [place], Rates())
        if each.points is not None:
            places = [(place.speed, place.torque) for place in each.points.places]
            total += rounds * steady_s(context, each.points, places, Rates())
    return total
