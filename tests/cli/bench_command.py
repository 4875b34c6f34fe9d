"""The installed ``bench`` command as a user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

BENCH = Path(sys.executable).with_name("bench")


def bench(*arguments: str, cwd: Path, timeout: float = 120.0) -> subprocess.CompletedProcess[str]:
    """Run ``bench`` to its end."""
    return subprocess.run(
        [str(BENCH), *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env=environment(),
    )


def bench_json(*arguments: str, cwd: Path) -> tuple[int, dict[str, Any]]:
    """Run ``bench ... --json``; exit code and the one object it prints."""
    done = bench(*arguments, "--json", cwd=cwd)
    lines = done.stdout.splitlines()
    assert len(lines) == 1, done
    return done.returncode, json.loads(lines[0])


def environment() -> dict[str, str]:
    """Ours, with a plain terminal of a known width."""
    return {**os.environ, "TERM": "dumb", "COLUMNS": "120", "NO_COLOR": "1"}
