"""The recorder: journal (durable before it is acknowledged), samples and inbox log, out of the others' way.

It ends after the core has ended, so that the stop is recorded even if nobody else is left. A disk that refuses ends it
at once: the beat stops, and the core stops the bench (F-58, F-59).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.quality import GOOD
from bench.base.records import EV_LATE
from bench.base.ring import drain
from bench.core.design import RECORDER
from bench.core.program import Program
from bench.core.rings import Rings, drain_samples
from bench.core.state import State
from bench.io.clock import MonotonicClock
from bench.io.control import Control
from bench.io.status import FINISHED, RUNNING, CoreWatch
from bench.record.core_events import Names, describe
from bench.record.inbox_log import DIGEST_PERIOD_NS, InboxLog
from bench.record.journal import Journal
from bench.record.samples import SampleWriter

_TURN_NS = 20_000_000
_FLUSH_NS = 100_000_000  # after a kill at most this much of the samples is missing


@dataclass(frozen=True, slots=True)
class RecorderParts:
    """What the recorder works on. ``seal`` is called last, when all files are closed (the manifest)."""

    program: Program
    state: State
    rings: Rings
    status: NDArray[Any]
    clock: MonotonicClock
    journal: Journal
    samples: SampleWriter
    inbox_log: InboxLog
    names: Names
    seal: Callable[[], object]


def run_recorder(parts: RecorderParts, control: Control) -> None:
    """Record until the core has ended. ``{"record": n, "t_ns": .., "event": .., "data": ..}`` is answered by
    ``{"recorded": n}`` when it is durable."""
    recorder = _Recorder(parts, control)
    control.send({"ready": True})
    recorder.run()


def one_late(events: NDArray[Any]) -> NDArray[Any]:
    """The same events with one EV_LATE, the last, for all: on a busy machine there may be hundreds a second, and each
    journal record costs a sync of the disk."""
    late = np.flatnonzero(events["kind"] == EV_LATE)
    if len(late) < 2:
        return events
    merged = events.copy()
    merged["value"][late[-1]] = events["value"][late].sum()
    kept: NDArray[Any] = np.delete(merged, late[:-1])
    return kept


class _Recorder:
    def __init__(self, parts: RecorderParts, control: Control) -> None:
        self._parts = parts
        self._control = control
        self._row = parts.status[RECORDER]
        self._core = CoreWatch(parts.status, parts.clock)
        self._flushed_ns = self._digest_ns = parts.clock.now_ns()
        self._ending = False

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
            self._parts.journal.append(message["t_ns"], message["event"], message["data"])
            self._control.send({"recorded": message["record"]})

    def _collect(self) -> None:
        parts, now_ns = self._parts, self._parts.clock.now_ns()
        self._collect_events()
        for group in range(len(parts.program.groups)):
            rows = drain_samples(parts.program, parts.rings.samples, group)
            parts.samples.add(group, rows.t_ns, rows.values, rows.quality == GOOD)
        parts.inbox_log.append(drain(parts.rings.inbox_log))
        if now_ns - self._digest_ns >= DIGEST_PERIOD_NS:
            self._note_digest(now_ns)
        if now_ns - self._flushed_ns >= _FLUSH_NS:
            self._flushed_ns = now_ns
            parts.samples.flush()
            parts.inbox_log.flush(sync=False)

    def _collect_events(self) -> None:
        for t_ns, event, data in describe(one_late(drain(self._parts.rings.events)), self._parts.names):
            self._parts.journal.append(t_ns, event, data)

    def _note_digest(self, now_ns: int) -> None:
        counters = self._parts.state.counters[0]
        self._digest_ns = now_ns
        self._parts.inbox_log.digest(now_ns, int(counters["taken_in"]), int(counters["digest"]))

    def _close(self) -> None:
        parts = self._parts
        self._note_digest(parts.clock.now_ns())
        parts.inbox_log.close()
        parts.samples.finalise()
        parts.journal.close()
        parts.seal()
