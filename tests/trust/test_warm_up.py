"""An analyzer that must warm up: nothing is armed before, unless somebody says that it is warm."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.base.time import VIRTUAL_EPOCH_S
from bench.config.search import find
from bench.record.journal import read_journal
from bench.report.decisions import decisions
from bench.service.preparation import prepare
from bench.service.run_folder import Labels
from bench.service.virtual_run import run_virtual
from bench.service.warmth import said_warm

Runner = Callable[..., Any]


@pytest.fixture
def rig(tmp_path: Path) -> str:
    """The demo rig with an analyzer that needs half an hour."""
    text = find("rig", "e_axle_demo").read_text()
    changed = text.replace("\nanalyzer:\n", "\nanalyzer:\n  warm_up: 30 min\n", 1)
    assert changed != text
    path = tmp_path / "cold.yaml"
    path.write_text(changed)
    return str(path)


def test_nothing_is_armed_before_the_analyzer_is_warm(run_of: Runner, rig: str) -> None:
    run = run_of("smoke", rig=rig)
    assert run.verdict.verdict == "passed"
    at_s = {record.event: record.t_ns / 1e9 for record in reversed(run.journal)}
    assert at_s["arming"] - at_s["warming_up"] == pytest.approx(1800.0)
    assert at_s["core_armed"] > 1800.0 and run.told("warming_up") == [
        {"part": "analyzer", "seconds": 1800.0, "said_warm": False}
    ]
    assert "analyzer: 1800 s" in [line.text for line in decisions(run.journal)]
    assert run.told("run_started")[0]["estimate_s"] > 1800.0


def test_whose_word_it_was_that_it_is_warm_is_in_the_journal(rig: str, tmp_path: Path) -> None:
    prepared = said_warm(prepare("smoke", rig))
    result = run_virtual(prepared.blueprint, tmp_path, Labels("virtual", 1, VIRTUAL_EPOCH_S))
    records, _ = read_journal((result.folder / "journal.jsonl").read_bytes())
    (told,) = [record.data for record in records if record.event == "warming_up"]
    assert told == {"part": "analyzer", "seconds": 0.0, "said_warm": True} and result.virtual_s < 300.0


def test_a_rig_that_says_nothing_waits_for_nothing(run_of: Runner) -> None:
    assert run_of("smoke").told("warming_up") == []
