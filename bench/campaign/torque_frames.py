"""The torque command on the wire: what the inverter is told, frame by frame, decoded from its database."""

from typing import Any

from numpy.typing import NDArray

from bench.base.records import FRAME_ERROR
from bench.base.time import NS_PER_MS
from bench.canbus.database import Database
from bench.canbus.frame_codec import FrameCodec

_CORE = 0
_CHANNEL = "dut.torque_cmd"
_LESS_NM = 0.15
_BEFORE_NS = 100 * NS_PER_MS


class TorqueFrames:
    """Listens to the bus for frames of the core that carry the torque; they are compared from ``fault_ns`` on."""

    def __init__(self, database: Database, fault_ns: int) -> None:
        self._message = next(m for m in database.messages if any(s.channel == _CHANNEL for s in m.signals))
        self._signal = next(s.name for s in self._message.signals if s.channel == _CHANNEL)
        self._decode = FrameCodec(self._message).decode
        self._fault_ns = fault_ns
        self._most_nm = 0.0
        self.yields_ns: int | None = None
        """When a frame first told less torque than one before it."""

    def on_frames(self, frames: NDArray[Any]) -> None:
        """Take in what was on the buses."""
        if self.yields_ns is not None:
            return
        ours = (frames["id"] == self._message.id) & (frames["sender"] == _CORE) & (frames["bus"] == 0)
        near = frames["t_ns"] >= self._fault_ns - _BEFORE_NS
        for frame in frames[ours & near & (frames["flags"] & FRAME_ERROR == 0)]:
            asked_nm = abs(self._decode(frame["data"][: self._message.length].tobytes())[self._signal])
            if frame["t_ns"] < self._fault_ns:
                self._most_nm = asked_nm
            elif asked_nm < self._most_nm - _LESS_NM and self.yields_ns is None:
                self.yields_ns = int(frame["t_ns"])
            self._most_nm = max(self._most_nm, asked_nm)
