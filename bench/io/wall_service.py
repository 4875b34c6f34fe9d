"""The service's loop in wall time: drives the sequence's jobs by the same scheduler and desk as the virtual world.

``Ask`` goes to the links process, ``Record`` to the recorder, the rest to the desk, which reads and writes the core's
shared memory.
"""

from collections.abc import Callable, Sequence
from typing import Any

from numpy.typing import NDArray

from bench.base.errors import BenchError, DeviceError, LinkError
from bench.base.ring import Ring
from bench.base.time import NS_PER_S
from bench.core.causes import Cause
from bench.core.design import SERVICE
from bench.io.clock import MonotonicClock
from bench.io.control import Control
from bench.io.processes import ProcessError
from bench.io.realtime import prefer
from bench.io.ring_edges import Tail
from bench.io.status import FINISHED, RUNNING
from bench.io.terminal_answers import TerminalAnswers
from bench.record.journal import plain
from bench.record.storage import StorageError
from bench.schedule.requests import Answer, Ask, Operation, Prompt, Record
from bench.schedule.scheduler import PENDING, Handler, Job, Scheduler
from bench.sequence.desk.desk import Desk
from bench.sequence.pause.pauses import typed

_TURN_NS = 1_000_000
_ASK_NS, _RECORD_NS = 60 * NS_PER_S, 30 * NS_PER_S
"""Nothing waits for ever: far beyond the time-outs of every exchange, and of a disk that is only slow."""
_Waiting = tuple[Job, int]  # with its ticket when it asked


class WallService:
    """One core, one desk, and the pipes to links and recorder."""

    def __init__(
        self, desk: Desk, events: Ring, links: Control, recorder: Control, status: NDArray[Any], clock: MonotonicClock,
        failure: Callable[[], str] = lambda: "", on_turn: Callable[[int], None] = lambda _t_ns: None,
        answers: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """``failure``: why the crew is not complete (``Crew.failure``); ``on_turn``: called about every 20 ms;
        ``answers``: given to prompts, one by one, before anybody is asked."""
        self._desk = desk
        self._tail = Tail(events)
        self._links = links
        self._recorder = recorder
        self._row = status[SERVICE]
        self._clock = clock
        self._failure = failure
        self._on_turn = on_turn
        self._number = 0
        self._asked: dict[int, _Waiting] = {}
        self._recorded: dict[int, _Waiting] = {}
        self._trouble = ""
        self._answers, self._terminal = list(answers), TerminalAnswers()
        self._prompted: tuple[Job, int, Prompt] | None = None
        handlers: dict[type[Any], Handler] = {
            **desk.handlers(),
            Ask: self._ask,
            Record: self._record,
            Prompt: self._prompt,
        }
        self.scheduler = Scheduler(handlers)
        desk.scheduler = self.scheduler

    @property
    def desk(self) -> Desk:
        """The sequence's desk at the core."""
        return self._desk

    def run(self, name: str, operation: Operation[Any]) -> Any:
        """Run a job to its end; its result, or what it raised. Raises ``ProcessError`` when a process has died and the
        job does not end within ten seconds of being told."""
        prefer(session=False)
        self.scheduler.run_due(self._clock.now_ns())
        job = self.scheduler.spawn(name, operation)
        self._desk.attend(job)
        self._row["phase"] = RUNNING
        told_ns = turn = 0
        while not job.done:
            self._turn()
            turn += 1
            if turn % 20 == 0:
                now_ns = self.scheduler.t_ns
                self._on_turn(now_ns)
                self._hear_operator()
                failure = self._failure()
                if failure and not told_ns:
                    told_ns = now_ns
                    self.scheduler.wake(job, now_ns, error=self._incomplete(failure))
                elif failure and now_ns - told_ns > 10_000_000_000:
                    raise self._incomplete(failure)
        self._row["phase"] = FINISHED
        if job.error is not None:
            raise job.error
        return job.result

    def _incomplete(self, failure: str) -> BenchError:
        """A crew without its recorder, since the disk refused, is no riddle."""
        return StorageError(self._trouble) if self._trouble else ProcessError(failure)

    def _turn(self) -> None:
        self._row["beat"] += 1
        # In this order: after a pause of this process the core's stop must be known before any job goes on.
        now_ns = self._clock.now_ns()
        events = self._tail.take()
        if len(events):
            self._desk.on_events(events)
        self.scheduler.run_due(now_ns)
        self._hear_links()
        self._hear_recorder()
        look_ns, next_ns = self._clock.now_ns() + _TURN_NS, self.scheduler.next_ns()
        self._clock.sleep_until(look_ns if next_ns is None else min(look_ns, next_ns))

    # --- the links -------------------------------------------------------------------------------------------------
    def _ask(self, job: Job, request: Ask) -> Any:
        self._number += 1
        arguments = plain(dict(request.arguments))
        message = {"ask": self._number, "part": request.part, "what": request.what, "arguments": arguments}
        if not self._links.send(message):
            raise LinkError(f"{request.part}: the links process has gone")
        silent = LinkError(f"{request.part}: the links did not answer {request.what!r} in {_ASK_NS // NS_PER_S} s")
        self.scheduler.wake(job, self.scheduler.t_ns + _ASK_NS, error=silent)
        self._asked[self._number] = (job, job.ticket)
        return PENDING

    def _hear_links(self) -> None:
        while (message := self._links.receive()) is not None:
            waiting = self._asked.pop(message.get("answer", 0), None)
            if waiting is None:
                continue
            if "error" in message:
                kind = DeviceError if message["device"] else LinkError
                self.scheduler.answer(*waiting, error=kind(message["error"]))
            else:
                self.scheduler.answer(*waiting, message["value"])
        if self._links.gone:
            self._fail_all(self._asked, LinkError("the links process has gone"))

    # --- the recorder ----------------------------------------------------------------------------------------------
    def _record(self, job: Job, request: Record) -> Any:
        self._number += 1
        data = plain(dict(request.data))
        message = {"record": self._number, "t_ns": self.scheduler.t_ns, "event": request.event, "data": data}
        if not self._recorder.send(message):
            raise self._unrecorded()
        silent = ProcessError(f"the recorder did not confirm {request.event!r} in {_RECORD_NS // NS_PER_S} s")
        self.scheduler.wake(job, self.scheduler.t_ns + _RECORD_NS, error=silent)
        self._recorded[self._number] = (job, job.ticket)
        return PENDING

    def _hear_recorder(self) -> None:
        while (message := self._recorder.receive()) is not None:
            waiting = self._recorded.pop(message.get("recorded", 0), None)
            if waiting is not None:
                self.scheduler.answer(*waiting)
            if "trouble" in message:
                self._trouble = message["trouble"]
                self._desk.stop(Cause.DISK_FULL)
        if self._recorder.gone:
            self._fail_all(self._recorded, self._unrecorded())

    def _unrecorded(self) -> BenchError:
        """Why nothing can be recorded any more."""
        if self._trouble:
            return StorageError(self._trouble)
        return ProcessError("the recorder has gone; nothing can be recorded")

    def _fail_all(self, waiting: dict[int, _Waiting], error: Exception) -> None:
        for job, ticket in waiting.values():
            self.scheduler.answer(job, ticket, error=error)
        waiting.clear()

    # --- the operator ----------------------------------------------------------------------------------------------
    def _prompt(self, job: Job, request: Prompt) -> Any:
        """A prepared answer at once; else the operator is asked, and the default answers when the time is over."""
        if self._answers:
            return Answer(self._answers.pop(0), "script")
        self._terminal.ask(request.text, request.answers)
        if not request.holds:
            self.scheduler.wake(job, self.scheduler.t_ns + request.timeout_ns, Answer(request.default, "time-out"))
        self._prompted = (job, job.ticket, request)
        return PENDING

    def _hear_operator(self) -> None:
        if self._prompted is None:
            wish = typed(self._terminal.take() or "")
            if wish is not None:
                self._desk.pauses.want(wish)
            return
        job, ticket, request = self._prompted
        if job.ticket != ticket:  # the time is over, or the bench was stopped
            self._prompted = None
            return
        text = self._terminal.take()
        if text is None:
            return
        if request.answers and text not in request.answers:
            self._terminal.show(request.text, request.answers)
            return
        self._prompted = None
        self.scheduler.answer(job, ticket, Answer(text, "operator"))
