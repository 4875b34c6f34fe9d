"""All instrument sessions in one process, one thread each; no plan runs here. It ends after the core has ended."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from bench.base.errors import DeviceError
from bench.base.ring import Ring
from bench.core.design import LINKS
from bench.io.clock import MonotonicClock
from bench.io.control import Control
from bench.io.job_runner import Interrupted, JobRunner
from bench.io.job_runner import Link as ByteLink
from bench.io.realtime import LINKS_PRIORITY, come_soon
from bench.io.ring_edges import SharedWriter
from bench.io.status import FINISHED, RUNNING, CoreWatch
from bench.links.mailbox import Mailbox, Question
from bench.record.journal import plain
from bench.schedule.requests import Operation

_TURN_NS = 20_000_000
_STUCK_NS = 10_000_000_000  # longer than any exchange's deadline: a thread that has not moved since is stuck


@dataclass(frozen=True, slots=True)
class LinkPart:
    """One instrument: its connection, and the job that serves it with the questions of a mailbox."""

    link: ByteLink
    job: Callable[[Mailbox], Operation[None]]
    handlers: Mapping[type[Any], Callable[[Any], Any]] = field(default_factory=dict)
    """Answers to further requests of the job."""


@dataclass(frozen=True, slots=True)
class LinksParts:
    """What the links process works on. ``inbox`` is the ``inbox_links`` ring, in shared memory."""

    parts: Mapping[str, LinkPart]
    inbox: Ring
    status: NDArray[Any]
    clock: MonotonicClock


def run_links(parts: LinksParts, control: Control) -> None:
    """Serve every part, answer ``{"ask": n, "part": .., "what": .., "arguments": ..}`` of the service with
    ``{"answer": n, "value": ..}`` or ``{"answer": n, "error": text, "device": bool}``."""
    process = _Links(parts, control)
    come_soon(LINKS_PRIORITY)
    control.send({"ready": True})
    process.run()


class _Links:
    def __init__(self, parts: LinksParts, control: Control) -> None:
        self._parts = parts
        self._control = control
        self._row = parts.status[LINKS]
        self._core = CoreWatch(parts.status, parts.clock)
        writer = SharedWriter(parts.inbox)
        self._threads = {name: _LinkThread(name, part, writer, parts.clock) for name, part in parts.parts.items()}
        self._ending = False
        self._let_go = False

    def run(self) -> None:
        for thread in self._threads.values():
            thread.start()
        self._row["phase"] = RUNNING
        while not (self._ending and self._core.ended()):
            message = self._control.receive(_TURN_NS)
            if message is not None:
                self._obey(message)
            elif self._control.gone:
                self._ending = True
                self._parts.clock.sleep_until(self._parts.clock.now_ns() + _TURN_NS)
            self._judge_core()
            self._beat()
        for thread in self._threads.values():
            thread.stop()
        self._row["phase"] = FINISHED

    def _judge_core(self) -> None:
        """Without the core nobody commands: say nothing more to the devices, so that their own watchdogs act."""
        if not self._let_go and self._core.silent():
            self._let_go = True
            self._row["note"] += 1
            for thread in self._threads.values():
                thread.stop()

    def _beat(self) -> None:
        """Only while every thread lives and moves: one dead reader is as bad as a dead process."""
        now_ns = self._parts.clock.now_ns()
        if all(thread.moves(now_ns) for thread in self._threads.values()):
            self._row["beat"] += 1
        else:
            self._row["note"] += 1

    def _obey(self, message: Mapping[str, Any]) -> None:
        if message.get("do") == "finish":
            self._ending = True
        elif "ask" in message:
            self._ask(message)

    def _ask(self, message: Mapping[str, Any]) -> None:
        number = message["ask"]

        def done(answer: Mapping[str, Any]) -> None:
            self._control.send({"answer": number, "value": plain(answer)})

        def failed(error: BaseException) -> None:
            device = isinstance(error, DeviceError)
            self._control.send({"answer": number, "error": str(error), "device": device})

        thread = self._threads.get(message["part"])
        if thread is None:
            failed(DeviceError(f"there is no link to a part {message['part']!r}"))
        elif not thread.alive:
            failed(DeviceError(f"the link to {message['part']} has ended: {thread.failure}"))
        else:
            thread.mailbox.put(Question(message["what"], message["arguments"], done, failed))


class _LinkThread:
    def __init__(self, name: str, part: LinkPart, writer: SharedWriter, clock: MonotonicClock) -> None:
        self.mailbox = Mailbox()
        self.failure = ""
        self._part = part
        self._runner = JobRunner(part.link, clock, writer.push_all, part.handlers)
        self._thread = threading.Thread(target=self._run, name=f"link {name}", daemon=True)
        self.start = self._thread.start

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def moves(self, now_ns: int) -> bool:
        return self._thread.is_alive() and now_ns - self._runner.step_ns < _STUCK_NS

    def _run(self) -> None:
        try:
            self._runner.run(self._part.job(self.mailbox))
        except Interrupted:
            pass
        except Exception as error:  # told by whoever asks, and by the beat that stops
            self.failure = f"{type(error).__name__}: {error}"
            raise
        finally:
            self._part.link.close()

    def stop(self) -> None:
        self._runner.stop()
        self._thread.join(5.0)
