"""Moving the bench from one operating point to the next, inside the envelope all the way."""

from bench.schedule.requests import Condition, Operation, Ramp
from bench.sequence.context import Context
from bench.sequence.travel.position import Rates
from bench.sequence.waiting import wait

TORQUE = "dut.torque_cmd"
_ARRIVAL_MARGIN_S = 10.0
_SAMPLES = 8


def allowed(context: Context, torque_nm: float, from_rpm: float, to_rpm: float) -> bool:
    """Whether ``torque_nm`` lies inside the envelope at every speed between the two."""
    for i in range(_SAMPLES + 1):
        speed = from_rpm + (to_rpm - from_rpm) * i / _SAMPLES
        if not context.dut.torque_min_nm(speed) <= torque_nm <= context.dut.torque_max_nm(speed):
            return False
    return True


def ramp_torque(context: Context, torque_nm: float, rates: Rates) -> Operation[str]:
    """Move the torque and wait for the end of the ramp; ``""`` or the reason."""
    position = context.position
    seconds = abs(torque_nm - position.torque_nm) / rates.torque_nm_s
    yield Ramp(TORQUE, torque_nm, rates.torque_nm_s)
    position.torque_nm = torque_nm
    return (yield from wait((Condition("done", TORQUE),), seconds + _ARRIVAL_MARGIN_S, "torque ramp"))


def ramp_speed(context: Context, speed_rpm: float, rates: Rates) -> Operation[str]:
    """Move the motor's speed (all dynos together) and wait for the end of the ramps; ``""`` or the reason."""
    position = context.position
    seconds = abs(speed_rpm - position.speed_rpm) / rates.speed_rpm_s
    channels = [f"{dyno}.speed_cmd" for dyno in context.roles.dynos]
    for channel in channels:
        yield Ramp(channel, context.flange_speed_rpm(speed_rpm), rates.speed_rpm_s / context.bench.shaft_ratio)
    position.speed_rpm = speed_rpm
    done = tuple(Condition("done", channel) for channel in channels)
    return (yield from wait(done, seconds + _ARRIVAL_MARGIN_S, "speed ramp"))


Point = tuple[float, float]
"""Motor speed in rpm and torque in Nm."""


def route(context: Context, speed_rpm: float, torque_nm: float) -> list[Point]:
    """The corners on the way, the target last; one quantity moves at a time.

    Torque first, or speed first, whichever the envelope allows and has the smaller power at its corner; over zero
    torque where neither is allowed.
    """
    here = context.position
    there = (speed_rpm, torque_nm)
    if context.bench.absorbing:
        return _against_brakes(context, speed_rpm, torque_nm)
    corners: list[Point] = []
    if allowed(context, torque_nm, here.speed_rpm, speed_rpm):
        corners.append((here.speed_rpm, torque_nm))
    if allowed(context, here.torque_nm, here.speed_rpm, speed_rpm):
        corners.append((speed_rpm, here.torque_nm))
    if not corners:
        return [(here.speed_rpm, 0.0), (speed_rpm, 0.0), there]
    return [min(corners, key=lambda corner: abs(corner[0] * corner[1])), there]


def _against_brakes(context: Context, speed_rpm: float, torque_nm: float) -> list[Point]:
    """With the smaller of both torques from speed to speed, but never less than the sign check's: nothing else turns
    the shaft."""
    here = context.position
    least = max(min(here.torque_nm, torque_nm), context.bench.sign_torque_nm)
    way = [(here.speed_rpm, least), (speed_rpm, least), (speed_rpm, torque_nm)]
    corners: list[Point] = []
    for corner in way:
        if corner != (corners[-1] if corners else (here.speed_rpm, here.torque_nm)):
            corners.append(corner)
    return corners or [(speed_rpm, torque_nm)]


def travel(context: Context, points: list[Point], rates: Rates) -> Operation[str]:
    """Along ``points``, each of which differs from the one before in one quantity; ``""`` or the reason."""
    for speed_rpm, torque_nm in points:
        problem = ""
        if speed_rpm != context.position.speed_rpm:
            problem = yield from ramp_speed(context, speed_rpm, rates)
        if torque_nm != context.position.torque_nm and not problem:
            problem = yield from ramp_torque(context, torque_nm, rates)
        if problem:
            return problem
    return ""


def travel_s(from_point: Point, to_point: Point, rates: Rates) -> float:
    """How long ``travel`` takes, seconds; points are (motor rpm, Nm)."""
    speed_s = abs(to_point[0] - from_point[0]) / rates.speed_rpm_s
    return speed_s + abs(to_point[1] - from_point[1]) / rates.torque_nm_s
