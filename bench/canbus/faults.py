"""Faults on the modelled wire: what they do to a frame, and to the controllers that send it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import compiled
from bench.base.noise import uniform

DROP = 1
"""The frame is lost (its bits were on the bus)."""

WRONG_CRC = 2
"""Byte 0 is inverted: the CRC of profile 1, part of the header or under the CRC in the others."""

FREEZE = 3
"""The first frame inside the time span is repeated instead of all later ones: counter and payload stand still."""

WRONG_LENGTH = 4
"""The frame comes with ``argument`` bytes; bytes it did not have are 0."""

DELAY = 5
"""The frame takes part in arbitration ``delay_ns`` later."""

DUPLICATE = 6
"""The frame is sent once more."""

BABBLE = 7
"""A node that was not asked sends frames of this id (zeros, ``argument`` bytes), as many as the bus lets it."""

BUS_OFF = 8
"""The controller that is about to send the frame goes bus-off."""

BIT_ERROR = 9
"""A bit of the frame is disturbed: an error frame, error counters, and the frame is sent again."""

ANY_ID = 0xFFFF_FFFF
"""``id`` of a fault that meets every frame."""

SHARE_ALL = 1000

FAULT = np.dtype(
    [
        ("start_ns", "i8"),
        ("end_ns", "i8"),  # the fault acts on frames that end from start_ns up to and without end_ns
        ("hits", "i8"),  # how many frames it has met
        ("delay_ns", "i8"),
        ("random", "u8", (1,)),  # state of its own random numbers
        ("id", "u4"),
        ("share", "u2"),  # permille of the frames it strikes, drawn from ``random``; 0: see argument
        ("active", "u1"),
        ("bus", "u1"),
        ("kind", "u1"),
        ("argument", "u1"),  # WRONG_LENGTH, BABBLE: the length; others: each argument-th frame (0, 1: all)
        ("length", "u1"),  # FREEZE: the frame kept
        ("queued", "u1"),  # BABBLE: its frame waits for the bus
        ("data", "u1", (64,)),
    ],
    align=True,
)
"""One row of the fault script of a wire; a free row has ``active`` 0."""


@compiled
def draw(fault: Any, count: int) -> int:
    """A number from 0 up to and without ``count``, from the script's seed: the same run strikes the same frames."""
    return int(uniform(fault.random) * count)


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
def _strikes(fault: Any) -> bool:
    """Count a frame; whether it is this one's turn."""
    fault.hits += 1
    if fault.share != 0:
        return bool(draw(fault, SHARE_ALL) < fault.share)
    return bool(fault.argument < 2 or fault.hits % fault.argument == 0)


@compiled
def _meets(fault: Any, bus: int, frame_id: int, t_ns: int) -> bool:
    meant = fault.active and fault.bus == bus and (fault.id == frame_id or fault.id == ANY_ID)
    return bool(meant and fault.start_ns <= t_ns < fault.end_ns)


@compiled
def _apply(fault: Any, frame: Any) -> bool:
    """Do to ``frame`` what ``fault`` asks; whether it is still delivered."""
    if fault.kind == FREEZE:
        fault.hits += 1
        _freeze(fault, frame)
    elif fault.kind == WRONG_LENGTH:
        fault.hits += 1
        _shorten(fault, frame)
    elif _strikes(fault):
        if fault.kind == DROP:
            return False
        frame.data[0] ^= 0xFF
    return True


@compiled
def spoil(faults: NDArray[Any], frame: Any) -> bool:
    """Apply every fault that is due for ``frame`` (``frame.t_ns`` is its end on the wire); False: it is lost."""
    delivered = True
    for i in range(faults.shape[0]):
        fault = faults[i]
        if fault.kind <= WRONG_LENGTH and _meets(fault, frame.bus, frame.id, frame.t_ns):
            delivered = _apply(fault, frame) and delivered
    return delivered


@compiled
def struck(faults: NDArray[Any], kind: int, bus: int, frame_id: int, t_ns: int) -> int:
    """The row of the first fault of ``kind`` that strikes this frame, or -1."""
    for i in range(faults.shape[0]):
        fault = faults[i]
        if fault.kind == kind and _meets(fault, bus, frame_id, t_ns) and _strikes(fault):
            return i
    return -1
