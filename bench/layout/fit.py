"""What plan, rig, DUT and databases can only be asked together, with the place in the file that must change."""

from collections.abc import Iterator, Mapping

from bench.base.errors import Problem
from bench.canbus.database import Database
from bench.config.dut import Dut
from bench.config.located import Located
from bench.config.plan import Plan
from bench.config.rig import Rig
from bench.config.suggest import suggestion
from bench.core.design import Limit
from bench.layout.analyzer import analyzer_problems
from bench.layout.design import can_of_bench
from bench.layout.insulation import insulation_problems
from bench.layout.limits import limits, loosened
from bench.layout.monitors import monitors
from bench.layout.restbus import restbus_problems
from bench.layout.unit_questions import unit_problems
from drivers.inverters.protocol import InverterProtocol

Limited = Located[Rig] | Located[Dut] | Located[Plan]


def misfits(
    plan: Located[Plan],
    rig: Located[Rig],
    dut: Located[Dut],
    files: Mapping[str, Database],
    inverter: InverterProtocol,
) -> list[Problem]:
    """All of them; ``files``: the databases by role."""
    if problems := restbus_problems(dut, files["dut"]):
        return problems
    if problems := list(unit_problems(dut, inverter, files["dut"])):
        return problems
    if problems := list(insulation_problems(rig, files)):
        return problems
    own = rig.value.channels(inverter.channels)
    can = can_of_bench(rig.value, dut.value, inverter, files, own)
    known = [*own.names, *(channel.name for channel in monitors(rig.value, can.watched).channels)]
    others = limits(rig.value, dut.value, can.heard)
    unknown = (p for file in (rig, dut, plan) for p in _unknown(file, known))
    return [*analyzer_problems(rig), *unknown, *_loosened(plan, others)]


def _unknown(file: Limited, known: list[str]) -> Iterator[Problem]:
    for place, rule in enumerate(file.value.limits):
        if rule.channel not in known:
            told = f"this bench has no channel {rule.channel!r}; {suggestion(rule.channel, known)}"
            yield file.problem(("limits", place, "channel"), told)


def _loosened(plan: Located[Plan], others: tuple[Limit, ...]) -> Iterator[Problem]:
    for place, rule in enumerate(plan.value.limits):
        if wider := loosened(rule, others):
            told = f"is wider than the limit {wider}, which stays in force; a plan may only tighten, so correct it"
            yield plan.problem(("limits", place), told)
