"""A journal that several processes append to: nothing is lost, a torn end is mended, a change is refused."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench.record.journal import read_journal
from bench.record.shared_journal import SharedJournal
from bench.record.storage import MemoryStorage, StorageError

NAME = "queue.jsonl"


@contextmanager
def alone() -> Iterator[None]:
    yield


def journal(storage: MemoryStorage) -> SharedJournal:
    return SharedJournal(storage, NAME, alone)


def test_it_goes_on_with_one_chain_whoever_appends() -> None:
    storage = MemoryStorage()
    for n in range(5):
        made = journal(storage).append(n, lambda records: ("step", {"n": len(records)}))
        assert made is not None and made.seq == n
    _, writer = journal(storage).taken_over()
    writer.append(9, "step", {"n": 5})
    records, problems = read_journal(storage.read(NAME))
    assert not problems and [record.data["n"] for record in records] == list(range(6))


def test_nothing_is_appended_where_nothing_is_to_be_said() -> None:
    storage = MemoryStorage()
    assert journal(storage).append(0, lambda _records: None) is None
    assert journal(storage).records() == [] and storage.names() == ()


def test_wherever_a_power_cut_tears_it_the_whole_records_stay_and_it_goes_on() -> None:
    storage = MemoryStorage()
    for n in range(3):
        journal(storage).append(n, lambda _records: ("step", {"text": "grüße"}))
    whole = storage.read(NAME)
    for cut in range(len(whole) + 1):
        torn = MemoryStorage()
        torn.write(NAME, whole[:cut])
        left = whole[:cut].count(b"\n")
        assert len(journal(torn).records()) == left
        journal(torn).append(9, lambda _records: ("after", {}))
        records, problems = read_journal(torn.read(NAME))
        assert not problems and len(records) == left + 1 and records[-1].event == "after"


def test_a_changed_byte_is_refused_with_the_remedy() -> None:
    storage = MemoryStorage()
    for n in range(2):
        journal(storage).append(n, lambda _records: ("step", {"n": 1}))
    storage.write(NAME, storage.read(NAME).replace(b'"n":1', b'"n":2', 1))
    for touch in (journal(storage).records, lambda: journal(storage).append(9, lambda _r: ("after", {}))):
        with pytest.raises(StorageError, match=r"queue.jsonl: journal line 1: changed.*set queue.jsonl aside"):
            touch()
