"""The core is a function of its inbox: a full log, fed to a fresh core, gives the same frames and events."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.lib.recfunctions import repack_fields

from bench.assembly import Blueprint, draw, load_inputs
from bench.base.ring import WRITTEN
from bench.core.replay import replay
from bench.record.inbox_log import read_inbox_log

Runner = Callable[..., Any]


class Outbox:
    """Copies what the core has put into its outgoing rings, as it comes."""

    def __init__(self) -> None:
        self.frames: list[np.ndarray] = []
        self.last_ns = 0
        self._seen = 0

    def __call__(self, made: Any) -> bool:
        ring = made.rings.frames_out
        written = int(ring.header[WRITTEN])
        assert written - self._seen <= len(ring.records), "the ring went round unseen"
        places = np.arange(self._seen, written) % len(ring.records)
        self.frames.append(ring.records[places].copy())
        self._seen, self.last_ns = written, int(made.state.core["t_ns"][0])
        return False


@pytest.fixture(scope="module")
def fresh() -> Blueprint:
    return draw(load_inputs("smoke"), log_full=True)


@pytest.mark.parametrize("fault", [None, "can.dut.wrong_crc:0x110,4@25s+2s", "analyzer.silence@25s"])
def test_a_full_log_fed_to_a_fresh_core_gives_the_same_outbox(
    run_of: Runner, fresh: Blueprint, fault: str | None
) -> None:
    outbox = Outbox()
    run = run_of("smoke", *([fault] if fault else []), log_full=True, watch=outbox)
    log = read_inbox_log((run.folder / "inbox.log").read_bytes())
    assert not log.problems
    assert json.loads((run.folder / "manifest.json").read_bytes())["program"] == fresh.program_hash
    again = replay(fresh.program, log.records, outbox.last_ns)
    sent = np.concatenate(outbox.frames)
    assert len(sent) > 5000
    assert repack_fields(again.frames).tobytes() == repack_fields(sent).tobytes()
    told = [record for record in run.journal if record.event.startswith("core_")]
    waking = {1}  # EV_WAKE wakes jobs and is not journalled
    assert sum(int(kind) not in waking for kind in again.events["kind"]) == len(told)


def test_one_changed_value_in_the_log_changes_the_outbox(smoke: Any, fresh: Blueprint) -> None:
    """Else the test above would prove nothing: the last set-point that was asked for is asked for differently."""
    records = read_inbox_log((smoke.folder / "inbox.log").read_bytes()).records.copy()
    until_ns = int(records["arrived_ns"][-1])
    frames = replay(fresh.program, records, until_ns).frames
    torque = fresh.design.setpoints.index(next(s for s in fresh.design.setpoints if s.channel == "dut.torque_cmd"))
    asked = (records["kind"] == 3) & (records["length"] == 1) & (records["id"] == torque) & (records["value"] != 0)
    assert asked.any(), "the commands of the log are numbered otherwise"
    records["value"][np.flatnonzero(asked)[-1]] += 0.5
    assert repack_fields(replay(fresh.program, records, until_ns).frames).tobytes() != repack_fields(frames).tobytes()
