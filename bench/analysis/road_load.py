"""From a vehicle's speed to the load of its motor: road load, inertia, brakes.

F = f0 + f1 v + f2 v² + rotating m a, with v in km/h and F in N (UN GTR 15, annex 7, section 5: unverified). Torque and
speed of the motor follow by tyre radius and ratio. A part of the braking force is the motor's; the rest is that of
friction brakes, which no bench has.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

KMH_PER_MPS = 3.6
RPM_PER_RAD_S = 30.0 / np.pi
GRAVITY = 9.80665
AIR_KG_PER_M3 = 1.189
"""At 20 °C and 100 kPa, the reference of UN GTR 15 (unverified)."""
WH_PER_J = 1.0 / 3600.0


@dataclass(frozen=True, slots=True)
class RoadLoad:
    """Resistance at steady speed, coast-down coefficients: N, N/(km/h), N/(km/h)²."""

    f0: float
    f1: float
    f2: float

    @classmethod
    def of(cls, mass_kg: float, rolling: float, drag_area_m2: float) -> "RoadLoad":
        """From the coefficient of rolling resistance and the drag area (c_d A)."""
        return cls(mass_kg * GRAVITY * rolling, 0.0, 0.5 * AIR_KG_PER_M3 * drag_area_m2 / KMH_PER_MPS**2)

    def force_n(self, speed_kmh: Floats) -> Floats:
        """Resistance while the vehicle moves, N."""
        return self.f0 + speed_kmh * (self.f1 + speed_kmh * self.f2)


@dataclass(frozen=True, slots=True)
class Vehicle:
    """``rotating``: inertia of all that turns, the motor's rotor included, as a factor on the mass (1.03: 3 % more).
    ``ratio``: motor speed over wheel speed. ``transmission`` (0..1): its efficiency, for which the motor makes up.
    ``regeneration`` (0..1): the motor's part of the braking force above ``fade_kmh[1]``, nothing below ``fade_kmh[0]``.
    """

    mass_kg: float
    rotating: float
    load: RoadLoad
    tyre_radius_m: float
    ratio: float
    transmission: float = 1.0
    regeneration: float = 1.0
    fade_kmh: tuple[float, float] = (0.0, 0.0)

    @property
    def rpm_per_kmh(self) -> float:
        """Motor speed that belongs to 1 km/h."""
        return float(RPM_PER_RAD_S * self.ratio / self.tyre_radius_m / KMH_PER_MPS)


@dataclass(frozen=True, slots=True)
class Demand:
    """What a cycle asks of the motor at each second: its speed and torque, linear between."""

    speed_rpm: Floats
    torque_nm: Floats


def demand(vehicle: Vehicle, speed_kmh: Floats) -> Demand:
    """Motor speed and torque at each second of a cycle given at 1 Hz.

    The acceleration at a second is the mean of those before and after it: the torque then goes from second to second
    without steps. At standstill the brakes hold.
    """
    acceleration = np.gradient(speed_kmh) / KMH_PER_MPS
    driven = (speed_kmh > 0.0) | (acceleration > 0.0)
    force = np.where(driven, vehicle.load.force_n(speed_kmh), 0.0) + vehicle.rotating * vehicle.mass_kg * acceleration
    low, high = vehicle.fade_kmh
    share = vehicle.regeneration * np.clip((speed_kmh - low) / max(high - low, 1e-9), 0.0, 1.0)
    lever = vehicle.tyre_radius_m / vehicle.ratio
    torque = lever * np.where(force > 0.0, force / vehicle.transmission, share * force * vehicle.transmission)
    return Demand(speed_kmh * vehicle.rpm_per_kmh, torque)


def energy_demand_wh(vehicle: Vehicle, speed_kmh: Floats) -> tuple[float, float]:
    """(positive, negative) energy in Wh that the wheels have to give and to take over a cycle at 1 Hz, friction brakes
    included: force at the middle of each second times distance (UN GTR 15, annex 7, section 5: unverified)."""
    middle = 0.5 * (speed_kmh[1:] + speed_kmh[:-1])
    acceleration = np.diff(speed_kmh) / KMH_PER_MPS
    force = (
        np.where(middle > 0.0, vehicle.load.force_n(middle), 0.0) + vehicle.rotating * vehicle.mass_kg * acceleration
    )
    work_wh = force * middle / KMH_PER_MPS * WH_PER_J
    return float(work_wh[work_wh > 0.0].sum()), float(work_wh[work_wh < 0.0].sum())


def distance_km(speed_kmh: Floats) -> float:
    """The way of a cycle at 1 Hz, linear between the seconds."""
    return float(np.sum(speed_kmh[1:] + speed_kmh[:-1]) / 7200.0)
