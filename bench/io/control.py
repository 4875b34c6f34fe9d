"""A private pipe between the service and one of its processes: JSON objects, one a line. Nothing is ever pickled."""

import json
import select
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any

_LINE_BYTES_MAX = 4 << 20
_SEND_TIMEOUT_S = 5.0


class Control:
    """One end of the pipe. ``send`` is safe from several threads; one thread receives."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._socket.settimeout(_SEND_TIMEOUT_S)
        self._poll = select.poll()
        self._poll.register(end, select.POLLIN)
        self._sending = threading.Lock()
        self._input = bytearray()
        self._gone = False

    @property
    def gone(self) -> bool:
        """Whether the other end has gone, and all it had said was taken."""
        return self._gone and b"\n" not in self._input

    def send(self, message: Mapping[str, Any]) -> bool:
        """Say something; ``False`` when the other end has gone (or has not listened for five seconds)."""
        line = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        with self._sending:
            try:
                self._socket.sendall(line)
            except OSError:
                self._gone = True
        return not self._gone

    def receive(self, timeout_ns: int = 0) -> dict[str, Any] | None:
        """The next message, or ``None`` when none came in time or the other end has gone."""
        deadline_ns = time.monotonic_ns() + timeout_ns
        while True:
            line, found, rest = self._input.partition(b"\n")
            if found:
                self._input = rest
                message: dict[str, Any] = json.loads(line)
                return message
            left_ms = max(0, -(-(deadline_ns - time.monotonic_ns()) // 1_000_000))
            if self._gone or not self._poll.poll(left_ms):
                return None
            self._take()

    def _take(self) -> None:
        try:
            data = self._socket.recv(65_536)
        except OSError:
            data = b""
        self._input += data
        self._gone = self._gone or not data or len(self._input) > _LINE_BYTES_MAX

    def leave(self) -> None:
        """Act as if the other end had gone (somebody asks this process to end)."""
        self._gone = True

    def close(self) -> None:
        """Close this end."""
        self._gone = True
        self._socket.close()


def control_pair() -> tuple[Control, socket.socket]:
    """Our end, and the socket to hand to the other process."""
    ours, theirs = socket.socketpair()
    return Control(ours), theirs
