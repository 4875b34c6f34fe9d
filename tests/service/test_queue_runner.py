"""The runner of a queue: orders one after the other, whatever becomes of a run, and wherever a runner is killed."""

import json
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bench.base.errors import InputError
from bench.base.time import NS_PER_S
from bench.io.disk import DiskStorage
from bench.record.journal import Journal
from bench.service.queue.attempt import runs_in
from bench.service.queue.outbox import Message, Outbox
from bench.service.queue.runner import QueueRunner, Surroundings
from bench.service.queue.state import Entry, Order
from bench.service.queue.work_queue import WorkQueue


@dataclass
class Bench:
    """Runs that end as they are told: exit codes by plan, one for each attempt; ``kill``: the process is killed."""

    ends: dict[str, list[int | str]] = field(default_factory=dict)
    begun: list[tuple[str, bool]] = field(default_factory=list)
    polls: int = 2
    on_begin: Callable[[], None] = lambda: None

    def __call__(self, entry: Entry, place: Path, resumes: Path | None, _hold: int) -> "Attempt":
        self.begun.append((entry.order.plan, resumes is not None))
        ends = self.ends.get(entry.order.plan, [])
        self.on_begin()
        return Attempt(place, entry, ends.pop(0) if ends else 0, self.polls)


class Attempt:
    """One run: a folder with a journal, and what a command tells at its end."""

    def __init__(self, place: Path, entry: Entry, end: int | str, polls: int) -> None:
        self._place, self._entry, self._end, self._polls = place, entry, end, polls
        self.stopped = False
        if end != 2:
            self.run = place / f"20260101T000000Z_{entry.order.plan}_dut{f'_{entry.attempts}' * (entry.attempts > 1)}"
            storage = DiskStorage(self.run)
            storage.write("manifest.json", b"{}")
            self.journal = Journal(storage.open("journal.jsonl"))
            self.journal.append(0, "notification", {"title": "note", "text": "half way", "priority": "normal"})

    def poll(self) -> int | None:
        self._polls -= 1
        if self._polls > 0 and not self.stopped:
            return None
        end = 4 if self.stopped else self._end
        if end == "killed":
            return -9
        told: dict[str, Any] = {"exit": end, "problems": [{"message": "no such plan"}]}
        if end != 2:
            told = {"exit": end, "run": str(self.run), "verdict": ["passed", "failed"][end != 0], "reasons": []}
        (self._place / f"told-{self._entry.attempts}.json").write_text(json.dumps(told))
        return int(end)

    def stop(self) -> None:
        self.stopped = True


class World:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.asked = False
        self.alive: list[str] = []
        self.got: list[Message] = []

    def around(self) -> Surroundings:
        return Surroundings(lambda: self.now_ns, self._sleep, lambda: self.asked, self.alive.append)

    def _sleep(self, pause_ns: int) -> None:
        self.now_ns += pause_ns
        assert self.now_ns < 3600 * NS_PER_S, "it never ends"

    def submit(self, work: Callable[[], None]) -> "Future[None]":
        done: Future[None] = Future()
        done.set_result(work())
        return done


def run(queue: WorkQueue, bench: Bench, world: World | None = None, **more: bool) -> int:
    world = world or World()
    outbox = Outbox(queue.outbox(), world.got.append, world.submit)
    try:
        return QueueRunner(queue, outbox, bench, world.around()).run(**more)
    finally:
        outbox.close()


def ordered(folder: Path, *plans: str) -> WorkQueue:
    queue = WorkQueue(folder / "queue")
    for plan in plans:
        queue.add(Order(plan))
    return queue


def statuses(queue: WorkQueue) -> list[str]:
    return [entry.status for entry in queue.state().entries]


def test_orders_run_one_after_the_other_and_people_are_told(tmp_path: Path) -> None:
    queue, bench, world = ordered(tmp_path, "a", "b", "c"), Bench({"b": [1]}), World()
    assert run(queue, bench, world) == 1, "the worst of them"
    assert bench.begun == [("a", False), ("b", False), ("c", False)] and statuses(queue) == ["done"] * 3
    titles = [message.title.removeprefix("20260101T000000Z_") for message in world.got]
    assert titles == ["a_dut: note", "a_dut: passed", "b_dut: note", "b_dut: failed", "c_dut: note", "c_dut: passed",
                      "the queue is empty"]  # fmt: skip
    assert len({message.key for message in world.got}) == len(world.got)
    assert world.alive and run(queue, bench, world) == 0 and len(world.got) == len(titles), "nobody is told twice"


@pytest.mark.parametrize(("end", "status"), [(3, "marked"), (4, "marked"), (5, "marked")])
def test_a_run_that_stopped_holds_the_queue_until_somebody_has_looked(tmp_path: Path, end: int, status: str) -> None:
    queue, bench, world = ordered(tmp_path, "a", "b"), Bench({"a": [end]}), World()
    assert run(queue, bench, world) == 3
    assert statuses(queue) == [status, "waiting"] and queue.state().held
    assert world.got[-1].title == "the queue is held" and world.got[-1].priority == "high"
    assert run(queue, bench) == 3 and len(bench.begun) == 1, "it stays held"
    assert queue.release() and not queue.release()
    assert run(queue, bench) == 0 and statuses(queue) == [status, "done"]


def test_a_plan_that_is_refused_lets_the_others_run(tmp_path: Path) -> None:
    queue = ordered(tmp_path, "a", "b")
    assert run(queue, Bench({"a": [2]})) == 2
    assert statuses(queue) == ["refused", "done"] and queue.state().entries[0].told == "no such plan"


def test_a_run_that_is_killed_is_resumed_but_not_for_ever(tmp_path: Path) -> None:
    queue, bench = ordered(tmp_path, "a", "b", "c"), Bench({"a": ["killed", 0], "b": ["killed"] * 9})
    assert run(queue, bench) == 3
    assert bench.begun == [("a", False), ("a", True), *[("b", False), ("b", True), ("b", True)]]
    assert statuses(queue) == ["done", "marked", "waiting"]
    first = queue.state().entries[0]
    assert first.attempts == 2 and first.run.endswith("a_dut_2")
    assert "was killed" in queue.state().held


class Killed(BaseException):
    """The runner is gone."""


@pytest.mark.parametrize("instant", range(1, 40))
def test_wherever_a_runner_is_killed_the_next_one_loses_and_doubles_nothing(tmp_path: Path, instant: int) -> None:
    queue, bench, world = ordered(tmp_path, "a", "b"), Bench(polls=4), World()
    count = 0

    def dying(*_: object) -> None:
        nonlocal count
        count += 1
        if count == instant:
            raise Killed

    around = Surroundings(lambda: world.now_ns, dying, lambda: False, dying)
    bench.on_begin = dying
    outbox = Outbox(queue.outbox(), world.got.append, world.submit)
    runner = QueueRunner(queue, outbox, bench, around)
    with suppress(Killed):
        runner.run()
    outbox.close()
    bench.on_begin = lambda: None
    assert run(queue, bench, world) == 0
    assert statuses(queue) == ["done", "done"]
    fresh = [plan for plan, resumed in bench.begun if not resumed]
    assert sorted(set(fresh)) == ["a", "b"]
    for entry in queue.state().entries:
        begun = [resumed for plan, resumed in bench.begun if plan == entry.order.plan]
        assert begun[0] is False and len(begun) <= 3
        runs = runs_in(queue.folder / "runs" / entry.place)
        assert len(runs) >= 1 and Path(entry.run) == runs[-1]
    keys = [message.key for message in world.got]
    doubled = {key for key in keys if keys.count(key) > 1}
    assert all("sent again" in [m for m in world.got if m.key == key][-1].text for key in doubled)


def test_a_wish_to_stop_is_handed_on_once_and_holds_the_queue(tmp_path: Path) -> None:
    queue, bench, world = ordered(tmp_path, "a", "b"), Bench(polls=1000), World()
    bench.on_begin = lambda: setattr(world, "asked", True)
    assert run(queue, bench, world) == 4
    state = queue.state()
    assert statuses(queue) == ["marked", "waiting"] and state.entries[0].exit == 4 and state.held


def test_who_stays_waits_for_orders(tmp_path: Path) -> None:
    queue, bench, world = WorkQueue(tmp_path / "queue"), Bench(), World()
    around = world.around()

    def sleep(pause_ns: int) -> None:
        around.sleep_ns(pause_ns)
        if world.now_ns > 60 * NS_PER_S and not bench.begun:
            queue.add(Order("late"))
        world.asked = world.now_ns > 120 * NS_PER_S

    staying = Surroundings(around.now_ns, sleep, around.asked, around.alive)
    outbox = Outbox(queue.outbox(), world.got.append, world.submit)
    assert QueueRunner(queue, outbox, bench, staying).run(stay=True) == 4
    assert bench.begun == [("late", False)] and statuses(queue) == ["done"]
    outbox.close()


def test_orders_are_removed_only_while_they_wait(tmp_path: Path) -> None:
    queue = ordered(tmp_path, "a", "b")
    queue.remove(2)
    assert run(queue, Bench()) == 0 and statuses(queue) == ["done", "removed"]
    for number, told in ((1, "entry 1 is done"), (2, "entry 2 is removed"), (7, "entry 7 is not there")):
        with pytest.raises(InputError, match=told):
            queue.remove(number)


def test_what_is_held_before_it_begins_does_not_begin(tmp_path: Path) -> None:
    queue, bench = ordered(tmp_path, "a"), Bench()
    queue.hold("people in the cell", "the operator")
    queue.hold("again", "the operator")
    assert run(queue, bench) == 3 and bench.begun == [] and queue.state().held == "people in the cell"
    assert not queue.begin(1, "")


def test_a_queue_whose_journal_was_changed_is_refused(tmp_path: Path) -> None:
    queue = ordered(tmp_path, "a", "b")
    path = queue.folder / "journal" / "queue.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"plan":"a"', b'"plan":"x"'))
    with pytest.raises(InputError, match=r"queue.jsonl: journal line 1: changed"):
        queue.state()
