"""No answer is ever taken for another's: many callers, and an instrument that is late, silent, torn, or gone.

What is asked for is a number, and the instrument answers with it, so every answer tells whose it is. The drivers'
session and link, the framing and the lines (virtual time) or sockets under them are those of the bench.
"""

import random
import threading
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.base.errors import BenchError, DeviceError, LinkError
from bench.base.quality import GOOD
from bench.base.time import NS_PER_MS, NS_PER_S
from bench.emulators.instruments.echo import EchoDriver, EchoEmulator
from bench.emulators.instruments.faults import Fault, FaultScript
from bench.emulators.virtual_instruments import Bound, VirtualInstruments
from bench.io.clock import MonotonicClock
from bench.io.instrument_server import InstrumentServer
from bench.links.link import Pace
from bench.schedule.requests import Ask, Operation, Sleep
from bench.service.notebook import Opened
from bench.service.perf.row import PerfRow
from bench.service.proofs.proof import Figures, Proof

CALLERS = 8
VIRTUAL_CASES, VIRTUAL_QUERIES = 100, 10_000
SOCKET_CASES, SOCKET_QUERIES = 10, 1_000
_TIMEOUT_NS = 10 * NS_PER_MS
_FOR_EVER_NS = 1 << 62
_PART = "echo"
_PACE = Pace(period_ns=5 * NS_PER_MS, idle_ns=5 * NS_PER_MS, retry_ns=20 * NS_PER_MS)


def faults(seed: int, until_ns: int) -> FaultScript:
    """Answers that are late (by more than anybody waits), torn, split, missing or none; closed and endless now and
    then."""
    drawn = random.Random(seed)
    every = (
        Fault("late", 0, _FOR_EVER_NS, delay_ns=drawn.randint(8, 40) * NS_PER_MS, share=0.02),
        Fault("partial", 0, _FOR_EVER_NS, delay_ns=drawn.choice((0, 5, 25)) * NS_PER_MS, share=0.01),
        Fault("split", 0, _FOR_EVER_NS, delay_ns=drawn.randint(1, 6) * NS_PER_MS, share=0.02),
        Fault("silence", 0, _FOR_EVER_NS, share=0.01),
        Fault("garbage", 0, _FOR_EVER_NS, share=0.01),
        Fault("bare_lf", 0, _FOR_EVER_NS, share=0.01),
    )
    return FaultScript([*every, *_windows(drawn, until_ns)], seed, _PART)


def _windows(drawn: random.Random, until_ns: int) -> Iterator[Fault]:
    t_ns = 0
    while (t_ns := t_ns + drawn.randint(500, 5000) * NS_PER_MS) < until_ns:
        yield Fault(drawn.choice(("close", "endless")), t_ns, t_ns + drawn.randint(1, 30) * NS_PER_MS)


# --- in virtual time -------------------------------------------------------------------------------------------------
def in_virtual_time(seed: int, queries: int = VIRTUAL_QUERIES, script: FaultScript | None = None) -> Figures:
    """Readings all the time, and eight callers beside them, until ``queries`` were asked."""
    driver = EchoDriver(_PART, _TIMEOUT_NS)
    device = EchoEmulator(script or faults(seed, queries * _TIMEOUT_NS))
    posts = _Posts()
    instruments = VirtualInstruments({_PART: Bound(driver, device, _PACE)}, posts.take)
    told = [_Caller(place) for place in range(CALLERS)]
    instruments.run_job(_set_up())
    jobs = [instruments.spawn(caller.calls(lambda: driver.asked >= queries)) for caller in told]
    while not all(job.done for job in jobs):
        instruments.run_until(instruments.scheduler.t_ns + NS_PER_S)
    assert all(job.error is None for job in jobs), [job.error for job in jobs]
    lost = sum(caller.lost for caller in told) + instruments.counters[_PART].failures
    return {
        "asked": driver.asked,
        "answered": sum(caller.answered for caller in told) + posts.good,
        "lost": lost,
        "wrong": driver.wrong + sum(caller.wrong for caller in told),
    }


def _set_up() -> Operation[None]:
    """The first questions may meet a fault too."""
    while True:
        try:
            yield Ask(_PART, "set_up")
        except (LinkError, DeviceError):
            yield Sleep(_TIMEOUT_NS)
        else:
            return


class _Posts:
    """What came to the core."""

    def __init__(self) -> None:
        self.good = 0

    def take(self, records: NDArray[np.void]) -> None:
        self.good += int((records["quality"] == GOOD).sum())


class _Caller:
    """Asks for numbers of its own, and counts."""

    def __init__(self, place: int) -> None:
        self._next = 1_000_000 * (place + 1)
        self.answered = self.lost = self.wrong = 0

    def calls(self, enough: Callable[[], bool]) -> Operation[None]:
        """A job."""
        while not enough():
            self._next += 1
            try:
                came = yield Ask(_PART, "ranges", {"number": float(self._next)})
            except (LinkError, DeviceError):
                self.lost += 1
            else:
                self.answered += 1
                self.wrong += came["number"] != self._next
            yield Sleep(self._next % 7 * NS_PER_MS)


# --- over sockets ----------------------------------------------------------------------------------------------------
def over_sockets(seed: int, queries: int = SOCKET_QUERIES) -> Figures:
    """Eight threads share one connection; whoever meets a failure opens it afresh."""
    clock = MonotonicClock()
    server = InstrumentServer({_PART: EchoEmulator(faults(seed, 600 * NS_PER_S))}, clock)
    server.start()
    driver = EchoDriver(_PART, _TIMEOUT_NS)
    try:
        with _opened(server.resource(_PART), driver) as opened:
            threads = [_Thread(opened, place, queries // CALLERS) for place in range(CALLERS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    finally:
        server.close()
    return {name: float(sum(getattr(thread, name) for thread in threads)) for name in ("asked", "answered", "lost")} | {
        "wrong": float(driver.wrong + sum(thread.wrong for thread in threads))
    }


def _opened(resource: str, driver: EchoDriver) -> Opened[EchoDriver]:
    """The first connection may meet a fault too."""
    while True:
        try:
            return Opened(resource, driver)
        except (LinkError, DeviceError):
            continue


class _Thread(threading.Thread):
    def __init__(self, opened: Opened[EchoDriver], place: int, queries: int) -> None:
        super().__init__(name=f"caller {place}", daemon=True)
        self._opened = opened
        self._first = 1_000_000 * (place + 1)
        self._queries = queries
        self.asked = self.answered = self.lost = self.wrong = 0

    def run(self) -> None:
        for number in range(self._first, self._first + self._queries):
            self.asked += 1
            try:
                came = self._opened.do(self._opened.driver.echo(number))
            except BenchError:
                self.lost += 1
                self._open_again()
            else:
                self.answered += 1
                self.wrong += came != number

    def _open_again(self) -> None:
        while self._opened.driver.session.poisoned is not None:
            try:
                self._opened.reopen()
            except BenchError:
                continue


# --- the proof -------------------------------------------------------------------------------------------------------
def run(case: int) -> Figures:
    """Cases up to ``VIRTUAL_CASES`` in virtual time, the others over sockets; each is its own seed."""
    kind, figures = ("virtual", in_virtual_time(case)) if case < VIRTUAL_CASES else ("socket", over_sockets(case))
    return {f"{kind}_{name}": float(value) for name, value in figures.items()}


def judge(sums: Figures) -> Sequence[PerfRow]:
    """Every question has its answer or its loss, and no answer is another's."""
    rows = [*_rows(sums, "virtual", "virtual time"), *_rows(sums, "socket", "real sockets")]
    if "socket_asked" in sums:  # a link asks some questions twice, a thread never
        silent = sums["socket_asked"] - sums["socket_answered"] - sums["socket_lost"]
        rows.append(PerfRow("real sockets: neither answered nor reported", silent, "1", goal=0.0, at_most=True))
    return rows


def _rows(sums: Figures, kind: str, words: str) -> Iterator[PerfRow]:
    if f"{kind}_asked" in sums:
        yield PerfRow(f"{words}: questions asked", sums[f"{kind}_asked"], "1")
        yield PerfRow(f"{words}: answered", sums[f"{kind}_answered"], "1")
        yield PerfRow(f"{words}: reported as lost", sums[f"{kind}_lost"], "1")
        yield PerfRow(f"{words}: answers taken for another's", sums[f"{kind}_wrong"], "1", goal=0.0, at_most=True)


ANSWERS = Proof(
    "answers",
    "no answer is taken for another's: 1 000 000 questions in virtual time, 10 000 over sockets, eight callers each",
    VIRTUAL_CASES + SOCKET_CASES,
    (0, 1, VIRTUAL_CASES),
    run,
    judge,
)
