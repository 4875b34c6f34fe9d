"""Work that may be done beside the run, in the order it was given: a port (``bench.io.one_by_one`` has a thread)."""

from collections.abc import Callable
from typing import Protocol


class Later(Protocol):
    """Does one piece of work after the other."""

    def submit(self, work: Callable[[], None]) -> None:
        """Do ``work`` after all that was submitted before. Raises what earlier work has raised."""

    def wait(self) -> None:
        """Return when all is done. Raises what it has raised."""


class AtOnce:
    """A ``Later`` that does not wait."""

    def submit(self, work: Callable[[], None]) -> None:
        """Do it now."""
        work()

    def wait(self) -> None:
        """All is done."""
