"""Questions to the operator over real processes: prepared answers first, then whoever sits at the terminal."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from disturbed import again_if_disturbed
from wall_runs import loopback

PLAN = """
plan: asked
title: Questions
dut: gen5_bev
rig: e_axle_demo
steps:
  - prompt: {text: first?, answers: [yes, no], passes: [yes], timeout: 60 s, on_timeout: fail}
  - prompt: {text: second?, answers: [yes, no], passes: [yes], timeout: 60 s, on_timeout: hold}
  - settle: {criteria: [{kind: variance, channel: dut.speed, tolerance: 20 rpm, window: 500 ms}], timeout: 20 s}
  - measure: {name: idle, duration: 500 ms, channels: [dc.power, dut.speed]}
  - wait_until: {condition: abs(dut.speed) > 100 rpm, hold: 200 ms, timeout: 10 s}
  - uds: {trouble_codes: read}
  - prompt: {text: third?, default: later, timeout: 1 s}
"""


@contextmanager
def keyboard() -> Iterator[int]:
    """A terminal in the place of standard input; what is written to it has been typed."""
    typing, terminal = os.openpty()
    before = os.dup(0)
    os.dup2(terminal, 0)
    try:
        yield typing
    finally:
        os.dup2(before, 0)
        for descriptor in (before, typing, terminal):
            os.close(descriptor)


@pytest.mark.slow
@again_if_disturbed(held_up_ms=300)
def test_prompts_are_answered_by_script_then_at_the_terminal_then_by_time() -> None:
    with keyboard() as typing, open_plan() as plan, loopback(plan, "--answer", "yes") as run:
        run.wait_for("prompt_answered")
        while len(run.told("prompt")) < 2:
            time.sleep(0.05)
        time.sleep(0.2)  # what is typed before the question is forgotten
        for word in (b"perhaps\n", b"yes\n"):
            os.write(typing, word)
        code, _ = run.end()
        assert [(told["answer"], told["by"]) for told in run.told("prompt_answered")] == [
            ("yes", "script"), ("yes", "operator"), ("later", "time-out")
        ]  # fmt: skip
        assert code == 0 and run.told("measurement")[0]["verdict"] == "passed"
        assert run.told("settled")[0]["satisfied"] and run.told("waited")[0]["satisfied"]
        assert "second? [yes / no]: " in run.complaints()


@contextmanager
def open_plan() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "asked.yaml"
        path.write_text(PLAN)
        yield path
