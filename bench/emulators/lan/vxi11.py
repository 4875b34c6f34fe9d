"""A VXI-11 server for one emulated instrument: the core channel and the abort channel, on one port (VXI-11, B.6).

It knows no socket and no clock. A call that cannot be answered yet (a read, a lock that another link has) waits, and
with it what comes later on its connection. There is no interrupt channel: nobody is called back.
"""

from collections import deque
from collections.abc import Callable, Mapping
from enum import IntEnum

from bench.base.time import NS_PER_MS
from bench.emulators.lan import rpc
from bench.emulators.lan.rpc import Call, GarbageError, Outcome, RpcError
from bench.emulators.lan.shared_device import SharedDevice
from bench.emulators.lan.vxi11_link import SIZE_MAX, Link

CORE, ABORT = 0x0607AF, 0x0607B0
LINKS_MAX = 16
_CALLS_MAX = 16
_WAIT_LOCK, _ENDS, _CHARACTER_SET = 1, 8, 128  # flags
_ADDRESS = b"inst0"
Does = Callable[["_Connection", Call], bytes | None]


class Error(IntEnum):
    """Table B.2."""

    NONE = 0
    ADDRESS = 3
    LINK = 4
    PARAMETER = 5
    NOT_SUPPORTED = 8
    RESOURCES = 9
    LOCKED = 11
    NO_LOCK = 12
    TIMEOUT = 15
    ABORTED = 23


class _Connection:
    """A client's connection and the calls that are not answered yet, the oldest first."""

    def __init__(self, peer: int) -> None:
        self.peer = peer
        self.reader = rpc.Reader()
        self.calls: deque[Call] = deque()
        self.link = 0
        self.until_ns: int | None = None
        self.aborted = False


class Vxi11:
    """Serves ``shared``; a ``Service`` of the instrument server."""

    def __init__(self, shared: SharedDevice) -> None:
        self._shared = shared
        self._connections: dict[int, _Connection] = {}
        self._links: dict[int, Link] = {}
        self._count = 0
        self._port = 0
        self._now_ns = 0
        self._out: list[tuple[int, bytes]] = []
        self._hung_up: list[int] = []
        self._core: Mapping[int, Does] = {
            0: lambda *_: b"",
            10: self._create_link,
            11: self._write,
            12: self._read,
            13: self._status,
            14: self._trigger,
            15: self._clear,
            16: self._agree,
            17: self._agree,
            18: self._lock,
            19: self._unlock,
            20: _not_supported,
            22: lambda *_: rpc.numbers(Error.NOT_SUPPORTED) + rpc.opaque(b""),
            23: self._destroy_link,
            25: _not_supported,
            26: _not_supported,
        }
        self._programs: Mapping[int, Mapping[int, Does]] = {CORE: self._core, ABORT: {0: _null, 1: self._abort}}

    def resource(self, host: str, port: int) -> str:
        """How PyVISA-py calls it: with its port, since nobody maps ports here."""
        return f"TCPIP::{host},{port}::inst0::INSTR"

    def listening(self, port: int) -> None:
        """Where the abort channel is, too."""
        self._port = port

    def accepted(self, peer: int, t_ns: int) -> None:
        """A fresh connection."""
        self._connections[peer] = _Connection(peer)

    def received(self, peer: int, data: bytes, t_ns: int) -> None:
        """Bytes of a connection; none: it is gone, and with it its links."""
        connection = self._connections.get(peer)
        if connection is None:
            return
        try:
            connection.calls.extend(rpc.call_of(record, t_ns) for record in connection.reader.feed(data))
        except RpcError:
            data = b""
        if not data or len(connection.calls) > _CALLS_MAX:
            self._end(connection, t_ns)
        else:
            self._serve(connection, t_ns)

    def next_ns(self) -> int | None:
        """When something is to be done next."""
        times = [link.next_ns() for link in self._links.values()]
        times += [connection.until_ns for connection in self._connections.values()]
        return min((t_ns for t_ns in times if t_ns is not None), default=None)

    def produce(self, t_ns: int) -> list[tuple[int, bytes]]:
        """What is to be sent, by connection."""
        for link in self._links.values():
            link.pull(t_ns)
        for connection in list(self._connections.values()):
            self._serve(connection, t_ns)
            if any(link.line.closed() for link in self._links.values() if link.connection == connection.peer):
                self._end(connection, t_ns)
        out, self._out = self._out, []
        return out

    def hung_up(self) -> list[int]:
        """Connections to be closed."""
        gone, self._hung_up = self._hung_up, []
        return gone

    def _end(self, connection: _Connection, t_ns: int) -> None:
        del self._connections[connection.peer]
        self._hung_up.append(connection.peer)
        for number in [n for n, link in self._links.items() if link.connection == connection.peer]:
            self._links.pop(number).line.leave(t_ns)

    # --- calls ------------------------------------------------------------------------------------------------------

    def _serve(self, connection: _Connection, t_ns: int) -> None:
        self._now_ns = t_ns
        while connection.calls:
            answer = self._answer(connection, connection.calls[0])
            if answer is None:
                return
            connection.calls.popleft()
            connection.until_ns, connection.aborted = None, False
            self._out.append((connection.peer, answer))

    def _answer(self, connection: _Connection, call: Call) -> bytes | None:
        if not rpc.understood(call):
            return rpc.refused(call)
        procedures = self._programs.get(call.program)
        if procedures is None:
            return rpc.answered(call, Outcome.NO_PROGRAM)
        if call.version != 1:
            return rpc.answered(call, Outcome.NO_VERSION)
        if call.procedure not in procedures:
            return rpc.answered(call, Outcome.NO_PROCEDURE)
        try:
            result = procedures[call.procedure](connection, call)
        except GarbageError:
            return rpc.answered(call, Outcome.GARBAGE)
        except _Refused as refusal:
            result = rpc.numbers(refusal.error, *refusal.rest)
        return None if result is None else rpc.answered(call, Outcome.SUCCESS, result)

    def _link(self, connection: _Connection, number: int, *rest: int) -> Link:
        """The link of this number. Raises ``_Refused``, whose answer ends with ``rest``."""
        connection.link = number
        link = self._links.get(number)
        if link is None or link.connection != connection.peer:
            raise _Refused(Error.LINK, *rest)
        if connection.aborted:
            raise _Refused(Error.ABORTED, *rest)
        return link

    def _passed(self, connection: _Connection, call: Call, wait_ms: int) -> bool:
        """Whether the time of a call is over; if not, it is looked at again then."""
        connection.until_ns = call.t_ns + wait_ms * NS_PER_MS
        return self._now_ns >= connection.until_ns

    def _locked(self, connection: _Connection, call: Call, link: Link, flags: int, wait_ms: int, *rest: int) -> bool:
        """Whether to wait for another link's lock. Raises ``_Refused`` when the time for that is over."""
        if link.line.lock.lets(link.line):
            return False
        if not flags & _WAIT_LOCK or self._passed(connection, call, wait_ms):
            raise _Refused(Error.LOCKED, *rest)
        return True

    # --- procedures: the answer's body, or None while there is none yet -----------------------------------------------

    def _create_link(self, connection: _Connection, call: Call) -> bytes | None:
        arguments = call.arguments.again()
        _client, lock, wait_ms = arguments.numbers(3)
        if arguments.opaque() not in (_ADDRESS, b""):
            raise _Refused(Error.ADDRESS, 0, 0, 0)
        if len(self._links) >= LINKS_MAX:
            raise _Refused(Error.RESOURCES, 0, 0, 0)
        line = self._shared.line()
        if lock and not line.lock.take(line):
            if self._passed(connection, call, wait_ms):
                raise _Refused(Error.LOCKED, 0, 0, 0)
            return None
        line.opened(self._now_ns)
        self._count += 1
        self._links[self._count] = Link(line, connection.peer)
        return rpc.numbers(Error.NONE, self._count, self._port, SIZE_MAX)

    def _write(self, connection: _Connection, call: Call) -> bytes | None:
        arguments = call.arguments.again()
        number, _io_ms, wait_ms, flags = arguments.numbers(4)
        data = arguments.opaque()
        link = self._link(connection, number, 0)
        if len(data) > SIZE_MAX:
            raise _Refused(Error.PARAMETER, 0)
        if self._locked(connection, call, link, flags, wait_ms, 0):
            return None
        link.write(data, bool(flags & _ENDS), self._now_ns)
        return rpc.numbers(Error.NONE, len(data))

    def _read(self, connection: _Connection, call: Call) -> bytes | None:
        number, size, io_ms, wait_ms, flags, character = call.arguments.again().numbers(6)
        link = self._link(connection, number, 0, 0)
        if self._locked(connection, call, link, flags, wait_ms, 0, 0):
            return None
        found = link.read(size, character & 0xFF if flags & _CHARACTER_SET else None)
        if found is None:
            if self._passed(connection, call, io_ms):
                raise _Refused(Error.TIMEOUT, 0, 0)
            return None
        reason, data = found
        return rpc.numbers(Error.NONE, reason) + rpc.opaque(data)

    def _generic(self, connection: _Connection, call: Call, *rest: int) -> Link | None:
        """The link of a call with the usual arguments, unless it has to wait for a lock."""
        number, flags, wait_ms, _io_ms = call.arguments.again().numbers(4)
        link = self._link(connection, number, *rest)
        return None if self._locked(connection, call, link, flags, wait_ms, *rest) else link

    def _status(self, connection: _Connection, call: Call) -> bytes | None:
        link = self._generic(connection, call, 0)
        return None if link is None else rpc.numbers(Error.NONE, link.status_byte())

    def _trigger(self, connection: _Connection, call: Call) -> bytes | None:
        link = self._generic(connection, call)
        if link is None:
            return None
        link.write(b"*TRG\n", True, self._now_ns)
        return rpc.numbers(Error.NONE)

    def _clear(self, connection: _Connection, call: Call) -> bytes | None:
        link = self._generic(connection, call)
        if link is None:
            return None
        link.clear(self._now_ns)
        return rpc.numbers(Error.NONE)

    def _agree(self, connection: _Connection, call: Call) -> bytes | None:
        """Remote and local: the front panel is nobody's here."""
        return None if self._generic(connection, call) is None else rpc.numbers(Error.NONE)

    def _lock(self, connection: _Connection, call: Call) -> bytes | None:
        number, flags, wait_ms = call.arguments.again().numbers(3)
        line = self._link(connection, number).line
        if line.lock.holds(line):
            raise _Refused(Error.LOCKED)
        if line.lock.take(line):
            return rpc.numbers(Error.NONE)
        if not flags & _WAIT_LOCK or self._passed(connection, call, wait_ms):
            raise _Refused(Error.LOCKED)
        return None

    def _unlock(self, connection: _Connection, call: Call) -> bytes:
        line = self._link(connection, call.arguments.again().number()).line
        return rpc.numbers(Error.NONE if line.lock.release(line) else Error.NO_LOCK)

    def _destroy_link(self, connection: _Connection, call: Call) -> bytes:
        number = call.arguments.again().number()
        self._link(connection, number).line.leave(self._now_ns)
        del self._links[number]
        return rpc.numbers(Error.NONE)

    def _abort(self, connection: _Connection, call: Call) -> bytes:
        """What a link waits for ends; of the abort channel any client may speak for it, as the standard has it."""
        link = self._links.get(call.arguments.again().number())
        if link is None:
            raise _Refused(Error.LINK)
        waiting = self._connections[link.connection]
        waiting.aborted = bool(waiting.calls) and self._links.get(waiting.link) is link
        return rpc.numbers(Error.NONE)


class _Refused(Exception):
    """The call's answer is an error, and ``rest`` in place of values."""

    def __init__(self, error: Error, *rest: int) -> None:
        super().__init__(error.name)
        self.error = error
        self.rest = rest


def _null(*_: object) -> bytes:
    return b""


def _not_supported(*_: object) -> bytes:
    return rpc.numbers(Error.NOT_SUPPORTED)
