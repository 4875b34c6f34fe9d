"""A tap on the buses of a virtual bench: python-can's listeners and loggers watch what is on the wires.

Passive: listeners are called in the bench's own thread, and virtual time stands still until they return. So the slowest
of them loses nothing, and the run's bytes are the same with and without it.
"""

from typing import Any

import can
from numpy.typing import NDArray

from bench.base.records import FRAME_BRS, FRAME_ERROR, FRAME_ESI, FRAME_FD, FRAME_REMOTE

_EXTENDED = 0x8000_0000


class Tap:
    """``on_frames`` of a virtual bench. ``origin_s``: Unix time of run time zero; channels are bus numbers."""

    def __init__(self, *listeners: can.Listener, origin_s: float = 0.0) -> None:
        self._listeners = listeners
        self._origin_s = origin_s

    def __call__(self, frames: NDArray[Any]) -> None:
        """Hand FRAME records to every listener, in order of time."""
        for frame in frames:
            message = self._message(frame)
            for listener in self._listeners:
                listener.on_message_received(message)

    def close(self) -> None:
        """Stop the listeners: files are written to their end."""
        for listener in self._listeners:
            listener.stop()

    def _message(self, frame: Any) -> can.Message:
        identity, flags, length = int(frame["id"]), int(frame["flags"]), int(frame["length"])
        remote = bool(flags & FRAME_REMOTE)
        return can.Message(
            timestamp=self._origin_s + int(frame["t_ns"]) * 1e-9,
            arbitration_id=identity & 0x1FFF_FFFF,
            is_extended_id=identity >= _EXTENDED,
            is_remote_frame=remote,
            is_error_frame=bool(flags & FRAME_ERROR),
            is_fd=bool(flags & FRAME_FD) or length > 8,
            bitrate_switch=bool(flags & FRAME_BRS),
            error_state_indicator=bool(flags & FRAME_ESI),
            channel=int(frame["bus"]),
            dlc=length,
            data=None if remote else frame["data"][:length].tobytes(),
        )
