"""``bench report`` of several runs, and ``bench note``."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.cli.guard import run_command

Runner = Callable[..., Any]


@pytest.fixture
def runs(run_of: Runner, tmp_path: Path) -> Path:
    parent = tmp_path / "runs"
    shutil.copytree(run_of("smoke").folder, parent / "first")
    shutil.copytree(run_of("smoke").folder, parent / "second")
    return parent


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = run_command([*arguments, "--json"])
    data: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, data


def test_a_folder_of_runs_becomes_a_page(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, data = told(capsys, "report", str(runs))
    assert code == 0 and data["written"] == [str(runs / "night.html")] and (runs / "night.html").exists()
    assert [run["run"] for run in data["runs"]] == ["first", "second"] and data["good"]
    assert run_command(["report", str(runs)]) == 0
    assert "a good night" in capsys.readouterr().out


def test_several_runs_and_since(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    both = (str(runs / "first"), str(runs / "second"))
    assert told(capsys, "report", *both, "--out", str(page))[0] == 0 and page.exists()
    code, data = told(capsys, "report", str(runs), "--since", "2026-01-01T00:00")
    assert code == 0 and len(data["runs"]) == 2
    assert told(capsys, "report", str(runs), "--since", "2100-01-01")[1]["problems"]
    assert told(capsys, "report", str(runs), "--since", "yesterday")[0] == 2


def test_one_run_is_drawn_again_as_ever(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, data = told(capsys, "report", str(runs / "first"))
    assert code == 0 and "report.html" in data["written"]


def test_notes(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = str(runs / "first")
    assert told(capsys, "note", run)[1]["notes"] == []
    assert told(capsys, "note", run, "the hose drips", "--by", "A. Vogel")[0] == 0
    code, data = told(capsys, "note", run, "--acknowledge", "--by", "M. Kern")
    assert code == 0 and data["notes"][0]["read_by"] == ["M. Kern"]
    assert told(capsys, "note", run, "")[0] == 2
    assert told(capsys, "note", str(runs / "none"), "text")[0] == 2
