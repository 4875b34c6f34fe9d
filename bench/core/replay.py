"""Replay: feed a full inbox log to a fresh core; out come the same frames and events, byte for byte."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import compiled
from bench.base.errors import InputError, Problem
from bench.base.records import EVENT, FRAME
from bench.base.ring import WRITTEN, drain, push
from bench.core.cycle import cycle
from bench.core.program import Program
from bench.core.rings import Rings, make_rings
from bench.core.state import State, make_state
from bench.core.tables import TICK

Records = NDArray[Any]


class Replayed(NamedTuple):
    """What the core did again."""

    state: State
    frames: Records
    events: Records


def replay(program: Program, log: Records, until_ns: int) -> Replayed:
    """Run a fresh core on ``log`` (INBOX records of a full inbox log, in order) up to ``until_ns``.

    The log's TICK records say when cycles came out of step; all others followed one period after the last.
    Raises ``InputError`` if the log does not begin with the first cycle's TICK.
    """
    if not len(log) or log[0]["kind"] != TICK:
        raise InputError([Problem("inbox log", 0, 0, "does not begin with the first cycle; only a full log replays")])
    player = _Player(program)
    for one in log:
        if one["kind"] == TICK:
            player.run(int(one["t_ns"]))
            player.next_ns = int(one["arrived_ns"])
        else:
            player.run(int(one["arrived_ns"]) - player.cycle_ns)
            player.take(one)
    player.run(until_ns)
    return player.result()


class _Player:
    """A core whose inbox is filled from a log, one cycle's records at a time."""

    def __init__(self, program: Program) -> None:
        quiet = program.settings.copy()
        quiet["log_full"] = 0
        self.program = program._replace(settings=quiet)
        self.state = make_state(program)
        self.rings = make_rings(program)
        self.cycle_ns = int(program.settings["cycle_ns"][0])
        self.next_ns = 0
        self.frames: list[Records] = []
        self.events: list[Records] = []

    def take(self, one: np.void) -> None:
        """Queue a record for the next cycle; kinds may share a ring, since their order is all that counts."""
        if not push(self.rings.inbox_can, one):
            raise InputError([Problem("inbox log", 0, 0, "more records in one cycle than the inbox holds")])

    def run(self, until_ns: int) -> None:
        """All cycles up to ``until_ns`` (included)."""
        while self.next_ns <= until_ns:
            self.next_ns = run_cycles(self.program, self.state, self.rings, self.next_ns, until_ns)
            self.frames.append(drain(self.rings.frames_out))
            self.events.append(drain(self.rings.events))

    def result(self) -> Replayed:
        frames = np.concatenate(self.frames) if self.frames else np.zeros(0, FRAME)
        events = np.concatenate(self.events) if self.events else np.zeros(0, EVENT)
        return Replayed(self.state, frames, events)


@compiled
def run_cycles(program: Program, state: State, rings: Rings, t_ns: int, until_ns: int) -> int:
    """Cycles from ``t_ns`` to ``until_ns`` (both included), or until an outgoing ring is half full.

    Answer: the time of the next cycle.
    """
    frames, events = rings.frames_out, rings.events
    sent = frames.header[WRITTEN] + frames.records.shape[0] // 2
    told = events.header[WRITTEN] + events.records.shape[0] // 2
    while t_ns <= until_ns and frames.header[WRITTEN] < sent and events.header[WRITTEN] < told:
        cycle(program, state, rings, t_ns)
        t_ns += program.settings[0].cycle_ns
    return t_ns
