"""Cyclic frames beside a busy Python thread: the core's process against python-can's periodic task.

Both send on benchwires of their own, where every frame is stamped to the bit; the stamps are read afterwards, from the
wire's memory, so that nobody who listens disturbs. They take turns: while one is measured the other rests, and the busy
thread in this process never does. What is measured is when frames begin: their stuff bits change with counter and CRC,
and their ends with them.
"""

import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, cast

import can
import numpy as np
from numpy.typing import NDArray

from bench.base.channel import Channel, Channels
from bench.base.time import NS_PER_MS, NS_PER_S
from bench.base.units import Unit
from bench.canbus.database import Database
from bench.canbus.frame_bits import bits_of
from bench.canbus.tables import build_tables
from bench.config.search import find
from bench.core.design import Design, Setpoint, Transmit
from bench.core.program import Program, build_program
from bench.io.benchwire import BenchwireBus
from bench.io.berth import Berth
from bench.io.control import Control
from bench.io.core_process import CoreParts, run_core
from bench.io.processes import Child, Crew
from bench.service.perf.row import PerfRow

PERIODS_MS = (1, 10)
RATIO_GOAL, P99_GOAL_US, LOST_GOAL_PERCENT = 100.0, 100.0, 0.15
_ROUNDS, _SECONDS = 5, 3.0
_BITRATE = 500_000
_WAKING_NS = 50 * NS_PER_MS
_MESSAGE = "VCU_TORQUE_CMD"
_READY_NS = 180 * NS_PER_S
_CHANNELS = Channels([Channel("dut.torque_cmd", Unit.NM)])


class Error(NamedTuple):
    """How far intervals of one sender were from the period, us; and the cycles it lost, in percent."""

    p50: float
    p99: float
    p999: float
    lost: float


def measure(rounds: int = _ROUNDS, seconds: float = _SECONDS) -> Iterator[PerfRow]:
    """Rows for 1 ms and 10 ms: the 99th percentile against the control and alone, lost cycles, other percentiles. Each
    is the median of ``rounds``."""
    found: dict[tuple[str, int], list[Error]] = {}
    with _core() as (core, folder), _busy():
        for _ in range(rounds):
            for who, sending in (("control", _control(folder)), ("core", _woken(core))):
                wires = {period: _ear(folder, who, period) for period in PERIODS_MS}
                with sending:
                    threading.Event().wait(seconds)
                for period, wire in wires.items():
                    found.setdefault((who, period), []).append(errors(_stamps(wire), period * NS_PER_MS, seconds))
    for period in PERIODS_MS:
        yield from _rows(period, _middle(found["core", period]), _middle(found["control", period]))


def _middle(each: list[Error]) -> Error:
    return Error(*(median(column) for column in zip(*each, strict=True)))


def errors(stamps_ns: NDArray[np.int64], period_ns: int, seconds: float) -> Error:
    """Of one sender's time stamps over about ``seconds``. A sender that hardly sent has lost everything."""
    if len(stamps_ns) < 3:
        return Error(seconds * 1e6, seconds * 1e6, seconds * 1e6, 100.0)
    off_us = np.abs(np.diff(stamps_ns) - period_ns) / 1e3
    due = round(float(stamps_ns[-1] - stamps_ns[0]) / period_ns) + 1
    p50, p99, p999 = (float(value) for value in np.percentile(off_us, (50.0, 99.0, 99.9)))
    return Error(p50, p99, p999, max(0.0, 100.0 * (due - len(stamps_ns)) / due))


def _rows(period: int, core: Error, control: Error) -> Iterator[PerfRow]:
    what = f"cyclic send at {period} ms beside a busy thread:"
    yield PerfRow(f"{what} p99 error", core.p99, "us", control.p99, control.p99 / max(core.p99, 1e-3), RATIO_GOAL)
    yield PerfRow(f"{what} p99 error, at most", core.p99, "us", goal=P99_GOAL_US, at_most=True)
    yield PerfRow(f"{what} cycles lost, at most", core.lost, "%", control.lost, goal=LOST_GOAL_PERCENT, at_most=True)
    yield PerfRow(f"{what} p50 error", core.p50, "us", control.p50)
    yield PerfRow(f"{what} p99.9 error", core.p999, "us", control.p999)


# --- the wires -------------------------------------------------------------------------------------------------------
def _ear(folder: Path, who: str, period: int) -> BenchwireBus:
    return BenchwireBus(f"{who}_{period}", folder=folder, bitrate=_BITRATE)


def _stamps(wire: BenchwireBus) -> NDArray[np.int64]:
    """When each frame began, ns, from the wire's memory, which tells when they ended; without those of the beginning,
    when their sender was woken somewhere between two of them."""
    with wire:
        frames = [frame for frame in iter(lambda: wire.recv(0), None) if not frame.is_error_frame]
    took_s = (bits_of(frame.arbitration_id, bytes(frame.data)) / _BITRATE for frame in frames)
    begun = [round((frame.timestamp - s) * 1e9) for frame, s in zip(frames, took_s, strict=True)]
    stamps = np.array(begun, np.int64)
    return stamps[stamps >= stamps[0] + _WAKING_NS] if len(stamps) else stamps


@contextmanager
def _busy() -> Iterator[None]:
    """A pure Python thread of this process that never rests."""
    done = False

    def spin() -> None:
        count = 0
        while not done:
            count += 1

    thread = threading.Thread(target=spin, name="busy", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done = True
        thread.join()


# --- the control -----------------------------------------------------------------------------------------------------
@contextmanager
def _control(folder: Path) -> Iterator[None]:
    """python-can's periodic tasks in this process."""
    buses = {period: _ear(folder, "control", period) for period in PERIODS_MS}
    tasks = [
        bus.send_periodic(can.Message(arbitration_id=0x110, data=bytes(8), is_extended_id=False), period * 1e-3)
        for period, bus in buses.items()
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.stop()
        for task in tasks:  # it may be inside ``send`` still
            cast("Any", task).thread.join()
        for bus in buses.values():
            bus.shutdown()


# --- the core --------------------------------------------------------------------------------------------------------
def _program() -> Program:
    """A torque frame with counter and CRC on either wire, one a millisecond, one every ten."""
    database = Database.load(find("dbc", "edu_gen5"))
    signal = next(s for s in database.message(_MESSAGE).signals if s.channel == "dut.torque_cmd").name
    can_tables = build_tables(
        [(database, bus, _MESSAGE) for bus in range(len(PERIODS_MS))],
        lambda _message, name: 0 if name == signal else -1,
    )
    transmits = tuple(Transmit(f"{p} ms", bus, p * NS_PER_MS) for bus, p in enumerate(PERIODS_MS))
    design = Design(_CHANNELS, can_tables, setpoints=(Setpoint("dut.torque_cmd", -100, 100),), transmits=transmits)
    return build_program(design)


def core_main(control: Control, arguments: Mapping[str, Any]) -> None:
    """The child's work: the core's own process, as in a run."""
    berth, program = Berth.of(arguments), _program()
    memory = berth.attach(program)
    buses = [_ear(berth.folder, "core", period) for period in PERIODS_MS]
    run_core(CoreParts(program, memory.state, memory.rings, memory.status, buses, berth.clock), control)


@contextmanager
def _core() -> Iterator[tuple[Child, Path]]:
    """The core's process, at rest."""
    berth = Berth.new()
    berth.create(_program(), _CHANNELS)
    crew = Crew(berth.folder)
    try:
        core = crew.spawn("core", f"{__name__}:core_main", berth.arguments())
        core.wait_ready(_READY_NS)
        os.kill(core.pid, signal.SIGSTOP)
        yield core, berth.folder
    finally:
        for child in crew.children.values():
            child.kill()
            child.control.close()
        berth.remove()


@contextmanager
def _woken(core: Child) -> Iterator[None]:
    os.kill(core.pid, signal.SIGCONT)
    try:
        yield
    finally:
        os.kill(core.pid, signal.SIGSTOP)
