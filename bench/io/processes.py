"""Starting, watching and ending the processes of a wall-time bench: plain children, started afresh (no fork)."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.base.errors import BenchError
from bench.io.control import Control, control_pair
from bench.io.folders import checked_name

_LAST_LINES = 12


class ProcessError(BenchError):
    """A process of the bench did not start, or ended by itself."""


class Child:
    """One process with its control pipe; what it prints goes to ``log``."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], control: Control, log: Path) -> None:
        self.name = name
        self.control = control
        self.log = log
        self._process = process

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def wait_ready(self, timeout_ns: int) -> Mapping[str, Any]:
        """What it said when it was ready. Raises ``ProcessError`` with its last words."""
        message = self.control.receive(timeout_ns)
        if message is None or not message.get("ready"):
            reason = (message or {}).get("failed", "it ended" if self.control.gone else "it took too long")
            raise ProcessError(f"process {self.name} is not ready: {reason}")
        return message

    def last_words(self) -> str:
        """The end of what it printed: for the screen, and not for recordings, as it may name places of this machine."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines() if self.log.exists() else []
        return "\n".join([f"last words of {self.name}:", *lines[-_LAST_LINES:]]) if lines else ""

    def wait(self, timeout_s: float) -> bool:
        """Whether it has ended within ``timeout_s``."""
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """End it at once (for one that does not end by itself, and for tests)."""
        self._process.kill()
        self._process.wait()


class Crew:
    """The processes of one run. ``folder`` (private) takes their arguments and logs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.children: dict[str, Child] = {}

    def spawn(self, name: str, main: str, arguments: Mapping[str, Any], search: Sequence[str] = ()) -> Child:
        """Start ``main`` (``module:function``, called with the control pipe and ``arguments``, which must be JSON).

        ``search``: folders put before the module search path.
        """
        path = self._folder / f"{checked_name(name)}.json"
        path.write_text(json.dumps({"main": main, "arguments": arguments, "search": list(search)}), encoding="utf-8")
        log = self._folder / f"{name}.log"
        control, theirs = control_pair()
        descriptor = theirs.fileno()
        command = [sys.executable, "-m", "bench.io.process_main", str(path), str(descriptor)]
        with theirs, log.open("wb") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(descriptor,),
                start_new_session=True,  # a Ctrl-C or a closed terminal must not reach it
            )
        self.children[name] = Child(name, process, control, log)
        return self.children[name]

    def failure(self) -> str:
        """Why the crew is not complete any more; empty while it is."""
        dead = [child for child in self.children.values() if not child.alive]
        return "; ".join(f"process {child.name} has ended by itself" for child in dead)

    def last_words(self) -> str:
        """What those printed who have ended too early."""
        return "\n".join(filter(None, (child.last_words() for child in self.children.values() if not child.alive)))

    def finish(self, timeout_s: float = 200.0) -> list[str]:
        """Ask all to finish; whoever does not in time is killed. The names of those killed.

        Core first: it walks the stop to its end, if there is one to walk, and the others wait for it.
        """
        deadline_s = time.monotonic() + timeout_s
        for child in self.children.values():
            child.control.send({"do": "finish"})
        killed = []
        for child in self.children.values():
            if not child.wait(max(0.0, deadline_s - time.monotonic())):
                child.kill()
                killed.append(child.name)
            child.control.close()
        return killed
