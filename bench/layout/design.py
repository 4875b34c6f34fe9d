"""The whole design of a bench's core, from its rig, its DUT and the databases of its buses."""

from collections.abc import Mapping

from bench.base.channel import Channels
from bench.base.time import NS_PER_MS, ns
from bench.canbus.database import Database
from bench.canbus.joined import by_bus
from bench.config.channels import is_commanded
from bench.config.dut import Dut
from bench.config.limits import LimitRule
from bench.config.rig import Rig
from bench.core.causes import Cause
from bench.core.design import LINKS, RECORDER, SERVICE, Design, DiagnosticRoute, Heartbeat
from bench.core.tables import MODE_ARMED, STOP_CONTROLLED, STOP_FREEZE
from bench.layout.can import BenchCan, absent_parts, bench_can, mirrored, signs_on_can, without
from bench.layout.io import lamps, sign_of_life
from bench.layout.ladders import energised, ladders
from bench.layout.limits import limits
from bench.layout.lost import patience, with_patience
from bench.layout.monitors import Monitors
from bench.layout.restbus import with_restbus
from bench.layout.samples import sample_groups
from bench.layout.setpoints import envelope, setpoints
from bench.layout.torque_pair import torque_pair
from drivers.inverters.protocol import InverterProtocol


def bench_design(
    rig: Rig,
    dut: Dut,
    inverter: InverterProtocol,
    channels: Channels,
    can: BenchCan,
    watch: Monitors,
    routes: tuple[DiagnosticRoute, ...],
    of_plan: tuple[LimitRule, ...] = (),
    *,
    heartbeats: bool,
    log_full: bool,
) -> Design:
    """What the core of this bench shall do.

    ``routes``: by which identifiers the unit is asked; ``of_plan``: limits of the plan; ``heartbeats``: judge the signs
    of life of the other processes.
    """
    return Design(
        channels=channels,
        can=can.tables,
        setpoints=tuple(setpoints(rig, dut, inverter.without)),
        envelopes=(envelope(rig, dut),),
        limits=with_patience(limits(rig, dut, can.heard, of_plan), patience(rig, channels, can)),
        receives=can.receives,
        transmits=(*can.transmits, *sign_of_life(rig)),
        monitors=watch.messages,
        buses=watch.buses,
        heartbeats=_HEARTBEATS if heartbeats else (),
        ladders=ladders(rig, dut, inverter.off),
        energised=energised(rig),
        derived=(*inverter.derived, *lamps(rig)),
        torque_pairs=(torque_pair(rig, dut),),
        words=tuple(word.channel for word in inverter.words),
        diagnostics=routes,
        groups=sample_groups(channels, rig.on_can),
        stale_ns=_stale_ns(rig, channels),
        zero=tuple(name for name in channels.names if name.startswith("core.")),
        log_full=log_full,
    )


_HEARTBEATS = (
    Heartbeat(SERVICE, 300 * NS_PER_MS, STOP_FREEZE, Cause.SERVICE_SILENT, MODE_ARMED),
    Heartbeat(SERVICE, 2_000 * NS_PER_MS, STOP_CONTROLLED, Cause.SERVICE_SILENT, MODE_ARMED),
    Heartbeat(LINKS, 1_000 * NS_PER_MS, STOP_CONTROLLED, Cause.LINKS_SILENT, MODE_ARMED),
    Heartbeat(RECORDER, 1_000 * NS_PER_MS, STOP_FREEZE, Cause.RECORDER_SILENT, MODE_ARMED),
    Heartbeat(RECORDER, 3_000 * NS_PER_MS, STOP_CONTROLLED, Cause.RECORDER_SILENT, MODE_ARMED),
)
"""F-56, F-14 and F-58. A freeze ends by itself when the beat returns (``bench.core.release``)."""


def _stale_ns(rig: Rig, channels: Channels) -> dict[str, int]:
    """When the image calls a reading of an instrument stale; frames are judged by message."""
    asked, result = rig.asked_by_link, {}
    for name in channels.names:
        part, _, quantity = name.partition(".")
        instrument = asked.get(part)
        if instrument is not None and not is_commanded(name):
            slow = 20 if quantity in ("output", "alarm", "control", "state") else 6  # these are asked less often
            result[name] = ns(slow * instrument.poll)
    return result


def can_of_bench(
    rig: Rig, dut: Dut, inverter: InverterProtocol, files: Mapping[str, Database], channels: Channels
) -> BenchCan:
    """The frames of a bench; ``files``: the databases by role. Raises ``InputError`` for unknown channels.

    Parameter messages of the inverter are left out: they pass by the gate for diagnosis.
    """
    asked = () if inverter.parameters is None else (inverter.parameters.request, inverter.parameters.answer)
    of_bus = by_bus(files)
    of_dut = with_restbus(mirrored(without(of_bus["dut"], asked), inverter.signs), dut)
    of_io = mirrored(of_bus["bench_io"], signs_on_can(rig))
    return bench_can(databases(rig, of_dut, of_io), channels, absent_parts(rig), dut.restbus.keys())


def databases(rig: Rig, dut_database: Database, io_database: Database) -> Mapping[int, Database]:
    """The database of each bus, by bus number."""
    return {rig.bus("dut").bus: dut_database, rig.bus("bench_io").bus: io_database}
