"""Members of a benchwire of one test."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import can

from bench.io.benchwire import BenchwireBus


def member(folder: Path, **options: object) -> BenchwireBus:
    """One of the members of the wire in ``folder``."""
    return BenchwireBus("t", folder=folder, **options)  # type: ignore[arg-type]


def frame(identifier: int, data: bytes = b"") -> can.Message:
    """A data frame."""
    return can.Message(arbitration_id=identifier, is_extended_id=False, data=data)


@contextlib.contextmanager
def started(script: str, *arguments: object) -> Iterator["subprocess.Popen[str]"]:
    """A Python process that has said ``joined``; killed at the end, with all that it has started."""
    command, pipe = [sys.executable, "-c", script, *map(str, arguments)], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, start_new_session=True) as child:
        try:
            assert said(child) == "joined"
            yield child
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)


def said(child: "subprocess.Popen[str]") -> str:
    """Its next line."""
    assert child.stdout is not None
    return child.stdout.readline().rstrip()
