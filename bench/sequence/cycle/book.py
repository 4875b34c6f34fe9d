"""The book of a stretch of a drive cycle: energies each way, way, tracking; books of stretches in a row add up."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from bench.analysis.cycle_energy import Energy
from bench.analysis.tracking import Tracking


@dataclass(frozen=True, slots=True)
class Book:
    """One phase, or several. ``energies``: by side (``dc``, ``ac``, ``field``, ``shaft``) the positive and the negative
    energy; positive is from the source towards the half-shafts. ``demand_wh``: what the vehicle's wheels have to give
    and to take. ``lost_s``: time without values."""

    seconds: float
    distance_km: float
    demand_wh: tuple[float, float]
    energies: Mapping[str, tuple[Energy, Energy]]
    aux_wh: float
    speed: Tracking
    torque: Tracking
    limited_s: int
    derated_s: float
    lost_s: float
    hottest_degc: Mapping[str, float]

    def __add__(self, other: "Book") -> "Book":
        mine, others = self.energies, other.energies
        hottest, also = self.hottest_degc, other.hottest_degc
        return Book(
            seconds=self.seconds + other.seconds,
            distance_km=self.distance_km + other.distance_km,
            demand_wh=(self.demand_wh[0] + other.demand_wh[0], self.demand_wh[1] + other.demand_wh[1]),
            energies={side: (mine[side][0] + others[side][0], mine[side][1] + others[side][1]) for side in mine},
            aux_wh=self.aux_wh + other.aux_wh,
            speed=_in_a_row(self.speed, self.seconds, other.speed, other.seconds),
            torque=_in_a_row(self.torque, self.seconds, other.torque, other.seconds),
            limited_s=self.limited_s + other.limited_s,
            derated_s=self.derated_s + other.derated_s,
            lost_s=self.lost_s + other.lost_s,
            hottest_degc={
                name: max(hottest.get(name, -math.inf), also.get(name, -math.inf)) for name in {**hottest, **also}
            },
        )

    def net(self, side: str) -> Energy:
        """What went through on balance."""
        positive, negative = self.energies[side]
        return positive + negative

    @property
    def loss(self) -> Energy:
        """What stayed in the unit: from the DC terminals to the half-shafts."""
        return self.net("dc") - self.net("shaft")


def together(books: Sequence[Book]) -> Book:
    """The book of stretches that follow each other."""
    return reduce(lambda a, b: a + b, books)


def _in_a_row(a: Tracking, a_s: float, b: Tracking, b_s: float) -> Tracking:
    return Tracking(
        rms=math.sqrt((a.rms**2 * a_s + b.rms**2 * b_s) / (a_s + b_s)),
        largest=max(a.largest, b.largest, key=abs),
        outside_s=a.outside_s + b.outside_s,
        occasions=a.occasions + b.occasions,
        longest_s=max(a.longest_s, b.longest_s),
    )
