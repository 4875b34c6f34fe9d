"""Emulated instruments behind real TCP sockets, on this machine only.

The emulators know neither socket nor clock: bytes go in with the time, bytes come out when they are due. Like many
real instruments each serves one connection; a new one takes the place of the old, because a client that was killed
leaves its connection standing.
"""

import selectors
import threading
from collections.abc import Mapping
from typing import Protocol

from bench.io.clock import MonotonicClock
from bench.io.service_port import Service, ServicePort


class ByteDevice(Protocol):
    """The instrument's side of a byte stream."""

    def opened(self, t_ns: int) -> None:
        """A fresh connection; ``closed`` tells whether the device refuses it."""

    def receive(self, data: bytes, t_ns: int) -> None:
        """Bytes from the client; ``b""`` when the client has gone, so that half a command is forgotten."""

    def next_ns(self) -> int | None:
        """When output is due next."""

    def produce(self, t_ns: int) -> bytes:
        """The output that is due."""

    def closed(self) -> bool:
        """Whether the device has closed the connection by itself."""


class InstrumentServer:
    """Serves ``devices`` by name on raw sockets, and ``services`` that have protocols of their own. Call ``step`` from
    one thread, or ``start`` to have one."""

    def __init__(
        self,
        devices: Mapping[str, ByteDevice],
        clock: MonotonicClock,
        ports: Mapping[str, int] | None = None,
        services: Mapping[str, Service] | None = None,
    ) -> None:
        """``ports`` fixes TCP ports by name; the system chooses the others. Only loopback addresses are served."""
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        served: dict[str, Service] = {name: RawSocket(device) for name, device in devices.items()}
        served |= services or {}
        self._seats = {name: ServicePort(service, self._selector) for name, service in served.items()}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.ports = {name: seat.listen((ports or {}).get(name, 0)) for name, seat in self._seats.items()}

    def resource(self, name: str) -> str:
        """The VISA resource of a served device."""
        return self._seats[name].service.resource("127.0.0.1", self.ports[name])

    def resources(self) -> dict[str, str]:
        """All of them."""
        return {name: self.resource(name) for name in self._seats}

    def step(self, timeout_ns: int) -> None:
        """Serve what comes and what is due; return after the first of them, or after ``timeout_ns``."""
        due = [due_ns for seat in self._seats.values() if (due_ns := seat.next_ns()) is not None]
        if due:
            timeout_ns = min(timeout_ns, max(0, min(due) - self._clock.now_ns()))
        for key, _events in self._selector.select(timeout_ns * 1e-9):
            key.data(self._clock.now_ns())
        for seat in self._seats.values():
            seat.produce(self._clock.now_ns())

    def start(self) -> None:
        """Serve from a thread until ``close``."""

        def serve() -> None:
            while not self._stopping.is_set():
                self.step(20_000_000)

        self._thread = threading.Thread(target=serve, name="instrument server", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Close every connection and stop listening."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        for seat in self._seats.values():
            seat.close()
        self._selector.close()


class RawSocket:
    """A ``Service`` for a device that knows one connection: the newest."""

    def __init__(self, device: ByteDevice) -> None:
        self._device = device
        self._peer: int | None = None
        self._gone: list[int] = []

    def resource(self, host: str, port: int) -> str:
        """How PyVISA calls it."""
        return f"TCPIP::{host}::{port}::SOCKET"

    def listening(self, port: int) -> None:
        """Nothing to remember."""

    def accepted(self, peer: int, t_ns: int) -> None:
        """It takes the place of the last one, unless the device refuses it."""
        self._hang_up(t_ns)
        self._device.opened(t_ns)
        if self._device.closed():
            self._gone.append(peer)
        else:
            self._peer = peer

    def received(self, peer: int, data: bytes, t_ns: int) -> None:
        """Bytes from the client, or that it has gone."""
        if peer == self._peer:
            self._device.receive(data, t_ns)
            if not data:
                self._peer = None

    def next_ns(self) -> int | None:
        """When output is due next."""
        return None if self._peer is None else self._device.next_ns()

    def produce(self, t_ns: int) -> list[tuple[int, bytes]]:
        """The output that is due; then the device may want to hang up."""
        if self._peer is None:
            return []
        peer, due_ns = self._peer, self._device.next_ns()
        data = self._device.produce(t_ns) if due_ns is not None and due_ns <= t_ns else b""
        if self._device.closed():
            self._hang_up(t_ns)
        return [(peer, data)] if data else []

    def hung_up(self) -> list[int]:
        """Connections to be closed."""
        gone, self._gone = self._gone, []
        return gone

    def _hang_up(self, t_ns: int) -> None:
        if self._peer is not None:
            self._gone.append(self._peer)
            self._peer = None
            self._device.receive(b"", t_ns)
