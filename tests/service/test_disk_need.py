"""What a run needs of the disk: told by the check, and refused in time, with figures."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.assembly import draw, load_inputs
from bench.base.errors import InputError
from bench.base.time import VIRTUAL_EPOCH_S
from bench.service.disk_need import disk_need, require_room
from bench.service.run_folder import Labels
from bench.service.virtual_run import run_virtual

MB = 1_000_000


@pytest.mark.slow
def test_the_estimate_is_above_what_a_run_writes_and_not_by_far(tmp_path: Path) -> None:
    blueprint = draw(load_inputs("smoke"), log_full=True)
    result = run_virtual(blueprint, tmp_path, Labels("virtual", 1, VIRTUAL_EPOCH_S))
    written = sum(path.stat().st_size for path in result.folder.rglob("*") if path.is_file())
    assert written < disk_need(blueprint) < 40 * MB
    assert disk_need(draw(load_inputs("smoke"))) < disk_need(blueprint)


def test_a_night_needs_some_hundred_megabytes() -> None:
    night = disk_need(draw(load_inputs("efficiency_map")))
    assert 50 * MB < night < 1000 * MB


def test_a_run_that_does_not_fit_is_refused_before_a_folder_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blueprint = draw(load_inputs("smoke"))
    usage = SimpleNamespace(free=500 << 20, total=100 << 30)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(InputError, match=r"500 MiB are free, and the run needs up to 5\d\d MiB .* use --out"):
        run_virtual(blueprint, tmp_path, Labels("virtual", 1, VIRTUAL_EPOCH_S))
    assert list(tmp_path.iterdir()) == []
    usage.free = 700 << 20
    require_room(tmp_path, blueprint)
