"""Step ``drive_cycle``: a driving cycle; a vehicle model turns its speed into speed and torque of the unit."""

from bench.schedule.requests import Operation, Record
from bench.sequence.context import Context
from bench.sequence.cycle.check import cycle_findings
from bench.sequence.cycle.course import Course
from bench.sequence.cycle.drive import Repetition, Ride
from bench.sequence.cycle.parameters import DriveCycleParameters
from bench.sequence.repeating import repeated
from bench.sequence.step import Finding
from bench.sequence.travel.drive import travel_s
from bench.sequence.travel.position import Rates
from bench.sequence.verdict import FAILED, StepVerdict

_REASONS = 10
_PAUSE_S = 1.0
"""Between two repetitions: the last values, the books."""


def limited_seconds(course: Course) -> list[list[float]]:
    """Every second at which the torque is limited: second, Nm wanted, Nm allowed."""
    wanted, allowed = course.wanted.torque_nm.round(2).tolist(), course.torque_nm.round(2).tolist()
    return [[float(i), wanted[i], allowed[i]] for i in course.limited.nonzero()[0].tolist()]


class DriveCycle:
    """The step kind ``drive_cycle``."""

    name = "drive_cycle"
    parameters = DriveCycleParameters

    def check(self, parameters: DriveCycleParameters, context: Context) -> list[Finding]:
        """Every second against the envelopes of unit and dynos, and what supply and analyzer must carry."""
        return cycle_findings(parameters, context)

    def points(self, parameters: DriveCycleParameters, context: Context) -> int:
        """None: its results stand in a table of their own."""
        return 0

    def estimate_s(self, parameters: DriveCycleParameters, context: Context) -> float:
        """Travel to standstill, and the repetitions, seconds."""
        here = (context.position.speed_rpm, context.position.torque_nm)
        return travel_s(here, (0.0, 0.0), Rates()) + parameters.repetitions * (parameters.driven.seconds + _PAUSE_S)

    def run(self, parameters: DriveCycleParameters, context: Context) -> Operation[StepVerdict]:
        """Drive it as often as asked for; a repetition that a freeze came into is driven again from its beginning."""
        ride = Ride.of(context, parameters)
        course = ride.course
        told = {"cycle": course.cycle.name, "repetitions": parameters.repetitions, "seconds": course.cycle.seconds}
        yield Record("cycle_started", {**told, "beyond": parameters.beyond, "limited": limited_seconds(course)})
        reasons: list[str] = []
        done = context.taken.repetitions()
        for number in range(1, parameters.repetitions + 1):
            if number in done:
                reasons += [f"repetition {number}: {done[number]['reason']}"] if done[number]["reason"] else []
                continue
            once = Repetition(ride, number)
            wrong = yield from repeated(once.drive, once.label)
            reasons += [f"repetition {number}: {reason}" for reason in wrong]
        return StepVerdict(FAILED if reasons else "passed", _shortened(reasons))


def _shortened(reasons: list[str]) -> tuple[str, ...]:
    more = len(reasons) - _REASONS
    return (*reasons[:_REASONS], *([f"{more} more; see the table of cycles"] if more > 0 else []))
