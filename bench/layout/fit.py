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
from bench.layout.can import bench_can
from bench.layout.design import databases
from bench.layout.monitors import monitors
from bench.layout.restbus import restbus_problems, with_restbus


def misfits(rig: Located[Rig], dut: Located[Dut], files: Mapping[str, Database], more: str) -> list[Problem]:
    """All of them; ``files``: the databases by role; ``more``: rows of the channels that the inverter adds."""
    if problems := restbus_problems(dut, files["dut"]):
        return problems
    of_dut = with_restbus(files["dut"], dut.value)
    own, by_bus = bench_channels(rig.value.layout, more), databases(rig.value, of_dut, files["bench_io"])
    can = bench_can(by_bus, own, restbus=dut.value.restbus.keys())
    known = [channel.name for channel in monitors(rig.value, can.watched).channels]
    return list(_unknown_monitors(rig, rig.value.limits, known))


def _unknown_monitors(file: Located[Rig], rules: tuple[LimitRule, ...], known: list[str]) -> Iterator[Problem]:
    for place, rule in enumerate(rules):
        if is_monitor(rule.channel) and rule.channel not in known:
            told = f"the databases of this bench have no {rule.channel!r}; {suggestion(rule.channel, known)}"
            yield file.problem(("limits", place, "channel"), told)
