"""Yesterday's constants can never run: the cache of compiled functions knows every source a function depends on."""

import ast
import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.base import compiled
from bench.core import cycle

ROOT = Path(__file__).resolve().parents[2]

TOP = "TOP_RPM = {top}\n"
LIMIT = "from bench.core.top import TOP_RPM\n\nHIGH = TOP_RPM\n"
JUDGE = """
from {decorator} import {name} as compiled
from bench.core.limit import HIGH

@compiled{arguments}
def trips(speed_rpm):
    return not speed_rpm <= HIGH
"""
ASK = "from bench.core.judge import trips; print(trips(90.0))"


def small_project(folder: Path, top: float, judge: str) -> None:
    """A limit whose number lies two modules away from the compiled function that judges it."""
    for package in ("bench", "bench/base", "bench/core"):
        (folder / package).mkdir(parents=True, exist_ok=True)
        (folder / package / "__init__.py").touch()
    shutil.copy(Path(compiled.__file__), folder / "bench/base/compiled.py")
    (folder / "bench/core/top.py").write_text(TOP.format(top=top))
    (folder / "bench/core/limit.py").write_text(LIMIT)
    if not (folder / "bench/core/judge.py").exists():
        (folder / "bench/core/judge.py").write_text(judge)


def ask(folder: Path, home: Path | None = None) -> str:
    home = home or folder
    environment = {**os.environ, "PYTHONPATH": str(folder), "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", ASK], cwd=folder, env=environment, capture_output=True, text=True,
                          timeout=120, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.slow
def test_a_lowered_limit_trips_at_once(tmp_path: Path) -> None:
    judge = JUDGE.format(decorator="bench.base.compiled", name="compiled", arguments="")
    small_project(tmp_path, 100.0, judge)
    assert ask(tmp_path) == "False"
    assert list(tmp_path.glob(".cache/edu-bench/compiled/judge-*/**/*.nbc")), "it is kept for the next start"
    small_project(tmp_path, 80.0, judge)
    assert ask(tmp_path) == "True"
    small_project(tmp_path, 100.0, judge)
    assert ask(tmp_path) == "False"


@pytest.mark.slow
def test_another_copy_of_the_same_sources_finds_what_was_compiled(tmp_path: Path) -> None:
    """A fresh clone or a new environment does not compile again, in whatever folder it lies."""
    judge = JUDGE.format(decorator="bench.base.compiled", name="compiled", arguments="")
    kept = []
    for copy in ("one", "other"):
        small_project(tmp_path / copy, 100.0, judge)
        assert ask(tmp_path / copy, home=tmp_path) == "False"
        kept.append({path: path.stat().st_mtime_ns for path in tmp_path.glob(".cache/edu-bench/compiled/**/*.nb?")})
    assert len(kept[0]) == 2 and kept[0] == kept[1]


@pytest.mark.slow
def test_numba_s_own_cache_would_run_yesterday_s_limit(tmp_path: Path) -> None:
    """The trap that the decorator is for; when this fails, Numba has learned it and the decorator may go."""
    judge = JUDGE.format(decorator="numba", name="njit", arguments="(cache=True)")
    small_project(tmp_path, 100.0, judge)
    assert ask(tmp_path) == "False"
    small_project(tmp_path, 80.0, judge)
    assert ask(tmp_path) == "False"


def reached(module: str, seen: set[str]) -> set[str]:
    """All modules of the bench that ``module`` imports, directly or through others, by Python's own parser."""
    if module in seen or not module.startswith("bench"):
        return seen
    path = ROOT.joinpath(*module.split("."))
    file = path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__init__.py"
    if not file.is_file():
        return seen
    seen.add(module)
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            reached(node.module, seen)
            for alias in node.names:
                reached(f"{node.module}.{alias.name}", seen)
    return seen


def test_the_core_s_cycle_is_compiled_anew_for_a_change_in_any_module_it_reaches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = reached("bench.core.cycle", set())
    assert {"bench.core.limits", "bench.core.tables", "bench.base.records", "bench.canbus.codec"} <= modules
    shutil.copytree(ROOT / "bench", tmp_path / "bench", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(compiled, "_ROOT", tmp_path)
    copy = tmp_path / Path(cycle.__file__).relative_to(ROOT)

    def name() -> str:  # as a fresh process would say
        compiled._source.cache_clear()
        compiled.sources_hash.cache_clear()
        return compiled.sources_hash(copy)

    before = name()
    for module in sorted(modules):
        origin = importlib.import_module(module).__file__
        assert origin is not None
        file = tmp_path / Path(origin).relative_to(ROOT)
        text = file.read_text()
        file.write_text(text + "\nCHANGED = 1\n")
        assert name() != before, f"{module}: a changed constant there would not be noticed"
        file.write_text(text)
    assert name() == before


def test_without_a_home_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Least of all where others may write: what is kept is run."""
    (tmp_path / "home").write_text("no folder")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    compiled._writable_folder.cache_clear()
    try:
        assert compiled.cache_folder(Path(__file__)) is None
    finally:
        compiled._writable_folder.cache_clear()
