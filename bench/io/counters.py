"""What a CAN controller of the benchwire tells of itself."""

from typing import NamedTuple


class Counters(NamedTuple):
    """What a member's controller says: error counters, state (``bench.base.records``: WIRE_ACTIVE ...), error frames
    on the bus, own frames lost, load of the bus in the last 100 ms (0 to 1)."""

    tec: int
    rec: int
    state: int
    error_frames: int
    lost: int
    load: float
