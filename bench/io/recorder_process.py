"""The recorder: journal (durable before it is acknowledged), samples and inbox log, out of the others' way.

It ends after the core has ended, so that the stop is recorded even if nobody else is left; if the service is no more it
closes the run's folder. A disk that refuses, or is nearly full, is told to the service, which stops the bench; a
journal that cannot be written any more ends it at once: the beat stops, and the core stops the bench (F-58, F-59).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.records import EV_LATE, EVENT
from bench.base.ring import drain
from bench.core.design import RECORDER
from bench.core.program import Program
from bench.core.rings import Rings, drain_samples
from bench.core.state import State
from bench.io.clock import MonotonicClock
from bench.io.control import Control
from bench.io.gaps import Gaps
from bench.io.realtime import Granted, prefer
from bench.io.stalls import Stalled, Stalls
from bench.io.status import CORE, EMULATORS, FINISHED, RUNNING, CoreWatch
from bench.record.recorder import Recorder
from bench.record.storage import StorageError

_TURN_NS = 20_000_000
_LATE_TOLD_NS = 1_000_000_000
_OTHER_SIDE_NS = 10_000_000_000
_FLUSH_NS = 100_000_000  # after a kill at most this much of the samples is missing
_SYNC_NS = 500_000_000  # after a power cut at most twice as much: one sync may be under way


@dataclass(frozen=True, slots=True)
class RecorderParts:
    """What the recorder works on. ``orphaned`` is called last, when all files are closed, if the service is no more."""

    program: Program
    state: State
    rings: Rings
    status: NDArray[Any]
    clock: MonotonicClock
    recorder: Recorder
    orphaned: Callable[[], object] = lambda: None


def run_recorder(parts: RecorderParts, control: Control) -> None:
    """Record until the core has ended. ``{"record": n, "t_ns": .., "event": .., "data": ..}`` is answered by
    ``{"recorded": n}`` when it is durable. ``{"trouble": words}`` is told once when the run must end."""
    recorder = _Recorder(parts, control)
    prefer(session=True)
    control.send({"ready": True})
    recorder.run()


class LateCycles:
    """Tells of late cycles once a second at most: on a busy machine there may be hundreds, and each record of the
    journal costs a sync of the disk. None is lost: an event kept back counts with the next."""

    def __init__(self) -> None:
        self._held: NDArray[Any] = np.zeros(0, EVENT)
        self._told_ns = -_LATE_TOLD_NS

    def thin(self, events: NDArray[Any]) -> NDArray[Any]:
        """The same events in order, with at most one EV_LATE, the last."""
        late = np.flatnonzero(events["kind"] == EV_LATE)
        if not len(late):
            return events
        told = events.copy()
        told["value"][late[-1]] = self._held["value"].sum() + events["value"][late].sum()
        if int(events["t_ns"][late[-1]]) - self._told_ns < _LATE_TOLD_NS:
            self._held = told[late[-1:]]
            kept: NDArray[Any] = np.delete(told, late)
            return kept
        self._told_ns, self._held = int(events["t_ns"][late[-1]]), self._held[:0]
        thinned: NDArray[Any] = np.delete(told, late[:-1])
        return thinned

    def rest(self) -> NDArray[Any]:
        """What was kept back, at the end."""
        return self._held


class _Recorder:
    def __init__(self, parts: RecorderParts, control: Control) -> None:
        self._parts = parts
        self._control = control
        self._row = parts.status[RECORDER]
        self._core = CoreWatch(parts.status, parts.clock)
        self._flushed_ns = self._synced_ns = parts.clock.now_ns()
        self._told_trouble = False
        self._ending = False
        self._late = LateCycles()
        self._granted: Granted | None = None
        self._gaps = Gaps(parts.rings)
        self._stalls = Stalls(parts.status)
        self._told_silent = False

    def run(self) -> None:
        self._row["phase"] = RUNNING
        while not (self._ending and self._core.ended()):
            message = self._control.receive(_TURN_NS)
            if message is not None:
                self._obey(message)
            elif self._control.gone:
                self._ending = True
                self._parts.clock.sleep_until(self._parts.clock.now_ns() + _TURN_NS)
            self._collect()
            self._row["beat"] += 1
        self._collect()
        self._close()
        self._row["phase"] = FINISHED

    def _obey(self, message: Mapping[str, Any]) -> None:
        if message.get("do") == "finish":
            self._ending = True
        elif "record" in message:
            self._collect_events()  # what the core told before stands before
            try:
                self._parts.recorder.record(message["t_ns"], message["event"], message["data"])
            except StorageError:
                self._tell_trouble()
                raise
            self._control.send({"recorded": message["record"]})

    def _collect(self) -> None:
        parts, now_ns = self._parts, self._parts.clock.now_ns()
        self._tell_granted(now_ns)
        self._judge_core(now_ns)
        self._tell_stalls(now_ns, self._stalls.new(now_ns))
        self._collect_events()
        for group in range(len(parts.program.groups)):
            rows = drain_samples(parts.program, parts.rings.samples, group)
            parts.recorder.samples(group, rows.t_ns, rows.values, rows.quality)
        parts.recorder.inbox(drain(parts.rings.inbox_log))
        parts.recorder.mark(now_ns, *self._digest())
        if now_ns - self._flushed_ns >= _FLUSH_NS:
            self._flushed_ns = now_ns
            parts.recorder.flush(now_ns)
            self._tell_gaps(now_ns)
        if now_ns - self._synced_ns >= _SYNC_NS:
            self._synced_ns = now_ns
            parts.recorder.sync(now_ns)
        self._tell_trouble()

    def _tell_trouble(self) -> None:
        recorder = self._parts.recorder
        if recorder.trouble and not self._told_trouble:
            self._told_trouble = True
            self._control.send({"trouble": recorder.trouble})
        if recorder.journal_lost:
            raise StorageError(recorder.trouble)

    def _tell_gaps(self, t_ns: int) -> None:
        if lost := self._gaps.new():
            self._parts.recorder.record(t_ns, "recording_gap", {"lost": lost, "reason": "the recorder was too slow"})

    def _tell_stalls(self, t_ns: int, stalled: Stalled | None) -> None:
        if stalled is not None:
            self._parts.recorder.record(t_ns, "emulators_stalled", stalled.told())

    def _judge_core(self, t_ns: int) -> None:
        """What the core cannot tell any more (F-55, F-56)."""
        if not self._told_silent and self._core.silent():
            self._told_silent = True
            self._parts.recorder.record(t_ns, "core_silent", {"cycle": int(self._parts.state.core["t_ns"][0])})

    def _tell_granted(self, t_ns: int) -> None:
        """Once: what the operating system has granted the core, so that late cycles can be understood later."""
        if self._granted is None:
            self._granted = granted = Granted.of(int(self._parts.status[CORE]["granted"]))
            if granted is not None:
                told = {"fifo": granted.fifo, "locked": granted.locked, "means": granted.words()}
                self._parts.recorder.record(t_ns, "realtime", told)

    def _collect_events(self) -> None:
        events = drain(self._parts.rings.events)
        if len(events):
            self._parts.recorder.on_events(self._late.thin(events))

    def _digest(self) -> tuple[int, int]:
        counters = self._parts.state.counters[0]
        return int(counters["taken_in"]), int(np.uint64(counters["digest"]))

    def _close(self) -> None:
        self._parts.recorder.on_events(self._late.rest())
        now_ns = self._parts.clock.now_ns()
        self._tell_stalls(now_ns, self._stalls.rest())
        self._tell_gaps(now_ns)
        self._parts.recorder.close(self._parts.clock.now_ns(), *self._digest())
        if self._control.gone:
            self._await_other_side()
            self._parts.orphaned()

    def _await_other_side(self) -> None:
        """What emulators leave behind (the truth) belongs to the run, too."""
        clock, row = self._parts.clock, self._parts.status[EMULATORS]
        deadline_ns = clock.now_ns() + _OTHER_SIDE_NS
        while row["phase"] == RUNNING and clock.now_ns() < deadline_ns:
            clock.sleep_until(clock.now_ns() + _TURN_NS)
