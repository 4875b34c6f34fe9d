"""What the journal says of each CAN message, against numpy on the full inbox log of the same run."""

from typing import Any

import numpy as np
import pytest

from bench.base.records import FRAME_IN
from bench.record.inbox_log import read_inbox_log

DIAGNOSTIC_ANSWER = 0x7E8  # comes when it is asked for


@pytest.fixture(scope="module")
def arrived(smoke: Any) -> dict[int, np.ndarray]:
    """Times on the wire in ns, by identifier (no identifier is on both buses)."""
    records = read_inbox_log((smoke.folder / "inbox.log").read_bytes()).records
    frames = records[records["kind"] == FRAME_IN]
    return {int(number): frames["t_ns"][frames["id"] == number] for number in np.unique(frames["id"])}


def test_every_message_is_told_once_before_the_run_ends(smoke: Any) -> None:
    told = [(row["bus"], row["message"]) for row in smoke.told("can_message")]
    assert len(set(told)) == len(told) == 18
    assert smoke.journal[-1].event == "run_finished"
    troubles = [row[name] for row in smoke.told("can_message") for name in ("missing", "late", "burst", "foreign")]
    assert not any(troubles)


def test_the_statistics_are_those_of_the_frames_that_arrived(smoke: Any, arrived: dict[int, np.ndarray]) -> None:
    received = [row for row in smoke.told("can_message") if not row["sent"]]
    assert {int(row["id"], 16) for row in received} == set(arrived) - {DIAGNOSTIC_ANSWER}
    for row in received:
        # frames after the record was made are in the log, too: the bench goes on a moment
        gaps_s = np.diff(arrived[int(row["id"], 16)][: row["frames"]]) / 1e9
        assert len(gaps_s) == row["frames"] - 1 > 40
        shown = [row[f"period_{name}_s"] for name in ("min", "mean", "max")]
        assert shown == pytest.approx([gaps_s.min(), gaps_s.mean(), gaps_s.max()], rel=1e-12)
        p99_s = np.sort(gaps_s)[-(-99 * len(gaps_s) // 100) - 1]
        assert p99_s <= row["period_p99_s"] <= p99_s * (1 + 1 / 64)
        assert sum(row[name] for name in ("bad_length", "bad_counter", "bad_crc", "bad_range")) == 0
