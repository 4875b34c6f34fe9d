"""An installed wheel works without the clone: plans and databases come with it."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("bench", "drivers", "dbc", "test_plans", "pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")


def run(*command: str, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the sources, without the network."""
    place = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        source, target = ROOT / name, place / "sources" / name
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    pip = (sys.executable, "-m", "pip", "-q", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(place), "sources/", cwd=place)
    return next(place.glob("*.whl"))


@pytest.mark.slow
def test_a_wheel_holds_every_data_file(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    data = [path for pattern in ("dbc/*.dbc", "test_plans/*.yaml") for path in ROOT.glob(pattern)]
    assert data
    assert not [path for path in data if f"bench/{path.parent.name}/{path.name}" not in held]
    inside = [path for path in (ROOT / "bench").rglob("*") if path.suffix in {".yaml", ".j2"}]
    inside += list((ROOT / "bench" / "cycles").iterdir())
    assert not [path for path in inside if str(path.relative_to(ROOT)) not in held]


@pytest.mark.slow
def test_an_installed_wheel_checks_a_plan_by_name(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", "--without-pip", "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    site = Path(run(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip())
    # our dependencies, but not our clone: paths that a .pth adds are not searched for further .pth files
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    where = run(str(python), "-c", "import bench; print(bench.__file__)", cwd=tmp_path).strip()
    assert Path(where).is_relative_to(site)
    command = "import sys; sys.argv = ['bench', 'check', 'efficiency_map']; from bench.cli import main; main()"
    assert "no problems; 180 points" in run(str(python), "-c", command, cwd=tmp_path)
