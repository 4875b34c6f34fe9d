"""How the sequence looks into the core's memory, which another process may be writing: whole cycles, or later."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from numpy.typing import NDArray

from bench.base.errors import BenchError
from bench.base.quality import Quality
from bench.base.reading import Reading
from bench.base.time import NS_PER_MS, NS_PER_S
from bench.schedule.requests import Now, Operation, Sleep

T = TypeVar("T")

AGAIN_NS = NS_PER_MS // 5
"""Between two tries: a cycle takes less."""

STILL_NS = 5 * NS_PER_S
"""Long after the service has noticed that the core stands still, and has told the sequence so."""


class Look(Protocol):
    """A way to look into the core's memory."""

    def __call__(self, copy: Callable[[], T]) -> T | None:
        """What ``copy`` took, if a single cycle has left all of it; None while a cycle writes: try again later."""


def at_once(copy: Callable[[], T]) -> T | None:
    """Where the core runs between the jobs, nobody writes while they look."""
    return copy()


def steadily(look: Look, copy: Callable[[], T]) -> Operation[T]:
    """What ``copy`` took as one cycle left it; sleeps between tries. Raises ``BenchError`` after ``STILL_NS``."""
    begin_ns: int = yield Now()
    while (taken := look(copy)) is None:
        if (yield Now()) - begin_ns >= STILL_NS:
            told = f"the core has stood still in the middle of a cycle for {STILL_NS // NS_PER_S} s"
            raise BenchError(f"{told}; nothing that it left can be read")
        yield Sleep(AGAIN_NS)
    return taken


def readings(names: tuple[str, ...], records: NDArray[Any]) -> list[Reading]:
    """Records of the image as readings of the channels ``names``."""
    return [
        Reading(name, float(now["value"]), Quality(int(now["quality"])), int(now["t_ns"]), int(now["arrived_ns"]))
        for name, now in zip(names, records, strict=True)
    ]
