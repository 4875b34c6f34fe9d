"""Benches that are left alone: inputs that watch the cell, and runs that the rig does not allow."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.base.errors import InputError
from bench.config.search import find
from bench.service.preparation import prepare
from bench.service.presence import require_allowed

Runner = Callable[..., Any]
LOCAL = time.struct_time((2031, 5, 6, 23, 0, 0, 1, 126, 0))
"""23:00 of some day."""


def watched(folder: Path, base: str = "e_axle_demo", policy: str = "guards: [io.fire, io.leak]") -> str:
    path = folder / "rig.yaml"
    path.write_text(f"{find('rig', base).read_text()}\nunattended: {{allowed: true, {policy}}}\n")
    return str(path)


@pytest.mark.parametrize("base", ["e_axle_demo", "e_axle_modbus"])
@pytest.mark.parametrize("guard", ["fire", "leak"])
def test_an_input_that_trips_ends_the_run(run_of: Runner, tmp_path: Path, base: str, guard: str) -> None:
    run = run_of("smoke", f"{guard}.alarm@25s", rig=watched(tmp_path, base))
    assert run.verdict.exit_code == 3
    assert "an input that watches the cell tripped or fell silent" in run.verdict.reasons[0]
    assert f"io.{guard}" in run.verdict.reasons[0]


def test_a_bench_whose_input_has_tripped_does_not_arm(run_of: Runner, tmp_path: Path) -> None:
    run = run_of("smoke", "leak.alarm@0s", rig=watched(tmp_path))
    assert run.verdict.reasons[0].startswith("arming, chain: an input that watches the cell has tripped or is silent")


def test_nobody_looks_at_inputs_that_the_rig_does_not_name(run_of: Runner) -> None:
    assert run_of("smoke", "fire.alarm@0s").verdict.verdict == "passed"


@pytest.mark.parametrize(
    ("policy", "resuming", "told"),
    [
        ("hours: '22:00..06:00'", False, ""),
        ("hours: '22:00..06:00', resume: true", True, ""),
        ("hours: '22:00..06:00'", True, "this rig resumes nothing unattended"),
        ("hours: '23:30..06:00'", False, "the run would take 0.0 h and not lie inside 23:30..06:00"),
    ],
)
def test_what_the_rig_allows(tmp_path: Path, policy: str, resuming: bool, told: str) -> None:
    prepared = prepare("smoke", watched(tmp_path, policy=policy))
    if not told:
        require_allowed(prepared, LOCAL, resuming=resuming)
        return
    with pytest.raises(InputError) as refused:
        require_allowed(prepared, LOCAL, resuming=resuming)
    assert told in str(refused.value)


def test_a_rig_without_a_policy_is_not_left_alone() -> None:
    with pytest.raises(InputError, match=r"e_axle_demo\.yaml.*: this rig allows nothing unattended"):
        require_allowed(prepare("smoke"), LOCAL)
