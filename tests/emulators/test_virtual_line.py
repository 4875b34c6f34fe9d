"""The line in virtual time: one exchange, cyclic reading, and all that may come instead of an answer."""

from collections.abc import Callable
from typing import Any

import pytest

from bench.base.errors import DeviceError, LinkClosed, LinkTimeout
from bench.emulators.instruments.faults import Fault, FaultScript
from bench.emulators.instruments.peer import Peer
from bench.emulators.virtual_line import VirtualLine
from bench.schedule.requests import Exchange, Now, Operation, Poll, Post, Reopen, SleepUntil
from bench.schedule.scheduler import Scheduler

MS = 1_000_000
GRID_NS = 10 * MS
ASKED = Exchange(b"?\n", "line", 5 * MS)


class Counting(Peer):
    """Answers with its own count, 2 ms later."""

    def __init__(self, faults: FaultScript) -> None:
        super().__init__(b"\n", faults)
        self._count = 0

    def handle(self, message: bytes, t_ns: int) -> None:
        self._count += 1
        self.reply(t_ns + 2 * MS, b"%d\n" % self._count, t_ns)


class World:
    """A scheduler with one job on one line, and what the job has posted and been told."""

    def __init__(self, job: Callable[["World"], Operation[None]], *faults: Fault) -> None:
        self.seen: list[Any] = []
        self.wanted_ns: list[int] = []
        self.scheduler = Scheduler(
            {
                Exchange: lambda job, request: self.line.exchange(job, request),
                Reopen: lambda job, request: self.line.reopen(job, request),
                Poll: lambda job, request: self.line.poll(job, request, self.post),
                Post: lambda _job, request: self.post(request.values),
            }
        )
        self.line = VirtualLine("peer", Counting(FaultScript(faults)), self.scheduler)
        self.job = self.scheduler.spawn("job", job(self))

    def post(self, values: Any) -> None:
        self.seen.append((self.scheduler.t_ns // MS, values))

    def take(self, reply: bytes, arrived_ns: int) -> int:
        if reply == b"7\n" or not reply.strip().isdigit():
            raise DeviceError("no answer of mine")
        return int(reply)

    def wanted(self) -> bool:
        return self.scheduler.t_ns in self.wanted_ns

    def run(self, until_ns: int) -> list[Any]:
        while (next_ns := self.scheduler.next_ns()) is not None and next_ns <= until_ns:
            self.scheduler.run_due(next_ns)
        assert self.job.error is None
        return self.seen


def grid(now_ns: int) -> int:
    return (now_ns // GRID_NS + 1) * GRID_NS


def by_poll(world: World) -> Operation[None]:
    poll = Poll(lambda: ASKED, world.take, grid, world.wanted)
    yield from turns(world, lambda: (yield poll))


def by_loop(world: World) -> Operation[None]:
    def reading() -> Operation[None]:
        while True:
            reply = yield ASKED
            arrived_ns = yield Now()
            yield Post(world.take(reply, arrived_ns))
            yield SleepUntil(grid(arrived_ns))
            if world.wanted():
                return

    yield from turns(world, reading)


def turns(world: World, reading: Callable[[], Operation[None]]) -> Operation[None]:
    while True:
        try:
            yield from reading()
            world.post("something else")
        except (DeviceError, LinkTimeout, LinkClosed) as error:
            world.post(type(error).__name__)
            yield SleepUntil((yield Now()) + GRID_NS)
            try:
                yield Reopen()
            except LinkClosed:
                world.post("refused")


@pytest.mark.parametrize(
    "fault",
    [
        (),
        (Fault("silence", 25 * MS, 45 * MS),),
        (Fault("partial", 25 * MS, 45 * MS, delay_ns=MS),),
        (Fault("partial", 25 * MS, 45 * MS),),
        (Fault("late", 25 * MS, 45 * MS, delay_ns=2 * MS),),
        (Fault("late", 25 * MS, 45 * MS, delay_ns=20 * MS),),
        (Fault("garbage", 25 * MS, 45 * MS),),
        (Fault("close", 25 * MS, 45 * MS),),
    ],
    ids=lambda fault: fault[0].kind if fault else "none",
)
def test_cyclic_reading_is_a_loop_of_exchange_post_and_sleep(fault: tuple[Fault, ...]) -> None:
    told = []
    for job in (by_poll, by_loop):
        world = World(job, *fault)
        world.wanted_ns = [60 * MS, 90 * MS]
        told.append(world.run(200 * MS))
    assert told[0] == told[1]
    assert (60, "something else") in told[0]
    assert any(values == "DeviceError" for _, values in told[0])


def test_what_the_job_is_told_of_lies_on_the_grid() -> None:
    world = World(by_poll)
    assert world.run(35 * MS) == [(2, 1), (12, 2), (22, 3), (32, 4)]


def test_a_close_is_noticed_within_100_ms_not_at_the_time_out() -> None:
    """F-37: as on a socket, where the peer's close wakes whoever waits."""
    asked = Exchange(b"?\n", "line", 5000 * MS)

    def job(world: World) -> Operation[None]:
        try:
            yield asked
        except LinkClosed:
            world.post("closed")

    world = World(job, Fault("silence", 0, 9000 * MS), Fault("close", 300 * MS, 9000 * MS))
    ((at_ms, told),) = world.run(6000 * MS)
    assert told == "closed" and 300 <= at_ms <= 400


def test_a_silent_instrument_is_a_time_out_at_its_time() -> None:
    def job(world: World) -> Operation[None]:
        try:
            yield Exchange(b"?\n", "line", 333 * MS)
        except LinkTimeout:
            world.post("late")

    assert World(job, Fault("silence", 0, 9000 * MS)).run(6000 * MS) == [(333, "late")]
