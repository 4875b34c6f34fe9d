"""The other side of a rig by itself: emulated instruments on TCP ports, emulated CAN nodes on benchwire channels.

Anybody's PyVISA script and python-can script of the same user can talk to them.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from bench.assembly import buses_of, open_channel
from bench.base.time import NS_PER_MS, NS_PER_S
from bench.canbus.database import read_text
from bench.config.dut import Dut
from bench.config.located import load_located
from bench.config.rig import Rig, load_rig
from bench.config.search import find
from bench.io.berth import Berth
from bench.io.processes import Crew, ProcessError
from bench.service.loopback_run import resource

_READY_NS = 180 * NS_PER_S  # the first start compiles
_LOOK_NS = 100 * NS_PER_MS


def emulate(
    rig: str,
    dut: str | None,
    seed: int,
    tell: Callable[[dict[str, str]], None],
    asked: Callable[[], bool],
    ports: Mapping[str, int] | None = None,
) -> None:
    """Emulate until ``asked()``. ``tell`` is handed the places once all can be reached: VISA resources by part, and
    ``benchwire CHANNEL`` by bus. ``ports`` fixes TCP ports by part; the system chooses the others.

    Raises ``InputError`` for files that are not right, ``ProcessError`` when the emulators end by themselves.
    """
    berth = Berth.new()
    crew = Crew(berth.folder)
    try:
        loaded = _put_files(berth.folder / "inputs", rig, dut)
        told = {"inputs": str(berth.folder / "inputs"), "run": "", "program": "", "seed": seed, "faults": []}
        child = crew.spawn(
            "emulators", "bench.assembly:emulators_main", {**berth.arguments(), **told, "ports": dict(ports or {})}
        )
        found: Mapping[str, int] = child.wait_ready(_READY_NS)["ports"]
        tell({**{part: resource(port) for part, port in found.items()}, **channels(loaded)})
        while not asked():
            berth.clock.sleep_until(berth.clock.now_ns() + _LOOK_NS)
            if not child.alive:
                raise ProcessError(crew.failure())
    finally:
        crew.finish(10.0)
        berth.remove()


def channels(rig: Rig) -> dict[str, str]:
    """The place of each bus, by its role."""
    return {f"can.{bus.role}": f"benchwire {open_channel(rig, bus)}" for bus in buses_of(rig)}


def _put_files(folder: Path, rig: str, dut: str | None) -> Rig:
    """Copies of all that the emulators read, found as a run finds them; checked before anything starts."""
    rig_path = find("rig", rig)
    loaded = load_rig(rig_path, str(rig))
    dut_path = find("dut", dut or loaded.value.dut, rig_path.parent)
    unit = load_located(dut_path, Dut, str(dut or loaded.value.dut))
    dut_dbc = find("dbc", loaded.value.bus("dut").dbc or unit.value.inverter.dbc, dut_path.parent)
    io_dbc = find("dbc", loaded.value.bus("bench_io").dbc or "bench_io", rig_path.parent)
    texts = {"rig.yaml": loaded.text, "dut.yaml": unit.text, "dut.dbc": read_text(dut_dbc)}
    folder.mkdir()
    for name, text in {**texts, "bench_io.dbc": read_text(io_dbc)}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return loaded.value
