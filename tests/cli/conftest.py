"""One small finished run for all tests that only read it."""

from pathlib import Path
from typing import Any

import pytest
from bench_command import bench_json


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, dict[str, Any]]:
    """Where ``bench run smoke --json`` was run, its exit code and what it printed."""
    place = tmp_path_factory.mktemp("smoke")
    return place, *bench_json("run", "smoke", cwd=place)
