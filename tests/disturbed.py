"""Tests in wall time, on a machine that has other things to do.

What was disturbed by a stall of the machine, and says so itself (a run's journal, the kernel's own figures, a thread
that did not rise in time), is tried again, three times in all. A test passes when it has seen what it asserts, and in
no other way; if every try was disturbed it fails, and tells of it.
"""

import functools
import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest

TRIES = 3
REST_S = 0.003
"""Of the thread that watches for stalls."""
Test = Callable[..., None]
_LOG = logging.getLogger(__name__)


class Disturbed(AssertionError):
    """It failed, and the machine had stood still for a while before."""


@contextmanager
def explained(disturbance: Callable[[], str]) -> Iterator[None]:
    """A failure in here is ``Disturbed`` if ``disturbance`` then knows of one (words, else empty)."""
    try:
        yield
    except Disturbed:
        raise
    except (Exception, pytest.fail.Exception) as failure:
        words = disturbance()
        if words:
            raise Disturbed(f"{words}; {type(failure).__name__}: {failure}") from failure
        raise


def again_if_disturbed(held_up_ms: float = math.inf) -> Callable[[Test], Test]:
    """Decorates a test: ``Disturbed`` tries are repeated. ``held_up_ms``: so is one that failed after its process
    waited that long for a CPU, or stood still as long at a stretch."""

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def tried(*args: Any, **kwargs: Any) -> None:
            told: list[Disturbed] = []
            while len(told) < TRIES:
                try:
                    with HeldUp(held_up_ms) as held_up, explained(held_up.words):
                        return test(*args, **kwargs)
                except Disturbed as disturbed:
                    _LOG.warning("%s: %s", test.__name__, disturbed)
                    told.append(disturbed)
            raise AssertionError("\n".join([f"disturbed in each of {TRIES} tries:", *map(str, told)])) from told[-1]

        return tried

    return decorate


class HeldUp:
    """What kept this process from running. How long its threads, taken together, wanted a CPU and got none, tells Linux
    (else nobody); a stall of the whole machine is seen by a thread that rises every few milliseconds."""

    def __init__(self, bound_ms: float) -> None:
        self._bound_ms = bound_ms
        self._before = _waited_ns()
        self._risen_s = time.monotonic()
        self._longest_s = 0.0
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._rise, name="held up", daemon=True)

    def __enter__(self) -> Self:
        if self._bound_ms < math.inf:
            self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._watch.ident is not None:
            self._watch.join()

    def words(self) -> str:
        """Empty below the bound."""
        waited_ms = 1e-6 * sum(ns - self._before.get(thread, 0) for thread, ns in _waited_ns().items())
        if waited_ms >= self._bound_ms:
            return f"this process waited {waited_ms:.0f} ms for a CPU"
        still_ms = 1e3 * max(self._longest_s, self._slept_s() if self._watch.is_alive() else 0.0)
        return f"this process stood still for {still_ms:.0f} ms" if still_ms >= self._bound_ms else ""

    def _rise(self) -> None:
        while not self._over.wait(REST_S):
            self._longest_s = max(self._longest_s, self._slept_s())
            self._risen_s = time.monotonic()

    def _slept_s(self) -> float:
        """Beyond its rest."""
        return time.monotonic() - self._risen_s - REST_S


def _waited_ns() -> dict[str, int]:
    """By thread: /proc/PID/task/TID/schedstat has the time on a CPU, the time waited for one, and the turns."""
    found = {}
    for thread in Path("/proc/self/task").glob("*"):
        try:
            found[thread.name] = int((thread / "schedstat").read_text().split()[1])
        except (OSError, IndexError):
            continue
    return found
