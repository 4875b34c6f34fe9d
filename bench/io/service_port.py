"""A TCP port behind which a protocol is spoken, on one connection or several; on this machine only."""

import contextlib
import selectors
import socket
from collections.abc import Callable, Iterable
from typing import Protocol

CONNECTIONS_MAX = 32
OUTPUT_BYTES_MAX = 1 << 20  # a client that has not read so much is dropped when there is more; one answer may be larger
_TAKE = 65_536
Take = Callable[[bytes, int], None]


class Service(Protocol):
    """The instrument's side of all connections of one port; each has a number."""

    def resource(self, host: str, port: int) -> str:
        """The VISA resource of the instrument."""

    def listening(self, port: int) -> None:
        """Where the service can be reached, before anybody comes."""

    def accepted(self, peer: int, t_ns: int) -> None:
        """A fresh connection."""

    def received(self, peer: int, data: bytes, t_ns: int) -> None:
        """Bytes of a connection; none: it is gone."""

    def next_ns(self) -> int | None:
        """When something is to be done next."""

    def produce(self, t_ns: int) -> Iterable[tuple[int, bytes]]:
        """What is to be sent, by connection."""

    def hung_up(self) -> Iterable[int]:
        """Connections that the service ends, once what they were sent is out."""


class ServicePort:
    """One listening socket and its connections."""

    def __init__(self, service: Service, selector: selectors.BaseSelector) -> None:
        self.service = service
        self._selector = selector
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._peers: dict[int, _Connection] = {}
        self._count = 0

    def listen(self, port: int) -> int:
        """The port; ``port`` 0 leaves the choice to the system."""
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.setblocking(False)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen(8)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        found = int(self._listener.getsockname()[1])
        self.service.listening(found)
        return found

    def next_ns(self) -> int | None:
        """When something is due."""
        return self.service.next_ns()

    def produce(self, t_ns: int) -> None:
        """Send what is due, and close what has ended."""
        for peer, data in self.service.produce(t_ns):
            if peer in self._peers:
                self._peers[peer].send(data)
        for peer in self.service.hung_up():
            if peer in self._peers:
                self._peers[peer].close()
                del self._peers[peer]
        for peer in [peer for peer, connection in self._peers.items() if connection.broken]:
            self._peers.pop(peer).close()
            self.service.received(peer, b"", t_ns)

    def close(self) -> None:
        """Close all."""
        for connection in self._peers.values():
            connection.close()
        self._selector.unregister(self._listener)
        self._listener.close()

    def _accept(self, t_ns: int) -> None:
        with contextlib.suppress(OSError):  # the client may have gone before we looked
            peer, _address = self._listener.accept()
            if len(self._peers) >= CONNECTIONS_MAX:
                peer.close()
                return
            self._count += 1
            number = self._count
            self.service.accepted(number, t_ns)

            def take(data: bytes, t_ns: int) -> None:
                self.service.received(number, data, t_ns)

            self._peers[number] = _Connection(peer, self._selector, take)


class _Connection:
    """One client's socket, and what it has still to be sent."""

    def __init__(self, peer: socket.socket, selector: selectors.BaseSelector, take: Take) -> None:
        self.broken = False
        self._peer = peer
        self._selector = selector
        self._take = take
        self._output = b""
        peer.setblocking(False)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(peer, selectors.EVENT_READ, self._serve)

    def send(self, data: bytes) -> None:
        self.broken = self.broken or len(self._output) > OUTPUT_BYTES_MAX
        self._output += data
        self._flush()

    def close(self) -> None:
        self._selector.unregister(self._peer)
        self._peer.close()

    def _serve(self, t_ns: int) -> None:
        if self.broken:
            return
        try:
            data = self._peer.recv(_TAKE)
        except BlockingIOError:  # only the output had room
            self._flush()
            return
        except OSError:
            data = b""
        if data:
            self._take(data, t_ns)
        self.broken = not data

    def _flush(self) -> None:
        if self.broken:
            return
        try:
            self._output = self._output[self._peer.send(self._output) :]
        except BlockingIOError:
            pass
        except OSError:
            self.broken = True
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._output else 0)
        self._selector.modify(self._peer, events, self._serve)
