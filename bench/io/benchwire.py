"""benchwire: a python-can bus between processes of one user, with nothing to install or start.

``can.Bus(interface="benchwire", channel="edu", bitrate=500_000)`` in any number of processes is one wire: the modelled
one (``bench.canbus.wire``) in wall time. Frames take exactly the time their bits take and arbitrate; a frame that
nobody acknowledges is sent again; error frames, error counters, bus-off and recovery are as on iron. What one member
sends stays in order. No frame is lost to a reader that keeps up; one that falls more than 14,000 frames behind gets an
error frame (SocketCAN's "receive overflow") and a count in ``frames_lost``. A killed member disturbs nobody.

Errors come as python-can error frames, encoded as Linux does it (linux/can/error.h): class bits in the identifier, and
the member's own TEC and REC in bytes 6 and 7.
"""

import logging
import select
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import can

from bench.base.records import (
    FRAME_ERROR,
    FRAME_REMOTE,
    WIRE_ACTIVE,
    WIRE_BUS_OFF,
    WIRE_GONE,
    WIRE_PASSIVE,
    WIRE_WARNING,
)
from bench.canbus.fault_script import BUS_PLACES, script_wire
from bench.canbus.wire import FULL, NOT_SENDABLE, OFFERED
from bench.io.counters import Counters
from bench.io.error_frames import overflow_frame, state_frame
from bench.io.folders import private_folder
from bench.io.wire_file import WireBusy, WireFile
from bench.io.wire_flow import Flow
from bench.io.wire_memory import MEMBERS_MAX, PACKED, STRIDE
from bench.io.wire_messages import EXTENDED, Packed, any_message, flags_of, hand_over
from bench.schedule.faults import Fault, of_place, parse_fault

_LOG = logging.getLogger(__name__)

_SEND_MAX_S = 2.0  # python-can's "wait for ever" is never good
_LOCK_MIN_S = 5e-3
_FAR_NS = 1 << 62
_SILENT_MAX_NS = 100_000_000  # between two looks at the wire while nothing rings
_FLOOD_NS = 30_000  # a frame each so often is more than a bus of 1 Mbit/s carries
_FLOOD_LOOK_NS = 1_000_000
_NAP_NS = 1_000_000
_STATES = {WIRE_ACTIVE: can.BusState.ACTIVE, WIRE_WARNING: can.BusState.ACTIVE, WIRE_PASSIVE: can.BusState.PASSIVE}


class BenchwireBus(can.BusABC):
    """One member of a benchwire channel. ``fileno`` serves select and asyncio; sending is safe from several threads."""

    def __init__(
        self,
        channel: Any = "bench",
        bitrate: int | None = None,
        data_bitrate: int | None = None,
        receive_own_messages: bool = False,
        fd: bool = False,
        folder: Path | None = None,
        can_filters: Any = None,
        recovery: Literal["automatic", "manual"] = "automatic",
        **kwargs: Any,
    ) -> None:
        """Join ``channel``.

        ``bitrate``: of the wire, in bit/s; ``None``: as the others have it (500,000 for the first), another one is
        refused; 0: a wire that takes no time and models nothing (tests, log replay), on which senders wait for readers.
        ``recovery`` from bus-off: by itself after 128 times 11 recessive bits, or not before ``restart``.
        """
        if (bitrate or 0) < 0 or (data_bitrate or 1) <= 0:
            raise can.CanInitializationError(f"bit rates {bitrate}, {data_bitrate} of benchwire must not be negative")
        place = folder if folder is not None else private_folder("wire")
        try:
            self._wire = WireFile(place, str(channel), bitrate, data_bitrate)
            if self._wire.paced and recovery == "manual":
                self._wire.plug(manual=True)
        except (OSError, ValueError) as error:
            raise can.CanInitializationError(f"benchwire channel {channel!r}: {error}") from error
        self.channel_info = f"benchwire channel {channel}"
        self.frames_lost = 0
        self.bad_records = 0
        self._channel = channel
        self._receive_own = receive_own_messages
        self._fd = fd
        self._manual = recovery == "manual"
        self._can_protocol = can.CanProtocol.CAN_FD if fd else can.CanProtocol.CAN_20
        self._turn, self._receiving = threading.Lock(), threading.Lock()
        self._fetched: deque[can.Message] = deque()
        self._known_state, self._known_off_ns = WIRE_ACTIVE, -1
        self._plugged = True
        self._came, self._came_since_ns, self._flooded = 0, 0, False
        self._flow = Flow(self._wire)
        self._poll = select.poll()
        self._poll.register(self._wire.bells.own, select.POLLIN)
        super().__init__(channel=channel, can_filters=can_filters)

    # --- sending -----------------------------------------------------------------------------------------------------

    def send(self, msg: can.Message, timeout: float | None = None) -> None:
        """Put ``msg`` into the send queue (32 frames). Waits while it is full, ``timeout`` s at most (``None``: 2 s).

        Raises ``CanOperationError`` when it stays full, at once when bus-off or unplugged.
        """
        if self._is_shutdown:
            raise can.CanOperationError(f"{self.channel_info} is shut down")
        if msg.is_fd and not self._fd:
            raise can.CanOperationError(f"{self.channel_info} was opened without fd=True; no CAN FD frame can be sent")
        identity = msg.arbitration_id | EXTENDED if msg.is_extended_id else msg.arbitration_id
        data, flags = (b"", FRAME_REMOTE) if msg.is_remote_frame else (bytes(msg.data), 0)
        length = msg.dlc if msg.is_remote_frame else len(data)
        if msg.is_fd or msg.is_error_frame:
            flags |= flags_of(msg)
        if not 0 <= length <= (64 if msg.is_fd else 8):
            raise can.CanOperationError(f"{self.channel_info}: a frame of {length} bytes cannot be sent")
        wait_s = _SEND_MAX_S if timeout is None else timeout
        if self._wire.paced:
            self._send_paced(identity, flags, length, data, wait_s)
        else:
            self._send_at_once(identity, flags, length, data, wait_s)

    def _send_paced(self, identity: int, flags: int, length: int, data: bytes, wait_s: float) -> None:
        deadline_s = time.monotonic() + wait_s
        while True:
            try:
                with self._turn:
                    answer = self._wire.send(identity, flags, length, data, max(_LOCK_MIN_S, wait_s))
            except WireBusy as error:
                raise can.CanOperationError(f"{self.channel_info}: {error}") from error
            if answer == OFFERED:
                return
            self._wait_for_room(answer, length, deadline_s)

    def _wait_for_room(self, answer: int, length: int, deadline_s: float) -> None:
        """A full queue has room again when a frame has ended. Raises for any other answer, and at the deadline."""
        if answer == NOT_SENDABLE:
            raise can.CanOperationError(f"{self.channel_info}: CAN has no frame of {length} bytes")
        if answer != FULL:
            raise can.CanOperationError(f"{self.channel_info}: {self._why_off()}")
        left_s = deadline_s - time.monotonic()
        if left_s <= 0.0:
            raise can.CanOperationError(f"{self.channel_info}: the send queue is full, the bus carries no more")
        due_s = (self._wire.due_ns() - time.monotonic_ns()) * 1e-9
        time.sleep(min(max(due_s, 20e-6), left_s, 10e-3))

    def _why_off(self) -> str:
        if not self._plugged:
            return "unplugged; plug it in again"
        return "bus-off; it comes back by itself" if not self._manual else "bus-off; restart() brings it back"

    def _send_at_once(self, identity: int, flags: int, length: int, data: bytes, wait_s: float) -> None:
        if not self._plugged:
            raise can.CanOperationError(f"{self.channel_info}: {self._why_off()}")
        try:
            with self._turn:
                self._flow.before_sending(wait_s)
                self._wire.append(identity, flags, length, data, max(_LOCK_MIN_S, wait_s))
        except WireBusy as error:
            raise can.CanOperationError(f"{self.channel_info}: {error}") from error

    # --- receiving ---------------------------------------------------------------------------------------------------

    def recv(self, timeout: float | None = None) -> can.Message | None:
        """As ``can.BusABC.recv``; what has come already is handed out without further ado."""
        if self._filters is None and self._fetched:
            try:
                return self._fetched.popleft()
            except IndexError:
                pass  # another thread was faster
        return super().recv(timeout)

    def _recv_internal(self, timeout: float | None) -> tuple[can.Message | None, bool]:
        deadline_ns = None if timeout is None else time.monotonic_ns() + int(timeout * 1e9)
        while True:
            if self._is_shutdown:
                raise can.CanOperationError(f"{self.channel_info} is shut down")
            if not self._plugged:
                raise can.CanOperationError(f"{self.channel_info}: {self._why_off()}")
            now_ns = time.monotonic_ns()
            late = deadline_ns is not None and now_ns >= deadline_ns
            with self._receiving:
                if not self._fetched:
                    self._fetch()
                flooded = not self._fetched and not late and self._in_flood(now_ns)
                if not self._fetched and not flooded:
                    self._ask_for_ring()
                if self._fetched:
                    message = self._fetched.popleft()
                    return message, message.is_error_frame  # filters of data frames do not concern errors
            if late:
                self._leave_ringing()
                return None, False
            if flooded:
                limit_ns = _NAP_NS if deadline_ns is None else min(_NAP_NS, deadline_ns - now_ns)
                time.sleep(limit_ns * 1e-9)
            else:
                self._wait(now_ns, deadline_ns)

    def _fetch(self) -> None:
        """Everything that has ended by now into ``_fetched``."""
        wire = self._wire
        if not wire.waits() and wire.paced and wire.due_ns() <= time.monotonic_ns():
            self._move()
        lost = wire.lost()
        if lost:
            self.frames_lost += lost
            _LOG.error("%s: reader too slow, %d frames lost", self.channel_info, lost)
            self._fetched.append(overflow_frame(self._channel, time.time_ns() * 1e-9))
        taken = wire.take()
        if taken:
            calendar_ns = time.time_ns() - time.monotonic_ns()  # stamps of frames are calendar time in python-can
            self._came += len(taken) // STRIDE
            self._hand_over(taken, calendar_ns * 1e-9)
        if wire.paced:
            self._tell_state()

    def _in_flood(self, now_ns: int) -> bool:
        """Whether so much comes that looking again soon is better than being rung at for each frame."""
        elapsed_ns = now_ns - self._came_since_ns
        if elapsed_ns > _FLOOD_LOOK_NS:
            self._flooded = self._came * _FLOOD_NS > elapsed_ns
            self._came, self._came_since_ns = 0, now_ns
        return self._flooded

    def _ask_for_ring(self) -> None:
        self._wire.bells.sleepy()
        if self._wire.waits():  # it came meanwhile; who waits by select must be told
            self._wire.bells.ring_own()
            self._fetch()

    def _tell_state(self) -> None:
        """Error frames for what the own controller went through since the last look."""
        state, off_ns, _ = self._wire.condition()
        if state == self._known_state and off_ns == self._known_off_ns:
            return
        passed = (WIRE_BUS_OFF, state) if off_ns != self._known_off_ns else (state,)
        for new in passed:
            if new != self._known_state:
                stamp = time.time_ns() * 1e-9
                self._fetched.append(state_frame(new, self._known_state, self._own(), self._channel, stamp))
            self._known_state = new
        self._known_off_ns = off_ns

    def _hand_over(self, taken: bytearray, calendar_s: float) -> None:
        deaf = self._deaf() if self._wire.paced else None
        if deaf is None:
            hand_over(
                taken,
                self._wire.member,
                self._channel,
                calendar_s,
                self._fetched.append,
                lambda packed: self._hand_over_one(packed, calendar_s),
            )
            return
        for packed in PACKED.iter_unpack(taken):
            if not deaf[0] < packed[1] < deaf[1]:
                self._hand_over_one(packed, calendar_s)

    def _hand_over_one(self, packed: Packed, calendar_s: float) -> None:
        number, _, _, sender, flags, length, _ = packed
        own = sender == self._wire.member
        if own and not self._receive_own and not flags & FRAME_ERROR:
            return
        if length > 64 or sender > MEMBERS_MAX:
            self.bad_records += 1
            _LOG.error("%s: record %d is garbage", self.channel_info, number)
            return
        self._fetched.append(any_message(packed, own, self._channel, calendar_s, self._own))

    def _deaf(self) -> tuple[int, int] | None:
        """From when to when this controller was bus-off, if it ever was."""
        _, off_ns, back_ns = self._wire.condition()
        return None if off_ns < 0 else (off_ns, back_ns if back_ns > off_ns else _FAR_NS)

    def _move(self) -> None:
        try:
            with self._turn:
                self._wire.move()
        except WireBusy:
            _LOG.debug("%s: somebody holds the wire", self.channel_info)
            time.sleep(1e-3)

    def _wait(self, now_ns: int, deadline_ns: int | None) -> None:
        """Until the frame on the wire ends, somebody rings, or the deadline; at most 0.1 s, to notice a shutdown."""
        limit_ns = _SILENT_MAX_NS if deadline_ns is None else min(_SILENT_MAX_NS, deadline_ns - now_ns)
        due_ns = self._wire.due_ns() - now_ns if self._wire.paced else _SILENT_MAX_NS
        if due_ns < limit_ns:
            time.sleep(max(due_ns, 0) * 1e-9)
        else:
            self._poll.poll(max(1, -(-limit_ns // 1_000_000)))

    def _leave_ringing(self) -> None:
        """Who waits by select must look again soon: the frame on the wire will not ring when it ends."""
        if self._wire.paced and self._wire.due_ns() < time.monotonic_ns() + _SILENT_MAX_NS:
            self._wire.bells.ring_own()

    def _own(self) -> tuple[int, int]:
        return int(self._wire.node["tec"]), int(self._wire.node["rec"])

    # --- the controller ----------------------------------------------------------------------------------------------

    @property
    def counters(self) -> Counters:
        """What the own controller says now."""
        if not self._wire.paced:
            return Counters(0, 0, WIRE_ACTIVE if self._plugged else WIRE_GONE, 0, self.frames_lost, 0.0)
        self._move()
        node, bus = self._wire.node, self._wire.wire.buses[0]
        state = int(node["state"]) if self._plugged else WIRE_GONE
        lost = int(node["lost"]) + self.frames_lost
        load = float(bus["load_permille"]) / 1000.0
        return Counters(int(node["tec"]), int(node["rec"]), state, int(bus["error_frames"]), lost, load)

    @property
    def state(self) -> can.BusState:
        """ACTIVE (error warning included), PASSIVE, or ERROR: bus-off or unplugged."""
        return _STATES.get(self.counters.state, can.BusState.ERROR)

    @state.setter
    def state(self, new_state: can.BusState) -> None:
        if new_state is not can.BusState.ACTIVE:
            raise can.CanOperationError(f"{self.channel_info}: only ACTIVE can be asked for; use unplug() to leave")
        self.restart()

    def restart(self) -> None:
        """Begin the way back from bus-off: 128 times 11 recessive bits. Nothing happens in any other state."""
        if self._wire.paced:
            with self._turn:
                self._wire.restart()

    def flush_tx_buffer(self) -> None:
        """Forget what waits to be sent; the frame on the wire is tried to its end."""
        with self._turn:
            self._wire.empty()

    def unplug(self) -> None:
        """As if the adapter were pulled out: nothing is sent, received or acknowledged; calls raise until ``plug``."""
        with self._turn:
            if self._wire.paced:
                self._wire.unplug()
            self._plugged = False

    def plug(self) -> None:
        """The adapter is back, with fresh counters. What came meanwhile was not heard."""
        with self._turn:
            if self._wire.paced:
                self._wire.plug(manual=self._manual)
            while self._wire.take(1 << 20) or self._wire.lost():
                pass
            self._fetched.clear()
            self._plugged, self._known_state, self._known_off_ns = True, WIRE_ACTIVE, -1

    def script(self, lines: Iterable[str], seed: int = 0) -> None:
        """Put fault lines (``can.dut.drop:0x110,25%@0s+1s``) on the wire, for all members; times count from now, and
        the place in a line is not looked at. Raises ``ValueError``."""
        self.spoil(tuple(parse_fault(line) for line in lines), seed, time.monotonic_ns())

    def spoil(self, faults: tuple[Fault, ...], seed: int, origin_ns: int) -> None:
        """The same for lines that have been read; their times count from ``origin_ns`` (monotonic)."""
        if not self._wire.paced:
            raise ValueError(f"{self.channel_info} takes no time, so nothing can go wrong on it; give it a bit rate")
        with self._turn, self._wire.scripting() as wire:
            script_wire(wire, 0, faults, seed, origin_ns)

    def fileno(self) -> int:
        """The doorbell: readable when there may be a frame."""
        return self._wire.bells.own.fileno()

    def shutdown(self) -> None:
        """Leave the channel. The last member removes its memory."""
        if self._is_shutdown:
            return
        super().shutdown()
        with self._turn, self._receiving:
            self._wire.leave()


def spoil_buses(buses: Sequence[can.BusABC], faults: tuple[Fault, ...], seed: int, origin_ns: int) -> None:
    """Put the lines of each bus on its benchwire; other interfaces have no faults on demand."""
    for place, number in BUS_PLACES.items():
        bus, mine = buses[number], of_place(faults, place)
        if mine and isinstance(bus, BenchwireBus):
            bus.spoil(mine, seed, origin_ns)
