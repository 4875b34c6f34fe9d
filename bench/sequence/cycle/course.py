"""The course of a drive cycle on this bench: what dynos and unit are told at each second, and where it was limited."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.analysis.road_load import Demand, Vehicle, demand
from bench.config.drive_cycles import DriveCycle
from bench.sequence.context import Context
from bench.sequence.cycle.parameters import DriveCycleParameters
from bench.sequence.travel.drive import Point

Floats = NDArray[np.float64]

_GRID_RPM = 20.0
_GUARD_RPM = 60.0
"""The unit may be this much ahead of or behind its set-point; the torque must be allowed there too."""


@dataclass(frozen=True, slots=True)
class Course:
    """``wanted`` is what the vehicle asks for; ``torque_nm`` what the unit is told. ``low_nm`` and ``high_nm``: its
    envelope at the speeds of the seconds before and after."""

    cycle: DriveCycle
    vehicle: Vehicle
    wanted: Demand
    torque_nm: Floats
    low_nm: Floats
    high_nm: Floats

    @property
    def speed_rpm(self) -> Floats:
        """Motor speed."""
        return self.wanted.speed_rpm

    @property
    def limited(self) -> NDArray[np.bool_]:
        """The seconds at which the vehicle asks for more than the envelope."""
        return (self.wanted.torque_nm < self.low_nm) | (self.wanted.torque_nm > self.high_nm)

    @property
    def power_w(self) -> Floats:
        """At the motor shaft."""
        return self.torque_nm * self.speed_rpm * (np.pi / 30.0)

    @property
    def ends(self) -> list[Point]:
        """Where power and torque are largest each way, and the highest speed."""
        power_w = self.power_w
        places = [np.argmax(power_w), np.argmin(power_w), np.argmax(self.torque_nm), np.argmin(self.torque_nm)]
        return list(dict.fromkeys(self.at(int(place)) for place in (*places, np.argmax(self.speed_rpm))))

    @property
    def extremes(self) -> list[Point]:
        """The ends, and the rim of all operating points: voltages and currents are highest there."""
        points = sorted({self.at(second) for second in range(len(self.torque_nm))})
        return list(dict.fromkeys([*self.ends, *_rim(points), *_rim(points[::-1])]))

    def at(self, second: int) -> Point:
        """Motor speed and torque at a second."""
        return float(self.speed_rpm[second]), float(self.torque_nm[second])


def vehicle_of(parameters: DriveCycleParameters, context: Context) -> Vehicle:
    """The plan's vehicle with the unit of this bench."""
    given = parameters.vehicle
    return Vehicle(
        mass_kg=given.mass,
        rotating=given.rotating_mass,
        load=given.load,
        tyre_radius_m=given.tyre_radius,
        ratio=given.ratio or context.bench.shaft_ratio,
        transmission=given.efficiency,
        regeneration=given.share,
        fade_kmh=(given.regeneration.fade.low, given.regeneration.fade.high),
    )


def course_of(parameters: DriveCycleParameters, context: Context) -> Course:
    """The course; beyond the envelope the torque is that of the envelope (the check refuses such a plan, unless it
    says ``beyond: limit``)."""
    cycle, vehicle = parameters.driven, vehicle_of(parameters, context)
    wanted = demand(vehicle, cycle.speed_kmh)
    low_nm, high_nm = _envelope(context, wanted.speed_rpm)
    torque_nm = np.clip(wanted.torque_nm, low_nm, high_nm)
    return Course(cycle, vehicle, wanted, torque_nm, low_nm, high_nm)


def _envelope(context: Context, speed_rpm: Floats) -> tuple[Floats, Floats]:
    """The torque allowed at the speeds of the seconds before and after, and a little beyond."""
    dut, top_rpm = context.dut, context.dut.speed_max_rpm
    grid = np.append(np.arange(0.0, top_rpm, _GRID_RPM), top_rpm)
    before, after = np.append(speed_rpm[:1], speed_rpm[:-1]), np.append(speed_rpm[1:], speed_rpm[-1:])
    slowest, fastest = (pick.reduce((before, speed_rpm, after)) for pick in (np.minimum, np.maximum))
    near = np.clip((slowest - _GUARD_RPM, speed_rpm, fastest + _GUARD_RPM), 0.0, top_rpm)
    low_nm = np.interp(near, grid, [dut.torque_min_nm(speed) for speed in grid.tolist()])
    high_nm = np.interp(near, grid, [dut.torque_max_nm(speed) for speed in grid.tolist()])
    return low_nm.max(axis=0), high_nm.min(axis=0)


def _rim(points: list[Point]) -> list[Point]:
    """One side of the convex hull of sorted points (Andrew's monotone chain)."""
    rim: list[Point] = []
    for point in points:
        while len(rim) > 1 and _turn(rim[-2], rim[-1], point) <= 0.0:
            rim.pop()
        rim.append(point)
    return rim


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
