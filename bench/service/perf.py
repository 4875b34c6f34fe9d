"""Benchmarks that a user can run: each figure beside a control measured in the same run. Machines are noisy: read ratios."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bench.base.errors import InputError, Problem
from bench.config.suggest import suggestion


@dataclass(frozen=True, slots=True)
class PerfRow:
    """One figure: ``value`` in ``unit``, the ``control`` of the same run, their ``ratio``, and what it should reach."""

    what: str
    value: float
    unit: str
    control: float | None = None
    ratio: float | None = None
    goal: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the ratio (or the value, where there is no control) reaches the goal; ``None`` without one."""
        figure = self.value if self.ratio is None else self.ratio
        return None if self.goal is None else figure >= self.goal


def _virtual() -> Iterable[PerfRow]:
    from bench.service.perf_virtual import measure

    return measure()


BENCHMARKS: dict[str, Callable[[], Iterable[PerfRow]]] = {"virtual": _virtual}
"""By name; each imports what it needs only when it is run."""


def run_benchmark(name: str) -> list[PerfRow]:
    """The rows of benchmark ``name``. Raises ``InputError`` that names what there is."""
    if name not in BENCHMARKS:
        raise InputError([Problem(repr(name), 0, 0, f"no benchmark has this name; {suggestion(name, BENCHMARKS)}")])
    return list(BENCHMARKS[name]())
