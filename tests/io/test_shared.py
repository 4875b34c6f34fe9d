"""Shared trees and rings, seen from a second process."""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from bench.base.errors import InternalError
from bench.base.records import FRAME, IMAGE
from bench.base.ring import Ring, commit, drain, make_ring, slot
from bench.io import shared
from bench.io.folders import FolderError, private_folder

COUNT = 20_000


class Pair(NamedTuple):
    """A tree with a tree inside."""

    image: np.ndarray
    ring: Ring


def make_pair(channels: int = 7) -> Pair:
    return Pair(np.zeros(channels, IMAGE), make_ring(FRAME, 64))


WRITER = f"""
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import numpy as np
from test_shared import make_pair
from bench.base.records import FRAME
from bench.base.ring import push
from bench.io import shared
pair = shared.attach("pair", make_pair(), Path(sys.argv[1])).tree
pair.image[3]["value"] = 42.5
record = np.zeros((), FRAME)
sent = 0
while sent < {COUNT}:
    record["t_ns"] = sent
    if push(pair.ring, record[()]):
        sent += 1
    else:
        time.sleep(0)
"""


@pytest.mark.slow
def test_a_ring_crosses_processes_in_order_and_without_loss(tmp_path: Path) -> None:
    pair = shared.create("pair", make_pair(), tmp_path).tree
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(Path(__file__).parent)]) as writer:
        seen: list[int] = []
        while len(seen) < COUNT and writer.poll() is None:
            seen.extend(drain(pair.ring)["t_ns"].tolist())
        writer.wait(20)
        seen.extend(drain(pair.ring)["t_ns"].tolist())
    assert seen == list(range(COUNT))
    assert pair.image[3]["value"] == 42.5


def test_compiled_code_sees_the_same_type_in_shared_memory(tmp_path: Path) -> None:
    own, pair = make_ring(FRAME, 4), shared.create("typed", make_pair(), tmp_path).tree
    assert slot(own) == slot(pair.ring) == 0
    compiled_before = len(slot.signatures)  # type: ignore[attr-defined]
    commit(pair.ring)
    assert len(slot.signatures) == compiled_before  # type: ignore[attr-defined]
    assert len(drain(pair.ring)) == 1


def test_contents_are_copied_and_other_tables_are_refused(tmp_path: Path) -> None:
    original = make_pair()
    original.image["value"] = np.arange(7)
    shared.create("pair", original, tmp_path)
    np.testing.assert_array_equal(shared.attach("pair", make_pair(), tmp_path).tree.image["value"], np.arange(7))
    with pytest.raises(InternalError, match="other tables"):
        shared.attach("pair", make_pair(8), tmp_path)
    with pytest.raises(FileExistsError):
        shared.create("pair", original, tmp_path)


def test_unlinked_memory_lives_on_for_those_who_have_it(tmp_path: Path) -> None:
    mine = shared.create("pair", make_pair(), tmp_path)
    theirs = shared.attach("pair", make_pair(), tmp_path)
    mine.unlink()
    mine.tree.image[0]["value"] = 1.5
    assert theirs.tree.image[0]["value"] == 1.5
    with pytest.raises(FileNotFoundError):
        shared.attach("pair", make_pair(), tmp_path)


def test_names_and_folders_that_cannot_be_trusted_are_refused(tmp_path: Path) -> None:
    for name in ("../x", "", ".x", "a/b", "x" * 65):
        with pytest.raises(ValueError, match="no name"):
            shared.create(name, make_pair(), tmp_path)
    open_to_all = tmp_path / "base"
    open_to_all.mkdir(mode=0o755)
    with pytest.raises(FolderError, match="0700"):
        private_folder("wire", open_to_all)
