"""The whole stack in virtual time against the wall clock: core, wire, inverter, plant, drivers and emulators through
real bytes, recorder. The report is not part of it: it is drawn once a run, not once a second."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.assembly import Blueprint, Virtual, digest_of, draw, virtual
from bench.base.time import NS_PER_S, VIRTUAL_EPOCH_S, seconds
from bench.io.clock import MonotonicClock
from bench.io.disk import DiskStorage
from bench.record.recorder import JOURNAL
from bench.schedule.scheduler import Job
from bench.sequence.sequencer import run_plan
from bench.service.driving import recorder_of
from bench.service.perf.load import CYCLE_S, night
from bench.service.perf.row import PerfRow
from bench.service.preparation import prepare
from bench.service.run_folder import Labels

NIGHT_GOAL, MAP_GOAL = 500.0, 300.0
_ROUNDS = 3
_PIECE_S = 150.0
_SETTLED_S = 20.0
_LOOK_S = 10.0
_MAP, _MAP_RIG = "efficiency_map_quick", "e_axle_demo"


class Piece(NamedTuple):
    """What of a run was measured."""

    virtual_s: float
    wall_s: float
    cpu_s: float


class Running(NamedTuple):
    """A run under way."""

    made: Virtual
    job: Job
    folder: Path


def measure(rounds: int = _ROUNDS, hours: float | None = None) -> Iterator[PerfRow]:
    """Rows: virtual seconds per wall second of a night of drive cycles (``perf/load.py``), the median of ``rounds``
    pieces of it or all of ``hours``; then of a whole efficiency map. Each with the digest of the inbox and with the
    full inbox log; then what one virtual second of the night carries."""
    for words, full in (("inbox digest", False), ("full inbox log", True)):
        yield from _night(words, rounds, hours, full=full)
    for words, full in (("inbox digest", False), ("full inbox log", True)):
        pieces = [_whole_map(full=full) for _ in range(rounds)]
        yield _row(f"{_MAP}, {words}", pieces, None if full else MAP_GOAL)


def _night(words: str, rounds: int, hours: float | None, *, full: bool) -> Iterator[PerfRow]:
    one_s = _PIECE_S if hours is None else 3600.0 * hours
    count = rounds if hours is None else 1
    blueprint = draw(night((count * one_s + _SETTLED_S + CYCLE_S / 2) / 3600.0), log_full=full)
    with _run(blueprint) as running:
        _until(running, lambda: "cycle_started" in (running.folder / JOURNAL).read_text())
        _advance(running, _SETTLED_S)
        pieces = [_advance(running, one_s) for _ in range(count)]
        yield _row(f"night of drive cycles, {words}", pieces, None if full else NIGHT_GOAL)
        if not full:
            yield from _carried(running.made)


def _whole_map(*, full: bool) -> Piece:
    with _run(prepare(_MAP, _MAP_RIG, log_full=full).blueprint) as running:
        return _measured(running, lambda: False)


def _row(what: str, pieces: list[Piece], goal: float | None) -> PerfRow:
    virtual_s = sum(piece.virtual_s for piece in pieces)
    ratio = median(piece.virtual_s / piece.wall_s for piece in pieces)
    by_cpu = median(piece.virtual_s / piece.cpu_s for piece in pieces)
    what = f"{what}: virtual seconds per wall second (per second of CPU {by_cpu:.0f})"
    return PerfRow(what, virtual_s, "s", virtual_s / ratio, ratio, goal)


def _carried(made: Virtual) -> Iterator[PerfRow]:
    """What one virtual second carries."""
    counters, virtual_s = made.state.counters, seconds(made.bench.scheduler.t_ns)
    frames, messages = sum(int(bus["frames"]) for bus in made.world.bench.wire.buses), made.program.can.messages
    protected = (messages["protected"] != 0) & (messages["period_ns"] == NS_PER_S // 100)
    yield PerfRow("night: instruments read at 20 Hz", float(len(made.world.seats)), "1")
    yield PerfRow("night: protected messages every 10 ms", float(protected.sum()), "1")
    yield PerfRow("night: limits judged", float(len(made.program.limits)), "1")
    yield PerfRow("night: channels", float(len(made.program.channels)), "1")
    yield PerfRow("night: cycles of the core per virtual second", float(counters["cycles"][0]) / virtual_s, "1/s")
    yield PerfRow("night: CAN frames per virtual second, both buses", frames / virtual_s, "1/s")
    yield PerfRow("night: records taken in per virtual second", float(counters["taken_in"][0]) / virtual_s, "1/s")


# --- running ---------------------------------------------------------------------------------------------------------
@contextmanager
def _run(blueprint: Blueprint) -> Iterator[Running]:
    """A run from its start; whatever it has written is closed and thrown away afterwards."""
    labels, inputs = Labels("virtual", 1, VIRTUAL_EPOCH_S), blueprint.inputs
    with tempfile.TemporaryDirectory() as folder:
        recorder = recorder_of(DiskStorage(Path(folder)), blueprint, labels)
        made = virtual(blueprint, recorder, labels.seed)
        job = made.bench.start(run_plan(inputs.plan.value, inputs.kinds, blueprint.context))
        yield Running(made, job, Path(folder))
        made.collect(made.bench.scheduler.t_ns)
        recorder.close(made.bench.scheduler.t_ns, *digest_of(made.state.counters))


def _until(running: Running, done: Callable[[], bool]) -> None:
    """Run until ``done``, which is asked now and then, or to the end."""
    while not running.job.done and not done():
        _advance(running, _LOOK_S)


def _advance(running: Running, virtual_s: float) -> Piece:
    """So far, or to the end."""
    scheduler = running.made.bench.scheduler
    until_ns = scheduler.t_ns + round(virtual_s * NS_PER_S)
    return _measured(running, lambda: scheduler.t_ns >= until_ns)


def _measured(running: Running, done: Callable[[], bool]) -> Piece:
    clock, cpu_s, began_ns = MonotonicClock(), time.process_time(), running.made.bench.scheduler.t_ns
    while not running.job.done and not done():
        running.made.bench.advance()
    virtual_s = seconds(running.made.bench.scheduler.t_ns - began_ns)
    return Piece(virtual_s, seconds(clock.now_ns()), time.process_time() - cpu_s)
