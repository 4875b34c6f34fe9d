"""A HiSLIP server for one emulated instrument: which connection is which channel of which session (IVI-6.1, 4).

It knows no socket and no clock: connections have numbers, bytes come in with the time, and go out when they are due.
"""

from functools import partial

from bench.emulators.lan.hislip_session import Session
from bench.emulators.lan.hislip_words import VERSION, Fatal, HeaderError, Kind, Message, Reader, packed
from bench.emulators.lan.shared_device import SharedDevice

SESSIONS_MAX = 8
_ADDRESSES = (b"", b"hislip0")


class _Channel:
    """A connection: of no session yet, or one of a session's two channels."""

    def __init__(self) -> None:
        self.reader = Reader()
        self.session = 0
        self.is_async = False


class _Pair:
    """The two channels of a session; until the second one stands, nothing may be said on the first."""

    def __init__(self, sync: int) -> None:
        self.sync = sync
        self.other = -1
        self.session: Session | None = None


class Hislip:
    """Serves ``shared``; a ``Service`` of the instrument server."""

    def __init__(self, shared: SharedDevice) -> None:
        self._shared = shared
        self._channels: dict[int, _Channel] = {}
        self._pairs: dict[int, _Pair] = {}
        self._number = 0
        self._out: list[tuple[int, bytes]] = []
        self._hung_up: list[int] = []

    def resource(self, host: str, port: int) -> str:
        """How PyVISA calls it."""
        return f"TCPIP::{host}::hislip0,{port}::INSTR"

    def listening(self, port: int) -> None:
        """Both channels come to the same port: nothing to remember."""

    def accepted(self, peer: int, t_ns: int) -> None:
        """A fresh connection."""
        self._channels[peer] = _Channel()

    def received(self, peer: int, data: bytes, t_ns: int) -> None:
        """Bytes of a connection; none: it is gone, and with it the session."""
        channel = self._channels.get(peer)
        if channel is None:
            return
        if not data:
            self._end(peer, t_ns)
            return
        try:
            for message in channel.reader.feed(data):
                self._obey(peer, channel, message, t_ns)
                if peer not in self._channels:
                    return
        except HeaderError as error:
            self._give_up(peer, Fatal.HEADER, str(error), t_ns)

    def next_ns(self) -> int | None:
        """When something is to be done next."""
        times = (pair.session.next_ns() for pair in self._pairs.values() if pair.session)
        return min((t_ns for t_ns in times if t_ns is not None), default=None)

    def produce(self, t_ns: int) -> list[tuple[int, bytes]]:
        """What is to be sent, by connection."""
        for pair in list(self._pairs.values()):
            if pair.session is not None:
                pair.session.produce(t_ns)
                if pair.session.closed():
                    self._end(pair.sync, t_ns)
        out, self._out = self._out, []
        return out

    def hung_up(self) -> list[int]:
        """Connections to be closed, once what they were sent is out."""
        gone, self._hung_up = self._hung_up, []
        return gone

    # --- sessions ---------------------------------------------------------------------------------------------------

    def _obey(self, peer: int, channel: _Channel, message: Message, t_ns: int) -> None:
        pair = self._pairs.get(channel.session)
        if pair is None:
            self._open(peer, channel, message, t_ns)
        elif pair.session is None:
            self._give_up(peer, Fatal.CHANNELS, "the asynchronous channel is not there yet", t_ns)
        elif channel.is_async:
            pair.session.received_async(message, t_ns)
        else:
            pair.session.received(message, t_ns)

    def _open(self, peer: int, channel: _Channel, message: Message, t_ns: int) -> None:
        if message.kind == Kind.INITIALIZE and message.payload in _ADDRESSES:
            self._initialize(peer, channel, message, t_ns)
        elif message.kind == Kind.ASYNC_INITIALIZE:
            self._join(peer, channel, message.parameter, t_ns)
        else:
            self._give_up(peer, Fatal.INITIALIZATION, "a session begins with Initialize for hislip0", t_ns)

    def _initialize(self, peer: int, channel: _Channel, message: Message, t_ns: int) -> None:
        if len(self._pairs) >= SESSIONS_MAX:
            self._give_up(peer, Fatal.CLIENTS, f"{SESSIONS_MAX} clients are here already", t_ns)
            return
        self._number = self._number % 0xFFFF + 1
        channel.session = self._number
        self._pairs[self._number] = _Pair(peer)
        version = min(VERSION, message.parameter >> 16)
        self._send(peer, packed(Kind.INITIALIZE_RESPONSE, parameter=version << 16 | self._number))

    def _join(self, peer: int, channel: _Channel, number: int, t_ns: int) -> None:
        pair = self._pairs.get(number)
        if pair is None or pair.session is not None:
            self._give_up(peer, Fatal.INITIALIZATION, f"session {number} waits for no channel", t_ns)
            return
        channel.session, channel.is_async = number, True
        line = self._shared.line()
        line.opened(t_ns)
        pair.other = peer
        pair.session = Session(line, partial(self._send, pair.sync), partial(self._send, peer))
        self._send(peer, packed(Kind.ASYNC_INITIALIZE_RESPONSE))

    def _send(self, peer: int, data: bytes) -> None:
        self._out.append((peer, data))

    def _give_up(self, peer: int, why: Fatal, words: str, t_ns: int) -> None:
        self._send(peer, packed(Kind.FATAL_ERROR, why, payload=words.encode()))
        self._end(peer, t_ns)

    def _end(self, peer: int, t_ns: int) -> None:
        """This connection, and the other one of its session."""
        channel = self._channels.get(peer)
        pair = self._pairs.pop(channel.session, None) if channel else None
        if pair is not None and pair.session is not None:
            pair.session.leave(t_ns)
        for gone in {peer} if pair is None else {peer, pair.sync, pair.other}:
            if self._channels.pop(gone, None) is not None:
                self._hung_up.append(gone)
