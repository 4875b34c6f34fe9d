"""A thread that does one piece of work after the other, beside the run: packing, which leaves Python's lock alone."""

from collections.abc import Callable
from queue import Queue
from threading import Thread

_WAITING_MAX = 8


class OneByOne:
    """A ``Later``. The thread lives from the first piece of work until ``wait``; who submits more than a few pieces
    ahead waits. After work that has failed no more is done."""

    def __init__(self) -> None:
        self._todo: Queue[Callable[[], None] | None] = Queue(_WAITING_MAX)
        self._thread: Thread | None = None
        self._failure: Exception | None = None

    def submit(self, work: Callable[[], None]) -> None:
        """Do ``work`` after all that was submitted before. Raises what earlier work has raised."""
        self._raise_failure()
        if self._thread is None:
            self._thread = Thread(target=self._run, name="recording", daemon=True)
            self._thread.start()
        self._todo.put(work)

    def wait(self) -> None:
        """Return when all is done. Raises what it has raised."""
        if self._thread is not None:
            self._todo.put(None)
            self._thread.join()
            self._thread = None
        self._raise_failure()

    def _run(self) -> None:
        while (work := self._todo.get()) is not None:
            if self._failure is None:
                try:
                    work()
                except Exception as error:  # the owner is told at his next call
                    self._failure = error

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure
