"""A thread that makes calls with a deadline, for libraries whose calls may block for longer than they were told."""

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import pyvisa
from pyvisa import constants

from bench.base.errors import LinkClosed, LinkError, LinkTimeout

T = TypeVar("T")


class Worker:
    """One daemon thread that runs calls for one owner, who waits no longer than the deadline."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._wanted = threading.Semaphore(0)
        self._finished = threading.Event()
        self._todo: list[Callable[[], Any]] = []
        self._last = False
        self._outcome: tuple[Any, Exception | None] = (None, None)
        threading.Thread(target=self._run, name=f"visa {name}", daemon=True).start()

    def call(self, function: Callable[[], T], deadline_ns: int) -> T:
        """The result of ``function``. Raises ``LinkTimeout`` at the deadline, ``LinkClosed`` if it fails."""
        self._finished.clear()
        self._todo.append(function)
        self._wanted.release()
        if not self._finished.wait(max(0.0, (deadline_ns - time.monotonic_ns()) * 1e-9)):
            raise LinkTimeout("the VISA library did not return in time")
        result, error = self._outcome
        if isinstance(error, LinkError):
            raise error
        if isinstance(error, pyvisa.errors.VisaIOError) and error.error_code == constants.StatusCode.error_timeout:
            raise LinkTimeout("nothing came") from error
        if error is not None:
            raise LinkClosed(f"the VISA library failed: {type(error).__name__}: {error}") from error
        value: T = result
        return value

    def finish(self, function: Callable[[], Any]) -> None:
        """Run ``function`` as the last one, as soon as the thread is free; do not wait."""
        self._last = True
        self._todo.append(function)
        self._wanted.release()

    def _run(self) -> None:
        while not (self._last and not self._todo):
            self._wanted.acquire()
            try:
                self._outcome = self._todo.pop(0)(), None
            except Exception as error:  # the owner judges it
                self._outcome = None, error
            self._finished.set()
