"""Emulated instruments behind real TCP sockets, on this machine only.

The emulators know neither socket nor clock: bytes go in with the time, bytes come out when they are due. Like many
real instruments each serves one connection; a new one takes the place of the old, because a client that was killed
leaves its connection standing.
"""

import contextlib
import selectors
import socket
import threading
from collections.abc import Mapping
from typing import Protocol

from bench.io.clock import MonotonicClock

_OUTPUT_BYTES_MAX = 1 << 20  # a client that does not read is dropped beyond this
_TAKE = 65_536


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
    """Serves ``devices`` by name. Call ``step`` from one thread, or ``start`` to have one."""

    def __init__(
        self, devices: Mapping[str, ByteDevice], clock: MonotonicClock, ports: Mapping[str, int] | None = None
    ) -> None:
        """``ports`` fixes TCP ports by name; the system chooses the others. Only loopback addresses are served."""
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._seats = {name: _Seat(device, self._selector) for name, device in devices.items()}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.ports = {name: seat.listen((ports or {}).get(name, 0)) for name, seat in self._seats.items()}

    def resource(self, name: str) -> str:
        """The VISA resource of a served device."""
        return f"TCPIP::127.0.0.1::{self.ports[name]}::SOCKET"

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


class _Seat:
    """One device, its listening socket and at most one connection."""

    def __init__(self, device: ByteDevice, selector: selectors.BaseSelector) -> None:
        self._device = device
        self._selector = selector
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._peer: socket.socket | None = None
        self._output = b""

    def listen(self, port: int) -> int:
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.setblocking(False)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen(8)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        return int(self._listener.getsockname()[1])

    def next_ns(self) -> int | None:
        return None if self._peer is None else self._device.next_ns()

    def _accept(self, t_ns: int) -> None:
        with contextlib.suppress(OSError):  # the client may have gone before we looked
            peer, _address = self._listener.accept()
            self._hang_up(t_ns)
            self._device.opened(t_ns)
            if self._device.closed():
                peer.close()
                return
            peer.setblocking(False)
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._peer = peer
            self._selector.register(peer, selectors.EVENT_READ, self._serve)

    def _serve(self, t_ns: int) -> None:
        if self._peer is None:  # replaced within this very step
            return None
        try:
            data = self._peer.recv(_TAKE)
        except BlockingIOError:  # only the output had room
            return self._flush(t_ns)
        except OSError:
            return self._hang_up(t_ns)
        if not data:
            return self._hang_up(t_ns)
        return self._device.receive(data, t_ns)

    def produce(self, t_ns: int) -> None:
        """Send what is due, then hang up if the device wants it."""
        if self._peer is None:
            return
        due_ns = self._device.next_ns()
        if due_ns is not None and due_ns <= t_ns:
            self._output += self._device.produce(t_ns)
        if self._output:
            self._flush(t_ns)
        if self._device.closed():
            self._hang_up(t_ns)

    def _flush(self, t_ns: int) -> None:
        if self._peer is None:
            return None
        try:
            self._output = self._output[self._peer.send(self._output) :]
        except BlockingIOError:
            pass
        except OSError:
            return self._hang_up(t_ns)
        if len(self._output) > _OUTPUT_BYTES_MAX:
            return self._hang_up(t_ns)
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._output else 0)
        self._selector.modify(self._peer, events, self._serve)
        return None

    def _hang_up(self, t_ns: int) -> None:
        peer, self._peer, self._output = self._peer, None, b""
        if peer is not None:
            self._selector.unregister(peer)
            peer.close()
            self._device.receive(b"", t_ns)

    def close(self) -> None:
        self._hang_up(0)
        self._selector.unregister(self._listener)
        self._listener.close()
