"""Runs what stands in a queue, one plan after the other, and goes on where an earlier runner was killed.

Each entry has a folder of its own below ``runs``; its runs' folders are made in there, so that they are found however
an attempt ended. A run that stopped, failed inside, or was killed too often holds the queue: somebody has to look.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from bench.base.time import NS_PER_S
from bench.io.folder_lock import is_taken, locked
from bench.service.queue.attempt import Left, left_in, runs_in
from bench.service.queue.outbox import Message, Outbox
from bench.service.queue.run_news import RunNews
from bench.service.queue.state import Entry, QueueState, Status
from bench.service.queue.work_queue import WorkQueue

PASSED, STOPPED, ABORTED = 0, 3, 4
ATTEMPTS_MAX = 3
"""A run that is resumed and dies again and again is the cause itself."""
_ALIVE = "alive"
_LOOK_NS = NS_PER_S // 5
_LAST_WORDS_NS = 30 * NS_PER_S
"""At the end: for messages that are not out yet. They are kept beyond it."""


class Running(Protocol):
    """An attempt under way."""

    def poll(self) -> int | None:
        """Its exit code, or ``None``."""

    def stop(self) -> None:
        """Ask it to stop in order."""


class Carrier(Protocol):
    """Who carries out a run: ``resumes`` is the folder that it goes on from, if any; ``hold`` is a lock to inherit."""

    def __call__(self, entry: Entry, place: Path, resumes: Path | None, hold: int) -> Running: ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The clock (Unix ns), how to let time pass, whether somebody has asked to stop, and who hears signs of life."""

    now_ns: Callable[[], int]
    sleep_ns: Callable[[int], None]
    asked: Callable[[], bool]
    alive: Callable[[str], None]


class QueueRunner:
    """One runner of a queue; only one may be at work."""

    def __init__(self, queue: WorkQueue, outbox: Outbox, carrier: Carrier, around: Surroundings) -> None:
        self._queue = queue
        self._outbox = outbox
        self._carrier = carrier
        self._around = around

    def run(self, stay: bool = False) -> int:
        """Until nothing waits, the queue is held, or somebody asks to stop; with ``stay`` only the last. Exit code."""
        code = PASSED
        while not self._around.asked():
            state = self._queue.state()
            entry = None if state.held else state.running or state.next
            if entry is not None:
                code = max(code, self._carry(entry))
                continue
            self._put_idle(state)
            if not stay:
                self._last_words()
                return STOPPED if state.held else code
            self._pass_time("held" if state.held else "waiting for orders", 5 * _LOOK_NS)
        return ABORTED

    def _put_idle(self, state: QueueState) -> None:
        if state.held:
            self._put(Message(f"held:{state.position}", "the queue is held", state.held, "high"))
        elif state.entries:
            self._put(Message(f"empty:{state.position}", "the queue is empty", f"orders so far: {len(state.entries)}"))

    # --- one entry ---------------------------------------------------------------------------------------------------
    def _carry(self, entry: Entry) -> int:
        """Carry out an entry that waits, or one that an earlier runner left under way."""
        place, resumes = self._place(entry), None
        if entry.status == "running":
            self._wait_for_orphan(entry)
            left = left_in(place, entry.attempts)
            if left.finished or entry.attempts >= ATTEMPTS_MAX or self._around.asked():
                return self._ended(entry, left)
            resumes = left.run
        if not self._queue.begin(entry.number, str(resumes or "")):
            return PASSED
        begun = replace(entry, attempts=entry.attempts + 1)
        self._follow(begun, resumes)
        return self._ended(begun, left_in(place, begun.attempts))

    def _follow(self, entry: Entry, resumes: Path | None) -> None:
        """From its start to its end; a wish to stop is handed on once."""
        place, asked = self._place(entry), False
        place.mkdir(parents=True, exist_ok=True)
        with closing(RunNews(place, runs_in(place))) as news, locked(place / _ALIVE) as hold:
            running = self._carrier(entry, place, resumes, hold)
            while running.poll() is None:
                if self._around.asked() and not asked:
                    asked = True
                    running.stop()
                self._tell(news)
                self._pass_time(f"entry {entry.number}: {entry.order.plan}")
            self._tell(news)

    def _wait_for_orphan(self, entry: Entry) -> None:
        """The run of a runner that was killed goes on by itself; nothing else may begin meanwhile."""
        place = self._place(entry)
        with closing(RunNews(place, runs_in(place)[:-1])) as news:
            while is_taken(place / _ALIVE) and not self._around.asked():
                self._tell(news)
                self._pass_time(f"entry {entry.number}: {entry.order.plan} (begun by a runner that was killed)")
            self._tell(news)

    def _place(self, entry: Entry) -> Path:
        return self._queue.folder / "runs" / entry.place

    def _ended(self, entry: Entry, left: Left) -> int:
        """Note how it ended; hold the queue where somebody has to look. What was killed stays under way: at the next
        look it is resumed."""
        if not left.finished and self._around.asked():
            return ABORTED
        if not left.finished and entry.attempts < ATTEMPTS_MAX:
            return PASSED
        status, told = _judged(left)
        self._queue.end(entry.number, status, left.exit, told, str(left.run or ""))
        name, grave = left.run.name if left.run else entry.order.plan, status == "marked"
        verdict = left.verdict or status
        more = "" if told == verdict else told
        priority = "high" if grave else "normal"
        self._put(Message(f"ended:{entry.number}:{entry.attempts}", f"{name}: {verdict}", more, priority))
        if grave:
            self._queue.hold(f"entry {entry.number} ({entry.order.plan}): {told}", "the runner")
        return left.exit if left.exit is not None else STOPPED

    # --- time and messages -------------------------------------------------------------------------------------------
    def _pass_time(self, doing: str, pause_ns: int = _LOOK_NS) -> None:
        self._around.alive(doing)
        self._outbox.step(self._around.now_ns())
        self._around.sleep_ns(pause_ns)

    def _tell(self, news: RunNews) -> None:
        for message in news.messages():
            self._put(message)

    def _put(self, message: Message) -> None:
        self._outbox.put(self._around.now_ns(), message)

    def _last_words(self) -> None:
        until_ns = self._around.now_ns() + _LAST_WORDS_NS
        self._outbox.step(self._around.now_ns())
        while self._outbox.unsent and self._around.now_ns() < until_ns and not self._around.asked():
            self._pass_time("the last messages")


def _judged(left: Left) -> tuple[Status, str]:
    match left.exit:
        case 0 | 1:
            return "done", left.told
        case 2:
            return ("marked" if left.run else "refused"), left.told
        case _:
            return "marked", left.told or "was killed, and nothing more could be found out"
