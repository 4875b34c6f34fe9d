"""What all instruments of a rig file have in common."""

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from bench.config.file_model import FileModel, Finding
from bench.config.names import Name
from bench.config.quantity import Seconds

_SOCKET = re.compile(r"TCPIP[0-9]*::(?P<host>[A-Za-z0-9.-]{1,253})::(?P<port>[0-9]{1,5})::SOCKET", re.ASCII)


class Instrument(FileModel):
    """An instrument: its driver, its VISA resource, who must answer there, and how often it is read."""

    driver: Name
    resource: str
    maker: str = ""
    """Must occur in the identity; empty: not checked."""
    model: str
    serial: str = ""
    """Must equal the identity's; empty: not checked."""
    poll: Annotated[Seconds, Field(gt=0, le=10)]
    timeout: Annotated[Seconds, Field(gt=0, le=10)] = 1.0
    watchdog: Annotated[Seconds, Field(gt=0, le=60)] | None = None
    """The device's own loss-of-communication time, set and read back at arming (inverter < dyno < supply)."""

    def rules(self) -> Iterator[Finding]:
        match = _SOCKET.fullmatch(self.resource)
        if match is None or not 0 < int(match["port"]) < 65536:
            yield ("resource",), f"{self.resource!r} is no socket resource; write TCPIP::<host>::<port>::SOCKET"

    @property
    def silence(self) -> float:
        """From here on it counts as silent, in s: no value for four polls, and time for one retry that failed too."""
        return max(4 * self.poll, 2 * self.timeout + 2 * self.poll)

    @property
    def patience(self) -> float:
        """How long a limit bears values that are lost, in s, from the first exchange that failed on."""
        return self.silence

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the resource."""
        match = _SOCKET.fullmatch(self.resource)
        assert match is not None  # rules() refused everything else
        return match["host"], int(match["port"])
