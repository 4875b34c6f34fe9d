"""Where a CAN bus is to be found, as plain data that goes from one process to another."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.base.errors import LinkError

if TYPE_CHECKING:
    import can


@dataclass(frozen=True, slots=True)
class BusPlace:
    """A channel of a python-can interface. ``folder``: of a benchwire that belongs to one run alone."""

    interface: str
    channel: str
    bitrate: int
    folder: str = ""

    def open(self) -> "can.BusABC":
        """Join the bus. Raises ``LinkError`` that says what the adapter's driver said.

        A configuration file of python-can on this machine has no say: the rig file alone tells where the bench is.
        """
        import can  # takes a third of a second to load: not for everyone who only names a place

        own: dict[str, Any] = {"folder": Path(self.folder)} if self.folder else {}
        try:
            return can.Bus(
                channel=self.channel, interface=self.interface, bitrate=self.bitrate, ignore_config=True, **own
            )  # fmt: skip
        except Exception as error:  # each of python-can's two dozen interfaces has its own types
            told = " ".join(str(error).split()) or type(error).__name__
            raise LinkError(f"channel {self.channel} of interface {self.interface}: {told}") from error

    def told(self) -> dict[str, Any]:
        """As JSON; ``BusPlace(**told)`` gives it back."""
        return asdict(self)
