"""The emulated periphery that stands in for what a rig file reaches by a link."""

from collections.abc import Mapping

from bench.config.instrument import Instrument
from bench.config.periphery import Peripheral
from bench.config.rig import Rig
from bench.emulators.device import ByteDevice
from bench.emulators.instruments.faults import FaultKind
from bench.emulators.instruments.of_rig import script
from bench.emulators.instruments.periphery_server import PeripheryServer
from bench.emulators.periphery import Periphery
from bench.schedule.faults import Fault
from drivers.periphery.bench_io_modbus import BENCH_IO_MAP
from drivers.periphery.conditioner_modbus import CONDITIONER_MAP

_MAPS = {"conditioner": CONDITIONER_MAP, "bench_io": BENCH_IO_MAP}


KNOWN_FAULTS: Mapping[str, tuple[FaultKind, ...]] = {
    "bench_io": tuple(kind for kind in PeripheryServer.known_faults if kind not in ("nan", "inf")),
    "conditioner": PeripheryServer.known_faults,
}
"""What can go wrong with emulated periphery behind a link; bits are never without a value."""


def periphery_servers(rig: Rig, periphery: Periphery, seed: int, faults: tuple[Fault, ...]) -> dict[str, ByteDevice]:
    """By part name; a part on CAN has none."""

    def server(part: str, section: Peripheral) -> PeripheryServer:
        scripted = script(faults, part, seed)
        return PeripheryServer(periphery, _MAPS[part], _identity(section), section.unit, faults=scripted)

    return {part: server(part, section) for part, section in rig.modbus.items()}


def _identity(section: Instrument) -> dict[str, str]:
    return {"maker": section.maker, "model": section.model, "serial": section.serial, "firmware": "1.0"}
