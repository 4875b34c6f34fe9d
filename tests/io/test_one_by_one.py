"""Work beside the run: in order, bounded, and its errors surface."""

import threading

import numpy as np
import pytest

from bench.base.records import INBOX
from bench.io.one_by_one import OneByOne
from bench.record.inbox_log import InboxLog, read_inbox_log
from bench.record.storage import MemoryStorage, StorageError


def test_work_is_done_in_order_beside_its_owner() -> None:
    later, done = OneByOne(), []
    for number in range(100):
        later.submit(lambda number=number: done.append((number, threading.current_thread().name)))
    later.wait()
    assert [number for number, _ in done] == list(range(100))
    assert {name for _, name in done} == {"recording"}
    later.submit(lambda: done.append((100, "")))
    later.wait()
    assert done[-1][0] == 100


def test_an_error_is_told_at_the_next_call_and_nothing_is_done_after_it() -> None:
    later, done = OneByOne(), []

    def fail() -> None:
        raise StorageError("disk full")

    later.submit(fail)
    with pytest.raises(StorageError, match="disk full"):
        later.wait()
    with pytest.raises(StorageError, match="disk full"):
        later.submit(lambda: done.append(1))
    assert not done


def test_no_thread_is_left_behind() -> None:
    later = OneByOne()
    later.submit(lambda: None)
    later.wait()
    assert "recording" not in {thread.name for thread in threading.enumerate()}


def test_a_log_is_the_same_bytes_whoever_packs_it() -> None:
    records = np.zeros(20_000, INBOX)
    records["value"] = np.arange(len(records))

    def written(later: OneByOne | None) -> bytes:
        storage = MemoryStorage()
        log = InboxLog(storage.open("inbox.log"), {"mode": "full"}, later)
        for first in range(0, len(records), 900):
            log.append(records[first : first + 900].copy())
            log.digest(first, first, first)
        log.close()
        return storage.read("inbox.log")

    beside = written(OneByOne())
    assert beside == written(None)
    assert not read_inbox_log(beside).problems
