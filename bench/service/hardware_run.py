"""The edges of the hardware world: what the rig file names, and a look beforehand whether all of it is there."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from bench.assembly import buses_of
from bench.base.errors import InputError, LinkError, Problem
from bench.base.time import NS_PER_S
from bench.config.located import Located
from bench.config.rig import Rig
from bench.io.bus_place import BusPlace
from bench.io.visa import VisaLink
from bench.service.wall_run import Edges

_CONNECT_NS = 2 * NS_PER_S


def real_edges(rig: Located[Rig]) -> Edges:
    """The rig's own CAN channels and VISA resources.

    Raises ``InputError`` naming, with its line in the rig file, each one that cannot be reached: before a run folder is
    made, and before anything is asked of an instrument.
    """
    if problems := [*_silent_buses(rig), *_silent_instruments(rig)]:
        raise InputError(problems)
    resources = {part: instrument.resource for part, instrument in rig.value.instruments.items()}
    return Edges(lambda _berth: bus_places(rig.value), lambda _crew, _told: lambda: resources)


def bus_places(rig: Rig) -> list[BusPlace]:
    """The CAN channels of the rig, in the order of their numbers."""
    return [BusPlace(bus.interface, bus.channel, bus.bitrate) for bus in buses_of(rig)]


def _silent_buses(rig: Located[Rig]) -> Iterator[Problem]:
    for name, bus in rig.value.can.items():
        try:
            BusPlace(bus.interface, bus.channel, bus.bitrate).open().shutdown()
        except LinkError as error:
            remedy = "plug it in, bring it up, or correct the rig file; 'bench doctor' shows what this machine has"
            yield rig.problem(("can", name, "channel"), f"{error}; {remedy}")


def _silent_instruments(rig: Located[Rig]) -> list[Problem]:
    """All at once: one that is switched off costs two seconds."""
    resources = dict(rig.value.resources())
    with ThreadPoolExecutor(len(resources)) as pool:
        causes = zip(resources, pool.map(_cause, resources.values()), strict=True)
    return [
        rig.problem((*place, "resource"), f"{place[-1]} cannot be reached: {cause}") for place, cause in causes if cause
    ]


def _cause(resource: str) -> str:
    """Why no connection can be made; empty if it can. Nothing is sent."""
    try:
        link = VisaLink(resource)
        link.reopen(_CONNECT_NS)
        link.close()
    except (LinkError, ValueError) as error:
        return str(error)
    return ""
