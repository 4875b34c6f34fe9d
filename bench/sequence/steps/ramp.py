"""Step ``ramp``: set-points move at stated rates, and the step ends when all have arrived."""

from pydantic import Field

from bench.config.file_model import FileModel
from bench.schedule.requests import Operation, Record
from bench.sequence.context import Context
from bench.sequence.step import SPEED, TORQUE, Finding
from bench.sequence.travel.drive import travel_s
from bench.sequence.travel.position import Rates
from bench.sequence.travel.targets import TargetRates, Targets, arrive, rate_findings, send, target_findings
from bench.sequence.verdict import FAILED, StepVerdict

_LONGEST_S = 3600.0
"""Of a medium whose rate nobody states."""


class RampParameters(FileModel):
    """Targets and how fast to go there; waits until the set-points have arrived."""

    to: Targets
    """As in `set`."""
    rates: TargetRates = Field(default_factory=dict)
    """A second, by name; without one the ordinary rates (operating point) or the highest of the rig."""


class Ramp:
    """The step kind ``ramp``."""

    name = "ramp"
    parameters = RampParameters
    prepares = True

    def commands(self, parameters: RampParameters) -> tuple[str, ...]:
        """What is moved."""
        return tuple(parameters.to)

    def check(self, parameters: RampParameters, context: Context) -> list[Finding]:
        """Targets inside the envelopes and ranges, rates inside those of the rig."""
        targets, rates = parameters.to, parameters.rates
        return [*target_findings(context, targets, "to"), *rate_findings(context, targets, rates)]

    def points(self, parameters: RampParameters, context: Context) -> int:
        """None."""
        return 0

    def estimate_s(self, parameters: RampParameters, context: Context) -> float:
        """Travel of the operating point, and the slowest of the others from the middle of its range, seconds."""
        here = (context.position.speed_rpm, context.position.torque_nm)
        there = (parameters.to.get(SPEED, here[0]), parameters.to.get(TORQUE, here[1]))
        ordinary = Rates()
        pace = Rates(
            parameters.rates.get(SPEED, ordinary.speed_rpm_s), parameters.rates.get(TORQUE, ordinary.torque_nm_s)
        )
        return travel_s(here, there, pace) + 0.5 * _longest_s(parameters, context)

    def run(self, parameters: RampParameters, context: Context) -> Operation[StepVerdict]:
        """Journaled as ``set_points``, sent, and waited for."""
        yield Record("set_points", {"to": dict(parameters.to), "rates": dict(parameters.rates)})
        problem = yield from send(context, parameters.to, parameters.rates)
        problem = problem or (yield from arrive(parameters.to, _longest_s(parameters, context)))
        return StepVerdict(FAILED, (problem,)) if problem else StepVerdict()


def _longest_s(parameters: RampParameters, context: Context) -> float:
    """From one end of its range to the other, of the slowest of media and voltage."""
    longest = 0.0
    for name in parameters.to:
        reach = context.known.reach.get(name)
        if name in (SPEED, TORQUE) or reach is None:
            continue
        rate = parameters.rates.get(name, reach.rate_max)
        longest = max(longest, min((reach.high - reach.low) / rate, _LONGEST_S) if rate > 0.0 else 0.0)
    return longest
