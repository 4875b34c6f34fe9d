"""The image for readers: read-only, whole cycles, no tables needed."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from small_bench import CHANNELS, small_design

from bench.base.errors import BenchError
from bench.core.program import build_program
from bench.io.berth import Berth
from bench.io.clock import MonotonicClock
from bench.io.published import ImageUnsteadyError, PublishedImage, folders
from bench.io.status import CORE

WRITER = """
import sys, time
sys.path[:0] = [sys.argv[2]]
from pathlib import Path
from small_bench import small_design
from bench.core.program import build_program
from bench.io.berth import Berth
from bench.io.clock import MonotonicClock
memory = Berth(Path(sys.argv[1]), MonotonicClock()).attach(build_program(small_design()))
row, image = memory.status[0], memory.state.image
print("on", flush=True)
for n in range(1, 1 << 40):
    row["sequence"] += 1
    for i in range(len(image)):
        image[i]["value"], image[i]["t_ns"] = n, n
    memory.state.core["t_ns"] = n
    row["sequence"] += 1
    time.sleep(0.0002)
"""


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


def test_snapshots_are_whole_cycles_while_another_process_writes(berth: Berth) -> None:
    berth.create(build_program(small_design()), CHANNELS)
    command = [sys.executable, "-c", WRITER, str(berth.folder), str(Path(__file__).parents[1])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None and writer.stdout.readline() == "on\n"
        try:
            with PublishedImage.attach(berth.folder) as published:
                torn, times, deadline_s = 0, set(), time.monotonic() + 20
                while (torn < 3 or len(times) < 100) and time.monotonic() < deadline_s:
                    seen = published.snapshot(2.0)
                    assert (seen.image["value"] == seen.t_ns).all() and (seen.image["t_ns"] == seen.t_ns).all()
                    times.add(seen.t_ns)
                    torn += len(np.unique(published._image.copy()["value"])) > 1
        finally:
            writer.kill()
    assert len(times) >= 100
    assert torn >= 3, "without the sequence number some copies are torn, or this test would show nothing"
