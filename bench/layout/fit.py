"""What rig, DUT and databases can only be asked together, with the place in the file that must change."""

from collections.abc import Iterator, Mapping

from bench.base.errors import Problem
from bench.canbus.database import Database
from bench.config.channels import bench_channels
from bench.config.dut import Dut
from bench.config.limits import LimitRule
from bench.config.located import Located
from bench.config.monitors import is_monitor
from bench.config.rig import Rig
from bench.config.suggest import suggestion
from bench.layout.design import can_of_bench
from bench.layout.monitors import monitors
from bench.layout.restbus import restbus_problems
from drivers.inverters.protocol import InverterProtocol


def misfits(
    rig: Located[Rig], dut: Located[Dut], files: Mapping[str, Database], inverter: InverterProtocol
) -> list[Problem]:
    """All of them; ``files``: the databases by role."""
    if problems := restbus_problems(dut, files["dut"]):
        return problems
    own = bench_channels(rig.value.layout, inverter.channels)
    can = can_of_bench(rig.value, dut.value, inverter, files, own)
    known = [channel.name for channel in monitors(rig.value, can.watched).channels]
    return list(_unknown_monitors(rig, rig.value.limits, known))


def _unknown_monitors(file: Located[Rig], rules: tuple[LimitRule, ...], known: list[str]) -> Iterator[Problem]:
    for place, rule in enumerate(rules):
        if is_monitor(rule.channel) and rule.channel not in known:
            told = f"the databases of this bench have no {rule.channel!r}; {suggestion(rule.channel, known)}"
            yield file.problem(("limits", place, "channel"), told)
