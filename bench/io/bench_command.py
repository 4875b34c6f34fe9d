"""The ``bench`` command as a process of its own: what goes wrong in it does not take its starter with it.

Its one JSON object goes into a file, so that it is there even when nobody waited for it. It inherits a lock (``hold``),
by which anybody can tell whether it still lives.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_COMMAND = (sys.executable, "-c", "from bench.cli import main; main()")


class BenchCommand:
    """``bench`` with ``arguments`` and ``--json``. What it tells and says is left in ``place``, by attempt."""

    def __init__(self, arguments: Sequence[str], place: Path, attempt: int, hold: int) -> None:
        with _told(place, attempt).open("wb") as told, (place / f"said-{attempt}.txt").open("wb") as said:
            self._process = subprocess.Popen(
                [*_COMMAND, *arguments, "--json"],
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=said,
                pass_fds=() if os.name == "nt" else (hold,),
                start_new_session=True,  # a Ctrl-C is for us; it is told of it once, by ``stop``
            )

        self.ended_s: float | None = None
        """When it was seen to have ended (``time.monotonic``)."""

    def poll(self) -> int | None:
        """Its exit code, or ``None`` while it runs. Negative: the number of the signal that killed it."""
        code = self._process.poll()
        if code is not None and self.ended_s is None:
            self.ended_s = time.monotonic()
        return code

    def stop(self) -> None:
        """Ask it to stop in order."""
        self._process.terminate()


def told_in(place: Path, attempt: int) -> dict[str, Any]:
    """The JSON object that a command has left in ``place``; empty where it was killed before."""
    try:
        found = json.loads(_told(place, attempt).read_text() or "{}")
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _told(place: Path, attempt: int) -> Path:
    return place / f"told-{attempt}.json"
