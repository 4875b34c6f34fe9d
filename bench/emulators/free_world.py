"""The emulated world by itself: whoever wants to speak to it does so over real buses and real connections.

Time is handed in. A world that was not asked for a while lives through what it has missed, millisecond by millisecond
with every frame heard at its own time, so that a busy machine does not change the physics; but it does not say
afterwards what it would have said meanwhile: no node sends frames back to back.
"""

from collections.abc import Mapping

from bench.base.compiled import compiled, direct
from bench.base.records import FRAME, FRAME_ERROR
from bench.base.ring import READ, WRITTEN, Ring, commit, make_ring, slot
from bench.canbus.wire import advance, copy_frame, offer
from bench.emulators.can_node import CanNode
from bench.emulators.couple import MS, EmulatedBench, live, nodes_hear, speak
from bench.emulators.device import ByteDevice, Watched
from bench.emulators.world import World

_FRAMES = 1024
_SPOKEN_NS = 20 * MS  # frames older than this are not sent any more
_EXPIRY_NS = 10 * MS  # between two looks at the instruments' watchdogs


class FreeWorld:
    """A ``World`` without a core. The rings hold FRAME records."""

    def __init__(self, world: World) -> None:
        self.frames_in: Ring = make_ring(FRAME, _FRAMES)
        """What the others have sent (``sender`` 0), with the time of its end on their wire."""
        self.frames_out: Ring = make_ring(FRAME, _FRAMES)
        """What the emulated nodes send."""
        self.devices: Mapping[str, ByteDevice] = world.devices
        self._watched = [device for device in world.devices.values() if isinstance(device, Watched)]
        self._arguments = (world.bench, self.frames_in, self.frames_out)
        self._diagnosed, self._ageing = world.diagnosed, world.ageing
        self._run = direct(run_free, *self._arguments, 0, 0)
        self._t_ns = 0

    def run_until(self, t_ns: int) -> None:
        """Live up to ``t_ns`` (whole milliseconds), taking in ``frames_in`` on the way."""
        if t_ns // _EXPIRY_NS != self._t_ns // _EXPIRY_NS:
            for device in self._watched:
                device.expire(t_ns)
        self._t_ns = self._run(*self._arguments, self._t_ns, t_ns)
        if self._ageing is not None:
            self._ageing.live(self._t_ns)
        if self._diagnosed is not None:
            due_ns = self._diagnosed.next_ns()
            if self._diagnosed.waiting() or (due_ns is not None and due_ns <= t_ns):
                self._diagnosed.live(t_ns)


@compiled
def run_free(bench: EmulatedBench, frames_in: Ring, frames_out: Ring, t_ns: int, until_ns: int) -> int:
    """Live from ``t_ns`` (already done) up to ``until_ns``; the time reached."""
    while t_ns < until_ns:
        t_ns += MS
        _take(bench, frames_in, t_ns)
        _deliver(bench, frames_out, t_ns)
        live(bench, t_ns)
        if until_ns - t_ns < _SPOKEN_NS:
            _forget_missed(bench.ecu.node, t_ns)
            _forget_missed(bench.cascadia.node, t_ns)
            _forget_missed(bench.io.node, t_ns)
            _forget_missed(bench.dynos.node, t_ns)
            speak(bench, t_ns)
    return t_ns


@compiled
def _take(bench: EmulatedBench, frames_in: Ring, t_ns: int) -> None:
    """Put on the modelled wire what the others have sent by now: scripted faults concern their frames too."""
    capacity = frames_in.records.shape[0]
    while frames_in.header[READ] < frames_in.header[WRITTEN]:
        frame = frames_in.records[frames_in.header[READ] % capacity]
        if frame.t_ns > t_ns:
            break
        offer(bench.wire, frame, t_ns - MS)
        frames_in.header[READ] += 1


@compiled
def _deliver(bench: EmulatedBench, frames_out: Ring, t_ns: int) -> None:
    """Hand every frame that has ended on the wire to all but its sender."""
    count = advance(bench.wire, t_ns, bench.delivered)
    for index in range(count):
        frame = bench.delivered[index]
        if frame.sender != 0 and frame.flags & FRAME_ERROR == 0:
            place = slot(frames_out)
            if place >= 0:
                copy_frame(frames_out.records[place], frame)
                commit(frames_out)
        nodes_hear(bench, frame, t_ns)


@compiled
def _forget_missed(node: CanNode, t_ns: int) -> None:
    """Of each message that was due several times, only the last time counts."""
    for index in range(node.due_ns.shape[0]):
        period_ns = node.transmits.messages[index].period_ns
        while period_ns > 0 and node.due_ns[index] + period_ns <= t_ns:
            node.due_ns[index] += period_ns
