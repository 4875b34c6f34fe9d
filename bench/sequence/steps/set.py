"""Step ``set``: set-points by name, several at once; what must be waited for is another step's matter."""

from bench.config.file_model import FileModel
from bench.schedule.requests import Operation, Record
from bench.sequence.context import Context
from bench.sequence.step import SPEED, TORQUE, Finding
from bench.sequence.travel.drive import travel_s
from bench.sequence.travel.position import Rates
from bench.sequence.travel.targets import Targets, send, target_findings
from bench.sequence.verdict import FAILED, StepVerdict


class SetParameters(FileModel):
    """Set-points by name; the operating point is reached when the step ends, media and voltage are on their way."""

    to: Targets
    """`speed` and `torque` at the motor shaft, `supply.voltage_cmd`, `coolant.temp_cmd`, `coolant.flow_cmd`,
    `oil.temp_cmd`, `oil.flow_cmd`."""


class Set:
    """The step kind ``set``."""

    name = "set"
    parameters = SetParameters
    prepares = True

    def commands(self, parameters: SetParameters) -> tuple[str, ...]:
        """What is set."""
        return tuple(parameters.to)

    def check(self, parameters: SetParameters, context: Context) -> list[Finding]:
        """Inside the envelopes of DUT, dynos, supply and analyzer, and the ranges of the rig."""
        return list(target_findings(context, parameters.to, "to"))

    def points(self, parameters: SetParameters, context: Context) -> int:
        """None."""
        return 0

    def estimate_s(self, parameters: SetParameters, context: Context) -> float:
        """Travel at the ordinary rates, seconds."""
        here = (context.position.speed_rpm, context.position.torque_nm)
        there = (parameters.to.get(SPEED, here[0]), parameters.to.get(TORQUE, here[1]))
        return travel_s(here, there, Rates())

    def run(self, parameters: SetParameters, context: Context) -> Operation[StepVerdict]:
        """Journaled as ``set_points``, then sent."""
        yield Record("set_points", {"to": dict(parameters.to), "rates": {}})
        problem = yield from send(context, parameters.to, {})
        return StepVerdict(FAILED, (problem,)) if problem else StepVerdict()
