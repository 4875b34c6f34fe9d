"""The table of currents is kept between runs, and no damaged or foreign one is ever taken for it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from plant_bed import Bed

from bench.base.kept import kept
from bench.plant.optimum import CurrentTable, kept_table, make_table
from bench.plant.packed import pack

Files = Callable[[], list[Path]]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """What is kept, for a user whose home is empty at first."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return lambda: [path for path in (tmp_path / ".cache").rglob("*") if path.is_file()]


def same(one: CurrentTable, other: CurrentTable) -> bool:
    return all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in zip(one, other, strict=True))


def test_a_kept_table_is_the_table(files: Files) -> None:
    packed = pack(Bed("ipace_edu", "e_axle").parameters)
    table = make_table(packed)
    assert same(kept_table(packed), table)
    assert len(files()) == 1
    assert same(kept_table(packed), table)


def test_another_machine_has_another_table(files: Files) -> None:
    packed = pack(Bed("ipace_edu", "e_axle").parameters)
    kept_table(packed)
    packed["machine"]["resistance_20_ohm"] *= 1.1
    assert same(kept_table(packed), make_table(packed))
    assert len(files()) == 2


def test_what_is_kept_is_made_once(files: Files) -> None:
    made = []

    def make() -> bytes:
        made.append(1)
        return b"result"

    assert [kept("things", key, make) for key in (b"a", b"a", b"b", b"a")] == [b"result"] * 4
    assert len(made) == len(files()) == 2


@pytest.mark.parametrize("damage", [lambda old: old[:-1], lambda old: b"", lambda old: old[:40] + b"X" + old[41:]])
def test_what_was_damaged_is_made_afresh(files: Files, damage: Callable[[bytes], bytes]) -> None:
    right = bytes(range(100))
    kept("things", b"a", lambda: right)
    (path,) = files()
    path.write_bytes(damage(path.read_bytes()))
    assert kept("things", b"a", lambda: right) == right
    assert kept("things", b"a", lambda: b"not asked") == right


def test_without_a_place_to_keep_it_it_is_made_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".cache").write_text("a file where a folder should be")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert kept("things", b"a", lambda: b"1") == b"1"
    assert kept("things", b"a", lambda: b"2") == b"2"
