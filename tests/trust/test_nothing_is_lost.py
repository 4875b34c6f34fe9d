"""The statements A1 to A12 of "nothing lost", on a disk that is killed, cut off, torn, full or broken at every step.

A8 (no energised resume) is about whole runs: ``test_disk_faults``.
"""

import json
from collections.abc import Callable, Iterator

import pytest
from asammdf import MDF
from cycle_journal import journal, two_repetitions
from recorded import S, begin, inbox, points, record, rows

from bench.emulators.faulty_disk import Done, FaultyStorage, Kept, PowerCut
from bench.record.closing import close_orphan
from bench.record.cycles import cycles_table
from bench.record.inbox_log import read_inbox_log
from bench.record.journal import read_journal
from bench.record.recovery import recover
from bench.record.space import RESERVE_BYTES
from bench.record.storage import MemoryStorage, StorageError
from bench.record.verify import verify
from bench.sequence.progress import progress_of

Keep = Callable[[int, Done], Kept]


def all_of(_place: int, done: Done) -> Kept:
    return [(0, len(done.data))]


def none_of(_place: int, _done: Done) -> Kept:
    return []


def length_only(_place: int, done: Done) -> Kept:
    """The file has grown and the bytes never came."""
    return [(len(done.data) - 1, len(done.data))] if done.data[-1] == 0 else []


def remains_of(storage: FaultyStorage, at: int) -> Iterator[MemoryStorage]:
    """What may be left after ``at`` steps: nothing of what is uncertain, all (a kill), each write alone, all but each
    (out of order), and the last torn at a few places."""
    uncertain = storage.unsynced(at)
    for keep in (all_of, none_of, length_only):
        yield storage.remains(at, keep)
    for one in uncertain:
        yield storage.remains(at, lambda place, done, one=one: all_of(place, done) if place == one else [])
        yield storage.remains(at, lambda place, done, one=one: [] if place == one else all_of(place, done))
        size = len(storage.history[one].data)
        for end in {1, size // 3, size // 2, size - 1}:
            yield storage.remains(
                at, lambda place, done, one=one, end=end: [(0, end)] if place == one else all_of(place, done)
            )


@pytest.fixture(scope="module")
def recorded() -> tuple[FaultyStorage, list[tuple[int, int]]]:
    storage = FaultyStorage()
    told = record(storage)
    assert not told.refused and not told.trouble
    return storage, told.acknowledged


def acknowledged(told: list[tuple[int, int]], at: int) -> list[int]:
    return [number for number, durable_at in told if durable_at <= at]


def journal_of(left: MemoryStorage) -> list[int]:
    if "journal.jsonl" not in left.names():
        return []
    records, problems = read_journal(left.read("journal.jsonl"))
    assert problems == []
    return points(records)


def test_a1_what_was_acknowledged_is_there_after_a_kill_at_every_step(recorded) -> None:
    storage, told = recorded
    for at in range(len(storage.history) + 1):
        found = journal_of(storage.remains(at, all_of))
        assert found[: len(acknowledged(told, at))] == acknowledged(told, at)


def test_a2_the_gap_at_the_end_is_a_tenth_of_a_second_after_a_kill_and_is_told() -> None:
    storage = FaultyStorage()
    recorder = begin(storage)
    rows(recorder, 0, 0, 10)
    recorder.flush(0)
    assert recover(storage.remains(len(storage.history), all_of)).samples_until_s == 0.9
    recorder.sync(0)
    recorder.record(2 * S, "point", {"point": 0})
    lost = recover(storage.remains(len(storage.history), none_of))
    assert (lost.samples_until_s, lost.journal_until_s) == (0.9, 2.0)
    assert lost.words == ("no samples from 0.900 s to 2.000 s, the last record of the journal",)


def test_a3_a_journal_and_an_inbox_log_cut_at_every_byte_are_right_prefixes(recorded) -> None:
    storage, _ = recorded
    journal, log = storage.read("journal.jsonl"), storage.read("inbox.log")
    whole, came = read_journal(journal)[0], read_inbox_log(log).records
    for cut in range(len(journal) + 1):
        records, problems = read_journal(journal[:cut])
        assert not problems and records == whole[: journal[:cut].count(b"\n")]
    for cut in range(len(log) + 1):
        content = read_inbox_log(log[:cut])
        assert not content.problems and content.records.tobytes() == came[: len(content.records)].tobytes()


def test_a4_every_flipped_bit_of_journal_inbox_log_and_samples_is_found(recorded) -> None:
    storage, _ = recorded
    left = storage.remains(len(storage.history), all_of)
    whole = read_journal(left.read("journal.jsonl"))[0]
    for name in ("journal.jsonl", "inbox.log"):
        data = left.files[name].data
        for bit in range(8 * len(data)):
            data[bit // 8] ^= 1 << bit % 8
            if name == "inbox.log":
                assert read_inbox_log(bytes(data)).problems, bit
            else:
                records, problems = read_journal(bytes(data))
                assert problems and records == whole[: len(records)], bit
            data[bit // 8] ^= 1 << bit % 8
    marks = [r.data for r in whole if r.event == "samples_mark"]
    samples = left.files["samples.mf4"].data
    assert marks[-1]["end"] == len(samples)
    for place in range(marks[0]["begin"], len(samples)):
        samples[place] ^= 1 << place % 8
        assert any("are not what was recorded" in problem for problem in verify(left)), place
        samples[place] ^= 1 << place % 8


def test_a5_numbers_are_contiguous_and_what_was_not_recorded_is_said(recorded) -> None:
    storage, _ = recorded
    records = read_journal(storage.read("journal.jsonl"))[0]
    assert [r.seq for r in records] == list(range(len(records)))
    lines = storage.read("journal.jsonl").splitlines(keepends=True)
    for missing in range(len(lines) - 1):
        assert read_journal(b"".join(lines[:missing] + lines[missing + 1 :]))[1], missing
    broken = FaultyStorage(failing={12: "input/output error"})
    record(broken)
    told = [r.data for r in read_journal(broken.read("journal.jsonl"))[0] if r.event == "recording_failed"]
    assert [data["file"] for data in told] == ["inbox.log"] and "input/output error" in told[0]["reason"]


def test_a6_what_is_taken_over_after_any_crash_is_each_acknowledged_point_once(recorded) -> None:
    storage, told = recorded
    for at in range(len(storage.history) + 1):
        for left in remains_of(storage, at):
            found = journal_of(left)
            assert found == sorted(set(found)) and set(acknowledged(told, at)) <= set(found)


def test_a7_a_recovery_that_is_killed_at_every_step_ends_with_the_same_files() -> None:
    crashed = FaultyStorage()
    recorder = begin(crashed)
    rows(recorder, 0, 0, 20)
    recorder.record(S, "point", {"point": 1})
    recorder.flush(S)
    left = crashed.remains(len(crashed.history), all_of)
    there = {name: left.read(name) for name in left.names()}
    there["samples.mf4"] += b"\1torn"
    undisturbed = FaultyStorage(there)
    assert close_orphan(undisturbed)
    steps = undisturbed.tried
    assert steps > 10
    for step in range(steps):
        first = FaultyStorage(there, cut_at=step)
        with pytest.raises(PowerCut):
            close_orphan(first)
        for keep in (all_of, none_of):
            left = first.remains(len(first.history), keep)
            again = FaultyStorage({name: left.read(name) for name in left.names()})
            close_orphan(again)
            assert {n: again.read(n) for n in again.names()} == {n: undisturbed.read(n) for n in undisturbed.names()}
            assert verify(again) == []


def test_a9_what_was_counted_never_falls_and_never_counts_twice() -> None:
    told = [(r.event, r.data) for r in two_repetitions()]
    records = journal(("step_started", {"step": 0, "kind": "drive_cycle"}), *told[1:])
    before = 0
    for end in range(len(records) + 1):
        done = progress_of("old", "", records[:end]).of(0).repetitions()
        assert len(done) >= before
        before = len(done)
    assert before == len({row["repetition"] for row in cycles_table(records)})
    assert len(progress_of("old", "", [*records, *records[1:]]).of(0).repetitions()) == before


def test_a10_a_disk_that_is_full_at_any_write_costs_nothing_that_was_acknowledged(recorded) -> None:
    whole = sum(len(recorded[0].read(name)) for name in recorded[0].names())
    for capacity in range(1000, whole, 61):
        storage = FaultyStorage(capacity=capacity)
        try:
            told = record(storage)
        except StorageError:  # before there was a recorder: nothing has begun
            continue
        assert told.trouble
        left = storage.remains(len(storage.history), all_of)
        assert journal_of(left)[: len(told.acknowledged)] == [number for number, _ in told.acknowledged]


def test_a10_on_the_space_that_was_kept_back_a_run_ends_whole(recorded) -> None:
    whole = sum(len(recorded[0].read(name)) for name in recorded[0].names())
    for size in range(4000, whole, 61):
        storage = FaultyStorage(capacity=RESERVE_BYTES + size)
        told = record(storage)
        assert told.trouble and not told.refused
        assert storage.read("samples.mf4")[:8] == b"MDF     "
        assert read_inbox_log(storage.read("inbox.log")).problems == [] and journal_of(storage) == [0, 1, 2]


@pytest.mark.parametrize("error", ["input/output error", "no space left on device"])
def test_a10_an_error_at_any_write_or_sync_ends_one_file_and_the_journal_says_which(recorded, error: str) -> None:
    for number in range(recorded[0].tried):
        storage = FaultyStorage(failing={number: error})
        try:
            told = record(storage)
        except StorageError:
            continue
        assert error in told.trouble
        for keep in (all_of, none_of):
            left = storage.remains(len(storage.history), keep)
            records, problems = read_journal(left.read("journal.jsonl"))
            assert not problems and points(records)[: len(told.acknowledged)] == [n for n, _ in told.acknowledged]
        assert "journal" in told.trouble or any(r.event == "recording_failed" for r in records)


def test_a11_the_same_input_is_the_same_bytes() -> None:
    one, other = FaultyStorage(), FaultyStorage()
    record(one)
    record(other)
    assert {n: one.read(n) for n in one.names()} == {n: other.read(n) for n in other.names()}


@pytest.mark.slow
def test_a12_after_a_power_cut_at_every_step_recovery_finds_what_was_certain_and_invents_nothing(
    recorded, tmp_path
) -> None:
    storage, told = recorded
    whole = storage.remains(len(storage.history), all_of)
    came = read_inbox_log(whole.read("inbox.log")).records.tobytes()
    for at in range(len(storage.history) + 1):
        for left in remains_of(storage, at):
            if not {"manifest.json", "journal.jsonl"} <= set(left.names()):
                continue
            assert set(acknowledged(told, at)) <= set(journal_of(left))
            assert close_orphan(left)
            assert set(verify(left)) <= set(json.loads(left.read("manifest.json"))["recovered"]["words"])
            if "inbox.log" in left.names():
                assert came.startswith(read_inbox_log(left.read("inbox.log")).records.tobytes())


def test_a_finalised_file_holds_the_whole_rows_that_the_power_cut_has_left(tmp_path) -> None:
    storage = FaultyStorage()
    recorder = begin(storage)
    rows(recorder, 0, 0, 30)
    rows(recorder, 1, 0, 5)
    recorder.flush(0)
    recorder.record(S, "point", {"point": 1})
    last = storage.history[storage.unsynced(len(storage.history))[-1]]
    for end in range(0, len(last.data) + 1, 5):
        left = storage.remains(
            len(storage.history), lambda _p, done, end=end: [(0, end)] if done is last else [(0, len(done.data))]
        )
        close_orphan(left)
        path = tmp_path / f"{end}.mf4"
        path.write_bytes(left.read("samples.mf4"))
        with MDF(path) as mdf:
            counts = [len(mdf.get(name)) for name in ("a.b", "e.f")]
        assert path.read_bytes()[:8] == b"MDF     " and counts == [30, end // 18]


def test_zeros_and_old_bytes_behind_the_last_row_are_no_rows() -> None:
    storage = FaultyStorage()
    recorder = begin(storage)
    rows(recorder, 0, 0, 30)
    recorder.flush(0)
    recorder.record(S, "point", {"point": 1})
    left = storage.remains(len(storage.history), all_of)
    data = left.read("samples.mf4")
    size = len(storage.history[storage.unsynced(len(storage.history))[0]].data) // 30
    for tail in (data[-size:], data[-3 * size :], b"\1" + b"\xff" * (size - 1), b"\3" * size):
        left.write("samples.mf4", data + tail)
        lost = recover(left)
        assert lost.samples_until_s == 2.9
        assert f"samples.mf4: {len(tail)} bytes behind the last whole record" in lost.words
    for zeros in (1, 100, 4096):  # which may have begun inside the last row
        left.write("samples.mf4", data + bytes(zeros))
        lost = recover(left)
        assert lost.samples_until_s == 2.8
        assert f"samples.mf4: {size + zeros} bytes behind the last whole record" in lost.words


def test_a_head_that_is_not_whole_is_told_and_the_rest_is_recovered() -> None:
    storage = FaultyStorage()
    begin(storage).record(S, "point", {"point": 1})
    left = storage.remains(len(storage.history), all_of)
    left.write("samples.mf4", left.read("samples.mf4")[:100])
    assert close_orphan(left)
    assert "samples.mf4: its head is not whole; nothing in it can be read" in recover(left).words
    assert verify(left) == []


def test_records_of_the_inbox_that_were_synced_are_there() -> None:
    storage = FaultyStorage()
    recorder = begin(storage)
    recorder.inbox(inbox(5, 0))
    recorder.flush(0)
    recorder.sync(0)
    left = storage.remains(len(storage.history), none_of)
    assert read_inbox_log(left.read("inbox.log")).records.tobytes() == inbox(5, 0).tobytes()
