"""Instruments over real sockets and in virtual time, each figure beside a control of the same run.

The emulated instruments are in a process of their own (``perf/peers.py``), the drivers and the control in this one.
"""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.quality import GOOD
from bench.base.time import NS_PER_MS, NS_PER_S
from bench.config.rig import Rig, load_rig
from bench.config.search import find
from bench.emulators.virtual_instruments import Bound, VirtualInstruments
from bench.io.visa import VisaLink
from bench.io.visa_transports import resource_manager
from bench.links.drivers_of_rig import any_driver_class
from bench.links.link import Pace
from bench.schedule.requests import Exchange
from bench.service.notebook import Opened
from bench.service.perf.peers import BLOCK_BYTES, PAYLOADS, RIG, STILL, still_instruments
from bench.service.perf.row import PerfRow

READ_GOAL, BLOCK_GOAL_MB_S, BLOCK_GOAL, EMULATOR_GOAL, SWEEP_GOAL, NIGHT_GOAL_S = 2.0, 100.0, 10.0, 0.6, 0.4, 30.0
_ROUNDS, _READS, _SWEEPS = 7, 300, 15
_VIRTUAL_S, _NIGHT_S = 120, 8 * 3600
_UPDATES, _UPDATE_NS = 100_000, 10 * NS_PER_MS
_FAST_LATENCY_S = 0.002
_SWEPT = ("analyzer", "supply", "dyno_l", "dyno_r")
_TIMEOUT_NS = 60 * NS_PER_S


def measure(rounds: int = _ROUNDS, updates: int = _UPDATES, virtual_s: int = _VIRTUAL_S) -> Iterator[PerfRow]:
    """Rows: one reading, a large block, an emulator's rate, a sweep over four instruments, a night in virtual time, and
    what is lost of the shortest updates."""
    rig = load_rig(find("rig", RIG)).value
    with _process("emulators") as (ports, _):
        yield _read(rig, ports, rounds)
        yield from _blocks(ports["blocks"], rounds)
        yield _emulator(rig, ports["supply"], rounds)
        yield _sweep(rig, ports, rounds)
    yield _night(rig, virtual_s)
    yield from _updates(rig, updates)


# --- over sockets ----------------------------------------------------------------------------------------------------
@contextmanager
def _process(which: str, told: str = "") -> "Iterator[tuple[dict[str, int], subprocess.Popen[str]]]":
    """A process of ``perf/peers.py``; its ports by name."""
    command = [sys.executable, "-c", f"from bench.service.perf.peers import {which}; {which}()"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    with process:
        try:
            process.stdin.write(told)
            process.stdin.flush()
            yield json.loads(process.stdout.readline()), process
        finally:
            process.stdin.close()


def _resource(port: int) -> str:
    return f"TCPIP::127.0.0.1::{port}::SOCKET"


def _driver(rig: Rig, part: str) -> Any:
    return any_driver_class(rig.instruments[part].driver).from_rig(part, rig.model_dump())


def _opened(rig: Rig, part: str, port: int) -> Opened[Any]:
    return Opened(_resource(port), _driver(rig, part))


def _seconds(each: Callable[[], object], count: int) -> float:
    """Of one call, the mean of ``count``."""
    start_s = time.perf_counter()
    for _ in range(count):
        each()
    return (time.perf_counter() - start_s) / count


class _Raw:
    """A bare socket that asks and takes a line."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 2.0)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, question: bytes) -> bytes:
        self._socket.sendall(question)
        answer = b""
        while not answer.endswith(b"\n"):
            answer += self._socket.recv(4096)
        return answer

    def ask_all(self, questions: Sequence[bytes]) -> list[bytes]:
        return [self.ask(question) for question in questions]

    def __enter__(self) -> "_Raw":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def _read(rig: Rig, ports: Mapping[str, int], rounds: int) -> PerfRow:
    """A reading of the supply: driver, session, VISA, checks and units, against the same bytes on a bare socket."""
    pairs = []
    for _ in range(rounds):  # an instrument serves one connection at a time
        with _opened(rig, "supply", ports["supply"]) as supply:
            mine_s = _seconds(supply.read, _READS)
            # now and then a reading asks for more
            asked = [(supply.driver.question().data, supply.read())[0] for _ in range(_READS)]
        with _Raw(ports["supply"]) as raw:
            pairs.append((mine_s, _seconds(partial(raw.ask_all, asked), 1) / _READS))
    mine_us, raw_us = (1e6 * median(times) for times in zip(*pairs, strict=True))
    ratio = median(mine / raw for mine, raw in pairs)
    what = "a reading by its driver, in the caller's thread, at most"
    return PerfRow(what, mine_us, "us", raw_us, ratio, READ_GOAL, at_most=True)


def _blocks(port: int, rounds: int) -> Iterator[PerfRow]:
    """Large blocks, whatever is in them; the last, of random bytes, against ``query_binary_values`` of pyvisa-py."""
    for place, (name, make) in enumerate(PAYLOADS.items()):
        question, wanted = b"BLOCK? %d\n" % place, make()
        request = Exchange(question, "block", _TIMEOUT_NS)
        link = VisaLink(_resource(port))
        assert link.exchange(request)[-BLOCK_BYTES - 1 : -1] == wanted
        mine_s = median([_seconds(partial(link.exchange, request), 1) for _ in range(rounds)])
        link.close()
        mine = 1e-6 * BLOCK_BYTES / mine_s
        yield PerfRow(f"a block of 4 MiB, {name}", mine, "MB/s", goal=BLOCK_GOAL_MB_S)
    control = 1e-6 * BLOCK_BYTES / _theirs(port, question, wanted)
    yield PerfRow(f"a block of 4 MiB, {name}: against pyvisa-py", mine, "MB/s", control, mine / control, BLOCK_GOAL)


def _theirs(port: int, question: bytes, wanted: bytes) -> float:
    """Seconds of one ``query_binary_values``."""
    session: Any = resource_manager().open_resource(_resource(port), timeout=_TIMEOUT_NS // NS_PER_MS)
    session.read_termination = session.write_termination = "\n"
    start_s = time.perf_counter()
    values = session.query_binary_values(question.decode().strip(), datatype="B", container=np.array)
    took_s = time.perf_counter() - start_s
    session.close()
    assert values.tobytes() == wanted
    return took_s


def _emulator(rig: Rig, port: int, rounds: int) -> PerfRow:
    """Questions a second that one client gets answered, with the whole grammar, against a bare asyncio server."""
    questions = [b"MEAS:ARR?\n", b"*IDN?\n", b"SYST:LOCK:OWN?\n", b"VOLT?\n", b"OUTP?\n", b"STAT:OPER:COND?\n"]
    with _Raw(port) as raw:
        answers = {question.decode(): raw.ask(question).decode() for question in questions}
    pairs = []
    with _process("echo", json.dumps(answers) + "\n") as (ports, _):
        for _ in range(rounds):
            with _Raw(port) as raw, _Raw(ports["echo"]) as bare:
                pairs.append([_rate(each, questions) for each in (raw, bare)])
    mine_hz, bare_hz = (median(rates) for rates in zip(*pairs, strict=True))
    ratio = median(mine / bare for mine, bare in pairs)
    return PerfRow(
        "an emulated supply: questions answered to one client", mine_hz, "1/s", bare_hz, ratio, EMULATOR_GOAL
    )


def _rate(raw: _Raw, questions: Sequence[bytes]) -> float:
    return len(questions) / _seconds(partial(raw.ask_all, questions), _READS)


def _sweep(rig: Rig, ports: Mapping[str, int], rounds: int) -> PerfRow:
    """One reading of each instrument at once, each in its own thread, against one after the other."""
    with ExitStack() as stack:
        opened = [stack.enter_context(_opened(rig, part, ports[f"{part}.late"])) for part in _SWEPT]
        pool = stack.enter_context(ThreadPoolExecutor(len(opened)))
        pairs = []
        for _ in range(rounds):
            together_s = _seconds(lambda: list(pool.map(Opened.read, opened)), _SWEEPS)
            pairs.append((together_s, sum(_seconds(each.read, _SWEEPS) for each in opened)))
    mine_ms, control_ms = (1e3 * median(times) for times in zip(*pairs, strict=True))
    ratio = median(together / single for together, single in pairs)
    what = f"a sweep over {len(opened)} instruments that answer after 3 ms, at most"
    return PerfRow(what, mine_ms, "ms", control_ms, ratio, SWEEP_GOAL, at_most=True)


# --- in virtual time -------------------------------------------------------------------------------------------------
def _night(rig: Rig, virtual_s: int) -> PerfRow:
    """Wall seconds of eight virtual hours of five instruments at 20 Hz, from a part of them."""
    rig = _with_analyzer(rig, latency=_FAST_LATENCY_S)  # or it could not answer within its update of 50 ms
    devices = still_instruments(rig)
    paces = dict.fromkeys(devices, Pace(50 * NS_PER_MS)) | {"analyzer": Pace(0)}  # it sets its own
    bound = {part: Bound(_driver(rig, part), device, paces[part]) for part, device in devices.items()}
    taken = np.zeros(1, int)

    def post(records: NDArray[np.void]) -> None:
        taken[0] += len(records)

    instruments = VirtualInstruments(bound, post, np.array([STILL] * len(bound)))
    instruments.set_up()
    instruments.run_until(instruments.scheduler.t_ns + NS_PER_S)
    taken[0], start_s = 0, time.perf_counter()
    instruments.run_until(instruments.scheduler.t_ns + virtual_s * NS_PER_S)
    night_s = (time.perf_counter() - start_s) * _NIGHT_S / virtual_s
    values_hz = int(taken[0]) / virtual_s
    what = f"8 virtual hours of {len(bound)} instruments at 20 Hz, {values_hz:.0f} values a second, at most"
    return PerfRow(what, night_s, "s", goal=NIGHT_GOAL_S, at_most=True)


def _updates(rig: Rig, updates: int) -> Iterator[PerfRow]:
    """An analyzer that makes a value every 10 ms: each must be read once."""
    fast = _with_analyzer(rig, update=1e-9 * _UPDATE_NS, latency=_FAST_LATENCY_S)
    times: list[NDArray[np.int64]] = []

    def post(records: NDArray[np.void]) -> None:
        times.append(records["t_ns"][(records["id"] == 0) & (records["quality"] == GOOD)])

    analyzer = Bound(_driver(fast, "analyzer"), still_instruments(fast)["analyzer"], Pace(0))
    instruments = VirtualInstruments({"analyzer": analyzer}, post, np.array([STILL]))
    instruments.set_up()
    instruments.run_until(instruments.scheduler.t_ns + updates * _UPDATE_NS)
    all_ns = np.concatenate(times)
    steps = np.rint(np.diff(all_ns) / _UPDATE_NS).astype(int)
    of = f"of {len(all_ns)} updates, 10 ms each:"
    yield PerfRow(f"{of} read twice", float((steps == 0).sum()), "1", goal=0.0, at_most=True)
    yield PerfRow(f"{of} missed", float((steps[steps > 1] - 1).sum()), "1", goal=0.0, at_most=True)


def _with_analyzer(rig: Rig, **update: float) -> Rig:
    return rig.model_copy(update={"analyzer": rig.analyzer.model_copy(update=update)})
