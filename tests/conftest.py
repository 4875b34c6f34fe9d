"""Whole runs in the virtual world. The good ones are shared by all tests of a session."""

import gc
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings
from turns import Turns

from bench.assembly import Blueprint, draw, load_inputs
from bench.base.time import VIRTUAL_EPOCH_S
from bench.record.journal import JournalRecord, read_journal
from bench.record.points import points_table
from bench.schedule.faults import parse_fault
from bench.sequence.verdict import RunVerdict
from bench.service.driving import Watch
from bench.service.run_folder import Labels
from bench.service.virtual_run import RunResult, run_virtual

settings.register_profile("bench", deadline=None)  # no test depends on the speed of the machine
settings.load_profile("bench")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or every program that a test starts compiles all that it imports


_PLACE = pytest.StashKey[TemporaryDirectory[str]]()
_TURNS = pytest.StashKey[Turns]()
_ALONE = ("tests/io/", "tests/loopback/")
_NOT_ALONE = ("tests/io/test_foreign_database.py",)


def pytest_configure(config: pytest.Config) -> None:
    """Test processes meet at a folder of the one that has started them; a single one has nobody to wait for."""
    if hasattr(config, "workerinput"):
        config.stash[_TURNS] = Turns(Path(config.workerinput["turns"]))
    else:
        config.stash[_PLACE] = TemporaryDirectory(prefix="bench-tests-")


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_configure_node(node: Any) -> None:
    """A process is about to be started."""
    node.workerinput["turns"] = node.config.stash[_PLACE].name


def pytest_unconfigure(config: pytest.Config) -> None:
    """Nobody waits any more."""
    if _PLACE in config.stash:
        config.stash[_PLACE].cleanup()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits in wall time by its nature."""
    for item in items:
        if item.nodeid.startswith(_ALONE) and not item.nodeid.startswith(_NOT_ALONE):
            item.add_marker("alone")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Each test in its turn, with all that its fixtures do."""
    turns = item.config.stash.get(_TURNS, None)
    if turns is None:
        return (yield)
    with turns.alone() if item.get_closest_marker("alone") else turns.beside_others():
        return (yield)


def pytest_collection_finish() -> None:
    """What is imported stays: the garbage collector need not look through it again and again."""
    gc.collect()
    gc.freeze()


@dataclass(frozen=True)
class Run:
    """A run that has ended, and what its journal says."""

    result: RunResult
    journal: list[JournalRecord]

    @property
    def folder(self) -> Path:
        return self.result.folder

    @property
    def verdict(self) -> RunVerdict:
        assert self.result.verdict is not None, self.result.error
        return self.result.verdict

    @property
    def points(self) -> list[dict[str, Any]]:
        return points_table(self.journal)

    def told(self, event: str) -> list[Mapping[str, Any]]:
        """The data of every record of one event."""
        return [record.data for record in self.journal if record.event == event]

    @property
    def stop_cause(self) -> str:
        """What happened, as the core told it at its stop."""
        return str(self.told("core_stop")[0]["happened"])


Runner = Callable[..., Run]


@pytest.fixture(scope="session")
def run_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """``run_of(plan, *fault_lines, rig=, dut=, seed=, log_full=, watch=)``; ``watch`` sees the bench after each event.

    The report is left out: it takes seconds, and has tests of its own.
    """
    parent = tmp_path_factory.mktemp("runs")
    blueprints: dict[tuple[str, str | None, str | None, bool], Blueprint] = {}

    def run(
        plan: str,
        *faults: str,
        rig: str | None = None,
        dut: str | None = None,
        seed: int = 1,
        log_full: bool = False,
        watch: Watch = lambda _bench: False,
    ) -> Run:
        made_of = (plan, rig, dut, log_full)
        if made_of not in blueprints:
            blueprints[made_of] = draw(load_inputs(plan, rig, dut), log_full=log_full)
        labels = Labels("virtual", seed, VIRTUAL_EPOCH_S)
        result = run_virtual(blueprints[made_of], parent, labels, tuple(parse_fault(line) for line in faults), watch)
        if result.error is not None:
            raise result.error
        records, problems = read_journal((result.folder / "journal.jsonl").read_bytes())
        assert not problems
        return Run(result, records)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.service.virtual_run.write_report", lambda *_: None)
        yield run


@pytest.fixture(scope="session")
def smoke(run_of: Runner) -> Run:
    """The three points of the smoke plan, with the full inbox log."""
    return run_of("smoke", log_full=True)


@pytest.fixture(scope="session")
def quick_map(run_of: Runner) -> Run:
    """The coarse map on the default rig."""
    return run_of("efficiency_map_quick")
