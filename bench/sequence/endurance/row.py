"""One endurance cycle as the journal keeps it: whether it was in band, and where torque and temperatures turned.

A row is all that is ever counted of a cycle. Who reads rows again counts the same, so that a run that goes on after a
break has lost nothing and counts nothing twice.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from bench.analysis.cycle_energy import weights_s
from bench.analysis.insulation_life import Insulation
from bench.analysis.rainflow import Turns
from bench.analysis.window import Floats, Times
from bench.schedule.requests import Window
from bench.sequence.endurance.course import Stage
from bench.sequence.endurance.parameters import BandParameters, DamageParameters

TORQUE, SPEED, WINDING, JUNCTION = "dut.torque_est", "dut.speed", "dut.winding_temp", "dut.junction_temp"
CHANNELS = (TORQUE, SPEED, WINDING, JUNCTION)
"""What is collected under the cycles."""


class Driven(NamedTuple):
    """A stage as it was driven, run time in ns; ``problem``: what did not come."""

    stage: Stage
    start_ns: int
    end_ns: int
    problem: str = ""


class RowKeeper:
    """Makes rows of a stretch without breaks: turning points go on from cycle to cycle."""

    def __init__(self, damage: DamageParameters, band: BandParameters) -> None:
        self._damage = damage
        self._band = band
        self._torque, self._junction = Turns(damage.torque_gate), Turns(damage.temperature_gate)

    def row(self, window: Window, driven: Sequence[Driven], number: int, before_s: float) -> dict[str, Any]:
        """The row of cycle ``number``; ``before_s``: under cycles before it. ``window``: all since the last one."""
        seen = _Seen(window)
        start_ns, end_ns = driven[0].start_ns, driven[-1].end_ns
        wrong = [*(each.problem for each in driven if each.problem), *_wrong(seen, driven, self._band)]
        winding_ns, degc = seen.of(WINDING)
        weights = weights_s(winding_ns, start_ns, end_ns)
        row: dict[str, Any] = {
            "cycle": number,
            "in_band": not wrong,
            "s": round((end_ns - start_ns) * 1e-9, 3),
            "torque": _turns(self._torque, *seen.of(TORQUE), start_ns, before_s),
            "junction": _turns(self._junction, *seen.of(JUNCTION), start_ns, before_s),
            "winding": _levels(degc, weights, self._damage.temperature_class),
            "insulation": insulation_of(self._damage).damage(degc, weights),
        }
        for name, values in (("winding_max", degc), ("junction_max", seen.of(JUNCTION)[1])):
            row[name] = round(float(np.max(values)), 2) if len(values) else None
        return {**row, "why": "; ".join(wrong)} if wrong else row


def insulation_of(damage: DamageParameters) -> Insulation:
    """The plan's insulation."""
    of = damage.insulation
    return Insulation(of.index, of.life / 3600.0, of.halving)


def _turns(turns: Turns, t_ns: Times, values: Floats, start_ns: int, before_s: float) -> list[list[float]]:
    """[where, value], rounded as they are kept: to a millisecond and a hundredth of Nm or K."""
    at_s = np.asarray(before_s + (t_ns - start_ns) * 1e-9, np.float64)
    return [[round(where, 3), round(value, 2)] for where, value in turns.feed(values, at_s)]


def _levels(values: Floats, weights: Floats, width: float) -> list[list[float]]:
    """[class, seconds]."""
    places, inverse = np.unique(np.floor(values / width).astype(np.int64), return_inverse=True)
    sums = np.bincount(inverse, weights) if len(values) else ()
    return [[place, round(float(total), 3)] for place, total in zip(places.tolist(), sums, strict=True)]


class _Seen:
    """The good values of a window."""

    def __init__(self, window: Window) -> None:
        self._window = window

    def of(self, channel: str) -> tuple[Times, Floats]:
        return self._window.t_ns[channel], self._window.values[channel]

    def between(self, channel: str, start_ns: int, end_ns: int) -> Floats:
        t_ns, values = self.of(channel)
        first, last = np.searchsorted(t_ns, (start_ns, end_ns))
        return values[first:last]


def _wrong(seen: _Seen, driven: Sequence[Driven], band: BandParameters) -> Iterator[str]:
    """Where the actual values were not where they were asked to be."""
    for number, (stage, start_ns, end_ns, _) in enumerate(driven):
        if not stage.judged:
            continue
        speed_rpm, torque_nm = stage.point
        middle_ns = (start_ns + end_ns) // 2
        yield from _off(stage.name, _mean(seen.between(TORQUE, middle_ns, end_ns)), torque_nm, band.torque, "Nm")
        if stage.holds:
            reached = _mean(seen.between(SPEED, middle_ns, end_ns))
        else:
            later_ns = driven[min(number + 1, len(driven) - 1)].end_ns
            reached = _nearest(seen.between(SPEED, start_ns, later_ns), speed_rpm)
        yield from _off(stage.name, reached, speed_rpm, band.speed, "rpm")


def _mean(values: Floats) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def _nearest(values: Floats, target: float) -> float:
    return float(values[np.argmin(np.abs(values - target))]) if len(values) else float("nan")


def _off(name: str, found: float, wanted: float, band: float, unit: str) -> Iterator[str]:
    if not abs(found - wanted) <= band:
        yield f"{name}: {found:.1f} instead of {wanted:g} {unit} +- {band:g} {unit}"
