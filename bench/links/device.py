"""What a link needs of a driver: the capabilities of ``base.ports`` plus binding, marking and numbered set-points."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bench.base.ports import Identity
from bench.base.quality import Quality
from bench.schedule.requests import Exchange, Operation
from drivers.usual import Round


class Poisonable(Protocol):
    """The driver's session."""

    @property
    def poisoned(self) -> str | None:
        """Why nothing may be asked, or ``None``."""

    def poison(self, cause: str) -> None:
        """Refuse further questions."""

    def reopen(self, timeout_ns: int = ...) -> Operation[None]:
        """A fresh connection."""

    def recover(
        self, identify: Callable[[], Operation[Identity]], verify: Callable[[], Operation[Any]]
    ) -> Operation[None]:
        """Fresh connection, same identity, same set-up."""


class Device(Protocol):
    """A driver as the link sees it."""

    part: str
    setpoints: tuple[str, ...]

    @property
    def session(self) -> Poisonable:
        """Its session."""

    def bind(self, index_of: Callable[[str], int]) -> None:
        """Fix the channels' places in the image, once."""

    def identify(self) -> Operation[Identity]:
        """Who is there."""

    def set_up(self) -> Operation[Mapping[str, str]]:
        """Write and read back the set-up; the device is safe (output off, running free) afterwards."""

    def verify(self) -> Operation[Mapping[str, str]]:
        """Read the set-up back."""

    def question(self) -> Exchange:
        """What to ask for the next reading."""

    def take(self, reply: bytes, arrived_ns: int) -> NDArray[np.void]:
        """The answer as ``INBOX`` records (the driver's own array: post it before the next one). Raises
        ``DeviceError``."""

    def mark(self, quality: Quality, t_ns: int) -> NDArray[np.void]:
        """Records that say why there are no values."""


class Driven(Device, Protocol):
    """A driver with set-points."""

    def write(self, index: int, value: float) -> Operation[None]:
        """Obey set-point ``index`` of ``setpoints``."""

    def energises(self, index: int, value: float) -> bool:
        """Whether this write could bring energy in."""

    def in_force(self, index: int) -> Operation[float]:
        """What the device holds for set-point ``index``."""


class Ranged(Device, Protocol):
    """A driver with ranges to fix."""

    def set_ranges(self, ranges: Mapping[str, float]) -> Operation[Mapping[str, float]]:
        """Fix ranges for predicted values."""


class Steady(Device, Protocol):
    """A driver whose readings can be taken without it, as long as they are as usual."""

    def usual(self) -> Round | None:
        """What it asks over and over, and the usual form of the answers; ``None``: it wants to see the next one."""

    def resume(self, place: int, read_ns: int) -> None:
        """The round has been taken up to ``place``, the last answer at ``read_ns``."""
