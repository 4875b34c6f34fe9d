"""Emulators that were started alone, once for all who talk to them."""

import json
import signal
from collections.abc import Iterator

import pytest
from wall_runs import WallRun, wall_run


@pytest.fixture(scope="module")
def places() -> Iterator[dict[str, str]]:
    """Where everything is, from the command's own words."""
    with wall_run("emulate", "--json") as run:
        assert run.process.stdout is not None
        found: dict[str, str] = json.loads(run.process.stdout.readline())["places"]
        yield {**found, "private": str(run.private)}
        end_calmly(run)


def end_calmly(run: WallRun) -> None:
    """Ctrl-C ends it, and nothing stays behind."""
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(20) == 0
    assert run.processes() == []
    assert run.left() == [name for name in run.left() if name.endswith("lock")]
