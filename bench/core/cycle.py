"""The cycle: the same few things every millisecond, identical on hardware, in CI and in replay."""

from bench.base.compiled import compiled
from bench.core.program import Program
from bench.core.rings import Rings
from bench.core.state import State


@compiled
def cycle(program: Program, state: State, rings: Rings, t_ns: int) -> int:
    """Run one cycle at ``t_ns`` (ns since the run's start; never earlier than the last).

    Answer: bits of ``bench.core.tables``: WOKE 1, CAUSE 2 (a stop began or grew stronger), SAFE 4 (the ladder has
    ended), REFUSED 8 (a command was refused). What happened is in the events ring.
    """
    return 0
