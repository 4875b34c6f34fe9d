"""Samples in several files: each opens by itself, marks cover every byte, recovery and verify know them all."""

import zlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from asammdf import MDF

from bench.io.disk import DiskStorage
from bench.record.mf4_blocks import Column, Group
from bench.record.mf4_mending import mend
from bench.record.sample_files import Mark, SampleFiles, sample_names, spoilt_marks
from bench.record.samples import SampleWriter
from bench.record.storage import MemoryStorage

GROUP = Group("g", (Column("a.b", "Nm"), Column("c.d", "V", "u2", 0.5)))


def fill(storage: DiskStorage | MemoryStorage, rows: int, file_bytes: int) -> tuple[SampleFiles, SampleWriter]:
    files = SampleFiles(storage, [GROUP], start_ns=0, properties={}, file_bytes=file_bytes)
    writer = SampleWriter(files)
    for first in range(0, rows, 100):
        t_ns = np.arange(first, first + 100) * 1_000_000
        writer.add(0, t_ns, np.stack([t_ns / 1e6, t_ns / 1e6 % 7], 1), np.ones((100, 2), bool))
        writer.flush()
    return files, writer


@pytest.mark.parametrize("finalised", [True, False])
def test_each_file_opens_by_itself_and_no_row_is_lost_between_them(tmp_path: Path, finalised: bool) -> None:
    storage = DiskStorage(tmp_path)
    files, writer = fill(storage, 2000, 16_000)
    if finalised:
        writer.finalise()
    names = sample_names(storage.names())
    assert names == ["samples.mf4", "samples_2.mf4", "samples_3.mf4"]
    assert all(len(storage.read(name)) <= 16_000 for name in names)
    values = []
    for name in names:
        with MDF(tmp_path / name) as mdf:
            values.append(mdf.get("a.b").samples)
            assert mdf.get("c.d").unit == "V"
    assert list(np.concatenate(values)) == list(range(2000))
    assert not spoilt_marks(storage, [mark._asdict() for mark in files.marks()])


def test_marks_cover_every_row_once_and_find_what_was_changed() -> None:
    storage = MemoryStorage()
    files, writer = fill(storage, 1000, 8000)
    marks = files.marks()
    assert files.marks() == []
    writer.finalise()
    for name in sample_names(storage.names()):
        own = [mark for mark in marks if mark.file == name]
        assert own[-1].end == len(storage.read(name)) and all(a.end == b.begin for a, b in pairwise(own))
    assert spoilt_marks(storage, [mark._asdict() for mark in marks]) == []
    storage.files["samples_2.mf4"].data[marks[1].begin + 5] ^= 8
    assert spoilt_marks(storage, [mark._asdict() for mark in marks]) == [marks[1]]
    assert spoilt_marks(MemoryStorage(), [marks[0]._asdict()]) == [marks[0]]


def test_pieces_of_any_size_give_the_same_sums(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytes(range(256)) * 20
    (tmp_path / "samples.mf4").write_bytes(data)
    borders = [100, 101, 1000, 1700, 4000, 5120]
    marks = [Mark("samples.mf4", a, b, zlib.crc32(data[a:b])) for a, b in pairwise(borders)]
    for size in (1, 7, 256, 5000, 6000):
        monkeypatch.setattr("bench.io.disk._CHUNK_BYTES", size)
        assert spoilt_marks(DiskStorage(tmp_path), [mark._asdict() for mark in marks]) == []
        wrong = [mark._replace(crc32=mark.crc32 ^ 1)._asdict() for mark in marks[1:3]]
        assert len(spoilt_marks(DiskStorage(tmp_path), wrong)) == 2


def test_each_file_is_mended_by_itself() -> None:
    storage = MemoryStorage()
    fill(storage, 1000, 8000)
    names = sample_names(storage.names())
    before = {name: storage.read(name) for name in names}
    assert sum(mend(storage, name).rows for name in names) == 1000
    assert [name for name in names if storage.read(name) != before[name]] == names[-1:]  # the others were finished


@pytest.mark.parametrize("name", ["samples_x.mf4", "samples_.mf4", "samples_2.mf4x", "other.mf4"])
def test_other_names_are_no_samples(name: str) -> None:
    assert sample_names([name]) == []
