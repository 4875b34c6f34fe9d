"""An emulated WT5000 behind a raw socket, HiSLIP and VXI-11; PyVISA-py is the independent client."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pyvisa
from instrument_bench import Truth, yokogawa

from bench.base.time import NS_PER_MS
from bench.emulators.instruments.yokogawa import YokogawaEmulator
from bench.emulators.lan.offered import offered
from bench.io.clock import MonotonicClock
from bench.io.instrument_server import InstrumentServer
from bench.io.visa import VisaLink
from bench.schedule.requests import Exchange

DRIVEN: Any = {"analyzer": SimpleNamespace(driver="yokogawa_wt5000")}
PROTOCOLS = ("analyzer.hislip", "analyzer.vxi11")
UPDATES = b":COMMUNICATE:HEADER OFF;:RATE 50MS;:NUMERIC:FORMAT FLOAT\n"


class Instrument:
    """The emulator, its server, and clients of it."""

    def __init__(self) -> None:
        self.wt: YokogawaEmulator = yokogawa(Truth(u_dc_v=400.0), latency_ns=2 * NS_PER_MS)
        devices, services = offered({"analyzer": self.wt}, DRIVEN)
        self.server = InstrumentServer(devices, MonotonicClock(), {}, services)
        self._clients: list[Any] = []

    def open(self, name: str, timeout_ms: int = 2000) -> Any:
        """A PyVISA resource."""
        ends = {"read_termination": "\n", "write_termination": "\n"} if name == "analyzer" else {}
        found: Any = pyvisa.ResourceManager("@py").open_resource(self.server.resource(name), timeout=timeout_ms, **ends)
        self._clients.append(found)
        return found

    def close(self) -> None:
        """Everything."""
        for client in self._clients:
            client.close()
        self.server.close()


@contextmanager
def reachable() -> Iterator[Instrument]:
    """Served from a thread."""
    instrument = Instrument()
    instrument.server.start()
    try:
        yield instrument
    finally:
        instrument.close()


def exchanged(job: Any, link: VisaLink) -> Any:
    """Runs a driver's job over a link."""
    request = next(job)
    while True:
        answer = link.exchange(request) if isinstance(request, Exchange) else time.monotonic_ns()
        try:
            request = job.send(answer)
        except StopIteration as end:
            return end.value


def interface(client: Any) -> Any:
    """PyVISA-py's own protocol object, for what its resources do not offer."""
    return client.visalib.sessions[client.session].interface
