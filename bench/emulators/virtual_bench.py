"""A bench in virtual time: the compiled loop, the links and the sequence on one deterministic scheduler.

Time jumps from event to event. The compiled loop runs core, wire, inverter and plant up to the next event, or until the
core has something to tell; then the jobs that are due go on. The same seed gives the same bytes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import direct
from bench.base.errors import LinkError
from bench.base.records import INBOX
from bench.base.ring import drain, push_all, waiting
from bench.base.time import NS_PER_MS, NS_PER_S
from bench.core.design import DiagnosticRoute
from bench.core.program import Program
from bench.core.rings import Rings
from bench.core.state import State
from bench.emulators.couple import EmulatedBench, run
from bench.emulators.device import Watched
from bench.emulators.diagnosed import DiagnosedEcu
from bench.emulators.polls import BACK, DUE
from bench.emulators.polls import serve as serve_seats
from bench.emulators.virtual_can import VirtualCan
from bench.emulators.virtual_line import VirtualLine
from bench.links.answering import PART, Answering, serve
from bench.links.mailbox import Mailbox, Question
from bench.schedule.requests import Answer, Ask, Exchange, Frames, Operation, Poll, Post, Prompt, Record, Reopen
from bench.schedule.scheduler import PENDING, Job, Scheduler
from bench.sequence.desk.desk import Desk

_LINK_PRIORITY, _SEQUENCE_PRIORITY, _RECORD_PRIORITY = 0, 1, 2
_STRIDE_NS = NS_PER_S
_WATCHDOG_LOOK_NS = 100 * NS_PER_MS  # while no watchdog runs; shorter than any of them


@dataclass(frozen=True, slots=True)
class VirtualLink:
    """One instrument: its line, the mailbox of its link, and the link's job."""

    line: VirtualLine
    mailbox: Mailbox
    job: Operation[None]


@dataclass(slots=True)
class OnDemand:
    """A link whose job lives only while questions wait."""

    mailbox: Mailbox
    serve: Callable[[], Operation[None]]
    job: Job | None = None


class VirtualBench:
    """Runs one sequence. ``record`` journals (event, data); ``collect`` is called each virtual second for recording,
    ``on_frames`` with all that was on the buses, if the world is tapped: time waits until it returns."""

    def __init__(
        self,
        program: Program,
        state: State,
        rings: Rings,
        emulated: EmulatedBench,
        desk: Desk,
        record: Callable[[int, str, Mapping[str, Any]], None],
        on_events: Callable[[NDArray[np.void]], None],
        collect: Callable[[int], None],
        on_frames: Callable[[NDArray[np.void]], None] = lambda _frames: None,
    ) -> None:
        self._core = (program, state, rings, emulated)
        self._run = direct(run, *self._core, 0, 0)
        self._asking = emulated.polls, emulated.sensors.means, state.image, 0, rings.inbox_links
        self._serve_seats = direct(serve_seats, *self._asking, 0)
        self._core_t_ns = state.core["t_ns"]
        self._push = direct(push_all, rings.inbox_links, np.zeros(1, INBOX))
        self._rings = rings
        self._desk = desk
        self._record = record
        self._on_events = on_events
        self._collect = collect
        self._polls = emulated.polls.header
        self._tap, self._on_frames = emulated.tap, on_frames
        self._links: dict[str, VirtualLink] = {}
        self._lines: dict[Job, VirtualLine] = {}
        self._on_demand: dict[str, OnDemand] = {}
        self._diagnosed: DiagnosedEcu | None = None
        self._ecu_ns = 0  # when it is asked again whether it wants to say something
        self.answers: list[str] = []  # what an operator would say, prompt by prompt
        self.scheduler = Scheduler(
            {
                **desk.handlers(),
                Exchange: lambda job, request: self._lines[job].exchange(job, request),
                Frames: lambda job, request: self._can.exchange(job, request),
                Reopen: lambda job, request: self._lines[job].reopen(job, request),
                Poll: lambda job, request: self._lines[job].poll(job, request, self._post),
                Post: lambda _job, request: self._post(request.values),
                Ask: self._ask,
                Record: self._journal,
                Prompt: self._prompt,
            }
        )
        desk.scheduler = self.scheduler
        self._can = VirtualCan(rings, self.scheduler)

    def add_link(self, part: str, link: VirtualLink) -> None:
        """Join an instrument's link."""
        self._links[part] = link
        self._lines[self.scheduler.spawn(part, link.job, _LINK_PRIORITY)] = link.line

    def add_unit(self, route: DiagnosticRoute, unit: Answering, ecu: DiagnosedEcu | None) -> None:
        """Join the link to the drive unit itself; ``ecu``: who answers, if not the inverter in the compiled loop. The
        link lives only while it is asked: an idle one would stop the compiled loop at each look."""
        mailbox = Mailbox()
        self._can.route = (route.bus, route.request)
        self._on_demand[PART] = OnDemand(mailbox, lambda: serve(unit, mailbox))
        self._diagnosed = ecu

    def watch_over(self, device: Watched) -> None:
        """Let an instrument's watchdog bite at its time."""
        for link in self._links.values():
            link.line.catch_up()
        now_ns, due_ns = self.scheduler.t_ns, device.watchdog_ns()
        if due_ns is not None and due_ns <= now_ns:
            device.expire(now_ns)
            due_ns = None
        next_ns = now_ns + _WATCHDOG_LOOK_NS if due_ns is None else due_ns
        self.scheduler.call(next_ns, lambda: self.watch_over(device), _LINK_PRIORITY)

    def start(self, sequence: Operation[Any]) -> Job:
        """Start the sequence; ``advance`` until its job is done."""
        job = self.scheduler.spawn("sequence", sequence, _SEQUENCE_PRIORITY)
        self._desk.attend(job)
        self.scheduler.call(_STRIDE_NS, self._stride, _RECORD_PRIORITY)
        return job

    def advance(self) -> int:
        """Run up to the next event; the time reached, in ns."""
        scheduler = self.scheduler
        until_ns = scheduler.next_ns()
        if until_ns is None:
            until_ns = scheduler.t_ns + _STRIDE_NS
        reached_ns = scheduler.t_ns
        if until_ns > reached_ns:
            reached_ns = self._run(*self._core, max(int(self._core_t_ns[0]), 0), until_ns)
            scheduler.t_ns = max(reached_ns, scheduler.t_ns)
            self._get_up()
            if waiting(self._tap):
                self._on_frames(drain(self._tap))
            if waiting(self._rings.events):
                events = drain(self._rings.events)
                self._on_events(events)
                self._desk.on_events(events)
            self._can.look()
            if self._diagnosed is not None and self._diagnosed.waiting():
                self._serve_ecu()
        scheduler.run_due(scheduler.t_ns)
        if self._polls.item(DUE) <= scheduler.t_ns:  # who has just sat down asks now
            self._serve_seats(*self._asking, scheduler.t_ns)
            self._get_up()
        return scheduler.t_ns

    def _get_up(self) -> None:
        if self._polls.item(BACK):
            for link in self._links.values():
                link.line.get_up()

    def _stride(self) -> None:
        self._collect(self.scheduler.t_ns)
        self.scheduler.call(self.scheduler.t_ns + _STRIDE_NS, self._stride, _RECORD_PRIORITY)

    def _post(self, values: NDArray[np.void]) -> None:
        if not self._push(self._rings.inbox_links, np.ascontiguousarray(values)):
            raise LinkError("the core does not take in readings; its inbox is full")

    def _serve_ecu(self) -> None:
        """Let the ECU answer now, and again when it wants to."""
        assert self._diagnosed is not None
        self._diagnosed.live(self.scheduler.t_ns)
        due_ns = self._diagnosed.next_ns()
        if due_ns is not None and not self.scheduler.t_ns < self._ecu_ns <= due_ns:
            self._ecu_ns = due_ns
            self.scheduler.call(due_ns, self._serve_ecu, _LINK_PRIORITY)

    def _ask(self, job: Job, request: Ask) -> Any:
        on_demand = self._on_demand.get(request.part)
        link = on_demand or self._links.get(request.part)
        if link is None:
            raise LinkError(f"the bench has no part {request.part!r}")

        ticket = job.ticket

        def done(answer: Mapping[str, Any]) -> None:
            self.scheduler.answer(job, ticket, answer)

        def failed(error: BaseException) -> None:
            self.scheduler.answer(job, ticket, error=error)

        link.mailbox.put(Question(request.what, request.arguments, done, failed))
        if isinstance(link, VirtualLink):
            link.line.wake()
        if on_demand is not None and (on_demand.job is None or on_demand.job.done):
            on_demand.job = self.scheduler.spawn(request.part, on_demand.serve(), _LINK_PRIORITY)
        return PENDING

    def _prompt(self, job: Job, request: Prompt) -> Any:
        """Nobody is here: the next of the prepared answers at once, else the default when the time is over."""
        if self.answers:
            return Answer(self.answers.pop(0), "script")
        self.scheduler.wake(job, self.scheduler.t_ns + request.timeout_ns, Answer(request.default, "time-out"))
        return PENDING

    def _journal(self, _job: Job, request: Record) -> None:
        self._record(self.scheduler.t_ns, request.event, request.data)
