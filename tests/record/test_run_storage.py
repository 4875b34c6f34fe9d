"""The run folder, on disk and in memory: one behaviour."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.io.disk import DiskStorage
from bench.record.journal import read_journal
from bench.record.storage import MemoryStorage, Storage, StorageError, checked_name


@pytest.fixture(params=["memory", "disk"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return MemoryStorage() if request.param == "memory" else DiskStorage(tmp_path / "run")


def test_append_patch_read(storage: Storage) -> None:
    file = storage.open("a.bin")
    file.append(b"hello ")
    file.append(b"world")
    file.patch(0, b"H")
    assert file.size == 11
    file.close()
    file.close()
    assert storage.read("a.bin") == b"Hello world" == b"".join(storage.chunks("a.bin"))


def test_a_patch_beyond_the_end_is_refused(storage: Storage) -> None:
    file = storage.open("a.bin")
    file.append(b"1234")
    for offset in (-1, 2, 4):
        with pytest.raises(StorageError):
            file.patch(offset, b"xyz")
    file.close()


def test_a_closed_file_takes_nothing_and_a_file_is_opened_once(storage: Storage) -> None:
    file = storage.open("a.bin")
    file.close()
    with pytest.raises(StorageError):
        file.append(b"x")
    with pytest.raises(StorageError):
        storage.open("a.bin")


def test_whole_files_replace_each_other(storage: Storage) -> None:
    storage.write("inputs/plan.yaml", b"one")
    storage.write("inputs/plan.yaml", b"two")
    storage.write("b", b"")
    assert storage.names() == ("b", "inputs/plan.yaml")
    assert storage.read("inputs/plan.yaml") == b"two"
    with pytest.raises(StorageError):
        storage.read("missing")


@pytest.mark.parametrize(
    "name", ["", "..", "../x", "/etc/passwd", "a/../b", "a/b/c", ".hidden", "a\0", "a\n", "a" * 65]
)
def test_names_that_leave_the_folder_are_refused(name: str) -> None:
    with pytest.raises(StorageError):
        checked_name(name)


def test_a_missing_folder_is_told_when_none_is_to_be_made(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no run folder"):
        DiskStorage(tmp_path / "x", create=False)


def test_a_full_disk_ends_the_file_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = DiskStorage(tmp_path).open("a.bin")
    file.append(b"before")

    def full(_fd: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as context:
        context.setattr(os, "write", full)
        with pytest.raises(StorageError, match=r"write failed.*free the disk"):
            file.append(b"x")
    for take in (lambda: file.append(b"x"), lambda: file.patch(0, b"x"), file.sync):
        with pytest.raises(StorageError, match="write failed"):
            take()
    file.close()
    assert (tmp_path / "a.bin").read_bytes() == b"before"


def test_a_full_disk_gives_what_was_kept_back_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage, whole = DiskStorage(tmp_path), os.write
    storage.set_aside(1 << 20)
    file, refused = storage.open("a.bin"), []

    def full_once(fd: int, data: bytes) -> int:
        if not refused:
            refused.append(whole(fd, data[:4]))
            return 4
        if len(refused) == 1:
            refused.append(0)
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(fd, data)

    monkeypatch.setattr(os, "write", full_once)
    assert not storage.scarce
    file.append(b"0123456789")
    file.close()
    assert storage.scarce and storage.read("a.bin") == b"0123456789"


def test_what_is_kept_back_is_taken_from_the_disk_and_leaves_no_file(tmp_path: Path) -> None:
    storage = DiskStorage(tmp_path)
    before = storage.room().free
    storage.set_aside(64 << 20)
    assert storage.names() == () and list(tmp_path.iterdir()) == []
    assert storage.room().free < before
    storage.give_back()
    storage.give_back()


def test_a_file_is_opened_again_to_be_mended(storage: Storage) -> None:
    storage.write("a.bin", b"12345")
    file = storage.reopen("a.bin")
    assert file.size == 5
    file.patch(1, b"x")
    file.close()
    assert storage.read("a.bin") == b"1x345"
    with pytest.raises(StorageError):
        storage.reopen("b.bin")


def test_that_a_file_exists_is_durable_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.readlink(f"/proc/self/fd/{fd}")))
    DiskStorage(tmp_path).open("a.bin").close()
    assert synced == [str(tmp_path)]


def test_half_written_files_are_no_files_of_the_run(tmp_path: Path) -> None:
    storage = DiskStorage(tmp_path)
    (tmp_path / "manifest.json.part").write_bytes(b"{")
    assert storage.names() == ()
    storage.write("manifest.json", b"{}")
    assert storage.names() == ("manifest.json",) and not (tmp_path / "manifest.json.part").exists()


def test_writes_in_parts_are_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: whole(fd, data[:3]))
    file = DiskStorage(tmp_path).open("a.bin")
    file.append(b"0123456789")
    file.close()
    assert (tmp_path / "a.bin").read_bytes() == b"0123456789"


_CHILD = """
import sys
from pathlib import Path
from bench.io.disk import DiskStorage
from bench.record.journal import Journal
journal = Journal(DiskStorage(Path(sys.argv[1])).open("journal.jsonl"))
for i in range(10**9):
    journal.append(i, "event", {"i": i})
    print(i, flush=True)
"""


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_the_writer_is_killed(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", _CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    acknowledged = int(child.stdout.readline())
    time.sleep(0.2)
    child.send_signal(signal.SIGKILL)
    for line in child.stdout.read().splitlines(keepends=True):
        acknowledged = int(line) if line.endswith("\n") else acknowledged
    child.stdout.close()
    child.wait()
    records, problems = read_journal((tmp_path / "journal.jsonl").read_bytes())
    assert problems == []
    assert [record.data["i"] for record in records][: acknowledged + 1] == list(range(acknowledged + 1))
