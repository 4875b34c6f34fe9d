"""A BLF file to columns of physical values, against python-can's reader with cantools for each frame."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import can
import cantools
import numpy as np

from bench.canbus.blf import read_blf
from bench.canbus.database import Database
from bench.config.search import find
from bench.service.perf.row import PerfRow

GOAL = 20.0
_FRAMES = 60_000
_ROUNDS = 3
_NAMES = ("EDU_STATUS", "EDU_LIMITS", "EDU_DC", "EDU_TEMPS_1", "EDU_TEMPS_2")


def measure(frames: int = _FRAMES, rounds: int = _ROUNDS) -> Iterator[PerfRow]:
    """One row: frames per second, median of ``rounds``, ours and the control in turn."""
    dbc = find("dbc", "edu_gen5")
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.blf"
        _write(log, dbc, frames)
        ours, theirs = _ours(log, dbc), _theirs(log, dbc)
        ours()
        pairs = [(_timed(ours), _timed(theirs)) for _ in range(rounds)]
    mine, control = median(m for m, _ in pairs), median(c for _, c in pairs)
    yield PerfRow(
        "BLF file to columns, frames/s; control: python-can and cantools",
        frames / mine,
        "1/s",
        frames / control,
        control / mine,
        GOAL,
    )


def _write(path: Path, dbc: Path, frames: int) -> None:
    """Random payloads of the inverter's messages, as a logger writes them at 1 kHz."""
    database, noise = Database.load(dbc), np.random.default_rng(1)
    numbers = [database.message(name).id for name in _NAMES]
    with can.BLFWriter(str(path)) as writer:
        for n, payload in enumerate(noise.integers(0, 256, (frames, 8), np.uint8)):
            number, stamp = numbers[n % len(numbers)], 1.7e9 + n * 1e-3
            frame = can.Message(stamp, number, is_extended_id=False, data=payload.tobytes(), channel=0)
            writer.on_message_received(frame)


def _ours(log: Path, dbc: Path) -> Callable[[], object]:
    database = Database.load(dbc)

    def run() -> object:
        frames = read_blf(log.read_bytes())
        return database.decode_log(frames.ids, frames.data, frames.t_ns, frames.lengths)

    return run


def _theirs(log: Path, dbc: Path) -> Callable[[], object]:
    database: Any = cantools.database.load_file(str(dbc))

    def run() -> object:
        columns: dict[str, list[tuple[float, object]]] = {}
        with can.BLFReader(str(log)) as reader:
            for frame in reader:
                message = database.get_message_by_frame_id(frame.arbitration_id)
                for name, value in message.decode(frame.data, decode_choices=False).items():
                    columns.setdefault(name, []).append((frame.timestamp, value))
        return columns

    return run


def _timed(run: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    run()
    return time.perf_counter() - began_s
