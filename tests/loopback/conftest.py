"""Emulators that were started alone, once for all who talk to them."""

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from shown_commands import seen_by
from wall_runs import WallRun, wall_run


@dataclass(frozen=True)
class Emulated:
    """The command, and where everything is, from its own words."""

    run: WallRun
    places: dict[str, str]


@pytest.fixture(scope="module")
def emulated() -> Iterator[Emulated]:
    """The command as the how-to shows it."""
    _, *words = seen_by("emulate").split()
    with wall_run(*words, "--json") as run:
        assert run.process.stdout is not None
        yield Emulated(run, json.loads(run.process.stdout.readline())["places"])
        end_calmly(run)


@pytest.fixture
def places(emulated: Emulated) -> dict[str, str]:
    """Where its instruments and buses are."""
    return {**emulated.places, "private": str(emulated.run.private)}


def end_calmly(run: WallRun) -> None:
    """Ctrl-C ends it, and nothing stays behind."""
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(20) == 0
    assert run.processes() == []
    assert run.left() == [name for name in run.left() if name.endswith("lock")]
