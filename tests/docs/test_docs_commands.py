"""Every command that README and docs show does what they say: they are run, page by page, in an empty folder."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from shown_commands import PAGES, ROOT, Shown, shown

from bench.cli.guard import run_command

IN_ONE_PROGRAM = ("how-to.md", "tutorial.md")
"""So many commands that most of their time would be the start of programs: ``bench`` is run inside the test. The README
shows that the program starts."""
PLAIN = re.compile(r"bench [^|;&<>`]*")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, and ``bench`` to be found."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    monkeypatch.setenv("PLANS", str(ROOT / "test_plans"))
    monkeypatch.setenv("TERM", "dumb")


def in_a_shell(line: str) -> tuple[int, str]:
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=600, check=False)
    return done.returncode, f"{done.stdout}\n{done.stderr}"


def in_this_process(line: str) -> tuple[int, str]:
    return run_command(shlex.split(os.path.expandvars(line))[1:]), "see what was captured"


def execute(page: Path, block: Shown) -> None:
    for line in block.lines:
        inside = page.name in IN_ONE_PROGRAM and not block.slow and PLAIN.fullmatch(line)
        code, said = in_this_process(line) if inside else in_a_shell(line)
        assert code in block.exits, f"{line}\n{said}"


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_of_a_page(page: Path) -> None:
    for block in shown(page):
        if block.here and not block.slow:
            execute(page, block)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_long_commands_of_a_page(page: Path) -> None:
    for block in shown(page):
        if block.here and block.slow:
            execute(page, block)


def test_what_a_page_leaves_to_another_test_is_run_there() -> None:
    left = {block.notes["seen"] for page in PAGES for block in shown(page) if "seen" in block.notes}
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    assert left and not [name for name in left if f'seen_by("{name}")' not in tests]


def test_the_readmes_two_lines_are_what_ci_runs() -> None:
    lines = {block.notes["ci"]: block.lines for block in shown(ROOT / "README.md") if "ci" in block.notes}
    assert {name: len(text) for name, text in lines.items()} == {"run": 1, "test": 1}
    assert lines["run"][0].endswith("bench run test_plans/efficiency_map.yaml")
    assert lines["test"][0].endswith("pytest")
    script = (ROOT / ".ci" / "run").read_text()
    assert "<!-- ci: $1 -->" in script
    assert "for name in run test" in script
    assert "pip install" not in script, "the script takes its commands from the README"
