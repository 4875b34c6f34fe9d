"""One link: a job that joins one driver with the core. It holds no plan, no clock and no socket.

Order of a turn: set-points that changed (so that a stop overtakes everything), one question, then readings at the
link's pace until one of the two is there again.
Before it is asked to identify the device it stays unconnected; before ``set_up`` it neither writes nor reads.

When an exchange fails (F-37, F-38) the readings are marked at once, and once per turn a fresh connection is tried: same
identity, same set-up, then on. If that fails too the readings stay not good and grow stale, and the core stops.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

from bench.base.errors import DeviceError, LinkError
from bench.base.quality import Quality
from bench.base.time import NS_PER_MS
from bench.links.device import Device, Driven, Ranged, Steady
from bench.links.face import Face
from bench.links.follower import Follower
from bench.links.mailbox import Mailbox, Question
from bench.links.standing import Resumed, Standing
from bench.schedule.requests import Now, Operation, Poll, Post, Sleep
from drivers.usual import Round


@dataclass(frozen=True, slots=True)
class Pace:
    """``period_ns``: between readings (0: the instrument itself sets the pace), ``phase_ns`` shifts their grid;
    ``write_ns``: at least between two writes of set-points that move (0: with each reading), if they bring energy in;
    ``idle_ns``: between two looks at the mailbox while unconnected; ``retry_ns``: between two fresh connections."""

    period_ns: int = 50 * NS_PER_MS
    write_ns: int = 0
    phase_ns: int = 0
    idle_ns: int = 50 * NS_PER_MS
    retry_ns: int = 1_000 * NS_PER_MS


@dataclass(slots=True)
class LinkCounters:
    """What went wrong so far; the runtime may show it."""

    failures: int = 0
    recoveries: int = 0
    refused_writes: int = 0
    last_failure: str = ""


def link(
    driver: Device, face: Face, mailbox: Mailbox, pace: Pace | None = None, counters: LinkCounters | None = None
) -> Operation[None]:
    """The job. It never ends by itself; close the generator to end it."""
    return _Link(driver, face, mailbox, pace or Pace(), counters or LinkCounters()).run()


class _Link:
    def __init__(self, driver: Device, face: Face, mailbox: Mailbox, pace: Pace, counters: LinkCounters) -> None:
        self.driver = driver
        self.mailbox = mailbox
        self.pace = pace
        self.counters = counters
        self.follower = Follower(cast("Driven", driver), face) if driver.setpoints else None
        self._only_zero_relieves = self.follower is not None and self.follower.only_zero_relieves()
        self.connected = False
        self.ready = False
        steps = driver.question, driver.take, self._next_ns, self._wanted
        self._poll = Poll(*steps, self._standing, self._resume)
        self._idle = Sleep(pace.idle_ns)
        self._read_ns = self._write_from_ns = 0  # when the last answer came; from when on to write what moves
        self._answers: Mapping[str, Callable[[Mapping[str, Any]], Operation[Mapping[str, Any]]]] = {
            "identify": self._identify,
            "set_up": self._set_up,
            "verify": self._verify,
            "ranges": self._ranges,
        }

    def run(self) -> Operation[None]:
        while True:
            if not self.ready:
                yield from self._answer()
                if not self.ready:
                    yield self._idle
                continue
            try:
                yield from self._turn()
            except (LinkError, DeviceError) as error:
                yield from self._failed(error)

    def _turn(self) -> Operation[None]:
        if self._must_follow():
            yield from self._follow()
        if len(self.mailbox):
            yield from self._answer()
        if (cause := self.driver.session.poisoned) is not None:  # a question has failed twice
            raise LinkError(cause)
        yield self._poll

    def _wanted(self) -> bool:
        """Whether there is more to do than to read."""
        return self._must_follow() or len(self.mailbox) > 0

    def _must_follow(self) -> bool:
        follower = self.follower
        if follower is None or not follower.changed():
            return False
        return self._read_ns >= self._write_from_ns or follower.relieves()

    def _follow(self) -> Operation[None]:
        assert self.follower is not None
        # half a period early: answers do not come in equal steps
        self._write_from_ns = self._read_ns + self.pace.write_ns - self.pace.period_ns // 2
        try:
            yield from self.follower.follow()
        except DeviceError as error:  # refused in good order: the core sees it in the readings and by its own limits
            if self.driver.session.poisoned is not None:
                raise
            self.counters.refused_writes += 1
            self.counters.last_failure = str(error)

    def _next_ns(self, now_ns: int) -> int:
        """The next place on the grid of readings; a late turn skips places, it never runs back to back."""
        self._read_ns = now_ns
        period_ns, phase_ns = self.pace.period_ns, self.pace.phase_ns
        if not period_ns:
            return now_ns
        return ((now_ns - phase_ns) // period_ns + 1) * period_ns + phase_ns

    def _standing(self) -> Standing | None:
        """What this link reads as long as nothing else is wanted of it; ``None``: there is more to do."""
        if not hasattr(self.driver, "usual") or len(self.mailbox):
            return None
        if self._must_follow():
            return None
        obeyed: Sequence[float] = () if self.follower is None else self.follower.obeyed
        found: Round | None = cast("Steady", self.driver).usual()
        if found is None:
            return None
        write_from_ns = self._write_from_ns if self._only_zero_relieves else 0
        write_ns = self.pace.write_ns if self.follower is not None and self.follower.settled() else 0
        pace = self.pace
        return Standing(found, pace.period_ns, pace.phase_ns, obeyed, write_from_ns, self._read_ns, write_ns)

    def _resume(self, resumed: Resumed) -> None:
        """Somebody else has read meanwhile, and perhaps written."""
        self._read_ns = resumed.read_ns
        if self.follower is not None and resumed.obeyed is not None:
            self._write_from_ns = resumed.write_from_ns
            self.follower.resume(resumed.obeyed)
        cast("Steady", self.driver).resume(resumed.place, resumed.read_ns)

    # --- failures --------------------------------------------------------------------------------------------------

    def _failed(self, error: Exception) -> Operation[None]:
        self._note(error)
        self.driver.session.poison(str(error))
        now_ns: int = yield _NOW
        yield Post(self.driver.mark(Quality.WRONG if isinstance(error, DeviceError) else Quality.STALE, now_ns))
        while self.ready:
            try:
                yield from self.driver.session.recover(self.driver.identify, self.driver.verify)
                if self.follower is not None:
                    yield from self.follower.look_again()
            except (LinkError, DeviceError) as next_error:
                self._note(next_error)
                yield from self._wait_unconnected()
            else:
                self.counters.recoveries += 1
                return

    def _wait_unconnected(self) -> Operation[None]:
        """Between two attempts: questions are still answered (with the failure, or by a new set-up)."""
        until_ns = (yield _NOW) + self.pace.retry_ns
        while (yield _NOW) < until_ns and self.driver.session.poisoned is not None:
            yield from self._answer()
            yield self._idle

    def _note(self, error: BaseException) -> None:
        self.counters.failures += 1
        self.counters.last_failure = str(error)

    # --- questions -------------------------------------------------------------------------------------------------

    def _answer(self) -> Operation[None]:
        question = self.mailbox.take()
        if question is None:
            return
        operation = self._answers.get(question.what)
        if operation is None:
            question.failed(DeviceError(f"{self.driver.part}: nobody can answer {question.what!r} here"))
            return
        try:
            answer = yield from self._once_more(operation, question)
        except (LinkError, DeviceError) as error:
            self._note(error)
            question.failed(error)
        else:
            question.done(answer)

    def _once_more(
        self, operation: Callable[[Mapping[str, Any]], Operation[Mapping[str, Any]]], question: Question
    ) -> Operation[Mapping[str, Any]]:
        """None of the questions moves energy, so one lost answer may be asked for again on a fresh connection."""
        try:
            yield from self._connect()
            return (yield from operation(question.arguments))
        except (LinkError, DeviceError) as error:
            if self.driver.session.poisoned is None:
                raise
            self._note(error)
        yield from self._connect()
        return (yield from operation(question.arguments))

    def _connect(self) -> Operation[None]:
        if self.connected and self.driver.session.poisoned is None:
            return
        self.connected = False
        yield from self.driver.session.reopen()
        yield from self.driver.identify()
        self.connected = True

    def _identify(self, arguments: Mapping[str, Any]) -> Operation[Mapping[str, Any]]:
        return asdict((yield from self.driver.identify()))

    def _set_up(self, arguments: Mapping[str, Any]) -> Operation[Mapping[str, Any]]:
        in_force = yield from self.driver.set_up()
        if self.follower is not None:
            self.follower.start()
        self.ready = True
        return dict(in_force)

    def _verify(self, arguments: Mapping[str, Any]) -> Operation[Mapping[str, Any]]:
        return dict((yield from self.driver.verify()))

    def _ranges(self, arguments: Mapping[str, Any]) -> Operation[Mapping[str, Any]]:
        if not hasattr(self.driver, "set_ranges"):
            raise DeviceError(f"{self.driver.part}: this device has no ranges")
        return dict((yield from cast("Ranged", self.driver).set_ranges(arguments)))


_NOW = Now()
