"""What was on a run's CAN buses, from its full inbox log: what the core received, and, replayed, what it sent.

The writers are python-can's. Channels are the numbers of the buses as in the rig file; times are the run's, on its
beginning. The core is a function of its inbox, so its own frames are those of the run, byte for byte.
"""

from pathlib import Path
from typing import Any

import can
import numpy as np
from numpy.typing import NDArray

from bench.base.errors import InputError, Problem
from bench.base.records import FRAME, FRAME_FD, FRAME_IN
from bench.base.time import NS_PER_S
from bench.canbus.message import EXTENDED
from bench.core.program import Program
from bench.core.replay import replay
from bench.io.disk import DiskStorage
from bench.record.inbox_log import read_inbox_log
from bench.record.recorder import INBOX_LOG
from bench.service.export.mdf import require

WRITERS: dict[str, tuple[str, Any]] = {
    "blf": (".blf", can.BLFWriter),
    "asc": (".asc", can.ASCWriter),
    "bus_mf4": (".mf4", can.MF4Writer),
}


def export_bus(run: DiskStorage, folder: Path, kind: str, start_s: int, program: Program | None) -> list[Path]:
    """``bus.<kind>``; ``program``: of the core, to replay what it sent (``None``: received frames alone). Raises
    ``InputError`` where the run kept a digest alone."""
    if kind == "bus_mf4":
        require("asammdf")
    content = read_inbox_log(run.read(INBOX_LOG))
    if content.header.get("mode") != "full":
        told = "kept a digest of what came in, not the frames; run it with --inbox full"
        raise InputError([Problem(str(run.folder), 0, 0, told)])
    received = content.records[content.records["kind"] == FRAME_IN]
    sent = _sent(content.records, program)
    times = np.concatenate([received["t_ns"], sent["t_ns"]])
    order = np.argsort(times, kind="stable")
    ending, make = WRITERS[kind]
    path = folder / f"bus{ending}"
    with make(str(path)) as writer:
        for place in order:
            ours = place >= len(received)
            frame = sent[place - len(received)] if ours else received[place]
            writer.on_message_received(_message(frame, start_s, ours))
    return [path]


def _sent(records: NDArray[np.void], program: Program | None) -> NDArray[np.void]:
    if program is None or not len(records):
        return np.zeros(0, FRAME)
    return replay(program, records, int(records["arrived_ns"][-1])).frames


def _message(frame: np.void, start_s: int, ours: bool) -> can.Message:
    length, number = int(frame["length"]), int(frame["id"])
    fd = length > 8 or bool(ours and frame["flags"] & FRAME_FD)
    return can.Message(
        timestamp=start_s + int(frame["t_ns"]) / NS_PER_S,
        arbitration_id=number & ~EXTENDED,
        is_extended_id=bool(number & EXTENDED),
        is_fd=fd,
        is_rx=not ours,
        channel=int(frame["bus"]),
        data=frame["data"][:length].tobytes(),
    )
