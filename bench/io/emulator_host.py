"""The bench's other side as its own process: emulated nodes on real buses, emulated instruments on real sockets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import can
from numpy.typing import NDArray

from bench.base.ring import Ring, drain
from bench.io.can_port import CanPort
from bench.io.clock import MonotonicClock
from bench.io.control import Control
from bench.io.instrument_server import ByteDevice, InstrumentServer
from bench.io.realtime import WORLD_PRIORITY, come_soon
from bench.io.service_port import Service
from bench.io.stalls import Turns
from bench.io.status import EMULATORS, FINISHED, RUNNING, CoreWatch

_PERIOD_NS = 1_000_000
_CATCH_UP_MAX_NS = 1_000_000_000  # beyond this the world skips time instead of running behind for ever


class World(Protocol):
    """What is emulated. The rings hold FRAME records in this process's memory."""

    frames_in: Ring
    """Written by the host: what the bench has sent (``sender`` 0)."""
    frames_out: Ring
    """Written by the world: what its nodes send."""

    def run_until(self, t_ns: int) -> None:
        """Live up to ``t_ns`` (whole milliseconds), taking in ``frames_in`` first."""


@dataclass(frozen=True, slots=True)
class HostParts:
    """What the host works on. ``devices``: the instruments by part name, for raw sockets; ``services``: what else can
    be reached, each on a port of its own. ``alone``: there is no core after which it should end. ``at_end`` is called
    when the world stands still."""

    world: World
    devices: Mapping[str, ByteDevice]
    buses: Sequence[can.BusABC]
    clock: MonotonicClock
    ports: Mapping[str, int]
    status: NDArray[Any]
    services: Mapping[str, Service] = field(default_factory=dict)
    alone: bool = False
    at_end: Callable[[], object] = lambda: None


def run_emulators(parts: HostParts, control: Control) -> None:
    """Live until told to finish or left alone, and then as long as the core lives.

    Says ``{"ready": true, "resources": {part: VISA resource}}`` when the instruments can be reached; a resource of a
    protocol beside the raw socket is that of ``part.protocol``.
    """
    server = InstrumentServer(parts.devices, parts.clock, parts.ports, parts.services)
    try:
        _Host(parts, control, server).run()
    finally:
        server.close()


class _Host:
    def __init__(self, parts: HostParts, control: Control, server: InstrumentServer) -> None:
        self._parts = parts
        self._control = control
        self._server = server
        self._port = CanPort(parts.buses, parts.clock)
        self._row = parts.status[EMULATORS]
        self._turns = Turns(self._row)
        self._ending = False
        self._core = None if parts.alone else CoreWatch(parts.status, parts.clock)

    def run(self) -> None:
        parts = self._parts
        t_ns = parts.clock.now_ns() // _PERIOD_NS * _PERIOD_NS
        parts.world.run_until(t_ns)  # compiles, before anybody relies on us
        come_soon(WORLD_PRIORITY, lock=True)
        self._control.send({"ready": True, "resources": self._server.resources()})
        turn = 0
        while not (self._ending and (self._core is None or self._core.ended())):
            t_ns = self._advance(t_ns)
            turn += 1
            if turn % 20 == 0:
                self._look_around()
        self._port.close()
        parts.at_end()
        self._row["phase"] = FINISHED

    def _advance(self, t_ns: int) -> int:
        parts = self._parts
        now_ns = parts.clock.now_ns()
        self._turns.begin(now_ns)
        if now_ns - t_ns > _CATCH_UP_MAX_NS:
            t_ns = now_ns // _PERIOD_NS * _PERIOD_NS
        if now_ns >= t_ns + _PERIOD_NS:
            t_ns = now_ns // _PERIOD_NS * _PERIOD_NS
            self._port.take_frames(parts.world.frames_in)
            parts.world.run_until(t_ns)
            self._port.send(drain(parts.world.frames_out))
            self._port.ask()
        self._server.step(max(0, t_ns + _PERIOD_NS - parts.clock.now_ns()))
        return t_ns

    def _look_around(self) -> None:
        self._row["beat"] += 1
        self._row["phase"], self._row["note"] = RUNNING, self._port.unsent
        message = self._control.receive()
        self._ending = self._ending or self._control.gone or (message or {}).get("do") == "finish"
