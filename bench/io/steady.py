"""Looks into what another process writes in shared memory: one sequence number, odd while it writes.

What was copied between two equal even numbers has been left by one cycle. Nobody holds up the core, however many look.
The stores of the core become visible in their order on x86; where they may not (ARM), a copy could mix two cycles.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from numpy.typing import NDArray

from bench.io.status import CORE

T = TypeVar("T")


class SteadyLook:
    """Through ``status`` (the shared STATUS rows) at what the same core, or whoever's row it is, writes."""

    def __init__(self, status: NDArray[Any], row: int = CORE) -> None:
        self._sequence: Callable[[int], int] = status["sequence"].item
        self._row = row

    def __call__(self, copy: Callable[[], T]) -> T | None:
        """What ``copy`` took, or None: a cycle was writing before or meanwhile."""
        before = self._sequence(self._row)
        if before % 2:
            return None
        taken = copy()
        return taken if self._sequence(self._row) == before else None
