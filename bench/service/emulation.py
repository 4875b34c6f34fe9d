"""The other side of a rig by itself: emulated instruments on TCP ports, emulated CAN nodes on benchwire channels.

Anybody's PyVISA script and python-can script of the same user can talk to them.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from bench.assembly import buses_of
from bench.base.time import NS_PER_MS
from bench.config.bench_files import find_bench
from bench.config.rig import Rig
from bench.io.berth import Berth
from bench.io.bus_place import BusPlace
from bench.io.foreign_database import dbc_text
from bench.io.processes import Crew, ProcessError
from bench.io.stalls import Stalls
from bench.service.wall_run import READY_NS

_LOOK_NS = 100 * NS_PER_MS


def emulate(
    rig: str,
    dut: str | None,
    seed: int,
    tell: Callable[[dict[str, str]], None],
    asked: Callable[[], bool],
    ports: Mapping[str, int] | None = None,
    warn: Callable[[str], None] = lambda _words: None,
) -> None:
    """Emulate until ``asked()``. ``tell`` is handed the places once all can be reached: VISA resources by part (a raw
    socket) and by ``part.protocol`` (``analyzer.hislip``), and ``benchwire CHANNEL`` by bus. ``ports`` fixes TCP ports
    by these names; the system chooses the others. ``warn`` is told when the emulators stood still, once a second at
    most.

    Raises ``InputError`` for files that are not right, ``ProcessError`` when the emulators end by themselves.
    """
    berth = Berth.new()
    crew = Crew(berth.folder)
    stalls = Stalls(berth.create_status())
    try:
        loaded = _put_files(berth.folder / "inputs", rig, dut)
        places = open_places(loaded)
        told = {"inputs": str(berth.folder / "inputs"), "run": "", "program": "", "seed": seed, "faults": []}
        told["buses"] = [place.told() for place in places.values()]
        child = crew.spawn(
            "emulators", "bench.assembly:emulators_main", {**berth.arguments(), **told, "ports": dict(ports or {})}
        )
        found: Mapping[str, str] = child.wait_ready(READY_NS)["resources"]
        wires = {role: f"benchwire {place.channel}" for role, place in places.items()}
        tell({**found, **wires})
        while not asked():
            berth.clock.sleep_until(berth.clock.now_ns() + _LOOK_NS)
            if stalled := stalls.new(berth.clock.now_ns()):
                warn(stalled.words())
            if not child.alive:
                raise ProcessError(crew.failure())
    finally:
        crew.finish(10.0)
        berth.remove()


def open_places(rig: Rig) -> dict[str, BusPlace]:
    """The wires on which emulators that were started alone speak, for any process of this user, by ``can.ROLE``."""
    return {f"can.{bus.role}": BusPlace("benchwire", f"{rig.rig}.{bus.role}", bus.bitrate) for bus in buses_of(rig)}


def _put_files(folder: Path, rig: str, dut: str | None) -> Rig:
    """Copies of all that the emulators read, found as a run finds them; checked before anything starts."""
    files = find_bench(rig, dut)
    texts = {"rig.yaml": files.rig.text, "dut.yaml": files.dut.text}
    texts |= {f"{role}.dbc": dbc_text(path) for role, path in files.databases.items()}
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return files.rig.value
