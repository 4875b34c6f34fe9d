"""What all instruments of a rig file have in common."""

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from bench.config.file_model import FileModel, Finding
from bench.config.names import Name
from bench.config.quantity import Seconds

_HOST = r"TCPIP[0-9]*::[A-Za-z0-9.-]{1,253}"
_PORT = r",[0-9]{1,5}"
_SOCKET = re.compile(rf"{_HOST}::(?P<port>[0-9]{{1,5}})::SOCKET", re.ASCII)
_MESSAGES = re.compile(
    rf"{_HOST}({_PORT})?(::inst[0-9]+)?::INSTR"  # VXI-11
    rf"|{_HOST}::hislip[0-9]+({_PORT})?::INSTR"
    r"|USB[0-9]*(::[A-Za-z0-9_.-]+){3,4}::INSTR"
    r"|GPIB[0-9]*::[0-9]{1,2}(::[0-9]{1,2})?::INSTR",
    re.ASCII,
)
_FORM = "TCPIP::<host>::<port>::SOCKET"


class Instrument(FileModel):
    """An instrument: its driver, its VISA resource, who must answer there, and how often it is read."""

    raw_socket: ClassVar[bool] = False
    """Whether its telegrams are no messages of VISA, so that it is reached over a raw socket only."""

    driver: Name
    resource: str
    """A raw socket, or what keeps messages apart: VXI-11, HiSLIP, USB, GPIB (``...::INSTR``)."""
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
        if match is not None and 0 < int(match["port"]) < 65536:
            return
        if self.raw_socket:
            yield ("resource",), f"{self.resource!r} is no socket resource; write {_FORM}"
        elif match is not None or _MESSAGES.fullmatch(self.resource) is None:
            told = f"{self.resource!r} is no resource of an instrument; write {_FORM}"
            yield ("resource",), f"{told}, TCPIP::<host>::hislip0::INSTR or TCPIP::<host>::INSTR (VXI-11)"

    @property
    def silence(self) -> float:
        """From here on it counts as silent, in s: no value for four polls, and time for one retry that failed too."""
        return max(4 * self.poll, 2 * self.timeout + 2 * self.poll)

    @property
    def patience(self) -> float:
        """How long a limit bears values that are lost, in s, from the first exchange that failed on."""
        return self.silence
