"""The folder of a run: the journal alone makes the table, the seed makes every byte, and no byte changes unseen."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.assembly import draw, load_inputs
from bench.base.time import VIRTUAL_EPOCH_S
from bench.io.disk import DiskStorage
from bench.record.journal import read_journal
from bench.record.points import points_table, write_csv, write_parquet
from bench.record.verify import verify
from bench.service.run_folder import Labels
from bench.service.virtual_run import run_virtual


def test_the_journal_alone_rebuilds_the_table_of_points(smoke: Any, tmp_path: Path) -> None:
    shutil.copy(smoke.folder / "journal.jsonl", tmp_path)
    records, problems = read_journal((tmp_path / "journal.jsonl").read_bytes())
    rows = points_table(records)
    assert not problems
    assert [row["point"] for row in rows] == [1, 2, 3]
    assert write_csv(rows) == (smoke.folder / "points.csv").read_bytes()
    assert write_parquet(rows) == (smoke.folder / "points.parquet").read_bytes()


_SCRIPT = """
import sys
from pathlib import Path
import bench.service.virtual_run as service
from bench.assembly import draw, load_inputs
from bench.base.time import VIRTUAL_EPOCH_S
from bench.service.run_folder import Labels
service.write_report = lambda *_: None
blueprint = draw(load_inputs("smoke"), log_full=True)
result = service.run_virtual(blueprint, Path(sys.argv[1]), Labels("virtual", 42, VIRTUAL_EPOCH_S))
print(result.folder.name)
"""
_SAME = ("journal.jsonl", "inbox.log", "points.csv", "samples.mf4")


def _run_apart(parent: Path) -> Path:
    """The smoke plan in a process of its own; the run's folder."""
    done = subprocess.run([sys.executable, "-c", _SCRIPT, str(parent)], check=True, capture_output=True, text=True)
    return parent / done.stdout.strip()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    """A fresh process against this one, which has made many runs before."""
    blueprint = draw(load_inputs("smoke"), log_full=True)
    one = run_virtual(blueprint, tmp_path / "one", Labels("virtual", 42, VIRTUAL_EPOCH_S)).folder
    other = _run_apart(tmp_path / "other")
    assert one.name == other.name
    differing = [name for name in _SAME if (one / name).read_bytes() != (other / name).read_bytes()]
    assert not differing
    assert (one / "truth.parquet").read_bytes() == (other / "truth.parquet").read_bytes()


def test_another_seed_gives_other_bytes(run_of: Any) -> None:
    one, other = run_of("smoke", seed=1), run_of("smoke", seed=2)
    assert all((one.folder / name).read_bytes() != (other.folder / name).read_bytes() for name in _SAME)


@pytest.fixture
def copy(smoke: Any, tmp_path: Path) -> Path:
    return Path(shutil.copytree(smoke.folder, tmp_path / "run"))


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_an_untouched_run_is_found_untouched(copy: Path) -> None:
    assert verify(DiskStorage(copy)) == []


def test_verify_finds_any_changed_byte(copy: Path) -> None:
    """In every file: the first byte, the last, and some between; a single bit of each."""
    names = {str(path.relative_to(copy)) for path in files(copy)}
    assert {"journal.jsonl", "samples.mf4", "inbox.log", "points.csv", "manifest.json", "inputs/dut.dbc"} <= names
    for path in files(copy):
        content = path.read_bytes()
        for place in sorted({0, len(content) // 3, len(content) // 2, len(content) - 1}):
            changed = bytearray(content)
            changed[place] ^= 0x01
            path.write_bytes(changed)
            problems = verify(DiskStorage(copy))
            assert any(path.name in problem for problem in problems), f"{path.name}, byte {place}: {problems}"
        path.write_bytes(content)
    assert verify(DiskStorage(copy)) == []


def test_verify_finds_what_is_missing_cut_off_or_added(copy: Path) -> None:
    for path in files(copy):
        content = path.read_bytes()
        path.unlink()
        assert verify(DiskStorage(copy)), f"{path.name} missing"
        path.write_bytes(content[:-1])
        assert verify(DiskStorage(copy)), f"{path.name} cut off"
        path.write_bytes(content)
    (copy / "notes.txt").write_text("added")
    assert verify(DiskStorage(copy)) == ["notes.txt: not there when the run ended"]
