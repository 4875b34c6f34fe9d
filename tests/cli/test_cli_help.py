"""Help is there, complete, and quick."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from bench_command import BENCH, bench, environment

COMMANDS = ("run", "check", "report", "verify", "truth", "emulate", "doctor", "perf", "version")


def seconds_of(*command: str, times: int = 3) -> float:
    """The quickest of a few tries: what the program costs, not what the neighbours do."""
    found = []
    for _ in range(times):
        began_s = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=environment())
        found.append(time.perf_counter() - began_s)
    return min(found)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_quick(command: str) -> None:
    control_s = seconds_of(sys.executable, "-c", "pass")
    help_s = seconds_of(str(BENCH), *command.split(), "--help")
    assert help_s < max(0.5, 12 * control_s), f"{help_s:.2f} s; python alone takes {control_s:.2f} s"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained(command: str, tmp_path: Path) -> None:
    text = bench(command, "--help", cwd=tmp_path).stdout
    lines = [line.strip() for line in text.splitlines()]
    pairs = [(line, after) for line, after in zip(lines, [*lines[1:], ""], strict=True) if line.startswith("--")]
    assert pairs
    bare = [line for line, after in pairs if "  " not in line and (not after or after.startswith("--"))]
    assert not bare, bare


def test_the_overview_names_every_command_and_every_exit_code(tmp_path: Path) -> None:
    text = bench("--help", cwd=tmp_path).stdout
    assert all(f"  {command}" in text for command in COMMANDS)
    assert all(f"{code} " in text for code in range(6))
