"""Frames per second through benchwire to three receivers, beside python-can's ``virtual`` with three receivers.

The control sends and receives in one thread of one process, the only place where ``virtual`` lives. benchwire's sender
and its three receivers are four processes, each through ``send`` and ``recv`` of python-can; time runs from the first
send to the last frame of the last receiver. Rows: the transport (bit rate 0: the wire takes no time, the sender waits
for readers), the same per processor time of all four, what a wire of 1 Mbit/s lets through, and the compiled model.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
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
from bench.service.perf_row import PerfRow

GOAL = 5.0
RECEIVERS = 3
_RUNS = 3
_FRAMES, _PACED_FRAMES, _CONTROL_FRAMES, _MODEL_FRAMES = 60_000, 4_000, 15_000, 100_000
_BITRATE = 1_000_000
_PAYLOAD = bytes(range(8))
_SILENT_S = 5.0
_RECEIVER = "import sys; from bench.service.perf_wire import receive; receive(*sys.argv[1:])"


def measure(runs: int = _RUNS, frames: int = _FRAMES) -> Iterator[PerfRow]:
    """Rows, each the median of ``runs``, control and benchwire in turn."""
    controls, transports, costs, lost = [], [], [], 0
    for _ in range(runs):
        control_hz, control_s = _virtual()
        rate_hz, cost_s, missing = _benchwire(0, frames)
        controls.append(control_hz)
        transports.append((rate_hz, rate_hz / control_hz))
        costs.append((1.0 / cost_s, control_s / cost_s))
        lost += missing
    control_hz = median(controls)
    for what, seen, goal in (
        ("benchwire without bit time, 3 receivers in 3 processes", transports, GOAL),
        ("the same per second of processor time of all four", costs, None),
    ):
        ratio = median(one for _, one in seen)
        yield PerfRow(what, median(rate for rate, _ in seen), "frames/s", control_hz, ratio, goal)
    paced_hz, _, missing = _benchwire(_BITRATE, _PACED_FRAMES)
    possible_hz = _BITRATE / bits_of(0x123, _PAYLOAD)
    yield PerfRow("benchwire at 1 Mbit/s against its bits", paced_hz, "frames/s", possible_hz, paced_hz / possible_hz)
    yield PerfRow("frames lost, all runs and receivers", float(lost + missing), "1", goal=0.0, at_most=True)
    model_hz = _model()
    yield PerfRow("the compiled model alone", model_hz, "frames/s", control_hz, model_hz / control_hz)


def _message(n: int) -> can.Message:
    return can.Message(arbitration_id=0x123, is_extended_id=False, data=_PAYLOAD, timestamp=float(n))


def _virtual() -> tuple[float, float]:
    """python-can's own bus: (frames/s, processor seconds a frame)."""
    sender, *receivers = [can.Bus(interface="virtual", channel="perf_wire") for _ in range(1 + RECEIVERS)]
    start_s, used_s = time.perf_counter(), time.process_time()
    for n in range(_CONTROL_FRAMES):
        sender.send(_message(n))
    for receiver in receivers:
        while receiver.recv(0) is not None:
            pass
    took_s, used_s = time.perf_counter() - start_s, time.process_time() - used_s
    for bus in (sender, *receivers):
        bus.shutdown()
    return _CONTROL_FRAMES / took_s, used_s / _CONTROL_FRAMES


def _benchwire(bitrate: int, frames: int) -> tuple[float, float, int]:
    """(frames/s, processor seconds of all processes a frame, frames lost)."""
    with tempfile.TemporaryDirectory() as folder, BenchwireBus("perf", bitrate, folder=Path(folder)) as bus:
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
