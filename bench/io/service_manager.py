"""What systemd wants to hear of a service (sd_notify(3)): ready, alive, stopping. Silent where nobody listens."""

import os
import socket
from contextlib import suppress

_USEC = 1e-6


class ServiceManager:
    """The service manager that has started this process, if any."""

    def __init__(self) -> None:
        place = os.environ.get("NOTIFY_SOCKET", "")
        self._place = "\0" + place[1:] if place.startswith("@") else place

    @property
    def watchdog_s(self) -> float:
        """Within how many seconds it wants a sign of life (``alive``); 0: it wants none."""
        try:
            return int(os.environ.get("WATCHDOG_USEC", "0")) * _USEC
        except ValueError:
            return 0.0

    def ready(self) -> None:
        """The service is at work."""
        self._tell("READY=1")

    def alive(self, status: str) -> None:
        """A sign of life, and what is being done."""
        line = status.replace("\n", " ")
        self._tell(f"WATCHDOG=1\nSTATUS={line}")

    def stopping(self) -> None:
        """The service is on its way out."""
        self._tell("STOPPING=1")

    def _tell(self, text: str) -> None:
        if not self._place:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.sendto(text.encode(), self._place)
