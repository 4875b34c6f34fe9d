"""The line between a link and an emulated instrument in virtual time: the same bytes as over TCP, without the socket."""

from typing import Any

from bench.base.errors import LinkClosed, LinkTimeout
from bench.emulators.device import ByteDevice
from bench.schedule.requests import Exchange, Reopen
from bench.schedule.scheduler import PENDING, Job, Scheduler
from drivers.framing import Framer, FramingError


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
        self._wait(job, Framer(request.reply), t_ns + request.timeout_ns, self._asked)
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

    def _wait(self, job: Job, framer: Framer, deadline_ns: int, number: int) -> None:
        due_ns = self._device.next_ns()
        if due_ns is None or due_ns > deadline_ns:
            error = LinkTimeout(f"{self._name}: no complete answer in time ({len(framer)} bytes came)")
            self._scheduler.wake(job, deadline_ns, error=error)
            return
        self._scheduler.call(due_ns, lambda: self._arrive(job, framer, deadline_ns, number), job.priority)

    def _arrive(self, job: Job, framer: Framer, deadline_ns: int, number: int) -> None:
        if number != self._asked:
            return  # nobody waits for this any more
        t_ns = self._scheduler.t_ns
        data, self._left = self._left + self._device.produce(t_ns), b""
        if not data and self._device.closed():
            self._scheduler.wake(job, t_ns, error=LinkClosed(f"{self._name}: the instrument has closed the connection"))
            return
        try:
            answer = framer.feed(data)
        except FramingError as error:
            self._scheduler.wake(job, t_ns, error=error)
            return
        if answer is None:
            self._wait(job, framer, deadline_ns, number)
        else:
            self._scheduler.wake(job, t_ns, answer)
