"""Help is there, complete, and quick."""

import math
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from bench_command import BENCH, environment

COMMANDS = ("run", "check", "report", "verify", "truth", "emulate", "doctor", "perf", "version")


def seconds_of(*command: str) -> float:
    """What the program takes."""
    began_s = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment())
    return time.perf_counter() - began_s


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_quick(command: str) -> None:
    """Half a second, or twelve times python alone; the best of three tries where the neighbours are busy."""
    help_s = control_s = math.inf
    for _ in range(3):
        help_s = min(help_s, seconds_of(str(BENCH), *command.split(), "--help"))
        if help_s < 0.5:
            return
        control_s = min(control_s, seconds_of(sys.executable, "-c", "pass"))
    assert help_s < 12 * control_s, f"{help_s:.2f} s; python alone takes {control_s:.2f} s"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained(command: str, text_inside: Callable[..., Any]) -> None:
    text = text_inside(command, "--help").out
    lines = [line.strip() for line in text.splitlines()]
    pairs = [(line, after) for line, after in zip(lines, [*lines[1:], ""], strict=True) if line.startswith("--")]
    assert pairs
    bare = [line for line, after in pairs if "  " not in line and (not after or after.startswith("--"))]
    assert not bare, bare


def test_the_overview_names_every_command_and_every_exit_code(text_inside: Callable[..., Any]) -> None:
    text = text_inside("--help").out
    assert all(f"  {command}" in text for command in COMMANDS)
    assert all(f"{code} " in text for code in range(6))
