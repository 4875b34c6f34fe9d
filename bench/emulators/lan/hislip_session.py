"""One HiSLIP session in synchronized mode: a client's two channels, once both stand (IVI-6.1, 3.1 and 4).

An answer bears the number of the message that asked for it, so a late one is never taken for another. A message that
comes before the last answer was read interrupts: that answer is dropped, and both channels are told.
"""

from collections.abc import Callable, Mapping
from functools import partial

from bench.base.time import NS_PER_MS
from bench.emulators.lan.hislip_words import HEADER, SIZE_MAX, Kind, Message, Refusal, packed
from bench.emulators.lan.shared_device import END, Line

Send = Callable[[bytes], None]
Does = Callable[[Message, int], None]

_READ = 1  # bit of the control code: the client has read the last answer to its end
_ANSWER = 0x10  # MAV
_SIZE_AT_FIRST = 1 << 18
_CONTROLS = range(7)  # of remote and local
_REQUEST, _RELEASE = 1, 0
_LOCK_FAILED, _LOCK_DONE, _LOCK_SHARED, _LOCK_ERROR = 0, 1, 2, 3
_RELEASED = {"exclusive": _LOCK_DONE, "shared": _LOCK_SHARED, "": _LOCK_ERROR}


class Session:
    """``send`` puts bytes on the synchronous channel, ``send_async`` on the other one."""

    def __init__(self, line: Line, send: Send, send_async: Send) -> None:
        self._line = line
        self._send = send
        self._send_async = send_async
        self._size_max = _SIZE_AT_FIRST
        self._message = bytearray()
        self._unread = False
        self._clearing = False
        self._wanted: tuple[str, int] | None = None
        self._sync: Mapping[int, Does] = {
            Kind.DATA: self._data,
            Kind.DATA_END: self._data,
            Kind.TRIGGER: self._trigger,
            Kind.DEVICE_CLEAR_COMPLETE: self._cleared,
        }
        self._async: Mapping[int, Does] = {
            Kind.ASYNC_MAX_MSG_SIZE: self._set_size,
            Kind.ASYNC_STATUS_QUERY: self._status,
            Kind.ASYNC_DEVICE_CLEAR: self._clear,
            Kind.ASYNC_LOCK: self._lock,
            Kind.ASYNC_LOCK_INFO: self._lock_info,
            Kind.ASYNC_REMOTE_LOCAL_CONTROL: self._remote_local,
        }

    # --- what the server asks ---------------------------------------------------------------------------------------

    def received(self, message: Message, t_ns: int) -> None:
        """A message of the synchronous channel."""
        if not self._clearing or message.kind == Kind.DEVICE_CLEAR_COMPLETE:
            self._obey(self._sync.get(message.kind), self._send, message, t_ns)

    def received_async(self, message: Message, t_ns: int) -> None:
        """A message of the asynchronous channel."""
        self._obey(self._async.get(message.kind), self._send_async, message, t_ns)

    def next_ns(self) -> int | None:
        """When something is to be done next."""
        times = [] if self._wanted is None else [self._wanted[1]]
        answer_ns = self._line.next_ns()
        return min(times if answer_ns is None else [*times, answer_ns], default=None)

    def produce(self, t_ns: int) -> None:
        """Send what is due, and tell whether the lock that was asked for is ours."""
        if data := self._line.produce(t_ns):
            self._answer(data)
        if self._wanted is not None:
            self._try_lock(t_ns)

    def closed(self) -> bool:
        """Whether the instrument ends the session."""
        return self._line.closed()

    def leave(self, t_ns: int) -> None:
        """The client has gone."""
        self._line.leave(t_ns)

    # --- synchronous channel ----------------------------------------------------------------------------------------

    @staticmethod
    def _obey(does: Does | None, send: Send, message: Message, t_ns: int) -> None:
        if does is None:
            send(packed(Kind.ERROR, Refusal.TYPE, payload=b"unknown message type"))
        elif message.payload is None:
            send(packed(Kind.ERROR, Refusal.TOO_LARGE, payload=b"at most %d bytes" % SIZE_MAX))
        else:
            does(message, t_ns)

    def _data(self, message: Message, t_ns: int) -> None:
        if not self._message:
            self._begin(message, t_ns)
        if len(self._message) <= SIZE_MAX:  # the rest of a longer one is not kept: no instrument takes so much
            self._message += message.payload or b""
        if message.kind == Kind.DATA_END:
            whole, self._message = bytes(self._message), bytearray()
            self._line.say(whole, message.parameter, t_ns)

    def _trigger(self, message: Message, t_ns: int) -> None:
        self._begin(message, t_ns)
        self._line.say(b"*TRG\n", message.parameter, t_ns)

    def _begin(self, message: Message, t_ns: int) -> None:
        """A new message: the last answer must have been read."""
        if message.control & _READ:
            self._unread = False
        if self._unread or self._line.answering:
            self._send_async(packed(Kind.ASYNC_INTERRUPTED, parameter=message.parameter))
            self._send(packed(Kind.INTERRUPTED, parameter=message.parameter))
            self._line.interrupt(t_ns)
            self._unread = False

    def _answer(self, data: bytes) -> None:
        """In pieces that the client takes. Bytes that do not end a line are the beginning of an answer."""
        room = self._size_max - HEADER.size
        pieces = [data[at : at + room] for at in range(0, len(data), room)]
        for piece in pieces[:-1]:
            self._send(packed(Kind.DATA, parameter=self._line.number, payload=piece))
        last = Kind.DATA_END if data.endswith(END) else Kind.DATA
        self._send(packed(last, parameter=self._line.number, payload=pieces[-1]))
        self._unread = True

    def _cleared(self, message: Message, t_ns: int) -> None:
        self._clearing = False
        self._send(packed(Kind.DEVICE_CLEAR_ACKNOWLEDGE))

    # --- asynchronous channel ---------------------------------------------------------------------------------------

    def _set_size(self, message: Message, t_ns: int) -> None:
        wanted = int.from_bytes(message.payload or b"", "big")
        self._size_max = min(max(wanted, 2 * HEADER.size), _SIZE_AT_FIRST)
        self._send_async(packed(Kind.ASYNC_MAX_MSG_SIZE_RESPONSE, payload=SIZE_MAX.to_bytes(8, "big")))

    def _status(self, message: Message, t_ns: int) -> None:
        if message.control & _READ:
            self._unread = False
        answer = _ANSWER if self._unread or self._line.answering else 0
        self._send_async(packed(Kind.ASYNC_STATUS_RESPONSE, self._line.status_byte() | answer))

    def _clear(self, message: Message, t_ns: int) -> None:
        """What the synchronous channel still brings is dropped until the client says that it is empty."""
        self._clearing, self._unread = True, False
        self._message.clear()
        self._line.clear(t_ns)
        self._send_async(packed(Kind.ASYNC_DEVICE_CLEAR_ACKNOWLEDGE))

    def _lock(self, message: Message, t_ns: int) -> None:
        answer = partial(packed, Kind.ASYNC_LOCK_RESPONSE)
        key = (message.payload or b"").decode("latin-1")
        if message.control == _RELEASE:
            self._send_async(answer(_RELEASED[self._line.lock.release(self._line)]))
        elif message.control != _REQUEST:
            self._send_async(packed(Kind.ERROR, Refusal.CONTROL))
        elif self._wanted is not None or self._line.lock.holds(self._line, key):
            self._send_async(answer(_LOCK_ERROR))
        else:
            self._wanted = key, t_ns + message.parameter * NS_PER_MS
            self._try_lock(t_ns)

    def _try_lock(self, t_ns: int) -> None:
        assert self._wanted is not None
        key, until_ns = self._wanted
        taken = self._line.lock.take(self._line, key)
        if taken or t_ns >= until_ns:
            self._wanted = None
            self._send_async(packed(Kind.ASYNC_LOCK_RESPONSE, _LOCK_DONE if taken else _LOCK_FAILED))

    def _lock_info(self, message: Message, t_ns: int) -> None:
        lock = self._line.lock
        self._send_async(packed(Kind.ASYNC_LOCK_INFO_RESPONSE, int(lock.exclusive is not None), len(lock)))

    def _remote_local(self, message: Message, t_ns: int) -> None:
        """The front panel is nobody's here: agreed to, and without effect."""
        known = message.control in _CONTROLS
        self._send_async(packed(Kind.ASYNC_REMOTE_LOCAL_RESPONSE) if known else packed(Kind.ERROR, Refusal.CONTROL))
