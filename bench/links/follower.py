"""Which set-points still have to be written, and in which order.

Writes towards the safe side (zeros) go first. A write that could bring energy in and failed on the way is not
repeated: nobody knows whether it arrived, so the core's next decision must come first. Zeros are always repeated.
"""

import math
from collections.abc import Sequence

from bench.base.errors import DeviceError
from bench.links.device import Driven
from bench.links.face import Face
from bench.schedule.requests import Operation


class Follower:
    """Follows the core's set-points of one driver."""

    def __init__(self, driver: Driven, face: Face) -> None:
        self._driver = driver
        self._names = driver.setpoints
        self._values = face.reader(driver.setpoints)
        self._seen: Sequence[float] = ()
        self._written: list[float] = []
        self.start()

    @property
    def obeyed(self) -> Sequence[float]:
        """The core's set-points that were obeyed last."""
        return self._seen

    def settled(self) -> bool:
        """Whether the device is known to hold what was obeyed last."""
        return list(self._seen) == self._written and all(map(math.isnan, self._held))

    def resume(self, obeyed: Sequence[float]) -> None:
        """These have been written and read back meanwhile."""
        self._seen, self._written = list(obeyed), list(obeyed)

    def start(self) -> None:
        """Right after ``set_up``: everything at the device is zero."""
        self._written = [0.0] * len(self._names)
        self._held = [math.nan] * len(self._names)
        self._seen = ()

    def changed(self) -> bool:
        """Whether the core's set-points are others than those obeyed last."""
        return self._values() != self._seen  # the same NaN object counts as equal here

    def only_zero_relieves(self) -> bool:
        """Whether every set-point but zero could bring energy in, whichever it is."""
        return all(self._driver.energises(index, value) for index in range(len(self._names)) for value in (-1.0, 1.0))

    def relieves(self) -> bool:
        """Whether a write is due that takes energy away: it does not wait."""
        return any(not self._driver.energises(*row) for row in self._due(self._values()))

    def follow(self) -> Operation[None]:
        """Write what has changed. Raises what the driver raises; the rest stays due.

        What is refused in good order holds nothing up: an output that does not obey must not keep the chain closed.
        """
        values = self._values()
        refused: DeviceError | None = None
        for index, value in self._due(values):
            self._held[index] = value  # until it is known to have arrived
            try:
                yield from self._driver.write(index, value)
            except DeviceError as error:
                if self._driver.session.poisoned is not None:
                    raise
                refused = refused or error
                continue
            self._written[index], self._held[index] = value, math.nan
        if refused is not None:
            raise refused
        self._seen = values

    def look_again(self) -> Operation[None]:
        """After a recovery: ask the device about every write that was lost on its way."""
        self._seen = ()
        for index, value in enumerate(self._held):
            if not math.isnan(value) and self._close((yield from self._driver.in_force(index)), value):
                self._written[index], self._held[index] = value, math.nan

    @staticmethod
    def _close(got: float, wanted: float) -> bool:
        return abs(got - wanted) <= max(0.02, 1e-3 * abs(wanted))

    def _due(self, values: Sequence[float]) -> list[tuple[int, float]]:
        due = [(i, v) for i, v in enumerate(values) if self._must_write(i, v)]
        return sorted(due, key=lambda row: self._driver.energises(*row))

    def _must_write(self, index: int, value: float) -> bool:
        if not math.isfinite(value):
            return False
        if not math.isnan(self._held[index]):  # one write of this set-point was lost
            return value != self._held[index] or not self._driver.energises(index, value)
        return value != self._written[index]
