"""Between python-can and the core's records. Works with any interface of python-can: benchwire, SocketCAN, adapters."""

import contextlib
from collections.abc import Sequence
from typing import Any

import can
import numpy as np
from numpy.typing import NDArray

from bench.base.records import FRAME, FRAME_IN, INBOX
from bench.base.ring import Ring, push
from bench.core.inbox import wire_in
from bench.io.bus_watch import BusWatch
from bench.io.clock import MonotonicClock

_EXTENDED = 0x8000_0000
_TROUBLE = (can.CanError, OSError, ValueError)  # unplugged, driver gone, or it hands out nonsense
_TAKE_MAX = 256  # frames of one bus in one go: a flooded bus must not hold up the cycle


class CanPort:
    """The buses of the bench; the place in the sequence is the bus number of the tables."""

    def __init__(self, buses: Sequence[can.BusABC], clock: MonotonicClock) -> None:
        self._buses = tuple(buses)
        self._clock = clock
        self._inbox = np.zeros(1, INBOX)
        self._inbox["kind"] = FRAME_IN
        self._frame = np.zeros(1, FRAME)
        self._watches = tuple(BusWatch(bus) for bus in self._buses)
        self.unsent = 0
        self.error_frames = 0

    def take_to_inbox(self, inbox: Ring) -> None:
        """Everything received, as FRAME_IN records, and what our controllers say, as WIRE_IN.

        ``t_ns`` is the frame's time on the wire.
        """
        self._take(self._inbox, inbox)
        now_ns = self._clock.now_ns()
        for number, watch in enumerate(self._watches):
            if watch.fresh(now_ns):
                push(inbox, wire_in(number, watch.own, now_ns)[0])

    def take_frames(self, frames: Ring) -> None:
        """Everything received, as FRAME records with sender 0 (the bench as the other side sees it)."""
        self._take(self._frame, frames)

    def _take(self, record: NDArray[Any], ring: Ring) -> None:
        now_ns = self._clock.now_ns()
        for number, (bus, watch) in enumerate(zip(self._buses, self._watches, strict=True)):
            if watch.gone(now_ns):
                continue
            try:
                self._take_of(number, bus, watch, record[0], ring)
                watch.answered()
            except _TROUBLE:
                watch.raised(now_ns)

    def _take_of(self, number: int, bus: can.BusABC, watch: BusWatch, row: Any, ring: Ring) -> None:
        for _ in range(_TAKE_MAX):
            message = bus.recv(0)
            if message is None:
                return
            if message.is_error_frame or message.is_remote_frame:
                self.error_frames += 1
                if message.is_error_frame:
                    watch.error_frame(message)
                continue
            length = len(message.data)
            row["t_ns"] = self._clock.from_calendar_s(message.timestamp)
            row["id"] = message.arbitration_id | (_EXTENDED if message.is_extended_id else 0)
            row["bus"], row["length"] = number, length
            row["data"] = 0
            row["data"][:length] = np.frombuffer(message.data, np.uint8)
            push(ring, row)

    def send(self, frames: NDArray[Any]) -> int:
        """Send FRAME records at once or not at all; how many could not be sent (also counted in ``unsent``)."""
        failed, now_ns = 0, self._clock.now_ns()
        self._forget_old()
        for frame in frames:
            identifier, length = int(frame["id"]), int(frame["length"])
            message = can.Message(
                arbitration_id=identifier & ~_EXTENDED,
                is_extended_id=bool(identifier & _EXTENDED),
                data=frame["data"][:length].tobytes(),
                is_fd=length > 8,
            )
            watch = self._watches[int(frame["bus"])]
            try:
                self._buses[int(frame["bus"])].send(message, timeout=0)
            except (can.CanError, OSError):
                failed += 1
                watch.sent(False, now_ns)
            else:
                watch.sent(True, now_ns)
        self.unsent += failed
        return failed

    def ask(self) -> None:
        """Ask the driver of one controller, if it is time, how it is. Call it when the frames are out: it may take as
        long as a send."""
        now_ns = self._clock.now_ns()
        for watch in self._watches:
            try:
                if watch.ask(now_ns):
                    return
            except _TROUBLE:
                watch.raised(now_ns)

    def _forget_old(self) -> None:
        """Where nobody acknowledges, old commands must not wait, to go out in a row when somebody is there again.

        A frame that the controller tries already stays. Not every driver can forget.
        """
        for bus, watch in zip(self._buses, self._watches, strict=True):
            if watch.stuck:
                with contextlib.suppress(can.CanError, OSError, RuntimeError):  # the last: not there
                    bus.flush_tx_buffer()

    def close(self) -> None:
        """Leave every bus."""
        for bus in self._buses:
            bus.shutdown()
