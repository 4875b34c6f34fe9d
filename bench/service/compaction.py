"""Small copies of a run's samples, made in the background when the run is sealed: Parquet, and MF4 where it can be.

The run's folder stays as it was sealed; the copies stand elsewhere, and may be thrown away and made again.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_NICE = 19
_COMMAND = (sys.executable, "-c", "from bench.cli import main; main()", "export")
_started: list[subprocess.Popen[Any]] = []  # nobody waits for them


def compact_later(run: Path, parent: Path) -> subprocess.Popen[Any]:
    """Write ``parent/<name of run>`` in a process of its own, of the lowest priority; it outlives this one."""
    kinds = ["parquet", *(["mf4"] if find_spec("asammdf") else [])]
    formats = [word for kind in kinds for word in ("--format", kind)]
    process = subprocess.Popen(
        [*_COMMAND, str(run), *formats, "--out", str(parent / run.name)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_be_nice if hasattr(os, "nice") else None,
    )
    _started.append(process)
    return process


def _be_nice() -> None:
    os.nice(_NICE)
