"""The first compilation: who is told what, and who compiles."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.base.compiled import cache_folder
from bench.cli import warming
from bench.core import cycle
from bench.emulators import couple, free_world


def kept(where: Path) -> set[str]:
    """The compiled functions kept below ``where``, by name."""
    return {path.name.split("-")[0] for path in where.glob("**/*.nbc")}


_PARTS = (
    ("core", cycle, "cycle.cycle"),
    ("world", free_world, "free_world.run_free"),
    ("bench", couple, "couple.run"),
)


@pytest.mark.slow
def test_what_is_compiled_apart_is_there_for_everybody() -> None:
    for part, module, function in _PARTS:
        subprocess.run([sys.executable, "-m", "bench.service.compilation", part], check=True, timeout=300)
        folder = cache_folder(Path(module.__file__).resolve())
        assert folder is not None
        assert function in kept(folder)


@pytest.mark.parametrize(
    ("there", "words", "children"), [(True, "", []), (False, "compiling for this machine", ["core", "world", "bench"])]
)
def test_a_word_and_a_child_only_where_something_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], there: bool, words: str,
    children: list[str],
) -> None:  # fmt: skip
    if there:
        (tmp_path / "cycle-1.nbc").touch()
    started: list[str] = []

    class Child:
        def __init__(self, command: list[str], **_more: int) -> None:
            started.append(command[-1])

        def wait(self) -> int:
            return 0

    monkeypatch.setattr(warming, "_folder", lambda _module: tmp_path)
    monkeypatch.setattr(warming.subprocess, "Popen", Child)
    warming.prepare_compiled_code()
    assert capsys.readouterr().err.startswith(words)
    assert started == children


def test_where_nothing_can_be_kept_no_child_compiles_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warming, "_folder", lambda _module: None)
    monkeypatch.setattr(warming.subprocess, "Popen", lambda *_command, **_more: pytest.fail("a child was started"))
    warming.prepare_compiled_code(quiet=True)
