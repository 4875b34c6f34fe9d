"""What a cycle of the core costs over the number of signals received and limits judged."""

import time
from collections.abc import Iterator
from statistics import median
from typing import Any

import numpy as np

from bench.base.channel import Channel, Channels
from bench.base.compiled import compiled
from bench.base.ring import push_all
from bench.base.time import NS_PER_MS
from bench.base.units import Unit
from bench.canbus.database import EXTENDED, Database
from bench.canbus.tables import build_tables
from bench.core.cycle import cycle
from bench.core.design import Design, Limit
from bench.core.inbox import frame_in
from bench.core.program import build_program
from bench.core.rings import make_rings
from bench.core.state import make_state
from bench.core.tables import MODE_ALWAYS
from bench.service.perf.row import PerfRow

SIZES = (10, 100, 1000)
_PERIOD, _CYCLES, _ROUNDS = 10, 100, 100


def cycle_costs() -> Iterator[PerfRow]:
    """Rows by size; from the second on the control is what growth in proportion would cost: a ratio below 1 is more."""
    costs = _medians()
    for size, cost_ns in zip(SIZES, costs, strict=True):
        what = f"a cycle with {size} signals and {size} limits, every signal at 10 ms"
        if size == SIZES[0]:
            yield PerfRow(what, cost_ns, "ns")
        else:
            place = SIZES.index(size)
            linear_ns = costs[place - 1] * size / SIZES[place - 1]
            yield PerfRow(what, cost_ns, "ns", linear_ns, linear_ns / cost_ns, 1.0)


def _medians() -> list[float]:
    """CPU time of one cycle at each size, ns; the sizes take turns."""
    benches = [_Bench(size) for size in SIZES]
    times: list[list[float]] = [[] for _ in benches]
    for _ in range(_ROUNDS):
        for bench, found in zip(benches, times, strict=True):
            found.append(bench.run())
    return [median(found[_ROUNDS // 5 :]) for found in times]


class _Bench:
    """A core that receives ``size`` signals of 8 bits and judges a limit on each of them in every cycle."""

    def __init__(self, size: int) -> None:
        names = [f"scale.x{n}" for n in range(size)]
        places = {f"X{n}": n for n in range(size)}
        firsts = range(0, size, 8)
        lines = ['VERSION ""', "BU_: A"]
        for first in firsts:
            lines.append(f"BO_ {EXTENDED | first} M{first}: 8 A")
            signals = range(first, min(first + 8, size))
            lines += [f' SG_ X{n} : {8 * (n - first)}|8@1+ (1,0) [0|255] "" A' for n in signals]
        database = Database.from_text("\n".join([*lines, ""]), "scale")
        design = Design(
            channels=Channels(Channel(name, Unit.ONE) for name in names),
            can=build_tables([(database, 0, m.name) for m in database.messages], lambda _, signal: places[signal]),
            limits=tuple(Limit(name, name, -1.0, 200.0, modes=MODE_ALWAYS) for name in names),
        )
        self._program = build_program(design)
        self._state, self._rings = make_state(self._program), make_rings(self._program)
        self._frames = np.concatenate([frame_in(0, EXTENDED | first, bytes([7] * 8), 0) for first in firsts])
        self._slots = np.linspace(0, len(firsts), _PERIOD + 1).astype(np.int64)
        self._t_ns = 0

    def run(self) -> float:
        """A hundred cycles, every message in each tenth: CPU time of one cycle, ns."""
        begin = time.process_time_ns()
        self._t_ns = _drive(self._program, self._state, self._rings, self._frames, self._slots, self._t_ns, _CYCLES)
        return (time.process_time_ns() - begin) / _CYCLES


@compiled
def _drive(program: Any, state: Any, rings: Any, frames: Any, slots: Any, t_ns: int, cycles: int) -> int:
    """Cycles in which a tenth of the messages arrives; the time of the next one."""
    for n in range(cycles):
        slot = n % (slots.shape[0] - 1)
        push_all(rings.inbox_can, frames[slots[slot] : slots[slot + 1]])
        cycle(program, state, rings, t_ns)
        t_ns += NS_PER_MS
    return t_ns
