"""Shafts by implicit midpoint: no numerical damping, and power is torque times speed of the step's middle, exactly.

Motor and gear are one mass on the axle. Behind it an open differential with massless side gears, w_s = w_a +- slip,
whose friction keeps T_l - T_r = -lambda slip; then on each side an elastic half-shaft and a dyno with a PI speed
control, which is solved together with the shaft (torque limit: solved again with the limit torque). A brake is a dyno
whose torque limit is against the rotation.
"""

import math
from typing import Any, NamedTuple

from bench.base.compiled import compiled

RPM = math.pi / 30.0  # rad/s of one rpm
_SLIP_RAD_S = 0.05  # below this slip the differential's friction acts like a viscous lock


class Motion(NamedTuple):
    """The middle of a step: speeds in rad/s, torques in Nm. ``free_l`` is false where the dyno is at its limit."""

    axle: float
    slip: float
    torque_l: float
    torque_r: float
    speed_l: float
    speed_r: float
    dyno_l: float
    dyno_r: float
    free_l: bool
    free_r: bool


@compiled
def _side(shaft: Any, twist: float, speed: float, gain: float, push: float, dt: float) -> Any:
    """One dyno eliminated: shaft torque = offset + slope w_s, dyno speed = (rest + link w_s) / total."""
    inertia = 2.0 * shaft.dyno_inertia_kg_m2 / dt
    link = 0.5 * shaft.stiffness_nm_per_rad * dt + shaft.damping_nm_s
    total = inertia + link + shaft.dyno_bearing_nm_s + gain
    spring = shaft.stiffness_nm_per_rad * twist
    rest = inertia * speed + spring + push
    return spring - link * rest / total, link - link * link / total, rest, link, total


@compiled
def dyno_torques(shaft: Any, speed: float) -> Any:
    """(lowest, highest) torque of a dyno at its ``speed`` in rad/s; a brake's is against the rotation."""
    most = shaft.dyno_torque_max_nm
    if shaft.brake_full_rpm == 0.0:
        return -most, most
    most *= min(1.0, abs(speed) / (shaft.brake_full_rpm * RPM))
    return (-most, 0.0) if speed >= 0.0 else (0.0, most)


@compiled
def reference(shaft: Any, rpm: float, speed: float) -> Any:
    """The speed to hold in rad/s; a brake holds it whichever way the shaft turns."""
    return -rpm * RPM if shaft.brake_full_rpm != 0.0 and speed < 0.0 else rpm * RPM


@compiled
def _control(
    shaft: Any, on: float, reference_rad_s: float, integral: float, held: float, limits: Any, dt: float
) -> Any:
    """(gain on the speed, constant part of the torque) of a dyno: off, free, or held at a limit (``held`` +-1)."""
    if on < 0.5:
        return 0.0, 0.0
    if held != 0.0:
        return 0.0, limits[1] if held > 0.0 else limits[0]
    gain = shaft.control_p_nm_s + 0.5 * dt * shaft.control_i_nm
    return gain, gain * reference_rad_s + integral


@compiled
def _over(limits: Any, on: float, torque: float, held: float) -> Any:
    """The limit that ``torque`` exceeds, as a sign, or what was held already."""
    if held == 0.0 and on > 0.5:
        if torque > limits[1]:
            return 1.0
        if torque < limits[0]:
            return -1.0
    return held


@compiled
def _axle(axle: Any, slope: Any, lock: Any, left: Any, right: Any) -> Any:
    """(axle speed, slip) from two lines: momentum of the axle, torques of the differential."""
    (offset_l, slope_l, _, _, _), (offset_r, slope_r, _, _, _) = left, right
    a, b = slope + slope_l + slope_r, slope_l - slope_r
    c, d = slope_l + slope_r + lock, axle - offset_l - offset_r
    e = offset_r - offset_l
    determinant = a * c - b * b
    return (d * c - b * e) / determinant, (a * e - b * d) / determinant


@compiled
def solve_shafts(p: Any, x: Any, inputs: Any, torque: float, loss_slope: float, dt: float) -> Any:
    """The middle of the step under the motor's air-gap ``torque``; ``loss_slope`` W s^2 brakes the motor's shaft."""
    shaft, gear = p.shaft, p.gear
    inertia = axle_inertia(p) * 2.0 / dt
    drive = inertia * x.axle_speed_rad_s + gear.ratio * torque
    slope = inertia + gear.ratio * gear.ratio * loss_slope
    lock = gear.lock_torque_nm / math.sqrt(x.slip_rad_s * x.slip_rad_s + _SLIP_RAD_S * _SLIP_RAD_S)
    held_l = held_r = 0.0
    limits_l, limits_r = dyno_torques(shaft, x.dyno_l_rad_s), dyno_torques(shaft, x.dyno_r_rad_s)
    reference_l = reference(shaft, inputs.dyno_l_speed_rpm, x.dyno_l_rad_s)
    reference_r = reference(shaft, inputs.dyno_r_speed_rpm, x.dyno_r_rad_s)
    for _ in range(4):
        gain_l, push_l = _control(shaft, inputs.dyno_l_on, reference_l, x.dyno_l_integral_nm, held_l, limits_l, dt)
        left = _side(shaft, x.twist_l_rad, x.dyno_l_rad_s, gain_l, push_l, dt)
        if p.sides > 1.5:
            gain_r, push_r = _control(shaft, inputs.dyno_r_on, reference_r, x.dyno_r_integral_nm, held_r, limits_r, dt)
            right = _side(shaft, x.twist_r_rad, x.dyno_r_rad_s, gain_r, push_r, dt)
            axle, slip = _axle(drive, slope, lock, left, right)
        else:
            gain_r, push_r = 0.0, 0.0
            right = (0.0, 0.0, 0.0, 0.0, 1.0)
            axle, slip = (drive - left[0]) / (slope + left[1]), 0.0
        speed_l = (left[2] + left[3] * (axle + slip)) / left[4]
        speed_r = (right[2] + right[3] * (axle - slip)) / right[4]
        dyno_l, dyno_r = push_l - gain_l * speed_l, push_r - gain_r * speed_r
        over_l = _over(limits_l, inputs.dyno_l_on, dyno_l, held_l)
        over_r = _over(limits_r, inputs.dyno_r_on, dyno_r, held_r)
        if over_l == held_l and over_r == held_r:
            break
        held_l, held_r = over_l, over_r
    torque_l, torque_r = left[0] + left[1] * (axle + slip), right[0] + right[1] * (axle - slip)
    return Motion(axle, slip, torque_l, torque_r, speed_l, speed_r, dyno_l, dyno_r, held_l == 0.0, held_r == 0.0)


@compiled
def axle_inertia(p: Any) -> Any:
    """Inertia of motor and gear on the axle, kg m^2."""
    return p.machine.inertia_kg_m2 * p.gear.ratio * p.gear.ratio + p.gear.inertia_kg_m2


@compiled
def move_shafts(p: Any, x: Any, inputs: Any, motion: Any, dt: float) -> None:
    """Carry the state from the start to the end of the step whose middle is ``motion``."""
    x.axle_speed_rad_s = 2.0 * motion.axle - x.axle_speed_rad_s
    x.slip_rad_s = motion.slip
    x.dyno_l_rad_s = 2.0 * motion.speed_l - x.dyno_l_rad_s
    x.dyno_r_rad_s = 2.0 * motion.speed_r - x.dyno_r_rad_s
    x.twist_l_rad += dt * (motion.axle + motion.slip - motion.speed_l)
    if p.sides > 1.5:
        x.twist_r_rad += dt * (motion.axle - motion.slip - motion.speed_r)
    step = dt * p.shaft.control_i_nm
    wanted_l = reference(p.shaft, inputs.dyno_l_speed_rpm, motion.speed_l)
    wanted_r = reference(p.shaft, inputs.dyno_r_speed_rpm, motion.speed_r)
    x.dyno_l_integral_nm = _integral(
        x.dyno_l_integral_nm, inputs.dyno_l_on, motion.free_l, step * (wanted_l - motion.speed_l)
    )
    x.dyno_r_integral_nm = _integral(
        x.dyno_r_integral_nm, inputs.dyno_r_on, motion.free_r, step * (wanted_r - motion.speed_r)
    )


@compiled
def _integral(integral: float, on: float, free: bool, change: float) -> float:
    if on < 0.5:
        return 0.0
    return integral + change if free else integral


@compiled
def shaft_energy(p: Any, x: Any) -> Any:
    """Kinetic energy of motor and gear and the half-shafts' elastic energy, J (dynos are beyond the flanges)."""
    elastic = x.twist_l_rad * x.twist_l_rad + x.twist_r_rad * x.twist_r_rad
    kinetic = axle_inertia(p) * x.axle_speed_rad_s * x.axle_speed_rad_s
    return 0.5 * (kinetic + p.shaft.stiffness_nm_per_rad * elastic)


@compiled
def gear_slope(gear: Any, viscosity: float, torque: float, w_m: float) -> Any:
    """Gear loss divided by the square of the input speed, W s^2: mesh loss by ``torque``, drag by speed and oil."""
    slow = math.sqrt(w_m * w_m + 1.0)
    drag = gear.drag_a0_nm / slow + gear.drag_a1_nm_s + gear.drag_a2_nm_s2 * abs(w_m)
    return gear.mesh_loss * abs(torque) / slow + drag * viscosity
