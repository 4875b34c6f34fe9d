"""Moving the bench from one operating point to the next, inside the envelope all the way."""

from dataclasses import dataclass

from bench.schedule.requests import Condition, Operation, Ramp
from bench.sequence.context import Context
from bench.sequence.waiting import wait

TORQUE = "dut.torque_cmd"
_ARRIVAL_MARGIN_S = 10.0
_SAMPLES = 8
SPEED_RATE_RPM_S = 500.0
TORQUE_RATE_NM_S = 200.0


@dataclass(frozen=True, slots=True)
class Rates:
    """How fast to move: motor speed in rpm/s, torque in Nm/s."""

    speed_rpm_s: float = SPEED_RATE_RPM_S
    torque_nm_s: float = TORQUE_RATE_NM_S


@dataclass(slots=True)
class Position:
    """Where the sequence has sent the bench last: motor speed and torque set-points."""

    speed_rpm: float = 0.0
    torque_nm: float = 0.0


def allowed(context: Context, torque_nm: float, from_rpm: float, to_rpm: float) -> bool:
    """Whether ``torque_nm`` lies inside the envelope at every speed between the two."""
    for i in range(_SAMPLES + 1):
        speed = from_rpm + (to_rpm - from_rpm) * i / _SAMPLES
        if not context.dut.torque_min_nm(speed) <= torque_nm <= context.dut.torque_max_nm(speed):
            return False
    return True


def ramp_torque(context: Context, position: Position, torque_nm: float, rates: Rates) -> Operation[str]:
    """Move the torque and wait for the end of the ramp; ``""`` or the reason."""
    seconds = abs(torque_nm - position.torque_nm) / rates.torque_nm_s
    yield Ramp(TORQUE, torque_nm, rates.torque_nm_s)
    position.torque_nm = torque_nm
    return (yield from wait((Condition("done", TORQUE),), seconds + _ARRIVAL_MARGIN_S, "torque ramp"))


def ramp_speed(context: Context, position: Position, speed_rpm: float, rates: Rates) -> Operation[str]:
    """Move the motor's speed (all dynos together) and wait for the end of the ramps; ``""`` or the reason."""
    seconds = abs(speed_rpm - position.speed_rpm) / rates.speed_rpm_s
    channels = [f"{dyno}.speed_cmd" for dyno in context.roles.dynos]
    for channel in channels:
        yield Ramp(channel, context.flange_speed_rpm(speed_rpm), rates.speed_rpm_s / context.bench.shaft_ratio)
    position.speed_rpm = speed_rpm
    done = tuple(Condition("done", channel) for channel in channels)
    return (yield from wait(done, seconds + _ARRIVAL_MARGIN_S, "speed ramp"))


def travel(context: Context, position: Position, speed_rpm: float, torque_nm: float, rates: Rates) -> Operation[str]:
    """To another operating point: torque first, speed first, or over zero torque, whichever the envelope allows."""
    if speed_rpm == position.speed_rpm:
        return (yield from ramp_torque(context, position, torque_nm, rates))
    if allowed(context, torque_nm, position.speed_rpm, speed_rpm):
        legs = [ramp_torque(context, position, torque_nm, rates), ramp_speed(context, position, speed_rpm, rates)]
    else:
        legs = [ramp_speed(context, position, speed_rpm, rates), ramp_torque(context, position, torque_nm, rates)]
        if not allowed(context, position.torque_nm, position.speed_rpm, speed_rpm):
            legs.insert(0, ramp_torque(context, position, 0.0, rates))
    for leg in legs:
        problem = yield from leg
        if problem:
            return problem
    return ""


def travel_s(from_point: tuple[float, float], to_point: tuple[float, float], rates: Rates) -> float:
    """How long ``travel`` takes, seconds; points are (motor rpm, Nm)."""
    speed_s = abs(to_point[0] - from_point[0]) / rates.speed_rpm_s
    return speed_s + abs(to_point[1] - from_point[1]) / rates.torque_nm_s
