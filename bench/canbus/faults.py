"""Faults on the modelled wire: what they do to a frame before it is delivered."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import compiled

DROP = 1
"""The frame is lost (its bits were on the bus)."""

WRONG_CRC = 2
"""Byte 0 is inverted: the CRC of profile 1, part of the header or under the CRC in the others."""

FREEZE = 3
"""The first frame inside the time span is repeated instead of all later ones: counter and payload stand still."""

WRONG_LENGTH = 4
"""The frame comes with ``argument`` bytes; bytes it did not have are 0."""

FAULT = np.dtype(
    [
        ("start_ns", "i8"),
        ("end_ns", "i8"),  # the fault acts on frames that end from start_ns up to and without end_ns
        ("hits", "i8"),  # how many frames it has met
        ("id", "u4"),
        ("active", "u1"),
        ("bus", "u1"),
        ("kind", "u1"),
        ("argument", "u1"),  # WRONG_LENGTH: the length; DROP, WRONG_CRC: each argument-th frame (0, 1: every one)
        ("length", "u1"),  # FREEZE: the frame kept
        ("data", "u1", (64,)),
    ],
    align=True,
)
"""One row of the fault script of a wire; a free row has ``active`` 0."""


@compiled
def _freeze(fault: Any, frame: Any) -> None:
    """Keep the first frame, put it in place of the others."""
    kept, data = fault.data, frame.data
    if fault.hits == 1:
        fault.length = frame.length
        for i in range(64):
            kept[i] = data[i]
    frame.length = fault.length
    for i in range(64):
        data[i] = kept[i]


@compiled
def _shorten(fault: Any, frame: Any) -> None:
    """Give the frame another length."""
    data = frame.data
    for i in range(min(frame.length, fault.argument), 64):
        data[i] = 0
    frame.length = fault.argument


@compiled
def _apply(fault: Any, frame: Any) -> bool:
    """Do to ``frame`` what ``fault`` asks; whether it is still delivered."""
    fault.hits += 1
    turn = fault.argument < 2 or fault.hits % fault.argument == 0
    if fault.kind == DROP:
        return not turn
    if fault.kind == WRONG_CRC and turn:
        frame.data[0] ^= 0xFF
    elif fault.kind == FREEZE:
        _freeze(fault, frame)
    elif fault.kind == WRONG_LENGTH:
        _shorten(fault, frame)
    return True


@compiled
def spoil(faults: NDArray[Any], frame: Any) -> bool:
    """Apply every fault that is due for ``frame`` (``frame.t_ns`` is its end on the wire); False: it is lost."""
    delivered = True
    for i in range(faults.shape[0]):
        fault = faults[i]
        meant = fault.active and fault.id == frame.id and fault.bus == frame.bus
        if meant and fault.start_ns <= frame.t_ns < fault.end_ns:
            delivered = _apply(fault, frame) and delivered
    return delivered
