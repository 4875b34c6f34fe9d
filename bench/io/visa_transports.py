"""Open VISA sessions that keep a total deadline, whatever the library does."""

import contextlib
import os
import select
import socket
import threading
import time
from typing import Any, Protocol, cast

import pyvisa
from pyvisa import constants
from pyvisa.typing import VISASession

from bench.base.errors import LinkClosed, LinkTimeout
from bench.io.visa_worker import Worker

_CHUNK = 1 << 18
# What pyvisa-py raises besides VisaIOError: ConnectionRefusedError, BrokenPipeError, RuntimeError, plain Exception.
_ANY_FAILURE = Exception

_manager_lock = threading.Lock()
_manager: pyvisa.ResourceManager | None = None


def resource_manager() -> pyvisa.ResourceManager:
    """The one of this process, never closed: closing one closes the sessions of others (pyvisa issue 742)."""
    global _manager
    with _manager_lock:
        if _manager is None:
            _manager = pyvisa.ResourceManager("@py")
            # Reading exactly as many bytes as there are is the rule here, and no reason for a warning.
            _manager.visalib.issue_warning_on.discard(constants.StatusCode.success_max_count_read)
        return _manager


class Transport(Protocol):
    """An open connection; each call returns by ``deadline_ns`` (monotonic) or raises a ``LinkError``."""

    def send(self, data: bytes, deadline_ns: int) -> None:
        """Send all of ``data``."""

    def receive(self, deadline_ns: int) -> bytes:
        """Whatever has come, at least one byte."""

    def stale(self) -> bytes:
        """Bytes that have come without a question."""

    def close(self) -> None:
        """Close at once, whatever is pending."""


class SocketTransport:
    """A raw TCP session of pyvisa-py.

    VISA opens and closes it; the bytes go over its socket, which is asked for readiness first. So a peer's close is
    seen at once (VISA spins until its time-out), a trickle of bytes cannot stretch the deadline, and a question costs
    little more than on a bare socket (pyvisa-py itself takes as long again for each of the two calls).
    """

    def __init__(self, resource: str, deadline_ns: int) -> None:
        manager = resource_manager()
        self._visa = cast("Any", manager.visalib)
        self._session = _open_session(manager, resource, deadline_ns)
        # pyvisa-py offers no public way to the socket, nor to TCP_NODELAY (UnknownAttribute).
        self._socket: socket.socket = self._visa.sessions[self._session].interface
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)
        self._readable, self._writable = select.poll(), select.poll()
        self._readable.register(self._socket, select.POLLIN)
        self._writable.register(self._socket, select.POLLOUT)
        # The open "succeeds" even where nobody listens; the socket knows better.
        error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self.close()
            raise LinkClosed(f"cannot be opened: {os.strerror(error)}; check the address, and that the device is on")

    def send(self, data: bytes, deadline_ns: int) -> None:
        """As much as there is room for, until all is out: a peer that does not read must not hold us."""
        sent = self._send(data)
        while sent < len(data):
            if not self._writable.poll(_milliseconds(deadline_ns)):
                raise LinkTimeout(f"the device took only {sent} of {len(data)} bytes in time")
            sent += self._send(data[sent:])

    def receive(self, deadline_ns: int) -> bytes:
        """What lies in the socket, at most one chunk."""
        while not (data := self._take()):
            if not self._readable.poll(_milliseconds(deadline_ns)):
                raise LinkTimeout("nothing came")
        return data

    def stale(self) -> bytes:
        """A look without waiting. A peer's close is noticed here too."""
        return self._take()

    def _send(self, data: bytes) -> int:
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise LinkClosed(f"sending failed: {error}") from error

    def _take(self) -> bytes:
        """Empty if nothing lies there."""
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise LinkClosed(f"receiving failed: {error}") from error
        if not data:
            raise LinkClosed("the device closed the connection")
        return data

    def close(self) -> None:
        with contextlib.suppress(_ANY_FAILURE):
            self._visa.close(self._session)


class MessageTransport:
    """A session whose messages have an end of their own (VXI-11, HiSLIP, USB-TMC).

    Its calls may block far beyond their time-out (a mute peer, a closed one), so each runs in the session's own worker;
    a worker that misses its deadline is left behind together with its session.
    """

    def __init__(self, resource: str, deadline_ns: int) -> None:
        manager = resource_manager()
        self._visa = cast("Any", manager.visalib)
        self._worker = Worker(resource)
        self._session = self._worker.call(lambda: _open_session(manager, resource, deadline_ns), deadline_ns)

    def send(self, data: bytes, deadline_ns: int) -> None:
        self._worker.call(lambda: self._visa.write(self._session, data), deadline_ns)

    def receive(self, deadline_ns: int) -> bytes:
        def read() -> bytes:
            timeout_ms = _milliseconds(deadline_ns)
            self._visa.set_attribute(self._session, constants.ResourceAttribute.timeout_value, timeout_ms)
            # 20 480 bytes in one piece end in a time-out over VXI-11 (pyvisa-py issue 608); any other number does not.
            return bytes(self._visa.read(self._session, 16_384)[0])

        data = self._worker.call(read, deadline_ns)
        if not data:
            raise LinkTimeout("nothing came")
        return data

    def stale(self) -> bytes:
        """Messages carry numbers; what is late is dropped by the protocol or shows as a wrong answer."""
        return b""

    def close(self) -> None:
        self._worker.finish(lambda: self._visa.close(self._session))


def _open_session(manager: pyvisa.ResourceManager, resource: str, deadline_ns: int) -> VISASession:
    timeout_ms = _milliseconds(deadline_ns)
    try:
        session, _status = manager.open_bare_resource(resource, constants.AccessModes.no_lock, timeout_ms)
    except _ANY_FAILURE as error:
        raise LinkClosed(f"cannot be opened: {error}; check the address, and that the device is on") from error
    return session


def _milliseconds(deadline_ns: int) -> int:
    """The time left, rounded up; at least 1, because 0 means for ever in some places."""
    return max(1, -(-(deadline_ns - time.monotonic_ns()) // 1_000_000))
