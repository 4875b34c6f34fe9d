"""One instrument by itself, for notebooks and scripts: the bench's drivers, calls that block, values with units.

Nothing moves energy unasked: opening identifies the instrument and leaves it as it is; only what has no set-points
(analyzer, scanner) is set up, since nobody knows otherwise what its numbers mean. The session is the bench's own: after
anything that went wrong it refuses until ``reopen``, so that no late answer is taken for another.
"""

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar, cast

from bench.base.errors import InputError, Problem
from bench.base.ports import Identity
from bench.base.reading import Reading
from bench.config.rig import Rig, load_rig
from bench.config.search import find
from bench.io.clock import MonotonicClock
from bench.io.job_runner import JobRunner
from bench.io.visa import VisaLink
from bench.links.drivers_of_rig import any_driver_class
from bench.schedule.requests import Operation
from bench.service.quantities import Readings
from drivers.readout import Readable
from drivers.session import Expected, Session

T = TypeVar("T")
_DEMO = "e_axle_demo"


class Driver(Readable, Protocol):
    """What a driver needs to be used by itself."""

    part: str
    setpoints: tuple[str, ...]
    session: Session

    def identify(self) -> Operation[Identity]:
        """Who is there."""

    def set_up(self) -> Operation[Mapping[str, str]]:
        """Write and read back the set-up."""

    def readings(self) -> list[Reading]:
        """The last reading."""


D = TypeVar("D", bound=Driver)


class Opened(Generic[D]):
    """An instrument with an open connection; close it, or use it as a context. Threads that share it take turns."""

    def __init__(self, resource: str, driver: D) -> None:
        """Raises ``ValueError`` for a text that is no VISA resource, ``LinkError`` and ``DeviceError``."""
        self.driver = driver
        self._link = VisaLink(resource)
        self._clock = MonotonicClock()
        self._runner = JobRunner(self._link, self._clock)
        self._turn = threading.RLock()
        try:
            self.identity: Identity = self.reopen()
        except BaseException:
            self.close()
            raise

    def reopen(self) -> Identity:
        """A fresh connection to the same instrument, also after a failure."""
        with self._turn:
            self.do(self.driver.session.reopen())
            identity = self.do(self.driver.identify())
            if not self.driver.setpoints:
                self.set_up()
            return identity

    def set_up(self) -> Mapping[str, str]:
        """Write the driver's set-up and read it back. A supply's output is off and a dyno runs free afterwards."""
        return self.do(self.driver.set_up())

    def read(self) -> Readings:
        """Fresh readings. Raises ``LinkError`` and ``DeviceError``."""
        driver = self.driver
        with self._turn, driver.session:
            reply = self._link.exchange(driver.question())
            driver.take(reply, self._clock.now_ns())
            return Readings(driver.part, driver.readings())

    def do(self, operation: Operation[T]) -> T:
        """Anything else the driver can do: ``wt.do(wt.driver.set_ranges({"dc.current": 37.0}))``."""
        with self._turn:
            return self._runner.run(operation)

    def close(self) -> None:
        """Close the connection; the instrument stays as it is."""
        self._link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_instrument(resource: str, driver: D | type[D], rig: str = "", part: str = "") -> Opened[D]:
    """Connect to ``resource`` by ``driver``: a driver, or its class.

    A class takes its settings (wiring, scaling, limits, who has to answer) from the section of the file ``rig`` (a path
    or a name) that is driven by it: the first, or that of ``part``. Without a rig they are the demonstration rig's, and
    anybody of that kind may answer.

    Raises ``ValueError`` for a text that is no VISA resource, ``InputError`` for a rig that is not right or has no such
    instrument, ``LinkError`` where nobody answers, ``DeviceError`` where another instrument does.
    """
    if not isinstance(driver, type):
        return Opened(resource, driver)
    made = _of_rig(driver, load_rig(find("rig", rig or _DEMO)).value, part)
    if not rig:
        made.session.expected = Expected()
    return Opened(resource, made)


def _of_rig(driver: type[D], rig: Rig, part: str) -> D:
    for name, instrument in rig.instruments.items():
        if part in ("", name) and any_driver_class(instrument.driver) is driver:
            made: D = cast("Any", driver).from_rig(name, rig.model_dump())
            return made
    wanted = f"{part!r} with the driver {driver.__name__}" if part else f"instrument with the driver {driver.__name__}"
    raise InputError([Problem(rig.rig, 0, 0, f"has no {wanted}; name another, or hand over a driver")])
