"""A small bench for tests: emulated instruments on a made-up truth, and runners for generator jobs without any wire."""

from collections.abc import Generator
from typing import Any

import numpy as np

from bench.base.errors import DeviceError, LinkClosed, LinkError, LinkTimeout
from bench.base.time import NS_PER_MS
from bench.emulators.instruments.analyzer_peer import Surroundings
from bench.emulators.instruments.peer import Peer
from bench.emulators.instruments.wiring import AnalyzerWiring, ElementWiring, FlangeWiring
from bench.emulators.instruments.yokogawa import YokogawaEmulator, wt5000
from bench.plant.records import INPUTS, OUTPUTS
from bench.schedule.requests import Exchange, Now, Poll, Post, Reopen, Sleep, SleepUntil

OUTPUT_NAMES = tuple(OUTPUTS.names or ())


class Truth:
    """A plant that stands still."""

    def __init__(self, **values: float) -> None:
        self.record = np.zeros(1, OUTPUTS)
        self.inputs = np.zeros(1, INPUTS)
        self.vector = self.record.view(np.float64)
        self.latched_ns = 0
        self.set(**values)

    def set(self, **values: float) -> None:
        for name, value in values.items():
            self.record[name] = value

    def measured(self) -> tuple[Any, int]:
        return self.vector, self.latched_ns


def wiring(**flange: Any) -> AnalyzerWiring:
    return AnalyzerWiring(
        (
            ElementWiring("dc", (1,), "u_dc_v", "i_dc_a", "p_dc_w", 1000.0),
            ElementWiring("ac", (2, 3, 4), "u_ac_v", "i_ac_a", "p_ac_w", 1000.0, frequency_field="f_el_hz"),
            ElementWiring("field", (5,), "u_f_v", "i_f_a", "p_f_w"),
            ElementWiring("aux", (6,), "", "", "p_aux_w"),
        ),
        (
            FlangeWiring("flange_l", 1, "torque_l_nm", "speed_l_rpm", 2000.0, **flange),
            FlangeWiring("flange_r", 2, "torque_r_nm", "speed_r_rpm", 2000.0, sign=-1, speed_sign=-1),
        ),
    )


def at(truth: Truth, **more: Any) -> Surroundings:
    """Where an emulated analyzer stands."""
    return Surroundings(truth.measured, OUTPUT_NAMES, more.pop("wiring", wiring()), **more)


def yokogawa(truth: Truth, **more: Any) -> YokogawaEmulator:
    return wt5000(at(truth, **more))


class Wire:
    """Runs one job against one peer in virtual time; posts are kept as copies."""

    def __init__(self, peer: Peer, t_ns: int = 0) -> None:
        self.peer = peer
        self.t_ns = t_ns
        self.posts: list[Any] = []
        self.exchanges: list[bytes] = []
        self.reopened = 0
        self._left: tuple[Any, Exception | None] = None, None
        peer.opened(t_ns)

    def run(self, job: Generator[Any, Any, Any], until_ns: int | None = None) -> Any:
        """The job's result, or ``None`` when ``until_ns`` has come first."""
        self._until_ns = until_ns
        while until_ns is None or self.t_ns < until_ns:
            answer, error = self._left
            self._left = None, None
            try:
                request = job.send(answer) if error is None else job.throw(error)
            except StopIteration as stop:
                return stop.value
            try:
                self._left = self._serve(request), None
            except (LinkError, DeviceError) as failure:
                self._left = None, failure
        return None

    def _serve(self, request: Any) -> Any:
        match request:
            case Exchange():
                return self._exchange(request)
            case Now():
                return self.t_ns
            case Sleep():
                self.t_ns += request.duration_ns
            case SleepUntil():
                self.t_ns = max(self.t_ns, request.t_ns)
            case Post():
                self.posts.append(request.values.copy())
            case Poll():
                self._poll(request)
            case Reopen():
                self.reopened += 1
                self.peer.opened(self.t_ns)
                if self.peer.closed():
                    self.t_ns += 10 * NS_PER_MS
                    raise LinkClosed("refused")
            case _:
                raise AssertionError(f"unexpected request {request}")
        return None

    def _poll(self, request: Poll) -> None:
        while self._until_ns is None or self.t_ns < self._until_ns:
            reply = self._exchange(request.question())
            self.posts.append(request.take(reply, self.t_ns).copy())
            self.t_ns = max(self.t_ns, request.next_ns(self.t_ns))
            if request.wanted():
                return

    def _exchange(self, request: Exchange) -> bytes:
        self.exchanges.append(request.data)
        self.peer.receive(request.data, self.t_ns)
        if self.peer.closed():
            raise LinkClosed("closed by the peer")
        if not request.reply:
            return b""
        deadline_ns, taken = self.t_ns + request.timeout_ns, b""
        while not complete(taken, request.reply):
            due_ns = self.peer.next_ns()
            if due_ns is None or due_ns > deadline_ns:
                self.t_ns = deadline_ns
                raise LinkTimeout(f"no complete answer to {request.data!r}")
            self.t_ns = max(self.t_ns, due_ns)
            taken += self.peer.produce(self.t_ns)
        return taken


def complete(data: bytes, framing: str) -> bool:
    """Whether ``data`` is one whole answer."""
    if framing == "ak":
        return data.endswith(b"\x03")
    if framing == "modbus":
        return len(data) > 6 and len(data) == 6 + int.from_bytes(data[4:6], "big")
    if framing == "block" and data[:1] == b"#" and len(data) > 2:
        digits = int(data[1:2])
        return len(data) > 2 + digits and len(data) >= 3 + digits + int(data[2 : 2 + digits])
    return data.endswith(b"\n")
