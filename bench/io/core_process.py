"""The core in wall time: its own process, absolute deadlines, CAN in and out, and the end of everything.

Whatever happens to the others, this loop goes on until the bench is safe: when the service has gone, it asks itself for
the stop and walks the ladder to its end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import can
from numpy.typing import NDArray

from bench.base.ring import drain
from bench.core.causes import Cause
from bench.core.cycle import cycle
from bench.core.inbox import heartbeat, post, stop_now
from bench.core.program import Program
from bench.core.rings import Rings, make_rings
from bench.core.state import State, make_state
from bench.core.tables import STOPPED
from bench.io.can_port import CanPort
from bench.io.clock import MonotonicClock
from bench.io.control import Control
from bench.io.realtime import make_realtime
from bench.io.status import CORE, FINISHED, RUNNING, WATCHED

_LOOK_CYCLES = 10  # cycles between two looks at the control pipe and the beats of the others
_AFTER_NS = 500_000_000  # after the last rung: the links still write the last set-points
_ENDING_MAX_NS = 180_000_000_000  # no ladder takes longer; every rung has a deadline


@dataclass(frozen=True, slots=True)
class CoreParts:
    """What the core process works on; all arrays but the program's in shared memory."""

    program: Program
    state: State
    rings: Rings
    status: NDArray[Any]
    buses: Sequence[can.BusABC]
    clock: MonotonicClock


def run_core(parts: CoreParts, control: Control) -> None:
    """Run until told ``{"do": "finish"}`` or left alone, and then until the bench is safe."""
    warm_up(parts.program)
    granted = make_realtime()
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

    def run(self) -> None:
        parts, period_ns = self._parts, int(self._parts.program.settings["cycle_ns"][0])
        t_ns = parts.clock.now_ns() // period_ns * period_ns
        self._row["phase"] = RUNNING
        turn = 0
        while not self._ended(t_ns):
            # After a stall the grid goes on: cycles that were missed are skipped, counted and judged by the core.
            t_ns = max(t_ns + period_ns, parts.clock.now_ns() // period_ns * period_ns)
            parts.clock.sleep_until(t_ns)
            self._port.take_to_inbox(parts.rings.inbox_can)
            cycle(parts.program, parts.state, parts.rings, t_ns)
            if self._port.send(drain(parts.rings.frames_out)):
                self._row["note"] = self._port.unsent
            turn += 1
            if turn % _LOOK_CYCLES == 0:
                self._look_around(t_ns)
        self._row["phase"] = FINISHED
        self._port.close()

    def _look_around(self, t_ns: int) -> None:
        self._row["beat"] += 1
        for who in WATCHED:
            beat = int(self._parts.status[who]["beat"])
            if beat != self._beats[who]:
                self._beats[who] = beat
                post(self._parts.rings.inbox_can, heartbeat(who))
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
        return bool(self._parts.state.core["phase"][0] == STOPPED)

    def _ended(self, t_ns: int) -> bool:
        if self._ending_ns is None:
            return False
        if self._safe_ns is None and (self._stopped() or not self._was_armed):
            self._safe_ns = t_ns
        if self._safe_ns is not None:
            return not self._was_armed or t_ns >= self._safe_ns + _AFTER_NS
        return t_ns >= self._ending_ns + _ENDING_MAX_NS
