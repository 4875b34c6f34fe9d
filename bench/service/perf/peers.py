"""The peers that ``bench perf instruments`` talks to, each in a process of its own.

``emulators``: the instruments of the demonstration rig on a plant that stands still, answering as soon as they can
(part) or after 3 ms (part + ``.late``), and one that sends a large block. ``echo``: a bare asyncio server, the control.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.time import NS_PER_MS
from bench.config.rig import Rig, load_rig
from bench.config.search import find
from bench.emulators.device import ByteDevice
from bench.emulators.instruments.of_rig import by_part
from bench.io.clock import MonotonicClock
from bench.io.instrument_server import InstrumentServer
from bench.plant.records import INPUTS, OUTPUTS

RIG = "e_axle_demo"
LATE_NS = 3 * NS_PER_MS
BLOCK_BYTES = 4 << 20
PAYLOADS: Mapping[str, Callable[[], bytes]] = {
    "zeros": lambda: bytes(BLOCK_BYTES),
    "line ends": lambda: b"\n" * BLOCK_BYTES,
    "random bytes": lambda: np.random.default_rng(1).bytes(BLOCK_BYTES),
}
"""Contents of the block, by the question ``BLOCK? NUMBER``."""


def _standing() -> NDArray[np.float64]:
    outputs = np.zeros(1, OUTPUTS)
    outputs["u_dc_v"] = outputs["u_supply_v"] = 400.0
    outputs["i_dc_a"] = outputs["i_supply_a"] = 50.0
    outputs["p_dc_w"] = 20_000.0
    return outputs.view(np.float64)


STILL = _standing()
"""All that there is to measure: 20 kW from the supply."""


class Paced:
    """A device whose answers leave ``delay_ns`` after their question, whatever its own clock says."""

    def __init__(self, device: ByteDevice, delay_ns: int = 0) -> None:
        self._device = device
        self._delay_ns = delay_ns
        self._due_ns: int | None = None
        self.opened, self.closed = device.opened, device.closed

    def receive(self, data: bytes, t_ns: int) -> None:
        """Bytes have arrived."""
        self._device.receive(data, t_ns)
        self._due_ns = None if self._device.next_ns() is None else t_ns + self._delay_ns

    def next_ns(self) -> int | None:
        """When the answer leaves."""
        return self._due_ns

    def produce(self, t_ns: int) -> bytes:
        """All of it."""
        out, self._due_ns = b"", None
        while (at_ns := self._device.next_ns()) is not None:
            out += self._device.produce(at_ns)
        return out


class Blocks:
    """Answers ``BLOCK? NUMBER`` with one of ``PAYLOADS`` as a definite-length block."""

    def __init__(self) -> None:
        head = b"#%d%d" % (len(str(BLOCK_BYTES)), BLOCK_BYTES)
        self._answers = {b"BLOCK? %d" % place: head + make() + b"\n" for place, make in enumerate(PAYLOADS.values())}
        self._out: bytes | None = None

    def opened(self, t_ns: int) -> None:
        """Forget what was under way."""
        self._out = None

    def receive(self, data: bytes, t_ns: int) -> None:
        """One whole question, or nothing."""
        self._out = self._answers.get(data.rstrip(b"\r\n"))

    def next_ns(self) -> int | None:
        """At once."""
        return None if self._out is None else 0

    def produce(self, t_ns: int) -> bytes:
        """The block."""
        out, self._out = self._out or b"", None
        return out

    def closed(self) -> bool:
        """Never."""
        return False


def still_instruments(rig: Rig, seed: int = 1) -> dict[str, ByteDevice]:
    """The emulated instruments of ``rig``; what they measure does not change."""
    measured = dict.fromkeys(rig.instruments, lambda: (STILL, 0))
    return by_part(rig, measured, OUTPUTS.names or (), np.zeros(1, INPUTS), seed, ())


def emulators() -> None:
    """Serve until standard input ends; says the TCP ports by name."""
    rig = load_rig(find("rig", RIG)).value
    devices: dict[str, ByteDevice] = {part: Paced(each) for part, each in still_instruments(rig).items()}
    devices |= {f"{part}.late": Paced(each, LATE_NS) for part, each in still_instruments(rig).items()}
    server = InstrumentServer({**devices, "blocks": Blocks()}, MonotonicClock())
    server.start()
    _say(server.ports)
    sys.stdin.read()
    server.close()


def echo() -> None:
    """Answer each line as the mapping on the first line of standard input tells; says the TCP port."""
    answers: dict[bytes, bytes] = {q.encode(): a.encode() for q, a in json.loads(sys.stdin.readline()).items()}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(answers[line])
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        _say({"echo": server.sockets[0].getsockname()[1]})
        await asyncio.to_thread(sys.stdin.read)

    asyncio.run(run())


def _say(ports: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(dict(ports)) + "\n")
    sys.stdout.flush()
