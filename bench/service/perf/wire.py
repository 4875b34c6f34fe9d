"""Frames per second through benchwire to three receivers, beside python-can's ``virtual`` with three receivers.

The control sends and receives in one thread of one process, the only place where ``virtual`` lives. benchwire does the
same there, in the same loop; and then what it is made for: its sender and its three receivers are four processes, each
through ``send`` and ``recv`` of python-can, and time runs from the first send to the last frame of the last receiver.

Rows: the transport (bit rate 0: the wire takes no time, the sender waits for readers) in four processes, the same per
processor time of all four, the transport in the control's layout; both layouts with the model in the path, on a wire
so fast that its bits do not count; what a wire of 1 Mbit/s lets through, and the compiled model alone.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import can
import numpy as np

from bench.base.compiled import compiled
from bench.base.records import FRAME
from bench.canbus.buses import Wire, make_wire
from bench.canbus.frame_bits import bits_of
from bench.canbus.wire import advance, offer
from bench.io.benchwire import BenchwireBus
from bench.io.folders import private_folder
from bench.service.perf.row import PerfRow

GOAL = 5.0
RECEIVERS = 3
_ROUNDS = 5
_FRAMES, _PACED_FRAMES, _CHUNK, _MODEL_FRAMES = 60_000, 4_000, 500, 100_000
_FAST_FRAMES = 12_000  # so many may a reader be behind: a wire with a bit rate waits for nobody
_BITRATE, _FAST = 1_000_000, 1_000_000_000
_PAYLOAD = bytes(range(8))
_SILENT_S = 5.0
_RECEIVER = "import sys; from bench.service.perf.wire import receive; receive(*sys.argv[1:])"
_SETS = (
    ("benchwire without bit time, 3 receivers in 3 processes", GOAL),
    ("the same per second of processor time of all four", None),
    ("the same in one thread, as the control is", None),
    ("benchwire with its model, 3 receivers in 3 processes", None),
    ("benchwire with its model in one thread", None),
)


def measure(rounds: int = _ROUNDS, frames: int = _FRAMES) -> Iterator[PerfRow]:
    """Rows, each the median of ``rounds``, control and benchwire in turn."""
    seen, lost = [], 0
    for _ in range(rounds):
        figures, missing = _run(frames)
        seen.append(figures)
        lost += missing
    for (what, goal), pairs in zip(_SETS, zip(*seen, strict=True), strict=True):
        rate_hz, control_hz = (median(rates) for rates in zip(*pairs, strict=True))
        ratio = median(rate / control for rate, control in pairs)
        yield PerfRow(what, rate_hz, "frames/s", control_hz, ratio, goal)
    paced_hz, _, missing = _processes(_BITRATE, _PACED_FRAMES)
    possible_hz = _BITRATE / bits_of(0x123, _PAYLOAD)
    yield PerfRow("benchwire at 1 Mbit/s against its bits", paced_hz, "frames/s", possible_hz, paced_hz / possible_hz)
    yield PerfRow("frames lost, all runs and receivers", float(lost + missing), "1", goal=0.0, at_most=True)
    model_hz = _model()
    yield PerfRow("the compiled model alone", model_hz, "frames/s", control_hz, model_hz / control_hz)


def _run(frames: int) -> tuple[list[tuple[float, float]], int]:
    """Each of ``_SETS`` once: (frames/s, the control's); and the frames lost."""
    few = min(frames, _FAST_FRAMES)
    control_hz, control_s, lost = _one_thread(
        [can.Bus(interface="virtual", channel="perf") for _ in range(1 + RECEIVERS)], few
    )
    figures = []
    for bitrate, count in ((0, frames), (_FAST, few)):
        apart_hz, apart_s, missing = _processes(bitrate, count)
        with _folder() as folder:
            members = [BenchwireBus("perf", bitrate, folder=Path(folder)) for _ in range(1 + RECEIVERS)]
            together_hz, _, missing_too = _one_thread(members, few)
        costs = [(1.0 / apart_s, 1.0 / control_s)] if bitrate == 0 else []
        figures += [(apart_hz, control_hz), *costs, (together_hz, control_hz)]
        lost += missing + missing_too
    return figures, lost


def _message(n: int) -> can.Message:
    return can.Message(arbitration_id=0x123, is_extended_id=False, data=_PAYLOAD, timestamp=float(n))


def _folder() -> "tempfile.TemporaryDirectory[str]":
    """Where wires are by themselves."""
    return tempfile.TemporaryDirectory(dir=private_folder("perf"))


def _one_thread(buses: Sequence[can.BusABC], frames: int) -> tuple[float, float, int]:
    """The first of the buses sends to the others, a chunk after the other: (frames/s, processor seconds a frame, frames
    lost)."""
    sender, *receivers = buses
    count, start_s, used_s = 0, time.perf_counter(), time.process_time()
    for first in range(0, frames, _CHUNK):
        for n in range(first, min(first + _CHUNK, frames)):
            sender.send(_message(n))
        for receiver in receivers:
            while receiver.recv(0) is not None:
                count += 1
    took_s, used_s = time.perf_counter() - start_s, time.process_time() - used_s
    for bus in buses:
        bus.shutdown()
    return frames / took_s, used_s / frames, len(receivers) * frames - count


def _processes(bitrate: int, frames: int) -> tuple[float, float, int]:
    """benchwire in four processes: (frames/s, processor seconds of all a frame, frames lost)."""
    with _folder() as folder, BenchwireBus("perf", bitrate, folder=Path(folder)) as bus:
        command = [sys.executable, "-c", _RECEIVER, folder, str(bitrate), str(frames)]
        receivers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(RECEIVERS)]
        for receiver in receivers:
            _line(receiver)
        start_s, used_s = time.monotonic(), time.process_time()
        for n in range(frames):
            bus.send(_message(n))
        used_s = time.process_time() - used_s
        told = [json.loads(_line(receiver)) for receiver in receivers]
        for receiver in receivers:
            receiver.communicate()
    took_s = max(one["end_s"] for one in told) - start_s
    used_s += sum(one["used_s"] for one in told)
    return frames / took_s, used_s / frames, sum(frames - one["frames"] for one in told)


def _line(receiver: "subprocess.Popen[str]") -> str:
    assert receiver.stdout is not None
    return receiver.stdout.readline()


def receive(folder: str, bitrate: str, frames: str) -> None:
    """One receiver's process: take ``frames`` frames, then say how that went."""
    with BenchwireBus("perf", int(bitrate), folder=Path(folder)) as bus:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        used_s, count, end_s = time.process_time(), 0, 0.0
        while count < int(frames):
            message = bus.recv(_SILENT_S)
            if message is None:
                break
            count += not message.is_error_frame
            end_s = time.monotonic() if count % 64 == 0 or count == int(frames) else end_s
        told = {"frames": count, "end_s": end_s, "used_s": time.process_time() - used_s}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


@compiled
def run_model(wire: Wire, frame: Any, delivered: Any, frames: int) -> int:
    """Eight frames each millisecond through the wire; how many came out."""
    came = 0
    for n in range(0, frames, 8):
        for _ in range(8):
            offer(wire, frame, n * 125_000)
        came += advance(wire, (n + 8) * 125_000, delivered)
    return came


def _model() -> float:
    """Frames per second of the compiled wire alone, eight at a time."""
    wire, delivered, frame = make_wire([_BITRATE]), np.zeros(8, FRAME), np.zeros(1, FRAME)[0]
    frame["id"], frame["length"], frame["data"][:8] = 0x123, 8, np.frombuffer(_PAYLOAD, np.uint8)
    run_model(wire, frame, delivered, 8)
    start_s = time.perf_counter()
    run_model(wire, frame, delivered, _MODEL_FRAMES)
    return _MODEL_FRAMES / (time.perf_counter() - start_s)
