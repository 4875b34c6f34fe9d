"""Moving the bench from one operating point to the next, inside the envelope all the way."""

from bench.schedule.requests import Condition, Operation, Ramp
from bench.sequence.context import Context
from bench.sequence.position import Rates
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


def travel(context: Context, speed_rpm: float, torque_nm: float, rates: Rates) -> Operation[str]:
    """To another operating point: torque first, speed first, or over zero torque, whichever the envelope allows."""
    position = context.position
    if speed_rpm == position.speed_rpm:
        return (yield from ramp_torque(context, torque_nm, rates))
    if allowed(context, torque_nm, position.speed_rpm, speed_rpm):
        legs = [ramp_torque(context, torque_nm, rates), ramp_speed(context, speed_rpm, rates)]
    else:
        legs = [ramp_speed(context, speed_rpm, rates), ramp_torque(context, torque_nm, rates)]
        if not allowed(context, position.torque_nm, position.speed_rpm, speed_rpm):
            legs.insert(0, ramp_torque(context, 0.0, rates))
    for leg in legs:
        problem = yield from leg
        if problem:
            return problem
    return ""


def travel_s(from_point: tuple[float, float], to_point: tuple[float, float], rates: Rates) -> float:
    """How long ``travel`` takes, seconds; points are (motor rpm, Nm)."""
    speed_s = abs(to_point[0] - from_point[0]) / rates.speed_rpm_s
    return speed_s + abs(to_point[1] - from_point[1]) / rates.torque_nm_s
