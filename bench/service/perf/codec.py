"""The codec against cantools, in turns in one thread, by CPU time; then the core's cost over signals and limits."""

import gc
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import cantools
import numpy as np

from bench.canbus.database import Database
from bench.service.perf.row import PerfRow
from bench.service.perf.scale import cycle_costs

DECODE_GOAL, ENCODE_GOAL, LOG_GOAL, LOAD_GOAL = 2.0, 5.0, 200.0, 50.0
_ROUNDS = 9

EIGHT_SIGNALS = """VERSION ""
BU_: EDU
BO_ 256 EDU: 8 EDU
 SG_ Torque : 0|12@1- (0.25,0) [-512|511.75] "Nm" EDU
 SG_ Speed : 12|14@1- (2,0) [-16384|16382] "rpm" EDU
 SG_ DcVoltage : 26|10@1+ (1,0) [0|1023] "V" EDU
 SG_ Temperature : 36|8@1+ (1,-40) [-40|215] "degC" EDU
 SG_ State : 44|4@1+ (1,0) [0|15] "" EDU
 SG_ Ready : 48|1@1+ (1,0) [0|1] "" EDU
 SG_ Fault : 49|3@1+ (1,0) [0|7] "" EDU
 SG_ Current : 52|12@1- (0.5,0) [-1024|1023.5] "A" EDU
"""
_ID, _NAME, _FRAME = 256, "EDU", bytes.fromhex("1122334455667788")


def measure(rounds: int = _ROUNDS) -> Iterator[PerfRow]:
    """Rows: one frame to a dictionary, one frame from a dictionary, a log to columns (short, and so long that memory
    costs most of the time), a database of 3000 signals from the cache; each the median of ``rounds``, the last two of a
    third of them. Then a cycle of the core with 10, 100, 1000 signals."""
    few = max(1, rounds // 3)
    ours = Database.from_text(EIGHT_SIGNALS, "eight")
    theirs: Any = cantools.database.load_string(EIGHT_SIGNALS, "dbc")
    values = ours.decode(_ID, _FRAME)
    assert values == theirs.decode_message(_ID, _FRAME) and ours.encode(_NAME, values) == _FRAME
    figures = _in_turns(
        lambda: ours.decode(_ID, _FRAME),
        lambda: theirs.decode_message(_ID, _FRAME, decode_choices=False),
        5000,
        rounds,
    )
    yield _row("decode a frame of 8 signals to a dictionary", *figures, DECODE_GOAL)
    figures = _in_turns(lambda: ours.encode(_NAME, values), lambda: theirs.encode_message(_NAME, values), 2000, rounds)
    yield _row("encode a frame of 8 signals from a dictionary, all checks on", *figures, ENCODE_GOAL)
    yield _log(ours, theirs, 50_000, rounds, LOG_GOAL)
    yield _log(ours, theirs, 1_000_000, few, None)
    yield from _loads(few)
    yield from cycle_costs()


def _row(what: str, mine_ns: float, control_ns: float, goal: float | None, unit: str = "ns") -> PerfRow:
    by = {"ns": 1.0, "ms": 1e6}[unit]
    return PerfRow(what, mine_ns / by, unit, control_ns / by, control_ns / mine_ns, goal)


def _in_turns(mine: Callable[[], Any], control: Callable[[], Any], repeat: int, rounds: int) -> tuple[float, float]:
    """CPU time of one call of each, ns: medians over ``rounds`` in which they take turns."""
    found: tuple[list[float], list[float]] = ([], [])
    mine(), control()
    for _ in range(rounds):
        for function, times in zip((mine, control), found, strict=True):
            gc.collect()
            begin = time.process_time_ns()
            for _ in range(repeat):
                function()
            times.append((time.process_time_ns() - begin) / repeat)
    return median(found[0]), median(found[1])


def _log(ours: Database, theirs: Any, count: int, rounds: int, goal: float | None) -> PerfRow:
    """Random frames, all 8 signals of each to columns of numbers; the control takes the first 5000 of them."""
    part = 5_000
    data = np.random.default_rng(1).integers(0, 256, (count, 8), np.uint8)
    ids, times = np.full(count, _ID, np.uint32), np.arange(count) * 1_000_000
    frames = [(int(i), row.tobytes()) for i, row in zip(ids[:part], data[:part], strict=True)]

    def control() -> dict[str, np.ndarray]:
        columns: dict[str, list[Any]] = {signal.name: [] for signal in ours.message(_NAME).signals}
        for frame_id, frame in frames:
            for name, value in theirs.decode_message(frame_id, frame, decode_choices=False).items():
                columns[name].append(value)
        return {name: np.array(column) for name, column in columns.items()}

    def mine() -> None:
        for _ in range(repeat):
            ours.decode_log(ids, data, times)

    found, repeat = ours.decode_log(ids, data, times)[_NAME], max(1, 500_000 // count)
    assert all(np.array_equal(found[name].values[:part], column) for name, column in control().items())
    del found
    mine_ns, control_ns = _in_turns(mine, control, 1, rounds)
    return _row(f"a log of {count} frames to 8 columns, per frame", mine_ns / count / repeat, control_ns / part, goal)


def large_database() -> str:
    """3000 signals in 200 messages, with comments, texts and cycle times, as a car's database has them."""
    lines, more = ['VERSION ""', "BU_: A B"], []
    for m in range(200):
        lines.append(f"BO_ {256 + m} Message_{m}: 30 A")
        more.append(f'CM_ BO_ {256 + m} "What message {m} is for, in a sentence.";')
        more.append(f'BA_ "GenMsgCycleTime" BO_ {256 + m} {10 * (m % 10 + 1)};')
        for s in range(15):
            lines.append(f' SG_ Message_{m}_signal_{s} : {16 * s}|16@1- (0.1,0) [-3276.8|3276.7] "Nm" B')
            more.append(f'CM_ SG_ {256 + m} Message_{m}_signal_{s} "What signal {s} of it means.";')
            if s % 3 == 0:
                more.append(f'VAL_ {256 + m} Message_{m}_signal_{s} 0 "off" 1 "on" 32767 "not available" ;')
    defined = ['BA_DEF_ BO_ "GenMsgCycleTime" INT 0 65535;', 'BA_DEF_DEF_ "GenMsgCycleTime" 0;']
    return "\n".join([*lines, *defined, *more, ""])


def _loads(rounds: int) -> Iterator[PerfRow]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.dbc"
        path.write_text(large_database())
        Database.load(path)

        def control() -> Any:
            return cantools.database.load_file(path)

        mine_ns, control_ns = _in_turns(lambda: Database.load(path), control, 1, rounds)
        yield _row("load a database of 3000 signals from the cache", mine_ns, control_ns, LOAD_GOAL, "ms")
        every_ns, control_ns = _in_turns(lambda: list(Database.load(path).messages), control, 1, rounds)
        yield _row("the same, every message made", every_ns, control_ns, None, "ms")
