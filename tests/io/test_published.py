"""The image for readers: read-only, whole cycles, no tables needed."""

import time
from pathlib import Path

import numpy as np
import pytest
from image_writer import another_process_writes
from small_bench import CHANNELS, small_design

from bench.base.errors import BenchError
from bench.core.program import build_program
from bench.io.berth import Berth
from bench.io.clock import MonotonicClock
from bench.io.published import ImageUnsteadyError, PublishedImage, folders
from bench.io.status import CORE


@pytest.fixture
def berth(tmp_path: Path) -> Berth:
    return Berth(tmp_path, MonotonicClock())


def test_a_reader_needs_no_tables_and_cannot_write(berth: Berth) -> None:
    memory = berth.create(build_program(small_design()), CHANNELS)
    memory.state.image["value"][CHANNELS.index("dut.speed")] = 1500.0
    memory.state.core["t_ns"], memory.state.core["armed"] = 42, 1
    with PublishedImage.attach(berth.folder) as published:
        assert [(c.name, c.unit) for c in published.channels] == [(c.name, c.unit) for c in CHANNELS]
        seen = published.snapshot()
        assert (seen.t_ns, seen.core["armed"][0]) == (42, 1)
        assert seen.image["value"][published.channels.index("dut.speed")] == 1500.0
        with pytest.raises(ValueError, match="read-only"):
            published._image["value"][0] = 1.0
    assert seen.image["value"][CHANNELS.index("dut.speed")] == 1500.0, "a snapshot outlives its reader"


def test_a_cycle_that_never_ends_is_no_image(berth: Berth) -> None:
    memory = berth.create(build_program(small_design()), CHANNELS)
    memory.status[CORE]["sequence"] = 7
    with PublishedImage.attach(berth.folder) as published, pytest.raises(ImageUnsteadyError, match="inside"):
        published.snapshot()


def test_no_run_and_another_version_are_told_apart(tmp_path: Path, berth: Berth) -> None:
    with pytest.raises(FileNotFoundError):
        PublishedImage.attach(tmp_path)
    berth.create(build_program(small_design()), CHANNELS)
    told = tmp_path / "image.json"
    told.write_text(told.read_text().replace("arrived_ns", "came_ns"))
    with pytest.raises(BenchError, match="another version"):
        PublishedImage.attach(tmp_path)


def test_runs_under_way_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    first, second = Berth.new(), Berth.new()
    assert folders() == []
    for each in (first, second):
        each.create(build_program(small_design()), CHANNELS)
    assert set(folders()) == {first.folder, second.folder}
    first.remove()
    assert folders() == [second.folder]


@pytest.mark.slow
def test_snapshots_are_whole_cycles_while_another_process_writes(berth: Berth) -> None:
    berth.create(build_program(small_design()), CHANNELS)
    with another_process_writes(berth.folder), PublishedImage.attach(berth.folder) as published:
        torn, times, deadline_s = 0, set(), time.monotonic() + 20
        while (torn < 3 or len(times) < 100) and time.monotonic() < deadline_s:
            seen = published.snapshot(2.0)
            assert (seen.image["value"] == seen.t_ns).all() and (seen.image["t_ns"] == seen.t_ns).all()
            times.add(seen.t_ns)
            torn += len(np.unique(published._image.copy()["value"])) > 1
    assert len(times) >= 100
    assert torn >= 3, "without the sequence number some copies are torn, or this test would show nothing"
