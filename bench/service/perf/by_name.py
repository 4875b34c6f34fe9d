"""Benchmarks that a user can run: each figure beside a control of the same run. Machines are noisy: read ratios."""

from collections.abc import Callable, Iterable
from typing import Any

from bench.base.errors import InputError, Problem
from bench.config.suggest import suggestion
from bench.service.perf.row import PerfRow


def _virtual(**how: Any) -> Iterable[PerfRow]:
    from bench.service.perf.virtual import measure

    return measure(**how)


def _jitter(**rounds: Any) -> Iterable[PerfRow]:
    from bench.service.perf.jitter import measure

    return measure(**rounds)


def _log(**rounds: Any) -> Iterable[PerfRow]:
    from bench.service.perf.log import measure

    return measure(**rounds)


def _codec(**rounds: Any) -> Iterable[PerfRow]:
    from bench.service.perf.codec import measure

    return measure(**rounds)


def _wire(**rounds: Any) -> Iterable[PerfRow]:
    from bench.service.perf.wire import measure

    return measure(**rounds)


def _instruments(**rounds: Any) -> Iterable[PerfRow]:
    from bench.service.perf.instruments import measure

    return measure(**rounds)


def _record(**rounds: Any) -> Iterable[PerfRow]:
    from bench.service.perf.record import measure

    return measure(**rounds)


def _steps(**rounds: Any) -> Iterable[PerfRow]:
    from bench.service.perf.steps import measure

    return measure(**rounds)


def _catalogue(**rounds: Any) -> Iterable[PerfRow]:
    from bench.service.perf.catalogue import measure

    return measure(**rounds)


BENCHMARKS: dict[str, Callable[..., Iterable[PerfRow]]] = {
    "virtual": _virtual,
    "jitter": _jitter,
    "log": _log,
    "codec": _codec,
    "wire": _wire,
    "instruments": _instruments,
    "record": _record,
    "steps": _steps,
    "catalogue": _catalogue,
}
"""By name; each imports what it needs only when it is run."""


def run_benchmark(name: str, rounds: int | None = None, hours: float | None = None) -> list[PerfRow]:
    """The rows of benchmark ``name``, medians of ``rounds`` (``None``: as many as it needs for figures to rely on);
    ``hours``: how much virtual time the benchmark in virtual time shall measure in one piece.

    Raises ``InputError`` that names what there is.
    """
    if name not in BENCHMARKS:
        raise InputError([Problem(repr(name), 0, 0, f"no benchmark has this name; {suggestion(name, BENCHMARKS)}")])
    if hours is not None and name != "virtual":
        raise InputError([Problem("--hours", 0, 0, f"{name} does not run in virtual time; leave it out")])
    how = {"rounds": rounds, "hours": hours}
    return list(BENCHMARKS[name](**{key: value for key, value in how.items() if value is not None}))
