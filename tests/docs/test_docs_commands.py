"""Every command that README and docs show does what they say: they are run, page by page, in an empty folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from shown_commands import PAGES, ROOT, Shown, shown

ENVIRONMENT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    "PLANS": str(ROOT / "test_plans"),
    "TERM": "dumb",
}


def execute(block: Shown, place: Path) -> None:
    for line in block.lines:
        done = subprocess.run(
            ["bash", "-c", line], cwd=place, env=ENVIRONMENT, capture_output=True, text=True, timeout=600, check=False
        )
        assert done.returncode in block.exits, f"{line}\n{done.stdout}\n{done.stderr}"


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_of_a_page(page: Path, tmp_path: Path) -> None:
    for block in shown(page):
        if block.here and not block.slow:
            execute(block, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_long_commands_of_a_page(page: Path, tmp_path: Path) -> None:
    for block in shown(page):
        if block.here and block.slow:
            execute(block, tmp_path)


def test_the_readmes_two_lines_are_what_ci_runs() -> None:
    lines = {block.notes["ci"]: block.lines for block in shown(ROOT / "README.md") if "ci" in block.notes}
    assert {name: len(text) for name, text in lines.items()} == {"run": 1, "test": 1}
    assert lines["run"][0].endswith("bench run test_plans/efficiency_map.yaml")
    assert lines["test"][0].endswith("pytest")
    script = (ROOT / ".ci" / "run").read_text()
    assert "<!-- ci: $1 -->" in script
    assert "for name in run test" in script
    assert "pip install" not in script, "the script takes its commands from the README"
