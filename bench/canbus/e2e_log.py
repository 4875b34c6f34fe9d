"""AUTOSAR E2E of a whole log at once, compiled."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench.base.compiled import compiled
from bench.canbus.e2e import Data, protection_record, read_counter
from bench.canbus.e2e_receiver import E2E_STATE, ERROR, begin, judge
from bench.canbus.protection import Protection

CHECKED = np.dtype([("counter", "i8"), ("delta", "i8"), ("status", "u1"), ("state", "u1")], align=True)
"""One frame of a log: the counter and its steps from the frame before (-1 where there are none), ``FrameStatus``, and
the receiver's ``State`` after it. The data may be used where ``status`` is OK and ``state`` VALID."""


def check_log(
    protection: Protection,
    length: int,
    data: NDArray[np.uint8],
    t_ns: ArrayLike,
    lengths: ArrayLike | None = None,
) -> NDArray[np.void]:
    """Judge every frame of one message as a receiver would have: records of CHECKED, one a frame.

    ``data`` is (frames, bytes) uint8, ``t_ns`` the frames' times (rising), ``lengths`` their lengths in bytes (default:
    the width of ``data``). ``length`` is the message's own. Between frames further apart than ``protection.period_ns``
    the cycles without one count as silence; with a period of 0 only frames count. Raises ``ValueError`` for arrays that
    do not fit each other and for a protection that cannot be.
    """
    rule, frames = protection_record(protection, length), np.asarray(data, np.uint8)
    times = np.ascontiguousarray(t_ns, np.int64)
    count, width = frames.shape if frames.ndim == 2 else (-1, 0)
    long = np.full(max(count, 0), width, np.int64) if lengths is None else np.ascontiguousarray(lengths, np.int64)
    if count < 0 or times.shape != (count,) or long.shape != (count,):
        raise ValueError(
            f"data must be (frames, bytes), times and lengths one a frame; they are {frames.shape}, {times.shape} "
            f"and {long.shape}"
        )
    if count and (long.min() < 0 or (long[long == length] > width).any()):
        raise ValueError(f"a frame is longer than the {width} bytes of data; hand in wider data")
    memory, checked = np.zeros(1, E2E_STATE), np.zeros(count, CHECKED)
    begin(memory)
    _judge_all(rule, memory[0], np.ascontiguousarray(frames), times, long, checked)
    return checked


@compiled
def _judge_all(rule: Any, memory: Any, data: Data, t_ns: Any, lengths: Any, checked: Any) -> None:
    for i in range(data.shape[0]):
        row, frame = checked[i], data[i]
        row.status = judge(rule, memory, frame, lengths[i], t_ns[i])
        row.state, row.delta = memory.state, memory.delta
        row.counter = -1 if row.status == ERROR else read_counter(rule, frame)
