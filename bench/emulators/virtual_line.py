"""The line between a link and an emulated instrument in virtual time: the same bytes as over TCP, but no socket."""

from typing import Any

from bench.base.errors import LinkClosed, LinkTimeout
from bench.emulators.device import ByteDevice
from bench.schedule.requests import Exchange, Reopen
from bench.schedule.scheduler import PENDING, Job, Scheduler
from drivers.framing import Framer, FramingError, whole


class VirtualLine:
    """One connection. What arrives late stays in the line and would shift the next answer, as on a real socket."""

    def __init__(self, name: str, device: ByteDevice, scheduler: Scheduler) -> None:
        self._name = name
        self._device = device
        self._scheduler = scheduler
        self._left = b""
        self._asked = 0

    def exchange(self, job: Job, request: Exchange) -> Any:
        """Answer an ``Exchange`` of ``job``."""
        device, t_ns = self._device, self._scheduler.t_ns
        if device.closed():
            raise LinkClosed(f"{self._name}: the instrument has closed the connection")
        self._collect(t_ns)
        device.receive(request.data, t_ns)
        if not request.reply:
            return b""
        self._asked += 1
        self._wait(job, request, None, t_ns + request.timeout_ns, self._asked)
        return PENDING

    def reopen(self, _job: Job, _request: Reopen) -> None:
        """Answer a ``Reopen``: bytes of the old connection are gone."""
        self._left = b""
        self._asked += 1
        self._device.opened(self._scheduler.t_ns)
        if self._device.closed():
            raise LinkClosed(f"{self._name}: the instrument refuses the connection")

    def _collect(self, t_ns: int) -> None:
        """Bytes that left the instrument before the question lie in the receive buffer."""
        while (due_ns := self._device.next_ns()) is not None and due_ns <= t_ns:
            self._left += self._device.produce(t_ns)

    def _wait(self, job: Job, request: Exchange, framer: Framer | None, deadline_ns: int, number: int) -> None:
        due_ns = self._device.next_ns()
        if due_ns is None or due_ns > deadline_ns:
            came = len(framer) if framer else 0
            error = LinkTimeout(f"{self._name}: no complete answer in time ({came} bytes came)")
            self._scheduler.wake(job, deadline_ns, error=error)
            return
        self._scheduler.call(
            due_ns, lambda: self._arrive(job, request, framer, deadline_ns, number), job.priority
        )  # fmt: skip

    def _arrive(self, job: Job, request: Exchange, framer: Framer | None, deadline_ns: int, number: int) -> None:
        if number != self._asked:
            return  # nobody waits for this any more
        data = self._device.produce(self._scheduler.t_ns)
        if self._left:
            data, self._left = self._left + data, b""
        if framer is None:
            if whole(request.reply, data):
                self._scheduler.resume(job, data)
                return
            framer = Framer(request.reply)
        if not data and self._device.closed():
            closed = LinkClosed(f"{self._name}: the instrument has closed the connection")
            self._scheduler.resume(job, error=closed)
            return
        try:
            answer = framer.feed(data)
        except FramingError as error:
            self._scheduler.resume(job, error=error)
            return
        if answer is None:
            self._wait(job, request, framer, deadline_ns, number)
        else:
            self._scheduler.resume(job, answer)
