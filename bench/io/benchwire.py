"""benchwire: a python-can bus between processes of one user, with nothing to install or start.

``can.Bus(interface="benchwire", channel="edu", bitrate=500_000)`` in any number of processes is one wire. Frames keep
their order, take the time their bits take, and none is lost to a reader that keeps up; one that falls more than
14,000 frames behind gets an error frame (SocketCAN's "receive overflow") and a count in ``frames_lost``. A killed
member disturbs nobody.
"""

import logging
import select
import threading
import time
from pathlib import Path
from typing import Any

import can

from bench.io.folders import private_folder
from bench.io.wire_file import WireFile, WireFrame

_LOG = logging.getLogger(__name__)

_EXTENDED, _REMOTE, _ERROR, _FD, _BRS, _ESI = 1, 2, 4, 8, 16, 32
_QUEUE_NS = 10_000_000  # a sender's queue: what an adapter holds, about 40 frames at 500 kbit/s
_OVERFLOW_ID = 0x004  # CAN_ERR_CRTL of linux/can/error.h; data[1] = CAN_ERR_CRTL_RX_OVERFLOW
_OVERFLOW_DATA = bytes([0, 1, 0, 0, 0, 0, 0, 0])


class BenchwireBus(can.BusABC):
    """One member of a benchwire channel. ``fileno`` serves select and asyncio; sending is safe from several threads."""

    def __init__(
        self,
        channel: Any = "bench",
        bitrate: int = 500_000,
        data_bitrate: int = 2_000_000,
        receive_own_messages: bool = False,
        fd: bool = False,
        folder: Path | None = None,
        can_filters: Any = None,
        **kwargs: Any,
    ) -> None:
        """Join ``channel``. ``bitrate`` in bit/s of the wire, 0 for a wire that takes no time (tests, log replay)."""
        if bitrate < 0 or data_bitrate <= 0:
            raise can.CanInitializationError(f"bit rates {bitrate}, {data_bitrate} of benchwire must not be negative")
        try:
            self._wire = WireFile(folder if folder is not None else private_folder("wire"), str(channel))
        except (OSError, ValueError) as error:
            raise can.CanInitializationError(f"benchwire channel {channel!r}: {error}") from error
        self.channel_info = f"benchwire channel {channel}"
        self.frames_lost = 0
        self._channel = channel
        self._receive_own = receive_own_messages
        self._fd = fd
        self._can_protocol = can.CanProtocol.CAN_FD if fd else can.CanProtocol.CAN_20
        self._bit_ns = 1e9 / bitrate if bitrate else 0.0
        self._data_bit_ns = 1e9 / data_bitrate if bitrate else 0.0
        self._sending, self._receiving = threading.Lock(), threading.Lock()
        self._poll = select.poll()
        self._poll.register(self._wire.doorbell, select.POLLIN)
        super().__init__(channel=channel, can_filters=can_filters)

    def send(self, msg: can.Message, timeout: float | None = None) -> None:
        """Put ``msg`` on the wire. Waits while the sender's queue of 10 ms is full, ``timeout`` seconds at most."""
        if self._is_shutdown:
            raise can.CanOperationError(f"{self.channel_info} is shut down")
        if msg.is_fd and not self._fd:
            raise can.CanOperationError(f"{self.channel_info} was opened without fd=True; no CAN FD frame can be sent")
        data = b"" if msg.is_remote_frame else bytes(msg.data)
        with self._sending:
            self._wait_for_queue(timeout)
            now_ns, duration_ns = time.monotonic_ns(), self._duration_ns(msg)
            self._wire.append(msg.arbitration_id, _flags(msg), msg.dlc, data, now_ns, duration_ns)
            self._wire.ring()
            if self._receive_own:
                self._wire.ring_own()

    def _wait_for_queue(self, timeout: float | None) -> None:
        deadline_ns = None if timeout is None else time.monotonic_ns() + int(timeout * 1e9)
        while (backlog_ns := self._wire.backlog_ns(now_ns := time.monotonic_ns())) > _QUEUE_NS:
            if deadline_ns is not None and now_ns >= deadline_ns:
                raise can.CanOperationError(f"{self.channel_info}: the send queue is full, the bus carries no more")
            wait_ns = backlog_ns - _QUEUE_NS
            time.sleep((wait_ns if deadline_ns is None else min(wait_ns, deadline_ns - now_ns)) * 1e-9)

    def _duration_ns(self, msg: can.Message) -> int:
        """Time on the wire with interframe space and without stuff bits (real frames are 0 to 20 % longer)."""
        overhead = 67 if msg.is_extended_id else 47
        bits = 0 if msg.is_remote_frame else 8 * len(msg.data)
        return int(overhead * self._bit_ns + bits * (self._data_bit_ns if msg.bitrate_switch else self._bit_ns))

    def _recv_internal(self, timeout: float | None) -> tuple[can.Message | None, bool]:
        deadline_ns = None if timeout is None else time.monotonic_ns() + int(timeout * 1e9)
        while True:
            if self._is_shutdown:
                raise can.CanOperationError(f"{self.channel_info} is shut down")
            with self._receiving:
                message = self._take()
                waiting_ns = self._wire.wait_ns(time.monotonic_ns()) if message is None else None
            if message is not None:
                return message, False
            now_ns = time.monotonic_ns()
            if deadline_ns is not None and now_ns >= deadline_ns:
                return None, False
            self._wait(waiting_ns, None if deadline_ns is None else deadline_ns - now_ns)

    def _take(self) -> can.Message | None:
        lost = self._wire.lost()
        if lost:
            self.frames_lost += lost
            _LOG.error("%s: reader too slow, %d frames lost", self.channel_info, lost)
            return can.Message(arbitration_id=_OVERFLOW_ID, is_error_frame=True, data=_OVERFLOW_DATA, dlc=8)
        now_ns = time.monotonic_ns()
        while (frame := self._wire.take(now_ns)) is not None:
            if frame.sender != self._wire.member or self._receive_own:
                return self._message(frame)
        if self._wire.wait_ns(now_ns) is None:
            self._wire.silence()
            if self._wire.wait_ns(now_ns) is not None:  # it came between the look and the silence
                self._wire.ring_own()
        return None

    def _wait(self, frame_ns: int | None, deadline_ns: int | None) -> None:
        """Until the frame on the wire ends, somebody rings, or the deadline; at most 0.1 s, to notice a shutdown."""
        limits = [100_000_000, *(limit for limit in (frame_ns, deadline_ns) if limit is not None)]
        if frame_ns is not None:
            time.sleep(min(limits) * 1e-9)
        else:
            self._poll.poll(max(1, -(-min(limits) // 1_000_000)))

    def _message(self, frame: WireFrame) -> can.Message:
        flags = frame.flags
        remote = bool(flags & _REMOTE)
        calendar_ns = time.time_ns() - time.monotonic_ns()  # stamps of frames are calendar time in python-can
        return can.Message(
            timestamp=(frame.end_ns + calendar_ns) * 1e-9,
            arbitration_id=frame.identifier,
            is_extended_id=bool(flags & _EXTENDED),
            is_remote_frame=remote,
            is_error_frame=bool(flags & _ERROR),
            is_fd=bool(flags & _FD),
            bitrate_switch=bool(flags & _BRS),
            error_state_indicator=bool(flags & _ESI),
            channel=self._channel,
            dlc=frame.length,
            data=None if remote else frame.data[: frame.length],
            is_rx=frame.sender != self._wire.member,
        )

    def fileno(self) -> int:
        """The doorbell: readable when there may be a frame."""
        return self._wire.doorbell.fileno()

    def shutdown(self) -> None:
        """Leave the channel. The last member removes its memory."""
        if self._is_shutdown:
            return
        super().shutdown()
        with self._sending, self._receiving:
            self._wire.leave()


def _flags(msg: can.Message) -> int:
    return (
        _EXTENDED * msg.is_extended_id
        | _REMOTE * msg.is_remote_frame
        | _ERROR * msg.is_error_frame
        | _FD * msg.is_fd
        | _BRS * msg.bitrate_switch
        | _ESI * msg.error_state_indicator
    )
