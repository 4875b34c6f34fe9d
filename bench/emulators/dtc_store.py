"""The trouble codes of an emulated ECU: one row a fault, its status byte as in ISO 14229-1, D.2."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import compiled

FAILED, FAILED_THIS_CYCLE, PENDING, CONFIRMED = 0x01, 0x02, 0x04, 0x08
NOT_TESTED_SINCE_CLEAR, FAILED_SINCE_CLEAR, NOT_TESTED_THIS_CYCLE = 0x10, 0x20, 0x40
AVAILABLE = 0x7F
"""All bits but the warning lamp."""
_AFRESH = NOT_TESTED_SINCE_CLEAR | NOT_TESTED_THIS_CYCLE
_SEEN = FAILED | FAILED_THIS_CYCLE | PENDING | CONFIRMED | FAILED_SINCE_CLEAR

STORED = np.dtype(
    [("last_ns", "i8"), ("fault", "i8"), ("code", "u4"), ("status", "u1"), ("count", "u1")],
    align=True,
)
"""``fault``: the ECU's own number of it; ``count``: how often it came (255 at most)."""


def make_store(codes: Mapping[int, int]) -> NDArray[Any]:
    """A store that was never tested: own fault number -> trouble code."""
    store = np.zeros(len(codes), STORED)
    store["fault"], store["code"] = list(codes), list(codes.values())
    clear(store)
    return store


def clear(store: NDArray[Any]) -> None:
    """Forget everything."""
    store["status"], store["count"], store["last_ns"] = _AFRESH, 0, 0


def code_of(name: str) -> int:
    """The three bytes behind ``U0100-87`` (SAE J2012)."""
    return "PCBU".index(name[0]) << 22 | int(name[1:5], 16) << 8 | int(name[6:], 16)


def remember(store: NDArray[Any], name: str) -> bool:
    """A fault of an earlier drive, no longer there; whether this ECU knows it."""
    rows = store["code"] == code_of(name)
    store["status"][rows] |= CONFIRMED | FAILED_SINCE_CLEAR
    store["count"][rows] = 1
    return bool(rows.any())


@compiled
def note(store: Any, fault: float, t_ns: int) -> None:
    """One round of the ECU's monitors; ``fault``: the number of what is wrong now (0: nothing)."""
    for i in range(store.shape[0]):
        row = store[i]
        failed = row.fault == fault
        status = row.status & ~_AFRESH
        if failed:
            if not status & FAILED:
                row.count = min(row.count + 1, 255)
            status |= _SEEN
            row.last_ns = t_ns
        else:
            status &= ~FAILED
        row.status = status
