"""One small finished run for all tests that only read it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from bench_command import bench_json


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, dict[str, Any]]:
    """Where ``bench run smoke --json`` was run, its exit code and what it printed."""
    place = tmp_path_factory.mktemp("smoke")
    return place, *bench_json("run", "smoke", cwd=place)


class Said(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def text_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """``bench ...`` in this process, in ``tmp_path``: a program of its own takes seconds to start."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Said:
        from bench.cli.guard import run_command

        code = run_command(arguments)
        return Said(code, *capsys.readouterr())

    return run


@pytest.fixture
def bench_inside(text_inside: Callable[..., Said]) -> Callable[..., tuple[int, dict[str, Any]]]:
    """The same with ``--json``: exit code and the one object it prints."""

    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        said = text_inside(*arguments, "--json")
        lines = said.out.splitlines()
        assert len(lines) == 1, said
        return said.code, json.loads(lines[0])

    return run
