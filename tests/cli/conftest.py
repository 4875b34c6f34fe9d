"""One small finished run for all tests that only read it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bench_command import bench_json


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, dict[str, Any]]:
    """Where ``bench run smoke --json`` was run, its exit code and what it printed."""
    place = tmp_path_factory.mktemp("smoke")
    return place, *bench_json("run", "smoke", cwd=place)


@pytest.fixture
def bench_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, dict[str, Any]]]:
    """``bench ... --json`` in this process, in ``tmp_path``: exit code and the one object it prints."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        from bench.cli.guard import run_command

        code = run_command([*arguments, "--json"])
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 1, lines
        return code, json.loads(lines[0])

    return run
