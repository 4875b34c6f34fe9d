"""The journal: what was acknowledged is there, what was changed is found, at every byte."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.record.journal import Journal, read_journal
from bench.record.storage import MemoryStorage, StorageError


def written(count: int = 6) -> bytes:
    storage = MemoryStorage()
    journal = Journal(storage.open("j"))
    for i in range(count):
        journal.append(i * 1000, "point", {"point": i, "eta": 0.1 + 0.2 * i, "text": 'Öl \n "x"'})
    return storage.read("j")


def test_a_cut_at_every_byte_leaves_the_acknowledged_records() -> None:
    data = written()
    ends = [i + 1 for i, byte in enumerate(data) if byte == ord("\n")]
    whole = read_journal(data)[0]
    for cut in range(len(data) + 1):
        records, problems = read_journal(data[:cut])
        assert problems == []
        assert records == whole[: sum(end <= cut for end in ends)]


def test_every_flipped_bit_is_found_and_what_came_before_stays() -> None:
    data = written(3)
    starts = [0] + [i + 1 for i, byte in enumerate(data) if byte == ord("\n")]
    for place in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            records, problems = read_journal(bytes(changed))
            assert problems, (place, bit)
            assert len(records) >= sum(start <= place for start in starts) - 1


def test_lost_doubled_swapped_and_foreign_lines_are_found() -> None:
    lines = written().splitlines(keepends=True)
    for changed in (lines[1:], lines[:2] + lines[3:], [lines[0], *lines], [lines[1], lines[0], *lines[2:]]):
        assert read_journal(b"".join(changed))[1]
    assert read_journal(b"".join([*lines, b"{}\n"]))[1]


def test_zeros_after_a_power_cut_are_no_record() -> None:
    data = written()
    records, problems = read_journal(data + bytes(512))
    assert len(records) == 6 and problems == []


@given(st.lists(st.sampled_from(["endurance_cycle", "endurance_state", "point"]), max_size=30))
def test_what_a_later_record_sums_up_is_left_out_and_nothing_else(events: list[str]) -> None:
    storage = MemoryStorage()
    journal = Journal(storage.open("j"))
    for i, event in enumerate(events):
        journal.append(i, event, {"text": ',"event":"endurance_cycle"'})
    data = storage.read("j")
    last = max((i for i, event in enumerate(events) if event == "endurance_state"), default=-1)
    kept = [i for i, event in enumerate(events) if event != "endurance_cycle" or i > last]
    assert [record.seq for record in read_journal(data, whole=False)[0]] == kept
    assert len(read_journal(data)[0]) == len(events)


def test_sectors_of_the_last_write_that_came_out_of_order_are_a_record_that_was_not_acknowledged() -> None:
    storage = MemoryStorage()
    journal = Journal(storage.open("j"))
    journal.append(0, "point", {"point": 0})
    certain = storage.read("j")
    journal.extend([(n, "point", {"point": n, "text": "x" * 900}) for n in range(1, 5)])
    last = storage.read("j")[len(certain) :]
    edges = [0, *range(512 - len(certain) % 512, len(last), 512), len(last)]
    sectors = list(pairwise(edges))
    for kept in range(1 << len(sectors)):
        left = bytearray(last)
        for place, (begin, end) in enumerate(sectors):
            if not kept >> place & 1:
                left[begin:end] = bytes(end - begin)
        records, problems = read_journal(certain + bytes(left))
        assert problems == [] and [r.data["point"] for r in records] == list(range(len(records))) and records
    assert read_journal(certain[:40] + bytes(40) + certain[80:] + bytes(1 << 16) + b"\n")[1]  # long before the end


def test_a_record_is_durable_before_append_returns() -> None:
    storage = MemoryStorage()
    journal = Journal(storage.open("j"))
    for i in range(5):
        journal.append(i, "event", {})
        assert len(read_journal(storage.after_power_cut().read("j"))[0]) == i + 1


def test_many_at_once_are_the_same_bytes_with_one_sync() -> None:
    storage = MemoryStorage()
    journal = Journal(storage.open("j"))
    items = [(i * 1000, "point", {"point": i, "eta": 0.1 + 0.2 * i, "text": 'Öl \n "x"'}) for i in range(6)]
    assert (
        journal.extend(iter(items[:2])) + journal.extend([]) + journal.extend(items[2:]) == read_journal(written())[0]
    )
    assert storage.after_power_cut().read("j") == written()


def test_no_record_is_acknowledged_when_the_disk_fails() -> None:
    class Failing:
        size = 0

        def append(self, data: bytes) -> None:
            pass

        def patch(self, offset: int, data: bytes) -> None:
            pass

        def sync(self) -> None:
            raise StorageError("disk full")

        def close(self) -> None:
            pass

    with pytest.raises(StorageError, match="disk full"):
        Journal(Failing()).append(0, "event", {})


def test_a_line_is_plain_json_with_sorted_keys_and_no_nan() -> None:
    storage = MemoryStorage()
    Journal(storage.open("j")).append(
        7, "e", {"b": math.nan, "a": np.float32(0.5), "c": np.array([1, 2]), "d": (math.inf,)}
    )
    line = storage.read("j").decode()
    assert line.startswith('{"data":{"a":0.5,"b":null,"c":[1,2],"d":[null]},"event":"e","seq":0,"t_ns":7,"chain":"')
    assert set(json.loads(line)) == {"data", "event", "seq", "t_ns", "chain"}


def test_what_json_cannot_hold_is_refused_and_nothing_is_written() -> None:
    storage = MemoryStorage()
    journal = Journal(storage.open("j"))
    with pytest.raises(TypeError, match="object cannot be journalled"):
        journal.append(0, "e", {"x": object()})
    assert storage.read("j") == b""


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200)
@given(st.lists(st.dictionaries(st.text(max_size=8), plain, max_size=4), max_size=5))
def test_any_data_comes_back_equal(items: list[dict[str, object]]) -> None:
    storage = MemoryStorage()
    journal = Journal(storage.open("j"))
    told = [journal.append(i, "e", item) for i, item in enumerate(items)]
    records, problems = read_journal(storage.read("j"))
    assert problems == [] and records == told
    assert [record.data for record in records] == items


def test_half_a_surrogate_pair_does_not_keep_an_event_out() -> None:
    storage = MemoryStorage()
    Journal(storage.open("j")).append(0, "e", {"text": "a\ud800b"})
    assert read_journal(storage.read("j"))[0][0].data == {"text": "a?b"}
