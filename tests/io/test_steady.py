"""What the sequence reads of a core in another process is what one cycle has left."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from image_writer import another_process_writes
from small_bench import CHANNELS, MS, small_design

from bench.base.errors import BenchError
from bench.core.program import build_program
from bench.io.berth import Berth, Memory
from bench.io.clock import MonotonicClock
from bench.io.status import CORE
from bench.io.steady import SteadyLook
from bench.schedule.requests import BusReport, Measure, Operation, Read, Request, Sleep
from bench.schedule.scheduler import Job, Scheduler
from bench.sequence.desk.desk import Desk

NAMES = ("dut.torque_cmd", "dut.speed", "supply.voltage")  # the first of the image, one between, the last


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Berth(tmp_path, MonotonicClock()).create(build_program(small_design()), CHANNELS)


def seated(memory: Memory, operation: Operation[Any]) -> tuple[Scheduler, Job, Desk]:
    """A desk whose only job is ``operation``."""
    desk = Desk(small_design(), memory.state, memory.rings.inbox_sequence, 20 * MS, SteadyLook(memory.status))
    desk.scheduler = Scheduler(desk.handlers())
    job = desk.scheduler.spawn("job", operation)
    desk.attend(job)
    return desk.scheduler, job, desk


def asks(request: Request) -> Operation[Any]:
    return (yield request)


def reads(cycles: int) -> Operation[set[int]]:
    """Whole readings of so many different cycles."""
    seen: set[int] = set()
    while len(seen) < cycles:
        readings = yield Read(NAMES)
        assert len({reading.value for reading in readings}) == 1, "values of two cycles"
        assert all(reading.value == reading.t_ns for reading in readings), "a value of one cycle, its time of another"
        seen.add(readings[0].t_ns)
        yield Sleep(MS // 20)
    return seen


@pytest.mark.slow
def test_values_times_and_neighbours_are_of_one_cycle_while_another_process_writes(
    tmp_path: Path, memory: Memory
) -> None:
    clock, torn, image = MonotonicClock(), 0, memory.state.image
    with another_process_writes(tmp_path):
        scheduler, job, _ = seated(memory, reads(200))
        deadline_s = time.monotonic() + 20
        while not (job.done and torn) and time.monotonic() < deadline_s:
            scheduler.run_due(clock.now_ns())
            torn += len(np.unique(image["value"])) > 1
            clock.sleep_until(clock.now_ns() + MS // 10)
    assert job.error is None and len(job.result) == 200
    assert torn, "without the sequence number some readings are torn, or this test would show nothing"


@pytest.mark.parametrize(
    "request_", [Read(NAMES), BusReport(), Measure(NAMES, 100 * MS, 1, NAMES[0], 1000 * MS)], ids=type
)
def test_a_core_that_died_inside_a_cycle_is_not_waited_for_busily_nor_for_ever(
    memory: Memory, request_: Request
) -> None:
    memory.status[CORE]["sequence"] = 7
    scheduler, job, _ = seated(memory, asks(request_))
    turns = 0
    while (next_ns := scheduler.next_ns()) is not None and turns < 100_000:
        assert next_ns > scheduler.t_ns or turns < 3, "it asks again without letting time pass"
        scheduler.run_due(next_ns)
        turns += 1
    assert isinstance(job.error, BenchError) and "in the middle of a cycle" in str(job.error)
    assert 5000 * MS <= scheduler.t_ns < 6000 * MS


def test_who_was_told_otherwise_meanwhile_does_not_get_a_late_reading(memory: Memory) -> None:
    told = []

    def operation() -> Operation[Any]:
        try:
            yield Read(NAMES)
        except BenchError as failure:
            told.append(str(failure))
        told.append((yield Read(NAMES[:1]))[0].value)

    memory.status[CORE]["sequence"] = 7
    scheduler, job, _ = seated(memory, operation())
    scheduler.run_due(MS)
    scheduler.wake(job, 2 * MS, error=BenchError("the core has gone"))
    scheduler.run_due(2 * MS)
    memory.status[CORE]["sequence"] = 8
    memory.state.image["value"][CHANNELS.index(NAMES[0])] = 12.5
    scheduler.run_due(20 * MS)
    assert job.done and job.error is None
    assert told == ["the core has gone", 12.5]
