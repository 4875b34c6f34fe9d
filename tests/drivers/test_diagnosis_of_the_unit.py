"""The diagnostic link against the emulated unit's server: what it tells, and that lost frames make it tell no lies."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from uds_bed import Bed

from bench.base.errors import DeviceError, LinkError
from bench.canbus.isotp import Addressing, Endpoint
from bench.config.diagnostics import Diagnostics, Identification
from bench.emulators import dtc_store
from bench.emulators.uds_server import UdsServer, Unit
from bench.links.answering import serve
from bench.links.diagnosis import Diagnosis
from bench.links.mailbox import Mailbox, Question

MS = 1_000_000
VIN = "WBY00000000000017"
IDENTITY = {
    "serial": Identification(did=0xF18C, expected="4711"),
    "vin": Identification(did=0xF190),
    "calibration": Identification(did=0xF1A0, form="hex", expected="5EEDC0DE"),
}
TOLD = {"serial": "4711", "vin": VIN, "calibration": "5EEDC0DE"}
DTC = {"code": "U0100-87", "text": "lost", "status": 0x28, "details": "0101", "active": False, "stored": True}


def diagnostics(**more: Any) -> Diagnostics:
    return Diagnostics(request=0x7E0, response=0x7E8, identity=IDENTITY, trouble_codes={"U0100-87": "lost"}, **more)


def bed(addressing: Addressing | None = None) -> Bed:
    identifiers = {0xF18C: b"4711\x00\x00", 0xF190: VIN.encode(), 0xF1A0: bytes.fromhex("5EEDC0DE")}
    store = dtc_store.make_store({1: 0xC10087, 2: 0x0A7800})
    dtc_store.note(store, 0.0, 0)
    dtc_store.remember(store, "U0100-87")
    return Bed(UdsServer(Unit(identifiers, store), Endpoint(addressing=addressing or Addressing())))


def test_a_snapshot_tells_who_it_is_and_what_it_has():
    assert bed().run(Diagnosis(diagnostics()).snapshot()) == {"identity": TOLD, "dtcs": [DTC]}


def test_with_extended_addressing_too():
    there = Diagnosis(diagnostics(target_address=0x12, source_address=0xF1))
    assert bed(Addressing(0xF1, 0x12)).run(there.snapshot())["identity"] == TOLD
    with pytest.raises(LinkError):
        bed(Addressing(0xF1, 0x13)).run(there.snapshot())


def test_clearing_waits_while_it_is_pending():
    made, diagnosis = bed(), Diagnosis(diagnostics())
    assert made.run(diagnosis.clear()) == {}
    assert made.t_ns > 200 * MS
    assert made.run(diagnosis.snapshot())["dtcs"] == []


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, 40), min_size=1, max_size=4))
@example({1})
@example({4})
def test_lost_frames_make_it_tell_no_lies_and_the_next_question_is_answered(lost):
    made, diagnosis = bed(), Diagnosis(diagnostics())
    made.lose = lost
    try:
        assert made.run(diagnosis.answer("snapshot")) == {"identity": TOLD, "dtcs": [DTC]}
    except (LinkError, DeviceError) as error:
        assert str(error).startswith("dut: ") and len(lost) > 1
    assert made.t_ns < 5_000 * MS
    made.lose = set()
    assert made.run(diagnosis.answer("snapshot"))["identity"] == TOLD


def test_questions_are_answered_in_order_and_a_failure_ends_nothing():
    made, mailbox, heard = bed(), Mailbox(), []
    for what in ("snapshot", "dance", "clear", "snapshot"):
        mailbox.put(Question(what, {}, heard.append, heard.append))
    made.run(serve(Diagnosis(diagnostics()), mailbox))
    assert [type(each).__name__ for each in heard] == ["dict", "DeviceError", "dict", "dict"]
    assert "nobody can answer 'dance'" in str(heard[1]) and heard[3]["dtcs"] == []


def test_our_own_mistake_fails_the_question_only(monkeypatch):
    made, mailbox, heard = bed(), Mailbox(), []
    monkeypatch.setattr(Diagnosis, "snapshot", lambda *_: 1 / 0)
    mailbox.put(Question("snapshot", {}, heard.append, heard.append))
    made.run(serve(Diagnosis(diagnostics()), mailbox))
    assert isinstance(heard[0], DeviceError) and "ZeroDivisionError" in str(heard[0])
