"""Bytes out and bytes in over PyVISA (with pyvisa-py): one ``VisaLink`` for each instrument, used by one thread.

The VISA time-out is no total deadline, there is no cap on bytes, and a late reply shifts all later ones (measured; see
``visa_transports``). So the deadline, the cap and the framing are kept here, and after anything that went wrong
the link refuses to work until ``reopen``: a fresh connection cannot receive an old answer.
"""

import time

from pyvisa.rname import InvalidResourceName, ResourceName, TCPIPSocket

from bench.base.errors import LinkClosed, LinkError, LinkTimeout
from bench.io.visa_transports import MessageTransport, SocketTransport, Transport
from bench.schedule.requests import Exchange
from drivers.framing import BYTES_MAX, Framer, FramingError, whole


class VisaLink:
    """A connection to ``resource``, opened by the first exchange or by ``reopen``."""

    def __init__(self, resource: str, bytes_max: int = BYTES_MAX) -> None:
        """Raises ``ValueError`` for a text that is no VISA resource name."""
        try:
            self._parsed = ResourceName.from_string(resource)
        except InvalidResourceName as error:
            raise ValueError(f"{resource!r} is no VISA resource name: {error}") from error
        self.resource = resource
        self._bytes_max = bytes_max
        self._transport: Transport | None = None
        self._unusable = ""

    def exchange(self, request: Exchange) -> bytes:
        """Send, and wait for one whole answer. Raises ``LinkTimeout``, ``LinkClosed`` or ``FramingError``."""
        deadline_ns = time.monotonic_ns() + request.timeout_ns
        if self._unusable:
            raise LinkClosed(f"{self.resource}: not used after: {self._unusable}; open a fresh connection")
        try:
            if self._transport is None:
                self._transport = self._open(deadline_ns)
            return self._converse(self._transport, request, deadline_ns)
        except LinkError as error:
            self._give_up(str(error))
            raise type(error)(f"{self.resource}: {error}") from error

    def reopen(self, timeout_ns: int) -> None:
        """Close, and open a fresh connection. Raises ``LinkError``."""
        self.close()
        try:
            self._transport = self._open(time.monotonic_ns() + timeout_ns)
        except LinkError as error:
            self._give_up(str(error))
            raise type(error)(f"{self.resource}: {error}") from error
        self._unusable = ""

    def close(self) -> None:
        """Close the connection; a closed link is opened by ``reopen`` only."""
        self._give_up("it was closed")

    def _converse(self, transport: Transport, request: Exchange, deadline_ns: int) -> bytes:
        stale = transport.stale()
        if stale.strip(b"\r\n"):
            raise FramingError(f"bytes came that nobody asked for: {stale[:40]!r}")
        transport.send(request.data, deadline_ns)
        if not request.reply:
            return b""
        framer: Framer | None = None
        while True:
            try:
                data = transport.receive(deadline_ns)
            except LinkTimeout:
                question, waited_ms = request.data[:60], request.timeout_ns // 1_000_000
                came = 0 if framer is None else len(framer)
                raise LinkTimeout(
                    f"no complete answer to {question!r} in {waited_ms} ms, {came} bytes of one came"
                ) from None
            if framer is None:
                if len(data) <= self._bytes_max and whole(request.reply, data):
                    return data
                framer = Framer(request.reply, self._bytes_max)
            answer = framer.feed(data)
            if answer is not None:
                return answer

    def _open(self, deadline_ns: int) -> Transport:
        kind = SocketTransport if isinstance(self._parsed, TCPIPSocket) else MessageTransport
        return kind(self.resource, deadline_ns)

    def _give_up(self, cause: str) -> None:
        self._unusable = cause
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()
