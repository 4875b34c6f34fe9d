"""The core in wall time: its own process, absolute deadlines, CAN in and out, and the end of everything.

Whatever happens to the others, this loop goes on until the bench is safe: when the service has gone, it asks itself for
the stop and walks the ladder to its end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import can
from numpy.typing import NDArray

from bench.base.compiled import direct
from bench.base.ring import drain
from bench.core.causes import Cause
from bench.core.cycle import cycle
from bench.core.inbox import heartbeat, post, reading, stop_now
from bench.core.program import Program
from bench.core.rings import Rings, make_rings
from bench.core.state import State, make_state
from bench.core.tables import STOP_FREEZE, STOPPED
from bench.io.can_port import CanPort
from bench.io.clock import MonotonicClock
from bench.io.control import Control
from bench.io.pacer import Pacer
from bench.io.realtime import make_realtime
from bench.io.status import CORE, FINISHED, RUNNING, WATCHED

_LOOK_CYCLES = 10  # cycles between two looks at the control pipe and the beats of the others
_COUNT_CYCLES = 1000
_ASLEEP_NS = 100_000_000
_AFTER_NS = 500_000_000  # after the last rung: the links still write the last set-points
_ENDING_MAX_NS = 180_000_000_000  # no ladder takes longer; every rung has a deadline


Counts = Sequence[int]
"""Image places of ``COUNTED``, in that order; none where the bench has no such channels."""

COUNTED = ("core.late_cycles", "core.cycle_jitter_max", "core.frames_skipped")


@dataclass(frozen=True, slots=True)
class CoreParts:
    """What the core process works on; all arrays but the program's in shared memory."""

    program: Program
    state: State
    rings: Rings
    status: NDArray[Any]
    buses: Sequence[can.BusABC]
    clock: MonotonicClock
    counts: Counts = ()


def run_core(parts: CoreParts, control: Control) -> None:
    """Run until told ``{"do": "finish"}`` or left alone, and then until the bench is safe."""
    warm_up(parts.program)
    granted = make_realtime()
    parts.status[CORE]["granted"] = granted.bits
    control.send({"ready": True, "fifo": granted.fifo, "locked": granted.locked})
    _CoreLoop(parts, control).run()


def warm_up(program: Program) -> None:
    """Compile (or load) the cycle on arrays of the same types, before time counts."""
    cycle(program, make_state(program), make_rings(program, 16), 0)


class _CoreLoop:
    def __init__(self, parts: CoreParts, control: Control) -> None:
        self._parts = parts
        self._control = control
        self._port = CanPort(parts.buses, parts.clock)
        self._row = parts.status[CORE]
        self._beats = {who: int(parts.status[who]["beat"]) for who in WATCHED}
        self._was_armed = False
        self._ending_ns: int | None = None
        self._safe_ns: int | None = None
        self._pacer = Pacer(parts.clock, int(parts.program.settings["cycle_ns"][0]))
        self._asleep_ns = parts.clock.asleep_ns()

    def run(self) -> None:
        parts, row, port = self._parts, self._row, self._port
        program, state, rings = parts.program, parts.state, parts.rings
        run_cycle = direct(cycle, program, state, rings, 0)
        row["phase"] = RUNNING
        turn = t_ns = 0
        while not self._ended(t_ns):
            self._pacer.approach()
            port.take_to_inbox(rings.inbox_can)
            t_ns = self._pacer.arrive()
            row["sequence"] += 1
            run_cycle(program, state, rings, t_ns)
            row["sequence"] += 1
            if port.send(drain(rings.frames_out)):
                row["note"] = port.unsent
            port.ask()
            turn += 1
            if turn % _LOOK_CYCLES == 0:
                self._look_around(t_ns)
            if turn % _COUNT_CYCLES == 0:
                self._tell_counts(t_ns)
        row["phase"] = FINISHED
        port.close()

    def _tell_counts(self, t_ns: int) -> None:
        """Readings like any other: they stand in the inbox log, and limits can be set on them."""
        counters = self._parts.state.counters[0]
        told = (float(counters["late"]), self._pacer.take_worst_ns() * 1e-9, float(counters["send_skipped"]))
        for place, value in zip(self._parts.counts, told, strict=False):
            post(self._parts.rings.inbox_can, reading(place, value, t_ns))

    def _look_around(self, t_ns: int) -> None:
        self._row["beat"] += 1
        for who in WATCHED:
            beat = int(self._parts.status[who]["beat"])
            if beat != self._beats[who]:
                self._beats[who] = beat
                post(self._parts.rings.inbox_can, heartbeat(who))
        if (asleep_ns := self._parts.clock.asleep_ns()) - self._asleep_ns > _ASLEEP_NS:  # the run's clock stood still
            self._asleep_ns = asleep_ns
            post(self._parts.rings.inbox_can, stop_now(int(Cause.HOST_PAUSED), 1))
        self._was_armed = self._was_armed or bool(self._parts.state.core["armed"][0])
        message = self._control.receive()
        if self._ending_ns is None and (self._control.gone or (message or {}).get("do") == "finish"):
            self._begin_end(t_ns)

    def _begin_end(self, t_ns: int) -> None:
        self._ending_ns = t_ns
        if self._was_armed and not self._stopped():
            cause = Cause.SERVICE_SILENT if self._control.gone else Cause.END_OF_PLAN
            post(self._parts.rings.inbox_can, stop_now(int(cause), 1))

    def _stopped(self) -> bool:
        """By a ladder that has ended; a freeze is no end."""
        core = self._parts.state.core[0]
        return bool(core["phase"] == STOPPED and core["stop_class"] < STOP_FREEZE)

    def _ended(self, t_ns: int) -> bool:
        if self._ending_ns is None:
            return False
        if self._safe_ns is None and (self._stopped() or not self._was_armed):
            self._safe_ns = t_ns
        if self._safe_ns is not None:
            return not self._was_armed or t_ns >= self._safe_ns + _AFTER_NS
        return t_ns >= self._ending_ns + _ENDING_MAX_NS
