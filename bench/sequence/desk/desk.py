"""The sequence's desk at the core: requests become commands, the core's events become answers.

Used unchanged in every world; the owner hands in the core's arrays (its own memory, or shared with the core's process)
and the way to look into them, feeds it the events that the core tells, and answers ``Ask`` and ``Record``.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.base import records as r
from bench.base.channel import Channels
from bench.base.errors import BenchError, InternalError
from bench.base.reading import Reading
from bench.base.ring import Ring
from bench.base.time import NS_PER_MS
from bench.core import inbox
from bench.core.causes import SILENCE, Cause, cause_text
from bench.core.design import Design
from bench.core.state import State
from bench.core.tables import CONDITIONS, REFUSALS, STOP_FREEZE, WATCHES
from bench.schedule.outcomes import Held, SetpointRefused, Stopped
from bench.schedule.requests import (
    BusReport,
    Collect,
    Collected,
    Command,
    Measure,
    Now,
    Operation,
    Ramp,
    Read,
    Segment,
    Sleep,
    StopReport,
    Until,
    UntilSafe,
    Window,
)
from bench.schedule.scheduler import PENDING, Job, Scheduler, end
from bench.sequence.desk.branching import Branching
from bench.sequence.desk.bus_report import bus_report
from bench.sequence.desk.look import Look, at_once, readings, steadily
from bench.sequence.desk.metering import DRAIN_NS, Metering, check_count
from bench.sequence.desk.stop_words import explained
from bench.sequence.pause.pauses import Pauses

T = TypeVar("T")
_METER_LOOK_NS = 20 * NS_PER_MS


class Desk:
    """One sequence at one core. ``answer_ns``: by when the core has taken in a command and refused it, if it does.
    ``stood_still``: for how long (ns) an emulated other side stood still around a time; it is named when it explains a
    stop."""

    def __init__(
        self, design: Design, state: State, commands: Ring, answer_ns: int = 2 * NS_PER_MS, look: Look = at_once,
        stood_still: Callable[[int], int] = lambda _t_ns: 0,
    ) -> None:  # fmt: skip
        self._design = design
        self._channels: Channels = design.channels
        self._setpoints = {setpoint.channel: i for i, setpoint in enumerate(design.setpoints)}
        self._names = list(self._setpoints)
        self._rungs = [rung.name for rung in design.rungs]
        self._state = state
        self._inbox = commands
        self._answer_ns = answer_ns
        self._look = look
        self._stood_still = stood_still
        self.scheduler: Scheduler | None = None
        self._jobs: list[Job] = []
        self._branching = Branching(self, lambda: self._clock)
        self._watching: dict[int, tuple[Job, int, Until, int]] = {}  # with the ticket and the deadline
        self._ramping: dict[int, tuple[Job, int]] = {}  # who waits for a refusal, and its ticket
        self._measuring: dict[Job, Job] = {}
        self._collecting: tuple[Metering, Job, Job] | None = None  # who drains it, and for whom
        self._until_safe: list[Job] = []
        self._own_stop = False
        self._frozen_ns: int | None = None  # since when, by a freeze that may end by itself
        self._thawed: list[tuple[Job, int, Callable[[], None]]] = []  # what waits for its end: who, ticket, what
        self._held: Held | None = None  # nothing was found steady since a freeze
        self._report: StopReport | None = None
        self._stop: Stopped | None = None
        self._walked: list[tuple[str, str]] = []
        self.pauses = Pauses(lambda: self._clock.t_ns, self.break_in, self._branching.stand_still)

    def handlers(self) -> dict[type[Any], Callable[[Job, Any], Any]]:
        """Answers for the scheduler's requests that concern the core."""
        return {
            Command: self._command,
            Until: self._until,
            Ramp: self._ramp,
            Segment: self._segment,
            Read: self._read,
            Measure: self._measure,
            Collect: self._collect,
            Collected: self._collected,
            UntilSafe: self._wait_safe,
            BusReport: self._bus_report,
            **self._branching.handlers(),
        }

    def attend(self, job: Job) -> None:
        """From now on ``job`` is told of stops."""
        self._jobs.append(job)

    def seen(self, channels: tuple[str, ...]) -> dict[str, Reading] | None:
        """What channels have now; None while it cannot be looked at."""
        taken = self._look(lambda: self._state.image[[self._channels.index(name) for name in channels]])
        return None if taken is None else dict(zip(channels, readings(channels, taken), strict=True))

    def break_in(self, error: BenchError) -> None:
        """Throw ``error`` at what the sequence waits for; a window that is open is abandoned."""
        self._abandon_window(self._branching.driver(self._jobs))
        self._clock.wake(self._branching.driver(self._jobs), self._clock.t_ns, error=error)

    def stop(self, cause: Cause = Cause.OPERATOR) -> None:
        """A stop from outside: controlled, from any state, however often it is asked for."""
        self._send(inbox.stop_now(cause))

    def dismiss(self, job: Job) -> None:
        """``job`` has ended, or waits for others: it is told of stops no more."""
        self._jobs.remove(job)
        self._abandon(job)

    def interrupt(self, job: Job, error: BenchError) -> None:
        """Throw ``error`` at what ``job`` waits for; nothing is measured for it any more."""
        self._abandon(job)
        self._clock.wake(job, self._clock.t_ns, error=error)

    def _abandon(self, job: Job) -> None:
        self._abandon_window(job)
        if self._collecting is not None and self._collecting[2] is job:
            self._end_collection()

    # --- commands ------------------------------------------------------------------------------------------------
    @property
    def _clock(self) -> Scheduler:
        if self.scheduler is None:
            raise InternalError("the desk was not given its scheduler")
        return self.scheduler

    def _send(self, records: NDArray[Any]) -> None:
        if inbox.post(self._inbox, records) < len(records):
            raise InternalError("the core does not take in commands; its inbox is full")

    def _command(self, _job: Job, request: Command) -> None:
        for record in request.records:
            if record["length"] == r.CMD_STOP:
                self._own_stop = True
            if record["length"] == r.CMD_RESET:
                self._stop, self._report, self._walked = None, None, []
        self._send(request.records)

    def _ramp(self, job: Job, request: Ramp) -> Any:
        index = self._index(request)
        self._now_or_thawed(job, lambda: self._set(job, (request,), (index,), self._clock.t_ns + self._answer_ns))
        return PENDING

    def _segment(self, job: Job, request: Segment) -> Any:
        indices = [self._index(ramp) for ramp in request.ramps]
        if self._frozen_ns is not None or self._held is not None:
            self._now_or_thawed(job, lambda: self._answer_held(job))
        else:
            self._set(job, request.ramps, indices, request.until_ns)
        return PENDING

    def _index(self, request: Ramp) -> int:
        index = self._setpoints.get(request.channel)
        if index is None:
            raise SetpointRefused(request.channel, request.target, "there is no such set-point")
        return index

    def _set(self, job: Job, ramps: Sequence[Ramp], indices: Sequence[int], until_ns: int) -> None:
        rows = [(index, ramp.target, ramp.rate) for index, ramp in zip(indices, ramps, strict=True)]
        if rows:
            self._send(inbox.set_points(rows))
        self._clock.wake(job, until_ns)
        for index in indices:
            self._ramping[index] = (job, job.ticket)

    def _now_or_thawed(self, job: Job, act: Callable[[], None]) -> None:
        """What the core would refuse while frozen waits: for the end of the freeze, or for nothing when it stops."""
        if self._frozen_ns is None:
            act()
        else:
            self._when_thawed(job, act)

    def _when_thawed(self, job: Job, act: Callable[[], None]) -> None:
        self._thawed.append((job, job.ticket, act))

    # --- waiting -------------------------------------------------------------------------------------------------
    def _until(self, job: Job, request: Until) -> Any:
        deadline_ns = self._clock.t_ns + request.timeout_ns
        self._now_or_thawed(job, lambda: self._watch(job, request, deadline_ns))
        return PENDING

    def _watch(self, job: Job, request: Until, deadline_ns: int) -> None:
        watch = next((n for n in range(WATCHES) if n not in self._watching), None)
        if watch is None:
            raise InternalError(f"{WATCHES} watches are in use already")
        if len(request.conditions) > CONDITIONS:
            raise InternalError(f"one watch holds {CONDITIONS} conditions, not {len(request.conditions)}")
        conditions = [(condition, self._channels.index(condition.channel)) for condition in request.conditions]
        self._send(inbox.watch(watch, conditions, deadline_ns))
        self._watching[watch] = (job, job.ticket, request, deadline_ns)
        self._held = None

    def _wait_safe(self, job: Job, request: UntilSafe) -> Any:
        if self._report is not None:
            return self._report
        self._until_safe.append(job)
        unfinished = StopReport(False, False, self._stop.cause if self._stop else "", tuple(self._walked))
        self._clock.wake(job, self._clock.t_ns + request.timeout_ns, unfinished)
        return PENDING

    # --- reading -------------------------------------------------------------------------------------------------
    def _read(self, job: Job, request: Read) -> Any:
        places = [self._channels.index(name) for name in request.channels]
        return self._answer(job, lambda: self._state.image[places], partial(readings, request.channels))

    def _bus_report(self, job: Job, _request: BusReport) -> Any:
        seen, rx = self._state.seen.rows, self._state.rx
        return self._answer(job, lambda: (seen.copy(), rx.copy()), lambda taken: bus_report(self._design, *taken))

    def _answer(self, job: Job, copy: Callable[[], T], make: Callable[[T], Any]) -> Any:
        """Answer ``job`` with what ``make`` makes of a copy that one cycle left: at once, or when the core lets it."""
        taken = self._look(copy)
        if taken is not None:
            return make(taken)
        self._clock.spawn(f"{job.name}: look", self._on_behalf(job, job.ticket, steadily(self._look, copy), make))
        return PENDING

    def _on_behalf(
        self, job: Job, ticket: int, operation: Operation[T], make: Callable[[T], Any] = lambda found: found
    ) -> Operation[None]:
        """Answer ``job``, if it still waits, with what ``operation`` finds, or with its error."""
        try:
            found = yield from operation
        except BenchError as failure:
            self._clock.answer(job, ticket, error=failure)
        else:
            self._clock.answer(job, ticket, make(found))

    def _measure(self, job: Job, request: Measure) -> Any:
        if self._collecting is not None:
            raise InternalError("the meter is busy with a collection; ask for its last part first")
        check_count(request.channels)
        if request.pace not in request.channels:
            raise InternalError(f"a window is paced by a channel that it keeps; add {request.pace!r} to its channels")
        self._now_or_thawed(job, lambda: self._open_window(job, request))
        return PENDING

    def _open_window(self, job: Job, request: Measure) -> None:
        if self._held is not None:
            self._answer_held(job)
            return
        window = self._on_behalf(job, job.ticket, self._metered(job, request))
        self._measuring[job] = self._clock.spawn(f"{job.name}: measure", window, job.priority)

    def _answer_held(self, job: Job) -> None:
        self._clock.wake(job, self._clock.t_ns, error=self._held)
        self._held = None

    def _begin(self, channels: tuple[str, ...]) -> Metering:
        self._send(inbox.meter([self._channels.index(name) for name in channels]))
        return Metering(self._state, self._look, channels, self._clock.t_ns)

    def _metered(self, job: Job, request: Measure) -> Operation[Window]:
        self._send(inbox.sampling(fast=True))
        metering, pace = self._begin(request.channels), request.channels.index(request.pace)
        try:
            start_ns: int = yield Now()
            while (left_ns := start_ns + request.duration_ns - (yield Now())) > 0:
                yield Sleep(min(left_ns, DRAIN_NS))
                if left_ns > DRAIN_NS:
                    yield from metering.drain()
            while (yield from metering.counts())[pace] < request.updates:
                if (yield Now()) >= start_ns + request.timeout_ns:
                    break
                yield Sleep(_METER_LOOK_NS)
            self._close_window()
            yield Sleep(self._answer_ns)
            end_ns: int = yield Now()
            return (yield from metering.take(end_ns, end_ns))
        finally:
            self._measuring.pop(job, None)

    def _close_window(self) -> None:
        self._send(inbox.stop_meter())
        self._send(inbox.sampling(fast=False))

    def _collect(self, job: Job, request: Collect) -> None:
        check_count(request.channels)
        self._end_collection()
        metering = self._begin(request.channels)
        self._collecting = metering, self._clock.spawn(f"{job.name}: collect", metering.draining(), job.priority), job

    def _collected(self, job: Job, request: Collected) -> Any:
        if self._collecting is None:
            if self._frozen_ns is None and self._held is None:
                raise InternalError("nothing is being collected; ask for it first")
            self._now_or_thawed(job, lambda: self._answer_held(job))
            return PENDING
        taking = self._collecting[0].take(self._clock.t_ns, request.until_ns)
        self._clock.spawn(f"{job.name}: collected", self._on_behalf(job, job.ticket, taking), job.priority)
        if request.last:
            self._end_collection()
        return PENDING

    def _end_collection(self) -> None:
        if self._collecting is not None:
            self._send(inbox.stop_meter())
            end(self._collecting[1])
            self._collecting = None

    # --- what the core tells ---------------------------------------------------------------------------------------
    def on_events(self, events: NDArray[np.void]) -> None:
        """Take in what the core has told, in order."""
        told: Mapping[int, Callable[[np.void], None]] = {
            r.EV_WAKE: self._woken,
            r.EV_REFUSED: self._refused,
            r.EV_RUNG: self._rung,
            r.EV_STOP: self._stopped,
            r.EV_SAFE: self._safe,
            r.EV_RELEASED: self._released,
        }
        for event in events:
            if (handler := told.get(int(event["kind"]))) is not None:
                handler(event)

    def _woken(self, event: np.void) -> None:
        job, ticket, request, deadline_ns = self._watching.pop(int(event["id"]), (None, 0, None, 0))
        if job is None or request is None or job.ticket != ticket:  # it waits for something else by now
            return
        if event["value"] >= 0 or self._own_stop:
            self._clock.wake(job, self._clock.t_ns, bool(event["value"] > 0))
        elif self._frozen_ns is not None:
            since_ns = self._frozen_ns
            self._when_thawed(job, lambda: self._watch(job, request, deadline_ns + self._clock.t_ns - since_ns))

    def _refused(self, event: np.void) -> None:
        index = int(event["id"])
        job, ticket = self._ramping.pop(index, (None, 0))
        if job is not None and job.ticket == ticket:
            reason, asked = REFUSALS.get(int(event["extra"]), "refused"), float(event["value"])
            self._clock.wake(job, self._clock.t_ns, error=SetpointRefused(self._names[index], asked, reason))

    def _rung(self, event: np.void) -> None:
        if event["value"] != 0:
            self._walked.append((self._rungs[int(event["id"])], "confirmed" if event["value"] > 0 else "missed"))

    def _stopped(self, event: np.void) -> None:
        code, stop_class = int(event["id"]), int(event["value"])
        operator = code == Cause.OPERATOR
        self._stop = Stopped(code, *explained(self._design, self._stood_still, event), stop_class, operator)
        if stop_class == STOP_FREEZE and code in SILENCE:
            self._frozen_ns = int(event["t_ns"])
            self._end_collection()
            for job in list(self._measuring):
                self._abandon_window(job)
                self._when_thawed(job, partial(self._answer_held, job))
            return
        self._frozen_ns = None
        self._thawed.clear()
        self._end_collection()
        if self._own_stop and not operator:
            return
        for job in self._jobs:
            self._abandon_window(job)
            if not job.done:
                self._clock.wake(job, self._clock.t_ns, error=self._stop)

    def _released(self, event: np.void) -> None:
        """The freeze has ended: go on. A window that was open, or opens before it is steady again, is ``Held``."""
        self._stop, self._walked = None, []
        self._held = Held(cause_text(int(event["id"])).happened, float(event["value"]))
        self._frozen_ns = None
        thawed, self._thawed = self._thawed, []
        for job, ticket, act in thawed:
            if job.ticket == ticket:
                act()

    def _abandon_window(self, job: Job) -> None:
        inner = self._measuring.pop(job, None)
        if inner is not None:
            end(inner)
            self._close_window()

    def _safe(self, event: np.void) -> None:
        cause, confirmed = self._stop.cause if self._stop else "", bool(event["value"] > 0)
        self._report = StopReport(True, confirmed, cause, tuple(self._walked))
        self._own_stop = False
        for job in self._until_safe:
            self._clock.wake(job, self._clock.t_ns, self._report)
        self._until_safe.clear()
