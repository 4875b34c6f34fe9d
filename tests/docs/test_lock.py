"""The lock of bench PCs: every version and its hash; two calls of pip make a bench of it."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from shown_commands import seen_by

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def locked() -> dict[str, str]:
    """Versions by name."""
    found = re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^ \\]+)", LOCK, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


def test_the_lock_has_every_dependency_in_its_range_and_a_hash_of_each() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    versions = locked()
    for text in wanted:
        requirement = Requirement(text)
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), text
    assert len(re.findall(r"==[^\n]*\\\n +--hash=sha256:", LOCK)) == len(versions) > len(wanted)


def test_the_lock_names_no_registry() -> None:
    lines = [line for line in LOCK.splitlines() if not line.startswith("#")]
    assert not [
        line for line in lines if not re.fullmatch(r"[^ :/]+==[^ :/]+ \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line)
    ]


@pytest.mark.slow
def test_two_calls_of_pip_make_a_bench(tmp_path: Path) -> None:
    shutil.copytree(ROOT, tmp_path / "bench", ignore=shutil.ignore_patterns(".*", "runs", "*.egg-info", "__pycache__"))
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "env")], check=True)
    environment = {**os.environ, "PATH": f"{tmp_path / 'env' / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    shown = ["bash", "-c", seen_by("lock")]
    done = subprocess.run(shown, cwd=tmp_path / "bench", env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    bench = subprocess.run([str(tmp_path / "env" / "bin" / "bench"), "check", "smoke"], capture_output=True, text=True)
    assert bench.returncode == 0, bench.stderr
