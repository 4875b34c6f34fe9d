"""The emulated unit's UDS server: each service with its refusals as a table, typed from ISO 14229-1."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.canbus.isotp import Endpoint
from bench.canbus.isotp_events import Message
from bench.emulators import dtc_store
from bench.emulators.uds_server import P2_NS, S3_NS, UdsServer, Unit

MS, S = 1_000_000, 1_000_000_000
LOST = 7


class Asker:
    """Asks by message; the frames between are those of a second endpoint."""

    def __init__(self) -> None:
        self.resting = True
        self.store = dtc_store.make_store({LOST: 0xC10087, 8: 0x0A7800})
        unit = Unit({0xF18C: b"4711", 0xF190: b"W" * 17}, self.store, {0x0203: b"\x2a"}, lambda: self.resting)
        self.server = UdsServer(unit, Endpoint())
        self._ours = Endpoint()
        self.t_ns = 0

    def ask(self, question: str, wait_ns: int = S) -> list[tuple[int, str]]:
        """All answers within ``wait_ns``: (ms after the question, hex)."""
        begin_ns = self.t_ns
        if question:
            self._ours.send(bytes.fromhex(question), self.t_ns)
        answers = []
        while self.t_ns < begin_ns + wait_ns:
            for data in self._ours.frames(self.t_ns):
                self.server.receive(data, self.t_ns)
            self._ours.sent(self.t_ns)
            for data in self.server.produce(self.t_ns):
                for event in self._ours.receive(data, self.t_ns):
                    if isinstance(event, Message):
                        answers.append(((self.t_ns - begin_ns) // MS, event.payload.hex(" ").upper()))
            self.t_ns += MS
        return answers

    def say(self, question: str) -> str:
        """The last answer, empty if there is none."""
        return (self.ask(question) or [(0, "")])[-1][1]


TABLE = [
    ("10 01", "50 01 00 32 01 F4"), ("10 03", "50 03 00 32 01 F4"), ("10 02", "7F 10 12"), ("10", "7F 10 13"),
    ("10 03 00", "7F 10 13"), ("10 83", ""), ("11 01", "7F 11 7E"), ("11 02", "7F 11 12"),
    ("14 FF FF FF", "54"), ("14 C1 00 87", "7F 14 31"), ("14 FF FF", "7F 14 13"), ("19 01 08", "59 01 7F 01 00 00"),
    ("19 02 50", "59 02 7F C1 00 87 50 0A 78 00 50"), ("19 02", "7F 19 13"), ("19 02 FF FF", "7F 19 13"),
    ("19 0A", "7F 19 12"), ("19 06 C1 00 87 01", "59 06 C1 00 87 50 01 00"), ("19 06 C1 00 88 FF", "7F 19 31"),
    ("19 06 C1 00 87 02", "7F 19 31"), ("22 F1 8C", "62 F1 8C 34 37 31 31"), ("22 F1 8D", "7F 22 31"),
    ("22 F1 8D F1 8C", "62 F1 8C 34 37 31 31"), ("22 F1", "7F 22 13"), ("22 F1 8C 00", "7F 22 13"),
    ("22 F1 90", "62 F1 90" + " 57" * 17), ("27 01", "7F 27 11"), ("31 01 02 03", "7F 31 7F"), ("3E 00", "7E 00"),
    ("3E 80", ""), ("3E 01", "7F 3E 12"), ("3E", "7F 3E 13"), ("85 02", "7F 85 11"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "answer"), TABLE)
def test_services_of_the_default_session(question, answer):
    assert Asker().say(question) == answer


def test_what_the_extended_session_adds_and_how_it_ends():
    tester = Asker()
    tester.say("10 03")
    assert tester.say("31 03 02 03") == "7F 31 24"
    assert tester.say("31 01 02 03") == "71 01 02 03"
    assert tester.say("31 03 02 03") == "71 03 02 03 2A"
    assert tester.say("31 02 02 03") == "71 02 02 03"
    assert tester.say("31 03 02 03") == "7F 31 24"
    assert tester.say("31 01 02 04") == "7F 31 31"
    tester.ask("", S3_NS)
    assert tester.say("31 01 02 03") == "7F 31 7F"


def test_tester_present_keeps_the_session():
    tester = Asker()
    tester.say("10 03")
    for _ in range(4):
        tester.ask("3E 80", S3_NS - S)
    assert tester.say("31 01 02 03") == "71 01 02 03"


def test_it_restarts_at_rest_only_and_is_silent_meanwhile():
    tester = Asker()
    tester.say("10 03")
    tester.resting = False
    assert tester.say("11 01") == "7F 11 22" and tester.say("31 01 02 03") == "7F 31 22"
    tester.resting = True
    assert tester.ask("11 01", 100 * MS) == [(2, "51 01")]
    assert tester.ask("3E 00", 600 * MS) == []
    assert tester.say("11 01") == "7F 11 7E"  # and it begins in the default session


def test_what_takes_long_is_pending_and_everything_else_busy_meanwhile():
    tester = Asker()
    assert tester.ask("14 FF FF FF", 60 * MS) == [(P2_NS // MS - 2, "7F 14 78")]
    tester._ours.send(bytes.fromhex("3E 00"), tester.t_ns)
    assert [answer for _, answer in tester.ask("", 300 * MS)] == ["54", "7F 3E 21"]


def test_trouble_codes_come_stay_and_are_cleared():
    tester = Asker()
    dtc_store.note(tester.store, 0.0, 10 * MS)
    assert tester.say("19 02 FF") == "59 02 7F"
    for t_ms in (20, 30):
        dtc_store.note(tester.store, LOST, t_ms * MS)
    assert tester.say("19 02 FF") == "59 02 7F C1 00 87 2F"
    dtc_store.note(tester.store, 0.0, 40 * MS)
    dtc_store.note(tester.store, LOST, 50 * MS)
    dtc_store.note(tester.store, 0.0, 60 * MS)
    assert tester.say("19 02 08") == "59 02 7F C1 00 87 2E"
    assert tester.say("19 06 C1 00 87 FF") == "59 06 C1 00 87 2E 01 02"
    assert int(tester.store["last_ns"][0]) == 50 * MS
    assert tester.say("14 FF FF FF") == "54"
    assert tester.say("19 02 08") == "59 02 7F"


def test_a_trouble_code_that_comes_for_ever_does_not_count_over():
    store = dtc_store.make_store({LOST: 1})
    for n in range(600):
        dtc_store.note(store, LOST if n % 2 else 0.0, n)
    assert store["count"][0] == 255


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=5))
def test_every_question_has_one_answer_or_none_and_never_an_exception(questions):
    tester = Asker()
    for question in questions:
        answers = [answer for _, answer in tester.ask(question.hex(), 300 * MS) if not answer.endswith(" 78")]
        assert len(answers) <= 1
        service = question[0]
        assert all(bytes.fromhex(a)[0] in (0x7F, (service + 0x40) & 0xFF) for a in answers)


def test_names_and_numbers_of_trouble_codes():
    assert [f"{dtc_store.code_of(name):06X}" for name in ("U0100-87", "P0A78-00", "C0123-AB", "B1B00-01")] == [
        "C10087", "0A7800", "4123AB", "9B0001",
    ]  # fmt: skip
    store = dtc_store.make_store({LOST: 0xC10087})
    assert dtc_store.remember(store, "U0100-87") and not dtc_store.remember(store, "U0101-87")
    dtc_store.note(store, 0.0, 5)
    assert np.array_equal(store["status"], [0x28])
