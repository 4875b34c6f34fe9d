"""The inbox log: same records back, torn tails dropped, every other change found."""

import numpy as np
import pytest

from bench.base.records import INBOX
from bench.record.inbox_log import InboxLog, read_inbox_log
from bench.record.storage import MemoryStorage


def records(count: int, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.frombuffer(rng.bytes(count * INBOX.itemsize), INBOX)


def log(*batches: np.ndarray) -> bytes:
    storage = MemoryStorage()
    writer = InboxLog(storage.open("inbox.log"), {"mode": "full", "program": "abc"})
    for batch in batches:
        writer.append(batch)
        writer.flush()
    writer.close()
    return storage.read("inbox.log")


@pytest.mark.parametrize("sizes", [(), (1,), (3, 0, 5), (5000, 4096, 1)])
def test_records_come_back_byte_for_byte(sizes: tuple[int, ...]) -> None:
    batches = [records(size, size) for size in sizes]
    content = read_inbox_log(log(*batches))
    assert content.problems == []
    assert content.header["program"] == "abc"
    assert content.records.tobytes() == b"".join(batch.tobytes() for batch in batches)


def test_a_cut_at_every_byte_is_torn_not_damaged() -> None:
    batches = [records(2, i) for i in range(3)]
    data = log(*batches)
    last = 0
    for cut in range(len(data)):
        content = read_inbox_log(data[:cut])
        assert content.problems == []
        assert len(content.records) >= last
        last = len(content.records)
    assert last == 4


def test_every_flipped_bit_of_whole_chunks_is_found() -> None:
    data = log(records(1), records(1, 2))
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << (place % 8)
        assert read_inbox_log(bytes(changed)).problems, place


def test_a_lost_chunk_and_a_zero_tail_are_found() -> None:
    first, both = log(records(1)), log(records(1), records(1, 2))
    last = both[len(first) :]
    header = log()
    assert read_inbox_log(header + last).problems
    assert read_inbox_log(both + bytes(64)).problems


def test_digests_come_back() -> None:
    storage = MemoryStorage()
    writer = InboxLog(storage.open("inbox.log"), {"mode": "digest"})
    told = [(i * 60_000_000_000, i * 100, (i * 0x9E3779B97F4A7C15) & (2**64 - 1)) for i in range(150)]
    for item in told:
        writer.digest(*item)
    writer.close()
    content = read_inbox_log(storage.read("inbox.log"))
    assert content.problems == [] and [tuple(map(int, item)) for item in content.digests] == told
