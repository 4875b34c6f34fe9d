"""The log of a run in words."""

from bench.record.journal import Journal, read_journal
from bench.record.storage import MemoryStorage
from bench.report.decisions import decisions


def test_a_stall_of_the_emulated_side_is_a_line_and_no_grave_one() -> None:
    storage = MemoryStorage()
    journal = Journal(storage.open("journal.jsonl"))
    means = "the emulated side stood still for 93 ms: this machine is busy; not a fault of the bench"
    journal.append(12_300_000_000, "emulators_stalled", {"stalls": 1, "stalled_s": 0.093, "means": means})
    records, _ = read_journal(storage.read("journal.jsonl"))
    (line,) = decisions(records)
    assert (line.t_s, line.event, line.text, line.grave) == (12.3, "emulators stalled", means, False)
