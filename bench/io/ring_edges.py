"""Rings at the edges: many threads writing one ring, and a second reader of a ring."""

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.ring import DROPPED, READ, WRITTEN, Ring


class SharedWriter:
    """Lets several threads of one process be the one writer of a ring."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._lock = threading.Lock()

    def push_all(self, records: NDArray[Any]) -> int:
        """Append copies of ``records`` in order; how many went in (the rest is counted as dropped)."""
        header, places = self._ring.header, self._ring.records
        with self._lock:
            written = int(header[WRITTEN])
            room = len(places) - (written - int(header[READ]))
            count = min(room, len(records))
            start = written % len(places)
            first = min(count, len(places) - start)
            places[start : start + first] = records[:first]
            places[: count - first] = records[first:count]
            header[WRITTEN] = written + count
            header[DROPPED] += len(records) - count
        return count


class Tail:
    """A second reader that takes nothing away from the first. It must look before the ring has gone round once."""

    def __init__(self, ring: Ring) -> None:
        """From now on; what was written before is not seen."""
        self._ring = ring
        self._next = int(ring.header[WRITTEN])
        self.lost = 0

    def take(self) -> NDArray[Any]:
        """Everything new, in order, as a copy; what was overwritten meanwhile is counted in ``lost``."""
        written = int(self._ring.header[WRITTEN])
        capacity = len(self._ring.records)
        taken: NDArray[Any] = self._ring.records.take(range(self._next, written), mode="wrap")
        overwritten = max(0, int(self._ring.header[WRITTEN]) - capacity - self._next)
        self._next = written
        if overwritten:
            self.lost += overwritten
            taken = taken[overwritten:]
        return np.ascontiguousarray(taken)
