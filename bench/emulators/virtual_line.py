"""The line between a link and an emulated instrument in virtual time: the same bytes as over TCP, but no socket."""

from collections.abc import Callable
from typing import Any

from bench.base.errors import LinkClosed, LinkTimeout
from bench.base.time import NS_PER_MS
from bench.emulators.device import ByteDevice, Obeying, Preparing
from bench.emulators.polled_writes import WANTED
from bench.emulators.polls import ASKED, BY_HAND
from bench.emulators.seat import Returned, Seat
from bench.links.standing import Resumed, Standing
from bench.schedule.requests import Exchange, Poll, Reopen
from bench.schedule.scheduler import PENDING, Job, Scheduler
from drivers.framing import Framer, FramingError, whole

_LOOK_NS = 50 * NS_PER_MS
"""While nothing comes: between two looks whether the other side has closed the connection."""


class VirtualLine:
    """One connection. What arrives late stays in the line and would shift the next answer, as on a real socket."""

    def __init__(self, name: str, device: ByteDevice, scheduler: Scheduler, seat: Seat | None = None) -> None:
        """``seat``: where the device may be read by the compiled loop."""
        self.name = name
        self.device = device
        self.scheduler = scheduler
        self.left = b""
        self.asked = 0
        self._seat = seat
        self._preparing = device if isinstance(device, Preparing) else None
        self._seated: _Polling | None = None

    def exchange(self, job: Job, request: Exchange) -> Any:
        """Answer an ``Exchange`` of ``job``."""
        if not request.reply:
            self.send(request.data)
            return b""
        _Question(self, job).ask(request)
        return PENDING

    def poll(self, job: Job, request: Poll, post: Callable[[Any], None]) -> Any:
        """Answer a ``Poll`` of ``job``; ``post`` takes the records."""
        polling, standing = _Polling(self, job, request, post), request.standing()
        if standing is None or not self.sit(polling, standing, self.scheduler.t_ns):
            polling.ask(request.question())
        return PENDING

    def reopen(self, _job: Job, _request: Reopen) -> None:
        """Answer a ``Reopen``: bytes of the old connection are gone."""
        self.left = b""
        self.asked += 1
        self.device.opened(self.scheduler.t_ns)
        if self.device.closed():
            raise LinkClosed(f"{self.name}: the instrument refuses the connection")

    def sit(self, polling: "_Polling", standing: Standing, due_ns: int) -> bool:
        """Have the compiled loop ask from ``due_ns`` on; whether it can."""
        seat, device = self._seat, self._preparing
        if seat is None or device is None or self.left or not seat.sit(device, standing, due_ns):
            return False
        self._seated = polling
        return True

    def wake(self) -> None:
        """Something is wanted: whoever sits gets up where the next question would be due."""
        if self._seat is not None and self._seated is not None:
            self._seat.stop()

    def catch_up(self) -> None:
        """Tell the device when it was asked last."""
        if self._seat is not None and self._preparing is not None and self._seated is not None:
            heard_ns = self._seat.heard_ns()
            if heard_ns >= 0:
                self._preparing.heard(heard_ns)

    def get_up(self) -> None:
        """Go on here, if the compiled loop has left the seat."""
        returned = self._seat.left() if self._seat is not None else None
        if returned is None or self._seated is None:
            return
        self.catch_up()
        if returned.in_force is not None and isinstance(self.device, Obeying):
            self.device.obeyed(returned.in_force)
        polling, self._seated = self._seated, None
        self.asked += returned.asked
        polling.get_up(returned)

    def send(self, data: bytes) -> None:
        """Bytes to the instrument. Those that left it before lie in the receive buffer."""
        device, t_ns = self.device, self.scheduler.t_ns
        if device.closed():
            raise LinkClosed(f"{self.name}: the instrument has closed the connection")
        while (due_ns := device.next_ns()) is not None and due_ns <= t_ns:
            self.left += device.produce(t_ns)
        device.receive(data, t_ns)


class _Question:
    """A question under way, and what its answer is for: to resume the job."""

    def __init__(self, line: VirtualLine, job: Job) -> None:
        self._line = line
        self._job = job
        self._framer: Framer | None = None
        self._arrival = self._arrive

    def ask(self, request: Exchange) -> None:
        """Raises ``LinkClosed``."""
        line = self._line
        line.send(request.data)
        line.asked += 1
        self._await(request, line.scheduler.t_ns)
        self._wait()

    def _await(self, request: Exchange, asked_ns: int) -> None:
        """``request`` was asked as the last one of the line."""
        self._number = self._line.asked
        self._kind = request.reply
        self._deadline_ns = asked_ns + request.timeout_ns

    def answered(self, answer: bytes) -> None:
        """All of it is there."""
        self._line.scheduler.resume(self._job, answer)

    def failed(self, error: Exception) -> None:
        """It will not come, or is none."""
        self._line.scheduler.resume(self._job, error=error)

    def _wait(self) -> None:
        line = self._line
        due_ns, look_ns = line.device.next_ns(), line.scheduler.t_ns + _LOOK_NS
        next_ns = look_ns if due_ns is None or due_ns > look_ns else due_ns
        if next_ns <= self._deadline_ns:
            line.scheduler.call(next_ns, self._arrival, self._job.priority)
            return
        came = len(self._framer) if self._framer else 0
        error = LinkTimeout(f"{line.name}: no complete answer in time ({came} bytes came)")
        line.scheduler.wake(self._job, self._deadline_ns, error=error)

    def _arrive(self) -> None:
        line = self._line
        if self._number != line.asked:
            return  # nobody waits for this any more
        self._receive(line.device.produce(line.scheduler.t_ns))

    def _receive(self, data: bytes) -> None:
        line = self._line
        if line.left:
            data, line.left = line.left + data, b""
        if self._framer is None and whole(self._kind, data):
            self.answered(data)
        elif not data and line.device.closed():
            self.failed(LinkClosed(f"{line.name}: the instrument has closed the connection"))
        else:
            self._collect(data)

    def _collect(self, data: bytes) -> None:
        """A part of an answer, or something else."""
        self._framer = framer = self._framer or Framer(self._kind)
        try:
            answer = framer.feed(data)
        except FramingError as error:
            self.failed(error)
            return
        if answer is None:
            self._wait()
        else:
            self.answered(answer)


class _Polling(_Question):
    """One question after the other; the job sleeps until there is something else to do, or something goes wrong."""

    def __init__(self, line: VirtualLine, job: Job, poll: Poll, post: Callable[[Any], None]) -> None:
        super().__init__(line, job)
        self._poll = poll
        self._post = post
        self._turn = self._next

    def answered(self, answer: bytes) -> None:
        """Take it, and on to the next."""
        scheduler, poll = self._line.scheduler, self._poll
        self._framer = None
        try:
            self._post(poll.take(answer, scheduler.t_ns))
        except Exception as error:  # it belongs to the job
            self.failed(error)
            return
        next_ns = poll.next_ns(scheduler.t_ns)
        standing = poll.standing()
        if standing is not None and self._line.sit(self, standing, next_ns):
            return
        if next_ns > scheduler.t_ns:
            scheduler.call(next_ns, self._turn, self._job.priority)
        else:
            self._next()

    def get_up(self, returned: Returned) -> None:
        """The compiled loop has read meanwhile, up to here."""
        obeyed = None if returned.in_force is None else returned.obeyed
        self._poll.resume(Resumed(returned.place, returned.read_ns, obeyed, returned.write_from_ns))
        if returned.why in (WANTED, BY_HAND):
            self._next()
            return
        request = self._poll.question()
        self._await(request, returned.heard_ns)
        if returned.why == ASKED:
            self._line.device.receive(request.data, returned.heard_ns)
            self._wait()
        else:
            self._receive(returned.reply)

    def _next(self) -> None:
        if self._poll.wanted():
            self._line.scheduler.resume(self._job)
            return
        try:
            self.ask(self._poll.question())
        except Exception as error:  # it belongs to the job
            self.failed(error)
