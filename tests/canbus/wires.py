"""Frames and runs on a modelled wire, for the tests."""

import numpy as np

from bench.base.records import FRAME
from bench.canbus.buses import Wire
from bench.canbus.wire import advance

MS = 1_000_000


def frame(frame_id: int, payload: bytes = bytes(8), bus: int = 0, sender: int = 0, flags: int = 0) -> np.void:
    record = np.zeros(1, FRAME)[0]
    record["id"], record["bus"], record["length"] = frame_id, bus, len(payload)
    record["sender"], record["flags"] = sender, flags
    record["data"][: len(payload)] = np.frombuffer(payload, np.uint8)
    return record


def run(wire: Wire, until_ns: int, room: int = 64) -> np.ndarray:
    delivered = np.zeros(room, FRAME)
    return delivered[: advance(wire, until_ns, delivered)]
