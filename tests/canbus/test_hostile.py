"""Hostile databases cost little: refused or loaded within 2 s and 256 MB, seen in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.slow
def test_no_file_takes_long_or_much_memory() -> None:
    command = [sys.executable, str(HERE / "hostile_child.py"), str(HERE / "data")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout[-300:] + run.stderr[-2000:]
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(rows) > 100
    assert [row for row in rows if row[1] > 2.0 or row[2] > 256] == []
    loaded = {name for name, _, _, loaded in rows if loaded}
    assert loaded >= {"DLC 65535", "signal of 1e9 bits", "comment of 1 MB", "factor infinite", "a circle of selectors"}
    assert not loaded & {"nodes", "exponent", "signs"}
